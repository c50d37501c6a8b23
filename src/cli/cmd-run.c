/* SPDX-License-Identifier: MIT */
/* `atconform run`: settings from bench, profile and options, the plan, the rig, the reports. */
#include "cli/run-options.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cli/bench.h"
#include "cli/broker.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "cli/suite.h"
#include "report/progress.h"
#include "report/report.h"
#include "rig/link.h"
#include "rig/rig.h"
#include "spec/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINES = 64 };

struct session {
	struct run_options options;
	struct words dirs;
	struct spec spec;
	struct bench bench;
	struct broker_choice broker;
	struct profile profile;
	const char *profile_why;
	struct suite suite;
	const char *iuts[MAX_LINES + 1];
	int jobs;
	char *suite_program, *module_program, *run_dir;
	struct progress *progress;
	bool gate_inferred;
};

static int programs(struct session *s, struct error *error)
{
	const char *module = getenv("ATCONFORM_MODULE");
	s->suite_program = paths_program("atconform-suite");
	s->module_program = module ? strdup(module) : paths_program("atmodule");
	if (!s->suite_program)
		return error_set(error, NULL, 0, 0,
			"the program atconform-suite is not beside atconform; build or install it");
	return 0;
}

static bool replicable(const char *iut)
{
	return strncmp(iut, "virtual:", 8) == 0 || strncmp(iut, "exec:", 5) == 0;
}

/* The lines of the run: --iut, else the bench's, else the virtual module; a program can be started
 * as often as there are jobs, a port can't. */
static int lines(struct session *s, struct error *error)
{
	size_t n = 0;
	const char *const *given =
		s->options.iuts.count ? s->options.iuts.items : s->bench.rig.iuts;
	for (size_t i = 0; given && given[i]; i++) {
		if (n == MAX_LINES)
			return error_set(error, NULL, 0, 0, "at most %d IUTs", MAX_LINES);
		if (link_check(given[i], error) < 0)
			return -1;
		s->iuts[n++] = given[i];
	}
	if (n == 0)
		s->iuts[n++] = "virtual:";
	int jobs = s->options.jobs ? s->options.jobs : (int)n;
	if (jobs > MAX_LINES)
		return error_set(error, NULL, 0, 0, "--jobs %d: at most %d", jobs, MAX_LINES);
	while ((int)n < jobs && replicable(s->iuts[0])) {
		s->iuts[n] = s->iuts[0];
		n++;
	}
	if (jobs > (int)n)
		return error_set(error, NULL, 0, 0,
			"--jobs %d, but the bench has %zu line(s) to an IUT; name one --iut for "
			"each job",
			jobs, n);
	s->iuts[jobs] = NULL;
	s->jobs = jobs;
	s->bench.rig.iuts = s->iuts;
	return 0;
}

static const char *usual_bench(const struct session *s)
{
	const char *iut = s->options.iuts.count ? s->options.iuts.items[0] : "virtual:";
	return strncmp(iut, "virtual:", 8) == 0 ? "virtual" : "board";
}

static int load(struct session *s, struct error *error)
{
	const char *bench = s->options.bench ? s->options.bench : usual_bench(s);
	char *profiles AUTO_FREE = paths_data("fixtures/profiles");
	if (programs(s, error) < 0 || bench_load(&s->bench, bench, error) < 0 ||
		lines(s, error) < 0 ||
		broker_choose(&s->broker, &s->bench, &s->options.brokers, error) < 0 ||
		cli_spec_dirs(&s->dirs, &s->options.spec, error) < 0 ||
		spec_load(&s->spec, s->dirs.items, error) < 0)
		return -1;
	const char *profile = s->options.profile;
	s->profile_why = "chosen by --profile";
	if (!profile && s->bench.default_profile) {
		profile = s->bench.default_profile;
		s->profile_why = "named by the bench";
	} else if (!profile) {
		profile = "esp8266-at";
		s->profile_why = "default";
	}
	if (profile_load(&s->profile, profiles ? profiles : "fixtures/profiles", profile, &s->spec,
		    error) < 0)
		return -1;
	s->gate_inferred = s->bench.gate_inferred;
	if (s->options.gate)
		s->gate_inferred = strcmp(s->options.gate, "inferred") == 0;
	if (suite_load(&s->suite, s->suite_program, s->dirs.items, error) < 0 ||
		suite_check(&s->suite, &s->spec, error) < 0)
		return -1;
	return suite_select(&s->suite, s->options.patterns, error);
}

/* Verdicts that are known before the first byte: what the profile does not claim, what the operator
 * did not allow, what the bench does not have. */
static void decide(struct session *s)
{
	for (size_t i = 0; i < s->suite.count; i++) {
		struct rig_case *c = &s->suite.cases[i];
		if (*c->command && profile_absent(&s->profile, c->command)) {
			c->decided = "n/a";
			c->decided_why = "the profile does not claim this command";
			continue;
		}
		for (size_t k = 0; c->needs[k] && !c->decided; k++) {
			if (bench_has(&s->bench, c->needs[k]))
				continue;
			c->decided = "unequipped";
			c->decided_why = broker_missing(&s->bench, c->needs[k]);
			if (!c->decided_why)
				c->decided_why = c->needs[k];
		}
		if (!c->decided && suite_tagged(c, "destructive") && !s->bench.destructive &&
			!s->options.allow_destructive) {
			c->decided = "skipped";
			c->decided_why = "destructive; allowed with --allow destructive";
		}
	}
}

