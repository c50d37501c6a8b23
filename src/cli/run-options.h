/* SPDX-License-Identifier: MIT */
/* The options of `atconform run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "cli/cli.h"

#include <stdbool.h>
#include <stdint.h>

struct run_options {
	struct words iuts, spec, reports;
	struct words brokers; /* copies: where they stood the passwords are masked */
	const char *bench, *profile, *out, *gate;
	const char *const *patterns;    /* NULL-terminated */
	const char *baseline, *waivers; /* or NULL */
	const char *resume;             /* a run's folder, or NULL */
	struct words without;           /* tags that are left out */
	int64_t max_nvs_writes;         /* of each line; -1: what the bench says */
	int jobs;                       /* 0: as many as the bench has lines */
	int shard, shards;              /* shards 0: the whole plan */
	int64_t shuffle;                /* -1: not wanted; 0: any seed */
	int repeat, retries, flaky_budget;
	bool strict, require_all, fail_fast, dry_run, allow_destructive;
	bool mixed_firmware, fewer_boards;
};

/* -1: go on; else the exit code to leave with (help was printed, or an option is wrong). */
int run_options_parse(struct run_options *out, int argc, char **argv);
/* Whether what is given for a resumed run (all of it may be left out) is what that run was given.
 * 0, or -1 with *error, which names the option. */
int run_options_same(
	const struct run_options *given, const struct run_options *before, struct error *error);
void run_options_finish(struct run_options *options);

#endif
