/* SPDX-License-Identifier: MIT */
/* Cases derived from the model: for each form and parameter the accepted values, both sides of each
 * bound, wrong types, missing and surplus parameters, read-back, persistence, loss and restore. */
#ifndef SPEC_DERIVE_H
#define SPEC_DERIVE_H

#include "base/buf.h"
#include "spec/spec.h"

enum step_kind {
	STEP_SEND,    /* send `send`, expect one of `responses` and `final`, then the checks */
	STEP_RESTART, /* AT+RST -> OK, and wait until the module answers again */
	STEP_RESTORE, /* AT+RESTORE -> OK, and wait until the module answers again */
	STEP_ONLINE,  /* the station is joined and has its address */
};

/* A check on a field of the response, or on a line already remembered. */
struct check {
	const char *field; /* name in the response */
	const char *value; /* expected text, "{name}" for a remembered one; NULL: only remember */
	const char *remember; /* name to keep it under, or NULL */
	int tolerance_percent;
	/* Remember the host line's own rate instead, when the field is within the tolerance of it:
	 * a module tells what its divisor makes of the rate, and putting that back would drift. */
	bool line_rate;
};

struct step {
	enum step_kind kind;
	const char *send;                 /* may hold {name}: a remembered field */
	const struct response *responses; /* NULL: no information line may come */
	size_t response_count;
	const char *final; /* "OK", "ERROR" */
	/* Behind OK a prompt follows, then as many bytes go out as this says, then SEND OK comes.
	 * NULL: none of it. */
	const char *data;
	struct check *checks;
	size_t check_count;
	/* SEND: after its final result the host line follows the values in `send` (baudrate,
	 * databits, stopbits, parity, flow control, in this order). RESTART and RESTORE: once OK
	 * has come, the host line goes back to what it was when the lease began. */
	bool uart;
	bool restarts; /* SEND: the module restarts after OK: wait until it answers again */
	bool setup;   /* SEND: brings about the state that the case needs; any information lines may
			 come, and another final result than OK makes the case inconclusive */
	bool facts;   /* SEND: only looks; a known deviation that tells what the checks want to know
			 is as good as the documented answer */
	bool cleanup; /* puts things back: a failure here is reported as such */
	bool if_deviated;  /* only after an earlier step deviated (what was to be refused was taken)
			    */
	const char *claim; /* what this step shows, for the failure text */
};
/* After a step that deviated (known deviation), the steps that are not cleanup are left out. */

struct derived_case {
	const char *name; /* "set_baudrate_refuses_79" */
	const struct command *command;
	const struct form *form; /* that it is made for; NULL: an example of another command */
	const char *requirement;
	/* NULL-terminated. Cases that set a line format other than the typical one need the
	 * facility "baudrate:80", "databits:5", "flow_control:2" … */
	const char **tags, **needs;
	const char *file; /* model file */
	int line;         /* line of the model file */
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
/* Replaces {name} in a step's text by what lookup returns ("network.…" and "peer.…" are facts of
 * the bench); inside quotes with the wire's escapes. -1 when a name is unknown. */
int derive_expand(struct buf *out, const char *text,
	const char *(*lookup)(void *user, const char *name), void *user);
/* Whether a line of the case names the peer, or a route leads to it. */
bool derive_uses_peer(const struct derived_case *c, const struct model_peer *peer);
/* Whether a field's text equals the expected one: integers within the tolerance. */
bool derive_same(const char *actual, const char *expected, int tolerance_percent);

#endif
