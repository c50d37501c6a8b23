/* SPDX-License-Identifier: MIT */
/* Cases derived from the model: for each form and parameter the accepted values, both sides of each
 * bound, wrong types, missing and surplus parameters, read-back, persistence, loss and restore. */
#ifndef SPEC_DERIVE_H
#define SPEC_DERIVE_H

#include "spec/spec.h"

enum step_kind {
	STEP_SEND,    /* send `send`, expect one of `responses` and `final`, then the checks */
	STEP_RESTART, /* AT+RST, and wait until the module answers again */
	STEP_RESTORE, /* AT+RESTORE, and wait until the module answers again */
};

/* A check on a field of the response, or on a line already remembered. */
struct check {
	const char *field; /* name in the response */
	const char *value; /* expected text, "{name}" for a remembered one; NULL: only remember */
	const char *remember; /* name to keep it under, or NULL */
	int tolerance_percent;
};

struct step {
	enum step_kind kind;
	const char *send; /* may hold {name}: a remembered field */
	const struct response *responses; /* NULL: no information line may come */
	size_t response_count;
	const char *final; /* "OK", "ERROR" */
	struct check *checks;
	size_t check_count;
	bool uart;    /* after OK the host line follows the set values (baudrate, databits …) */
	bool cleanup; /* puts things back: a failure here is reported as such */
	const char *claim; /* what this step shows, for the failure text */
};

struct derived_case {
	const char *name; /* "set_baudrate_refuses_79" */
	const struct command *command;
	const char *requirement;
	const char **tags, **needs; /* NULL-terminated */
	const char *file;	    /* model file */
	int line;		    /* line of the model file */
	struct step *steps;
	size_t step_count;
};

struct derived {
	struct derived_case *cases;
	size_t count;
	void *memory;
};

/* Derives all cases of one command, in a stable order with unique names. 0, or -1 with *error. */
int derive_command(struct derived *out, const struct spec *spec, const struct command *command,
	struct error *error);
void derived_finish(struct derived *d);

#endif
