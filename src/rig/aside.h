/* SPDX-License-Identifier: MIT */
/* A short conversation with one module outside a run: opens the line, lets a function talk, closes
 * it, and leaves no file. */
#ifndef RIG_ASIDE_H
#define RIG_ASIDE_H

#include "rig/talk.h"

struct aside {
	const struct rig_bench *bench;
	const char *module_program; /* for virtual: */
	const char *address;
	int index;       /* of the line in its bench */
	int limit_ms;    /* for all of it */
	const char *air; /* for virtual:, or NULL: none */
};

/* What `talk` returns, or -1 with *error: the line can't be opened, or `talk` said so. SIGINT and
 * SIGTERM end every wait; the one that did is in *signal, or, when that is NULL, has its usual
 * effect when this returns. */
int aside(const struct aside *what, int (*talk)(struct talk *t, void *user, struct error *error),
	void *user, int *signal, struct error *error);

#endif
