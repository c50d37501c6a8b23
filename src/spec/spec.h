/* SPDX-License-Identifier: MIT */
/* The specification model: what the document says of each command, loaded from JSON files, with the
 * requirements (id, section, line, grade) that cases judge. Plain data; strings live as long as the
 * spec. */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grade { GRADE_STATED, GRADE_INFERRED };
enum judge { JUDGE_CASE, JUDGE_MONITOR, JUDGE_UNTESTABLE };
enum form_kind { FORM_EXECUTE, FORM_QUERY, FORM_SET };
enum parameter_type { PARAM_INTEGER, PARAM_STRING, PARAM_MAC, PARAM_IP, PARAM_HEX, PARAM_TEXT };
enum { FORM_COUNT = 3 };

struct requirement {
	const char *id;      /* "UART_CUR-3" */
	const char *command; /* "AT+UART_CUR", or "" for the general ones */
	const char *section;
	int line; /* of the document */
	enum grade grade;
	enum judge judge;
	const char *text;
	const char *reason; /* why untestable, or "" */
	const char *file;   /* of the model */
	int file_line, file_column;
};

/* One line of a response. */
struct response_line {
	const char *text; /* template */
	bool repeat;      /* zero or more */
	bool optional;
};

struct response {
	struct response_line *lines;
	size_t count;
};

struct form {
	bool present;
	const char *name; /* of one of several set forms; NULL: it is the only one */
	enum form_kind kind;
	int line, file_line;
	const char *syntax;
	struct response *responses; /* alternatives, at least one (maybe empty) */
	size_t response_count;
	const char *final;       /* "OK" */
	const char *requirement; /* the form itself */
	const char *omitted; /* optional parameters left out; NULL: counted under `requirement` */
	const char *missing, *surplus, *empty, *reads_back, *persists, *lost,
		*restored;  /* ids or NULL */
	const char *undo;   /* a command line that puts back what the form did; "": nothing to put
			       back; NULL: as the query tells */
	const char *effect; /* "uart" or NULL */
	const char *stored; /* "nvs": what is set, or done, is written to flash; or NULL */
	bool destructive;   /* it restores, rewrites or rolls back */
	bool may_refuse;    /* a valid command may answer ERROR: it depends on the module's state */
	const char **
		unscored; /* kinds that are not derived on purpose: "missing", …; NULL-terminated */
	const char **needs;             /* facilities of the cases of this form; NULL-terminated */
	const char **setup, **teardown; /* command lines round each case; NULL-terminated */
	const char *timeout; /* the bench's time that the answer may take besides: "join", … or
				NULL */
	const char *data; /* the parameter that tells how many bytes go out behind a prompt, or NULL
			   */
	struct parameter *parameters; /* in its command line, in place of the command's */
	size_t parameter_count;
};

/* What a value asks of the bench. */
struct value_needs {
	const char *value, **needs;
};

struct parameter {
	const char *name;
	int line, file_line;
	enum parameter_type type;
	bool bounded; /* min and max hold: value for integers, bytes for strings; INT64_MIN/MAX:
			 open */
	int64_t min, max;
	const char **values; /* enumeration, wire text; NULL when none */
	const char **meanings;
	size_t value_count;
	const char *typical, *other;
	int tolerance_percent;
	const char *
		put_back; /* the query's field that is sent to put it back; NULL: of its own name */
	bool moving; /* the value changes by itself: never compared with an earlier one, not put
			back */
	const char *accepts, *refuses, *wrong_type; /* requirement ids or NULL */
	const char **also_accepts, **also_refuses;  /* NULL-terminated */
	const char **documented; /* outside the range, but the document sends it: judged by a
				    scenario */
	struct value_needs *value_needs;
	size_t value_needs_count;
};

struct example {
	int line, file_line;
	const char *send;
	struct response *responses;
	size_t response_count;
	const char *final, *requirement;
};

/* An alternative exchange that a known deviation allows. */
struct deviation_match {
	const char *command; /* glob over the command line without CR LF */
	struct response response;
	const char *final;
};

