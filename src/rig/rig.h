/* SPDX-License-Identifier: MIT */
/* The rig: owns the lines to the IUTs, leases them to workers, journals every byte, recovers lines,
 * runs the suite program as its child. */
#ifndef RIG_RIG_H
#define RIG_RIG_H

#include "base/attempt.h"
#include "base/error.h"
#include "spec/profile.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct rig_uart {
	int64_t baud;
	int databits, stopbits_x2; /* stopbits_x2: 2 = one, 3 = one and a half, 4 = two */
	char parity;               /* 'n', 'o', 'e' */
	int flow;                  /* 0 none, 1 RTS, 2 CTS, 3 both */
};

struct rig_timeouts {
	int answer, restart, silence, case_total, recover, guard; /* ms */
	int join, scan, lease;
	int connect, escape, sntp, update, mqtt;
	int put_back; /* all of it */
	int command;  /* of the bench, a switch; 0: 30000 */
};

enum { RIG_BROKER_PORTS = 10 };

/* The MQTT broker of the cases: one that the rig starts for each line, or the team's own. */
struct rig_broker {
	const char *program;             /* mosquitto, found; NULL: none of the rig's own */
	const char *folder;              /* what its configuration is made from */
	const char *host;                /* the team's; NULL: the rig's own */
	int port;                        /* of the team's, for observers */
	int ports[RIG_BROKER_PORTS];     /* all of the team's, 0-terminated */
	bool tls;                        /* of that port */
	const char *ca;                  /* file with what is trusted there; NULL: the system's */
	const char *username, *password; /* "": none */
	const char *missing;             /* why there is none, said once; or NULL */
	const char *const *secrets; /* of the team's own, never shown; NULL-terminated, or NULL */
};

/* One moment of a reset by modem lines: 1 asserted, 0 not, -1 as it is; then ms of waiting. */
struct rig_modem_step {
	int dtr, rts;
	int ms;
};

/* A command, or modem lines, or neither. */
struct rig_switch {
	const char *const *command; /* argv, run without a shell; or NULL */
	const struct rig_modem_step *lines;
	size_t line_count; /* 0: no modem line is moved */
	int settle_ms;     /* when it is done nothing is asked for so long */
};

/* How a board is restarted from outside. */
struct rig_switches {
	struct rig_switch reset, power;
};

/* A board: one line, one lease at a time. */
struct rig_iut {
	const char *address;          /* of the link; NULL behind the last one */
	const char *adapter;          /* "VID:PID[:SERIAL]" that its port must be; or NULL */
	const char *mac;              /* "02:00:5e:00:00:01" that its station must have; or NULL */
	struct rig_switches switches; /* its own, or the bench's */
};

/* The bench: what surrounds the IUT. Strings belong to the caller. */
struct rig_bench {
	const char *name;
	const char *file;              /* it comes from, for messages; or NULL */
	const struct rig_iut *iuts;    /* ends with one without address */
	const char *const *facilities; /* NULL-terminated */
	struct rig_uart uart;
	struct rig_timeouts timeouts_ms;
	const int64_t *baud_rates; /* for the search, 0-terminated */
	bool restore_after_failure;
	bool put_back; /* settings that the run changed, at its end */
	bool nvs_capped;
	int64_t max_nvs_writes; /* of each line, when capped */
	const char *network;    /* facts about the network as JSON, for the cases; or NULL */
	const char *pki;        /* folder with certificates, not for virtual: ones; or NULL */
	const char *air;        /* file with the virtual module's air; or NULL */
	struct rig_broker broker;
	struct rig_switches switches; /* of boards that have none of their own; of a line's bench:
					 that line's */
};

struct rig_case {
	const char *id, *command, *kind, *file;
	int line;
	const char *const *requirements, *const *tags, *const *needs;
	const char *decided; /* verdict known beforehand ("n/a", "skipped", "unequipped") or NULL */
	const char *decided_why;
};

/* What a case had of a run that is resumed. */
struct rig_before {
	bool decided;     /* a verdict without a lease */
	int attempts;     /* leases */
	int judged;       /* of these, with a verdict, and no retries */
	int retried;      /* retries with a verdict */
	bool bad, failed; /* as they are while the rig runs it */
	bool cut;         /* the last one has no verdict */
};

/* How often, and in what order. */
struct rig_schedule {
	int shard, shards;      /* shards 0: the whole */
	size_t whole_count;     /* of the plan that the shard is of */
	const char *whole_plan; /* a hash of its names */
	int64_t shuffle;        /* seed; 0: in the plan's order */
	int repeat;             /* 0: as 1 */
	int retries, flaky_budget;
};

/* A line of the journal's beginning that the rig has no use for itself. */
struct rig_told {
	const char *event;
	const char *members; /* `,"key":value…` */
};

struct rig_setting {
	const char *name, *value; /* "AT+CWMODE", "1" */
};

/* What a line had of a run that is resumed. */
struct rig_line_before {
	int64_t nvs_writes;
	const struct rig_setting *settings; /* that it was found with */
	size_t setting_count;
};

/* A run that goes on: NULL for a new one. */
struct rig_resume {
	const struct rig_before *cases; /* one for each of the plan */
	const struct rig_line_before *lines_before;
	size_t line_count;
	const char *time;    /* now, UTC */
	int journal_fd;      /* locked; the rig closes it */
	int64_t lines, t_ns; /* of the journal as it is; numbers and times go on */
};

struct rig_plan {
	const struct spec *spec;
	const struct profile *profile;
	const char *profile_why;
	const struct rig_bench *bench;
	const char *const *spec_dirs;
	const char *suite_program, *module_program;
	const char *run_dir; /* exists; journal.jsonl is made in it */
	int argc;
	char **argv;
	const struct rig_case *cases;
	size_t case_count;
	int jobs;
	struct rig_schedule schedule;
	const char *const *elsewhere; /* names of the plan's cases in other shards, or NULL */
	const struct rig_told *told;
	size_t told_count;
	const struct rig_resume *resume;
	bool gate_inferred, strict, require_all, fail_fast;
	bool mixed_firmware; /* boards may differ in what AT+GMR says */
	bool fewer_boards;   /* goes on without those that can't be used at the start */
	/* Called as things happen; any may be NULL. */
	void *user;
	void (*on_started)(void *user, const char *case_id);
	void (*on_verdict)(void *user, size_t case_index, enum attempt_why why, const char *verdict,
		const char *message);
	void (*on_more)(void *user, size_t attempts); /* will be made: retries */
	void (*on_note)(void *user, const char *text);
	void (*on_tick)(void *user); /* once a second */
};

enum rig_end { RIG_COMPLETE, RIG_INTERRUPTED, RIG_UNUSABLE, RIG_RUNNER_DIED, RIG_INTERNAL };

/* Runs it all; the journal is complete when it returns. *signal: what interrupted it, or 0. The
 * text of *error says why it is not RIG_COMPLETE. */
enum rig_end rig_run(const struct rig_plan *plan, int *signal, struct error *error);

#endif