static int dry_run(const struct session *s)
{
	for (size_t i = 0; i < s->suite.count; i++) {
		const struct rig_case *c = &s->suite.cases[i];
		printf("%-60s %s%s%s\n", c->id, c->decided ? c->decided : "run",
			c->decided ? ": " : "", c->decided ? c->decided_why : "");
	}
	printf("%zu cases, %d job(s), profile %s, bench %s; nothing was run\n", s->suite.count,
		s->jobs, s->profile.name, s->bench.rig.name);
	return EXIT_CONFORMS;
}

static char *stamped_dir(void)
{
	char stamp[32];
	struct timespec now;
	struct tm utc;
	struct buf path AUTO_BUF = { 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	buf_printf(&path, "reports/runs/%s", stamp);
	for (int i = 2; access(buf_text(&path), F_OK) == 0; i++) {
		buf_clear(&path);
		buf_printf(&path, "reports/runs/%s-%d", stamp, i);
	}
	return buf_take(&path);
}

static int make_run_dir(struct session *s, struct error *error)
{
	s->run_dir = s->options.out ? strdup(s->options.out) : stamped_dir();
	int failed = paths_make_dir(s->run_dir);
	if (failed)
		return error_set(error, s->run_dir, 0, 0,
			"the run's folder can't be made: %s; name another with --out",
			strerror(-failed));
	struct buf journal AUTO_BUF = { 0 };
	buf_printf(&journal, "%s/journal.jsonl", s->run_dir);
	if (access(buf_text(&journal), F_OK) == 0)
		return error_set(error, s->run_dir, 0, 0,
			"holds a run already; name another folder with --out");
	int fd AUTO_FD = open(buf_text(&journal), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_set(error, buf_text(&journal), 0, 0,
			"can't be written: %s; name another folder with --out", strerror(errno));
	unlink(buf_text(&journal));
	return 0;
}

static void on_started(void *user, const char *id)
{
	progress_case_started(((struct session *)user)->progress, id);
}

static void on_verdict(void *user, const char *id, const char *verdict, const char *message)
{
	enum verdict v;
	if (verdict_parse(verdict, &v))
		progress_case_ended(((struct session *)user)->progress, id, v, message);
}

static void on_note(void *user, const char *text)
{
	progress_note(((struct session *)user)->progress, text);
}

static void on_tick(void *user)
{
	progress_tick(((struct session *)user)->progress);
}

static enum rig_end run(struct session *s, int argc, char **argv, int *signal, struct error *error)
{
	const struct rig_plan plan = {
		.spec = &s->spec,
		.profile = &s->profile,
		.profile_why = s->profile_why,
		.bench = &s->bench.rig,
		.spec_dirs = s->dirs.items,
		.suite_program = s->suite_program,
		.module_program = s->module_program,
		.run_dir = s->run_dir,
		.argc = argc,
		.argv = argv,
		.cases = s->suite.cases,
		.case_count = s->suite.count,
		.jobs = s->jobs,
		.gate_inferred = s->gate_inferred,
		.strict = s->options.strict,
		.require_all = s->options.require_all,
		.fail_fast = s->options.fail_fast,
		.user = s,
		.on_started = on_started,
		.on_verdict = on_verdict,
		.on_note = on_note,
		.on_tick = on_tick,
	};
	bool terminal = isatty(STDERR_FILENO) && !getenv("CI");
	s->progress = progress_create(stderr, terminal, s->suite.count);
	enum rig_end end = rig_run(&plan, signal, error);
	progress_destroy(s->progress);
	return end;
}

/* The three files always, the console last, and what --report asked for besides. */
static int reports(const struct session *s)
{
	struct words formats = { 0 };
	words_add(&formats, "json");
	words_add(&formats, "junit");
	words_add(&formats, "html");
	for (size_t i = 0; i < s->options.reports.count; i++)
		words_add(&formats, s->options.reports.items[i]);
	words_add(&formats, "console");
	int code = output_reports(s->run_dir, s->run_dir, formats.items);
	words_finish(&formats);
	printf("reports: %s/report.html report.json junit.xml journal.jsonl\n", s->run_dir);
	return code;
}

static int run_and_report(struct session *s, int argc, char **argv)
{
	struct error error = { 0 };
	int signal = 0;
	if (make_run_dir(s, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	enum rig_end end = run(s, argc, argv, &signal, &error);
	if (end != RIG_COMPLETE)
		log_error("%s", error.text[0] ? error_text(&error) : "the run did not complete");
	int code = reports(s);
	if (end == RIG_INTERRUPTED && signal)
		return 128 + signal;
	return code;
}

static void finish(struct session *s)
{
	suite_finish(&s->suite);
	profile_finish(&s->profile);
	spec_finish(&s->spec);
	broker_choice_finish(&s->broker);
	bench_finish(&s->bench);
	words_finish(&s->dirs);
	free(s->suite_program);
	free(s->module_program);
	free(s->run_dir);
	run_options_finish(&s->options);
}

int cmd_run(int argc, char **argv)
{
	struct session s = { 0 };
	struct error error = { 0 };
	int code = run_options_parse(&s.options, argc, argv);
	if (code < 0 && (output_check(s.options.reports.items, &error) < 0 || load(&s, &error) < 0))
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		decide(&s);
		code = s.options.dry_run ? dry_run(&s) : run_and_report(&s, argc, argv);
	}
	finish(&s);
	return code;
}
