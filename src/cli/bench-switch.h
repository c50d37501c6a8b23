/* SPDX-License-Identifier: MIT */
/* "reset" and "power" of a bench file, of the whole bench or of one IUT: how a board is restarted
 * from outside. */
#ifndef CLI_BENCH_SWITCH_H
#define CLI_BENCH_SWITCH_H

#include "base/error.h"
#include "rig/rig.h"
#include "spec/arena.h"
#include "spec/strict.h"

/* Reads both from the object at `path` ("" is the file, or "iuts[1]"). Each that is there replaces
 * the one in *out, which is left as it is otherwise; what it points to is in the arena and in the
 * file's values. 0, or -1 with *error. */
int bench_switch_load(struct strict *file, struct arena *arena, const char *path,
	const json_t *object, struct rig_switches *out, struct error *error);

#endif
