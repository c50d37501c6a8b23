/* SPDX-License-Identifier: MIT */
/* `atconform compare`: what later runs changed against the first. */
#include "cli/cli.h"

#include "report/compare.h"
#include "report/file-out.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
	"usage: atconform compare RUN RUN [RUN...] [--html FILE] [--json FILE] [--gate] "
	"[--common]\n"
	"\n"
	"Puts runs side by side; a RUN is a run's folder or its journal, the first is the\n"
	"baseline. Told for each case, requirement and command: fixed, regressed, missing, "
	"deleted,\n"
	"lost (not judged any more), added, gained, another verdict, changed bytes (the same "
	"verdict,\n"
	"another response), latency, presence, version, start-up banner.\n"
	"\n"
	"  --html FILE  one page with everything, the wire logs aligned\n"
	"  --json FILE  the same for machines (reports/compare.schema.json)\n"
	"  --gate       exit 1 when a case regressed, is missing or deleted, or passed and is not\n"
	"               judged any more\n"
	"  --common     compare runs of different suites or versions too, on what they share\n"
	"\n"
	"Exit code: 0, with --gate 1 as above, 2 when a run can't be read or compared.\n";

struct options {
	const char *html, *json;
	bool gate, common;
};

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "html", required_argument, NULL, 'H' },
		{ "json", required_argument, NULL, 'j' },
		{ "gate", no_argument, NULL, 'g' },
		{ "common", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt == 'H') {
			o->html = optarg;
		} else if (opt == 'j') {
			o->json = optarg;
		} else if (opt == 'g') {
			o->gate = true;
		} else if (opt == 'c') {
			o->common = true;
		} else if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option("compare", argv, opt);
		}
	}
	if (argc - optind < 2)
		return cli_usage("compare", "expects at least two runs, got %d", argc - optind);
	return -1;
}

static int write_all(const struct compare *c, const struct options *o)
{
	struct error error = { 0 };
	if ((o->html && file_out(o->html, compare_html, c, &error)) ||
		(o->json && file_out(o->json, compare_json, c, &error)) ||
		file_out(NULL, compare_console, c, &error))
		return cli_fail(EXIT_INTERNAL, &error);
	return o->gate && !compare_passes(c) ? EXIT_DOES_NOT_CONFORM : EXIT_CONFORMS;
}

int cmd_compare(int argc, char **argv)
{
	struct options o = { 0 };
	struct error error = { 0 };
	struct compare *c = NULL;
	int code = parse(&o, argc, argv);
	if (code >= 0)
		return code;
	const char *const *runs = (const char *const *)argv + optind;
	if (compare_open(&c, runs, (size_t)(argc - optind), o.common, &error))
		return cli_fail(EXIT_USAGE, &error);
	code = write_all(c, &o);
	compare_close(c);
	return code;
}
