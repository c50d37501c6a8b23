/* SPDX-License-Identifier: MIT */
/* Bench files: what surrounds the IUT (port, timings, facilities, reset and power control). */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "base/error.h"
#include "rig/rig.h"

struct bench {
	struct rig_bench rig; /* what the rig needs; points into `memory` */
	const char *title;
	const char *default_profile; /* or NULL */
	bool destructive;            /* destructive cases may run without --allow */
	bool gate_inferred;          /* fails of inferred requirements count by default */
	void *memory;
};

/* Loads a bench by name from the project's folder, or by path (a name with '/' or ".json"). */
int bench_load(struct bench *out, const char *name, struct error *error);
void bench_finish(struct bench *bench);
/* Facilities of a bench are globs: "baudrate:*" has every baud rate. */
bool bench_has(const struct bench *bench, const char *facility);
/* No setting of the line can be made from here: the bench has none of these facilities, whatever
 * its file says. */
void bench_drop_line_settings(struct bench *bench);
/* Whether a facility is a setting of the line, as in "baudrate:9600". */
bool bench_is_line_setting(const char *facility);

#endif
