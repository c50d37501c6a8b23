/* SPDX-License-Identifier: MIT */
/* The lines of a run: the boards that --iut names, else the bench's, else the virtual module. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "cli/bench-iut.h"
#include "cli/cli.h"
#include "rig/rig.h"

enum { LINES_MAX = BENCH_IUTS };

/* Fills out[LINES_MAX + 1], behind the last one an IUT without an address; strings stay the bench's
 * and the words'. `given` that is an address of the bench is that board, with what is its own. jobs
 * 0: as many as there are; a program is started as often as it takes. The number of lines, or -1
 * with *error. */
int lines_choose(struct rig_iut *out, const struct rig_bench *bench, const struct words *given,
	int jobs, struct error *error);

/* Why a facility can't be had over these lines, or NULL. */
const char *lines_missing(const struct rig_iut *iuts, const char *facility);

#endif
