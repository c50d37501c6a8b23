/* SPDX-License-Identifier: MIT */
/* What a run is held against, as lines for its journal: the verdicts of an earlier run, and the
 * waivers. */
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "cli/suite.h"
#include "spec/spec.h"

struct gate {
	struct rig_told *told;
	size_t count;
};

/* Reads an earlier run. Cases that are in the suite and not in this run's plan are of no matter;
 * those that the suite has no more, and the patterns mean, are gone. 0, or -1 with *error. */
int gate_baseline(struct gate *gate, const char *path, const struct suite *suite,
	const char *const patterns[], struct error *error);
/* 0, or -1 with *error. */
int gate_waivers(struct gate *gate, const char *path, const struct suite *suite,
	const struct spec *spec, struct error *error);
void gate_finish(struct gate *gate);

#endif