struct deviation {
	const char *id, *requirement, *text, *source;
	struct deviation_match *matches;
	size_t match_count;
	const char *file;
	int file_line;
};

/* A peer on the tester's address that every derived case opens. */
struct model_peer {
	const char *name, *kind;
	const char *options; /* JSON, or NULL */
	int port;            /* 0: any */
	const char *as;      /* "name:port": where the module finds it besides, or NULL */
	int file_line;
};

struct command {
	const char *name;  /* "AT+UART_CUR"; of a message of the module: "+IPD", "ERR CODE" */
	const char *suite; /* "uart_cur" */
	const char *family, *section, *title, *file;
	int line;
	bool message;               /* no command: it has no forms */
	bool restarts;              /* after its OK the module restarts */
	bool online;                /* the station is joined when a derived case begins */
	bool broker;                /* the same, and the line has an MQTT broker */
	const char **tags, **needs; /* NULL-terminated */
	const char **setup, **teardown;
	struct model_peer *peers;
	size_t peer_count;
	struct form forms[FORM_COUNT];
	struct form *more_sets; /* further set forms */
	size_t more_set_count;
	struct parameter *parameters;
	size_t parameter_count;
	struct example *examples;
	size_t example_count;
};

/* A line of the general model: unsolicited lines and final results. */
struct known_line {
	const char *text;    /* template over <name> placeholders */
	const char *payload; /* "ipd", "recvdata", "subrecv" or NULL */
	bool ok;             /* finals: success */
};

struct spec {
	struct command *commands;
	size_t command_count;
	struct requirement *requirements;
	size_t requirement_count;
	struct deviation *deviations;
	size_t deviation_count;
	struct known_line *urcs, *finals;
	size_t urc_count, final_count;
	uint64_t hash; /* over all files */
	void *memory;  /* owner of everything above */
};

/* Loads every suites folder (family folders with *.json inside). -1 with *error filled. */
int spec_load(struct spec *out, const char *const dirs[], struct error *error);
/* Loads only what a worker needs: the general model and one command ("uart_cur"; NULL: none). */
int spec_load_command(
	struct spec *out, const char *const dirs[], const char *suite, struct error *error);
void spec_finish(struct spec *spec);
const struct command *spec_command(const struct spec *spec, const char *name_or_suite);
const struct requirement *spec_requirement(const struct spec *spec, const char *id);
const struct parameter *spec_parameter(const struct command *command, const char *name);
/* The parameter of that name in the form's command line. */
const struct parameter *spec_form_parameter(
	const struct command *command, const struct form *form, const char *name);
/* The forms of the command, several set forms included, from 0 on; those that it does not have are
 * not `present`. NULL behind the last. */
const struct form *spec_form(const struct command *command, size_t index);
/* The form that a command line has: of several set forms the one that fits it best. NULL: none. */
const struct form *spec_form_of(const struct command *command, const char *command_line);
const struct deviation *spec_deviation(const struct spec *spec, const char *id);
/* Whether text (quotes removed) is a value of the parameter; *why, may be NULL, says why not. With
 * `reported` the bounds are widened by the tolerance, as for a value that the module tells. */
bool spec_value_fits(const struct parameter *p, const char *text, bool reported, const char **why);
/* "{network.access_point.ssid}", "{peer.server.port}", "{case.topic}": a fact of the bench or the
 * case, put in when it runs. */
bool spec_is_bench_fact(const char *text);

/* A case of the plan, derived or scenario. */
struct spec_case {
	const char *name;                /* family/command/case */
	const char *const *requirements; /* ids, NULL-terminated */
	const char *file;
	int line;
};
/* Every case names known requirements, every requirement has a case (or is judged by the monitor,
 * or untestable). 0, or -1 with *error on the first that breaks this. */
int spec_check_coverage(
	const struct spec *spec, const struct spec_case *cases, size_t count, struct error *error);

#endif
