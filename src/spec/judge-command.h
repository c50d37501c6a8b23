/* SPDX-License-Identifier: MIT */
/* What a recorded command line is, seen from the model: which command, which form, and whether its
 * parameters are good. Private to src/spec. */
#ifndef SPEC_JUDGE_COMMAND_H
#define SPEC_JUDGE_COMMAND_H

#include "spec/spec.h"

enum command_state {
	COMMAND_UNKNOWN,  /* no such command */
	COMMAND_UNSCORED, /* known, but the document says nothing of this line */
	COMMAND_VALID,
	COMMAND_INVALID,   /* to be refused: `requirement` */
	COMMAND_UNCERTAIN, /* may be taken or refused: no range is stated, an optional one is empty
			    */
};

struct command_line {
	enum command_state state;
	const struct command *command;
	const struct form *form;
	const char *requirement;
	char why[160];
};

void command_line_judge(struct command_line *out, const struct spec *spec, const char *text);

#endif
