/* SPDX-License-Identifier: MIT */
/* What the files of `atconform doctor` share: the boards that are looked at, and the findings. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "base/buf.h"
#include "cli/bench.h"
#include "cli/broker.h"
#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/suite.h"
#include "rig/adapter.h"
#include "rig/link.h"
#include "rig/survey.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_UNTRIED,
	DOCTOR_MISSING,  /* cases that want it are unequipped */
	DOCTOR_WRONG,    /* a run goes, and cases that want it can't be judged */
	DOCTOR_FOREIGN,  /* a run with this bench file does; not with the one that is written */
	DOCTOR_UNUSABLE, /* a run ends before its first case */
};

struct doctor_finding {
	enum doctor_state state;
	int board;        /* index, or -1: of the machine */
	const char *name; /* static */
	char *text;
};

struct doctor_board {
	struct rig_iut iut;
	struct rig_bench bench; /* with its own switches */
	char path[256];         /* of its port; "": it has none here */
	struct adapter adapter;
	bool has_adapter, usable;
	const char *ssid, *password, *host; /* of the bench's network, or NULL */
	struct link_network own;            /* a virtual line's */
	struct survey survey;
	char profile[PROFILE_NAME_SIZE]; /* "": none fits */
};

struct doctor_options {
	struct words iuts, spec;
	const char *bench, *out; /* or NULL */
	bool json, try_reset;
};

/* How many of the plan's cases would be what. */
struct doctor_cases {
	size_t planned, run, absent, unequipped, destructive, capped;
};

struct doctor {
	struct doctor_options options;
	struct bench bench;
	struct broker_choice broker;
	char *module_program, *suite_program, *profiles;
	struct words dirs;
	struct spec spec;
	struct suite suite;
	struct profile profile;
	struct doctor_board *boards;
	int board_count;
	int board; /* whose turn it is, or -1 */
	/* What the lines of all usable boards carry; none: not known of each. */
	const char *carried[SURVEY_CARRIED_MAX + 1];
	bool can_rate; /* the rate can be set on all of them */
	struct doctor_finding *findings;
	size_t finding_count;
	struct doctor_cases cases;
	struct buf unequipped; /* JSON members: a facility and the number of its cases */
	char *file;            /* that was written, or NULL */
	int signal;
};

/* Notes a finding; without --json it is printed at once, with what is not printable escaped. */
void doctor_say(struct doctor *d, enum doctor_state state, const char *name, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* Text of a device or module in a message: escaped, at most `max` bytes of it. In one of a few
 * static buffers. */
const char *doctor_text(const char *text, size_t max);
/* The title of a group of findings, when they are printed. */
void doctor_head(const struct doctor *d, const char *text);
void doctor_print_json(const struct doctor *d, int code, const char *command);

/* doctor-port.c: what can be known of a port without opening it. False: it is of no use. */
bool doctor_port(struct doctor *d, struct doctor_board *board);
/* The ports of this machine, one a line. Their number. */
size_t doctor_ports(const struct doctor *d);
/* doctor-module.c: what the survey has found. */
void doctor_module(struct doctor *d, struct doctor_board *board);
void doctor_network(struct doctor *d, struct doctor_board *board);
/* doctor-boards.c: of several boards, what they have in common and what keeps them apart. */
void doctor_compare(struct doctor *d);
/* What all lines carry, and what the bench says of it that is not so. */
void doctor_carried(struct doctor *d);
/* doctor-bench.c: the broker, the machine, and the cases that the bench is not equipped for. */
void doctor_machine(struct doctor *d);
int doctor_count_cases(struct doctor *d, struct error *error);
/* doctor-file.c: a bench file to start from. */
void doctor_write(struct doctor *d);
#define DOCTOR_USUAL_FILE "bench.json"
/* 0, or -errno; nothing is left there. */
int doctor_can_write(const char *path);

#endif
