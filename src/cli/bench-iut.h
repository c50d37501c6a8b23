/* SPDX-License-Identifier: MIT */
/* "iuts" of a bench file: the boards, each by its address alone, or with what is its own. */
#ifndef CLI_BENCH_IUT_H
#define CLI_BENCH_IUT_H

#include "base/error.h"
#include "rig/rig.h"
#include "spec/arena.h"
#include "spec/strict.h"

enum { BENCH_IUTS = 64 };

/* The boards in the order of the file, behind them one without an address; NULL when the file names
 * none. Each has the bench's reset and power where it has none of its own. 0, or -1 with *error. */
int bench_iut_load(struct strict *file, struct arena *arena, const struct rig_switches *usual,
	const struct rig_iut **out, struct error *error);
/* Whether two addresses lead to one board, however its port is set. Programs that are started for
 * each line are never one. */
bool bench_iut_same(const char *address, const char *other);
/* Whether there can be as many of it as are wanted: a program, started for each line. */
bool bench_iut_replicable(const char *address);

#endif
