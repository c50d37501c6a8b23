/* SPDX-License-Identifier: MIT */
/* `atconform report`: any format again, from the journal alone. */
#include "cli/cli.h"
#include "cli/output.h"

#include "report/report.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
	"usage: atconform report RUN [--report FORMAT[:FILE]]...\n\n"
	"RUN is a run's folder or its journal.jsonl. Formats: console (default), json, junit, "
	"html;\n"
	"without FILE the console goes to standard output, the others into the run's folder.\n"
	"The exit code is the run's own.\n";

int cmd_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "report", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct words formats = { 0 };
	int opt, code = -1;
	optind = 1;
	opterr = 0;
	while (code < 0 && (opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt == 'r') {
			words_add(&formats, optarg);
		} else if (opt == 'h') {
			fputs(help, stdout);
			code = EXIT_CONFORMS;
		} else {
			code = cli_bad_option("report", argv, opt);
		}
	}
	if (code < 0 && optind + 1 != argc)
		code = cli_usage("report", "expects one run's folder, got %d words", argc - optind);
	if (code < 0) {
		if (!formats.count)
			words_add(&formats, "console");
		code = output_reports(argv[optind], argv[optind], formats.items);
	}
	words_finish(&formats);
	return code;
}
