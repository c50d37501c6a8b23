/* SPDX-License-Identifier: MIT */
/* `atconform list --requirements`. */
#ifndef CLI_LIST_REQUIREMENTS_H
#define CLI_LIST_REQUIREMENTS_H

#include "cli/catalogue.h"

/* Prints the requirements that a pattern means (all when there is none), and the cases of each.
 * The exit code. */
int list_requirements(const struct catalogue *c, bool json, const char *const patterns[]);

#endif
