/* SPDX-License-Identifier: MIT */
/* `atconform merge`: one run, and its reports, from those of several shards. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "report/merge.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"usage: atconform merge RUN... --out DIR [--report FORMAT[:FILE]]...\n\n"
	"Makes one run of several that share no case, such as the shards of one plan, and writes\n"
	"its reports. RUN is a run's folder or its journal.jsonl; all of them have to be of one\n"
	"suite, profile, firmware and set of options. What a missing shard would have run is\n"
	"missing.\n\n"
	"  --out DIR               the merged run's folder; it must not hold a run\n"
	"  --report FORMAT[:FILE]  besides the usual ones: console, json, junit, html\n\n"
	"The exit code is that of a run that did it all.\n";

/* -1: go on. */
static int parse(const char **out, struct words *formats, int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "report", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt == 'o') {
			*out = optarg;
		} else if (opt == 'r') {
			words_add(formats, optarg);
		} else if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option("merge", argv, opt);
		}
	}
	if (optind == argc)
		return cli_usage("merge", "expects the runs to merge, got none");
	if (!*out || !**out)
		return cli_usage("merge", "--out DIR is needed");
	return -1;
}

static int merge(const char *const paths[], size_t count, const char *dir, struct error *error)
{
	AUTO_BUF struct buf journal = { 0 };
	bool fresh = access(dir, F_OK) != 0;
	buf_printf(&journal, "%s/journal.jsonl", dir);
	if (access(buf_text(&journal), F_OK) == 0)
		return error_set(
			error, dir, 0, 0, "holds a run already; name another folder with --out");
	int failed = paths_make_dir(dir);
	if (failed)
		return error_set(error, dir, 0, 0,
			"the run's folder can't be made: %s; name another with --out",
			strerror(-failed));
	int result = merge_runs(paths, count, dir, error);
	if (result && fresh)
		rmdir(dir);
	return result;
}

int cmd_merge(int argc, char **argv)
{
	struct words formats = { 0 };
	struct error error = { 0 };
	const char *out = NULL;
	words_add(&formats, "json");
	words_add(&formats, "junit");
	words_add(&formats, "html");
	int code = parse(&out, &formats, argc, argv);
	words_add(&formats, "console");
	if (code < 0 && (output_check(formats.items, &error) < 0 ||
				merge((const char *const *)argv + optind, (size_t)(argc - optind),
					out, &error) < 0))
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		code = output_reports(out, out, formats.items);
		printf("reports: %s/report.html report.json junit.xml journal.jsonl\n", out);
	}
	words_finish(&formats);
	return code;
}
