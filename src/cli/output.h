/* SPDX-License-Identifier: MIT */
/* Writing reports of a run, from what the user asked for as FORMAT[:FILE]. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/error.h"

/* Whether each of the words is a known FORMAT[:FILE]. 0, or -1 with *error. */
int output_check(const char *const formats[], struct error *error);
/* Reads the journal of `run` and writes the formats; files without a name go into `dir`. The run's
 * exit code, or EXIT_USAGE/EXIT_INTERNAL when it can't be read or written. */
int output_reports(const char *run, const char *dir, const char *const formats[]);

#endif
