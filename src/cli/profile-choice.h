/* SPDX-License-Identifier: MIT */
/* Which profile a run has, and why: asked for, named by the bench, of the recording, told by
 * AT+GMR, or the document itself. */
#ifndef CLI_PROFILE_CHOICE_H
#define CLI_PROFILE_CHOICE_H

#include "rig/rig.h"

struct profile_choice {
	struct profile profile;
	char *why;
};

struct profile_question {
	const char *asked;    /* --profile, or NULL */
	const char *recorded; /* of the recording that is replayed, or NULL */
	const char *named;    /* by the bench, or NULL */
	const struct rig_bench *bench;
	const struct spec *spec;
	const char *module_program;
	int jobs;     /* so many of the bench's lines are used */
	bool may_ask; /* the module, for "auto" */
	bool mixed;   /* all of them: boards may differ */
};

/* 0, or -1 with *error filled. */
int profile_choose(
	struct profile_choice *out, const struct profile_question *question, struct error *error);
void profile_choice_finish(struct profile_choice *choice);

#endif
