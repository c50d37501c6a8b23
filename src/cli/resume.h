/* SPDX-License-Identifier: MIT */
/* A run that was killed or interrupted, and goes on: `atconform run --resume RUN`. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/run-options.h"
#include "cli/suite.h"
#include "report/run.h"
#include "rig/rig.h"

struct resume {
	struct rig_line_before *lines; /* and what they were found with, in one block */
	struct rig_setting *settings;
	struct run *run; /* what the journal says, or NULL: nothing is resumed */
	char *dir;
	bool complete;   /* there is nothing to go on with */
	bool from_start; /* it was killed before its plan was written: nothing has been run */
	char **argv;     /* a copy of the run's own, for its options */
	struct rig_resume rig;
	struct rig_before *before;
	char time[32];
};

/* Opens and locks the run; reads its options into *before. Nothing is changed yet. 0, or -1 with
 * *error. */
int resume_open(
	struct resume *out, const char *path, struct run_options *before, struct error *error);
/* Whether it is still the same suite, profile and plan; 0, or -1 with *error. Then the journal is
 * cut behind its last whole line and can be continued. */
int resume_prepare(struct resume *r, const struct rig_plan *plan, struct error *error);
void resume_finish(struct resume *r);

#endif
