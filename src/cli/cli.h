/* SPDX-License-Identifier: MIT */
/* The subcommands of atconform, and what they share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/error.h"
#include "spec/spec.h"

#include <stddef.h>

/* Documented in atconform(1); the highest in this order wins: 2, 4, 3, 1, 5, 0. */
enum exit_code {
	EXIT_CONFORMS = 0,
	EXIT_DOES_NOT_CONFORM = 1,
	EXIT_USAGE = 2,
	EXIT_UNUSABLE = 3,
	EXIT_INTERNAL = 4,
	EXIT_NOTHING_VERIFIED = 5,
};

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_judge(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* Prints the error on one line and gives the exit code back. */
int cli_fail(enum exit_code code, const struct error *error);
/* "atconform CMD: …; see `atconform CMD --help`": EXIT_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* After getopt_long returned '?' or ':': names the option that is wrong. EXIT_USAGE. */
int cli_bad_option(const char *command, char **argv, int opt);

/* A growing list of words; the array is NULL-terminated. */
struct words {
	const char **items;
	size_t count;
};
void words_add(struct words *w, const char *word);
void words_finish(struct words *w);

/* Model folders: the project's own and those of --spec, behind the shipped one. */
int cli_spec_dirs(struct words *dirs, const struct words *extra, struct error *error);

#endif
