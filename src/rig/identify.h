/* SPDX-License-Identifier: MIT */
/* Asks a module which firmware it has, before there is a run: opens the line, AT+GMR, closes it. */
#ifndef RIG_IDENTIFY_H
#define RIG_IDENTIFY_H

#include "base/buf.h"
#include "rig/rig.h"

enum { IDENTIFY_LINES = 16 };

/* The information lines of the answer, one after the other. */
struct identity {
	struct buf text;                       /* owns the lines */
	const char *lines[IDENTIFY_LINES + 1]; /* NULL-terminated */
};

/* One of the bench's lines by its address and number. 0, or -1 with *error saying why there is no
 * answer. SIGINT and SIGTERM end the wait, and then have their effect. */
int identify(struct identity *out, const struct rig_bench *bench, const char *module_program,
	const char *address, int index, struct error *error);
/* The information lines of what came, echo, blank lines and final result left out. */
void identity_parse(struct identity *out, const struct buf *got);
void identity_finish(struct identity *identity);

#endif
