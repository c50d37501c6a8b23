/* SPDX-License-Identifier: MIT */
/* atconform: conformance tests for the firmware of Wi-Fi modules that speak AT commands. */
#include "cli/cli.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
} commands[] = {
	{ "run", cmd_run, "judge a module against the specification" },
	{ "list", cmd_list, "the cases, their requirements and tags" },
	{ "explain", cmd_explain, "a command, requirement or case in words" },
	{ "report", cmd_report, "write a run's reports again, from its journal" },
	{ "judge", cmd_judge, "judge a recorded session or a run's journal, without a module" },
	{ "compare", cmd_compare, "what later runs changed against the first" },
	{ "doctor", cmd_doctor, "is this bench fit to run; writes a bench file to start from" },
	{ "merge", cmd_merge, "make one run of the runs of several shards" },
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *out)
{
	fputs("usage: atconform COMMAND [ARGS]\n\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].text);
	fputs("\n`atconform COMMAND --help` says more; atconform(1) says all.\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return EXIT_CONFORMS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("atconform " ATCONFORM_VERSION);
		return EXIT_CONFORMS;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	log_error("unknown command \"%s\"; `atconform --help` lists them", argv[1]);
	return EXIT_USAGE;
}
