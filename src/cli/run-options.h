/* SPDX-License-Identifier: MIT */
/* The options of `atconform run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "cli/cli.h"

#include <stdbool.h>

struct run_options {
	struct words iuts, spec, reports;
	struct words brokers; /* copies: where they stood the passwords are masked */
	const char *bench, *profile, *out, *gate;
	const char *const *patterns; /* NULL-terminated */
	int jobs;                    /* 0: as many as the bench has lines */
	bool strict, require_all, fail_fast, dry_run, allow_destructive;
};

/* -1: go on; else the exit code to leave with (help was printed, or an option is wrong). */
int run_options_parse(struct run_options *out, int argc, char **argv);
void run_options_finish(struct run_options *options);

#endif
