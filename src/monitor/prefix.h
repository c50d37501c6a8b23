/* SPDX-License-Identifier: MIT */
/* To which command of the model a line belongs, by its prefix. */
#ifndef MONITOR_PREFIX_H
#define MONITOR_PREFIX_H

#include "spec/spec.h"

#include <stdbool.h>

/* The name of the command that an information line names by its prefix when that is another one
 * than the command sent; NULL: the line may belong to it. */
const char *prefix_foreign(const struct spec *spec, const char *command_line, const char *info);
/* Whether the model of the command has a prompt in a response. */
bool prefix_prompts(const struct spec *spec, const char *command_line);

#endif
