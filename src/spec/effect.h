/* SPDX-License-Identifier: MIT */
/* What a command line does to the module's flash, by the model. Queries and test forms do nothing
 * to it; a line that fits no form counts as the command's worst, since a module may take it. */
#ifndef SPEC_EFFECT_H
#define SPEC_EFFECT_H

#include "spec/spec.h"

struct effect {
	const struct command *command; /* NULL: none that is known, and it does nothing */
	bool stores;                   /* answered with OK it has written to flash */
	bool destructive;              /* it restores, rewrites or rolls back */
};

/* Of a command line without its line end, in letters of either case. */
struct effect effect_of(const struct spec *spec, const char *command_line);

#endif
