/* SPDX-License-Identifier: MIT */
/* To which command of the model a line belongs, by its prefix. */
#ifndef MONITOR_PREFIX_H
#define MONITOR_PREFIX_H

#include "spec/spec.h"

#include <stdbool.h>

enum prefix {
	PREFIX_FITS, /* its own, in its model or a known deviation, or there is nothing to tell by
		      */
	PREFIX_FOREIGN, /* the name of another command of the model */
	PREFIX_UNKNOWN,
};

/* Whether an information line can belong to the command sent. */
enum prefix prefix_judge(const struct spec *spec, const char *command_line, const char *info);
/* Whether the line begins as one that the model gives for the command. */
bool prefix_belongs(const struct spec *spec, const char *command_line, const char *info);
/* Whether the model of the command has a prompt in a response. */
bool prefix_prompts(const struct spec *spec, const char *command_line);

#endif
