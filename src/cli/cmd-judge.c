/* SPDX-License-Identifier: MIT */
/* `atconform judge`: a log that somebody else recorded, against the model, without a module. */
#include "cli/cli.h"
#include "cli/paths.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "report/judge-report.h"
#include "spec/profile.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: atconform judge LOG [OPTION]...\n\n"
	"LOG is a recorded session (a JSON object a line: {\"t\": seconds, \"dir\": \">\" or "
	"\"<\",\n"
	"\"bytes\": \"…\"}; see atconform-log(5)), or a run's folder or its journal.jsonl.\n\n"
	"  --profile NAME       what the module claims to be (default: the run's, else "
	"esp8266-at)\n"
	"  --gate inferred|stated  whether what breaks an inferred requirement counts (default:\n"
	"                       inferred)\n"
	"  --json FILE          each exchange and each breach, for machines\n"
	"  --spec DIR           more model files, e.g. a vendor's own commands\n\n"
	"exit: 0 nothing breaks the document, 1 something does, 2 usage or bad input,\n"
	"      4 internal error, 5 nothing could be judged\n";

struct judging {
	const char *path, *profile_name, *json, *gate;
	struct words extra, dirs;
	struct spec spec;
	struct profile profile;
	struct judge_log *log;
	struct judge_report_facts facts;
};

static int options(struct judging *j, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "profile", required_argument, NULL, 'p' },
		{ "gate", required_argument, NULL, 'g' },
		{ "json", required_argument, NULL, 'j' },
		{ "spec", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (opt == 'p') {
			j->profile_name = optarg;
		} else if (opt == 'g') {
			j->gate = optarg;
		} else if (opt == 'j') {
			j->json = optarg;
		} else if (opt == 's') {
			words_add(&j->extra, optarg);
		} else if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option("judge", argv, opt);
		}
	}
	if (optind + 1 != argc)
		return cli_usage("judge", "expects one log, got %d words", argc - optind);
	if (j->gate && strcmp(j->gate, "inferred") != 0 && strcmp(j->gate, "stated") != 0)
		return cli_usage("judge", "--gate %s: inferred or stated is needed", j->gate);
	j->path = argv[optind];
	return -1;
}

static int load(struct judging *j, struct error *error)
{
	char *profiles AUTO_FREE = paths_data("fixtures/profiles");
	if (judge_log_open(&j->log, j->path, error) < 0 ||
		cli_spec_dirs(&j->dirs, &j->extra, error) < 0 ||
		spec_load(&j->spec, j->dirs.items, error) < 0)
		return -1;
	const char *of_run = judge_log_facts(j->log)->profile;
	j->facts = (struct judge_report_facts){ .log = judge_log_facts(j->log),
		.spec = &j->spec,
		.profile = &j->profile,
		.profile_why = j->profile_name ? "chosen by --profile"
			       : *of_run       ? "of the run"
					       : "default",
		.gate_inferred = !j->gate || strcmp(j->gate, "inferred") == 0 };
	if (!j->profile_name)
		j->profile_name = *of_run ? of_run : "esp8266-at";
	return profile_load(&j->profile, profiles ? profiles : "fixtures/profiles", j->profile_name,
		&j->spec, error);
}

static int judge(struct judging *j)
{
	struct error error = { 0 };
	struct judge_report *report = judge_report_create(&j->facts, j->json, &error);
	if (!report)
		return cli_fail(EXIT_USAGE, &error);
	int code;
	if (judge_log_run(j->log, &j->spec, &j->profile, judge_report_add, report, &error) < 0) {
		code = cli_fail(EXIT_USAGE, &error);
	} else {
		judge_report_print(report, stdout);
		code = judge_report_exit_code(report);
		if (judge_report_save(report, &error) < 0)
			code = cli_fail(EXIT_INTERNAL, &error);
	}
	judge_report_destroy(report);
	return code;
}

int cmd_judge(int argc, char **argv)
{
	struct judging j = { 0 };
	struct error error = { 0 };
	int code = options(&j, argc, argv);
	if (code < 0 && load(&j, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0)
		code = judge(&j);
	judge_log_close(j.log);
	profile_finish(&j.profile);
	spec_finish(&j.spec);
	words_finish(&j.extra);
	words_finish(&j.dirs);
	return code;
}
