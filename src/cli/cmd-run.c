/* SPDX-License-Identifier: MIT */
/* `atconform run`: settings from bench, profile and options, the plan, the rig, the reports. */
#include "cli/run-options.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cli/bench.h"
#include "cli/broker.h"
#include "cli/cli.h"
#include "cli/gate.h"
#include "cli/lines.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "cli/profile-choice.h"
#include "cli/replay.h"
#include "cli/resume.h"
#include "cli/suite.h"
#include "cli/without.h"
#include "report/progress.h"
#include "report/report.h"
#include "rig/link.h"
#include "rig/nvs.h"
#include "rig/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct session {
	struct run_options options;
	struct words dirs, reasons;
	struct spec spec;
	struct bench bench;
	struct broker_choice broker;
	struct profile_choice profile;
	struct suite suite;
	struct run *recorded; /* --iut replay: */
	bool strict, require_all;
	struct rig_iut iuts[LINES_MAX + 1];
	int jobs;
	char *suite_program, *module_program, *run_dir;
	struct progress *progress;
	bool gate_inferred;
	struct resume resume;
	struct rig_schedule schedule;
	struct gate gate;
	char whole_plan[20];
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

static int choose_lines(struct session *s, struct error *error)
{
	s->jobs = lines_choose(s->iuts, &s->bench.rig, &s->options.iuts, s->options.jobs, error);
	if (s->jobs < 0)
		return -1;
	s->bench.rig.iuts = s->iuts;
	if (!s->recorded && lines_missing(s->iuts, "baudrate:"))
		bench_drop_line_settings(&s->bench);
	return 0;
}

static const char *usual_bench(const struct session *s)
{
	const char *iut = s->options.iuts.count ? s->options.iuts.items[0] : "virtual:";
	if (s->recorded)
		return replay_bench(s->recorded);
	return strncmp(iut, "virtual:", 8) == 0 ? "virtual" : "board";
}

/* A recording stands alone, and brings what it was recorded under. */
static int open_recording(struct session *s, struct error *error)
{
	const struct words *iuts = &s->options.iuts;
	size_t count = 0;
	for (size_t i = 0; i < iuts->count; i++)
		count += replay_is(iuts->items[i]);
	if (!count)
		return 0;
	if (iuts->count > 1)
		return error_set(error, NULL, 0, 0,
			"--iut %s: a recording can't be mixed with other IUTs", iuts->items[0]);
	return link_check(iuts->items[0], error) < 0
		       ? -1
		       : replay_open(&s->recorded, iuts->items[0], error);
}

/* Nothing of the bench's world is touched by a replay. */
static void settle_recording(struct session *s)
{
	struct rig_bench *rig = &s->bench.rig;
	s->strict = s->options.strict;
	s->require_all = s->options.require_all;
	if (!s->recorded)
		return;
	rig->switches = (struct rig_switches){ 0 };
	for (int i = 0; i < s->jobs; i++)
		s->iuts[i].switches = rig->switches;
	rig->air = rig->pki = NULL;
	rig->put_back = rig->nvs_capped = false;
	rig->broker.program = NULL;
	s->strict |= s->recorded->strict;
	s->require_all |= s->recorded->require_all;
	if (!s->options.gate)
		s->gate_inferred = s->recorded->gate_inferred;
}

/* Without a pattern: what was recorded. */
static int select_cases(struct session *s, struct error *error)
{
	size_t kept = 0;
	if (s->recorded && replay_check(s->recorded, &s->spec, error) < 0)
		return -1;
	if (!s->recorded || s->options.patterns[0])
		return suite_select(&s->suite, s->options.patterns, error);
	for (size_t i = 0; i < s->suite.count; i++)
		if (replay_has(s->recorded, s->suite.cases[i].id))
			s->suite.cases[kept++] = s->suite.cases[i];
	s->suite.count = kept;
	return 0;
}

static int choose_profile(struct session *s, struct error *error)
{
	const struct profile_question question = { .asked = s->options.profile,
		.recorded = s->recorded ? s->recorded->profile : NULL,
		.named = s->bench.default_profile,
		.bench = &s->bench.rig,
		.spec = &s->spec,
		.module_program = s->module_program,
		.jobs = s->jobs,
		.may_ask = !s->options.dry_run,
		.mixed = s->options.mixed_firmware };
	return profile_choose(&s->profile, &question, error);
}

static int load(struct session *s, struct error *error)
{
	if (open_recording(s, error) < 0)
		return -1;
	const char *bench = s->options.bench ? s->options.bench : usual_bench(s);
	if (programs(s, error) < 0 || bench_load(&s->bench, bench, error) < 0 ||
		choose_lines(s, error) < 0 ||
		broker_choose(&s->broker, &s->bench, &s->options.brokers, error) < 0 ||
		cli_spec_dirs(&s->dirs, &s->options.spec, error) < 0 ||
		spec_load(&s->spec, s->dirs.items, error) < 0)
		return -1;
	s->gate_inferred = s->bench.gate_inferred;
	if (s->options.gate)
		s->gate_inferred = strcmp(s->options.gate, "inferred") == 0;
	if (s->options.max_nvs_writes >= 0) {
		s->bench.rig.nvs_capped = true;
		s->bench.rig.max_nvs_writes = s->options.max_nvs_writes;
	}
	settle_recording(s);
	if (suite_load(&s->suite, s->suite_program, s->dirs.items, error) < 0 ||
		suite_check(&s->suite, &s->spec, error) < 0 ||
		without_check(&s->options.without, &s->suite, error) < 0 ||
		select_cases(s, error) < 0)
		return -1;
	return choose_profile(s, error);
}

static int64_t any_seed(void)
{
	uint32_t seed = 0;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint32_t)time(NULL);
	return seed ? seed : 1;
}

/* What runs how often, and in what order. */
static int schedule(struct session *s, struct error *error)
{
	const struct run_options *o = &s->options;
	s->schedule = (struct rig_schedule){ .shard = o->shard,
		.shards = o->shards,
		.whole_count = s->suite.count,
		.whole_plan = s->whole_plan,
		.shuffle = o->shuffle == 0  ? any_seed()
			   : o->shuffle > 0 ? o->shuffle
					    : 0,
		.repeat = o->repeat ? o->repeat : 1,
		.retries = o->retries > 0 ? o->retries : 0,
		.flaky_budget = o->flaky_budget > 0 ? o->flaky_budget : 0 };
	if (!o->shards)
		return 0;
	return suite_shard(&s->suite, o->shard, o->shards, s->whole_plan, error);
}

/* What the run is held against. A run that goes on has it in its journal, unless it was killed
 * before its plan was written. */
static int hold(struct session *s, struct error *error)
{
	const struct run_options *o = &s->options;
	if (s->resume.run && s->resume.run->planned >= s->suite.count)
		return 0;
	if (o->baseline && gate_baseline(&s->gate, o->baseline, &s->suite, o->patterns, error) < 0)
		return -1;
	return o->waivers ? gate_waivers(&s->gate, o->waivers, &s->suite, &s->spec, error) : 0;
}

/* What the bench does not have. */
static void decide_by_bench(const struct session *s, struct rig_case *c)
{
	for (size_t k = 0; c->needs[k] && !c->decided; k++) {
		if (bench_has(&s->bench, c->needs[k]))
			continue;
		c->decided = "unequipped";
		c->decided_why = broker_missing(&s->bench, c->needs[k]);
		if (!c->decided_why)
			c->decided_why = lines_missing(s->iuts, c->needs[k]);
		if (!c->decided_why)
			c->decided_why = c->needs[k];
	}
}

/* Verdicts that are known before the first byte: what the profile does not claim, what the operator
 * left out or did not allow, what the bench does not have. */
static void decide(struct session *s)
{
	for (size_t i = 0; i < s->suite.count; i++) {
		struct rig_case *c = &s->suite.cases[i];
		const char *without = without_means(&s->options.without, c);
		if (s->recorded) {
			replay_decides(s->recorded, c);
		} else if (*c->command && profile_absent(&s->profile.profile, c->command)) {
			c->decided = "n/a";
			c->decided_why = "the profile does not claim this command";
		} else if (without) {
			c->decided = "skipped";
			c->decided_why = without_why(&s->reasons, without);
		} else {
			decide_by_bench(s, c);
		}
		bool barred = !s->bench.destructive && !s->options.allow_destructive;
		if (!c->decided && !s->recorded && barred && suite_tagged(c, "destructive")) {
			c->decided = "skipped";
			c->decided_why = "destructive; allowed with --allow destructive";
		}
	}
}

static int dry_run(const struct session *s)
{
	const struct rig_bench *bench = &s->bench.rig;
	bool no_writes = bench->nvs_capped && bench->max_nvs_writes == 0;
	for (size_t i = 0; i < s->suite.count; i++) {
		const struct rig_case *c = &s->suite.cases[i];
		if (!c->decided && no_writes && nvs_is_writer(c->tags))
			printf("%-60s skipped: it writes to flash, and no write is allowed\n",
				c->id);
		else
			printf("%-60s %s%s%s\n", c->id, c->decided ? c->decided : "run",
				c->decided ? ": " : "", c->decided ? c->decided_why : "");
	}
	if (s->schedule.shards)
		printf("shard %d of %d, from a plan of %zu cases\n", s->schedule.shard,
			s->schedule.shards, s->schedule.whole_count);
	printf("%zu case%s, %d job%s, profile %s (%s), bench %s; nothing was run\n", s->suite.count,
		s->suite.count == 1 ? "" : "s", s->jobs, s->jobs == 1 ? "" : "s",
		s->profile.profile.name, s->profile.why, bench->name);
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
	if (s->resume.run) {
		s->run_dir = strdup(s->resume.dir);
		return 0;
	}
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

static void on_verdict(
	void *user, size_t index, enum attempt_why why, const char *verdict, const char *message)
{
	const struct session *s = user;
	enum verdict v;
	if (verdict_parse(verdict, &v))
		progress_case_ended(s->progress, index, s->suite.cases[index].id, why, v, message);
}

static void on_more(void *user, size_t attempts)
{
	progress_more(((struct session *)user)->progress, attempts);
}

static void on_note(void *user, const char *text)
{
	progress_note(((struct session *)user)->progress, text);
}

static void on_tick(void *user)
{
	progress_tick(((struct session *)user)->progress);
}

/* How many attempts there will be, and those of a resumed run. */
static void start_progress(struct session *s)
{
	bool terminal = isatty(STDERR_FILENO) && !getenv("CI");
	const struct rig_before *before = s->resume.before;
	size_t attempts = 0;
	for (size_t i = 0; i < s->suite.count; i++)
		attempts += s->suite.cases[i].decided ? 1 : (size_t)s->schedule.repeat;
	s->progress = progress_create(stderr, terminal, s->suite.count, attempts);
	for (size_t i = 0; before && i < s->suite.count; i++) {
		const struct run_case *c = &s->resume.run->cases[i];
		size_t done = (size_t)(before[i].decided ? 1 : before[i].judged);
		progress_before(s->progress, i, c->decides ? c->verdict : VERDICT_MISSING, done);
	}
	char text[120];
	snprintf(text, sizeof(text), "shuffled: --shuffle %lld gives this order again",
		(long long)s->schedule.shuffle);
	if (s->schedule.shuffle)
		progress_note(s->progress, text);
}

static struct rig_plan plan_of(struct session *s, int argc, char **argv)
{
	return (struct rig_plan){
		.spec = &s->spec,
		.profile = &s->profile.profile,
		.profile_why = s->profile.why,
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
		.schedule = s->schedule,
		.elsewhere = s->suite.elsewhere,
		.told = s->gate.told,
		.told_count = s->gate.count,
		.gate_inferred = s->gate_inferred,
		.strict = s->strict,
		.require_all = s->require_all,
		.fail_fast = s->options.fail_fast,
		.mixed_firmware = s->options.mixed_firmware,
		.fewer_boards = s->options.fewer_boards,
		.user = s,
		.on_started = on_started,
		.on_verdict = on_verdict,
		.on_more = on_more,
		.on_note = on_note,
		.on_tick = on_tick,
	};
}

static enum rig_end run(
	struct session *s, const struct rig_plan *plan, int *signal, struct error *error)
{
	start_progress(s);
	enum rig_end end = rig_run(plan, signal, error);
	if (plan->resume)
		s->resume.rig.journal_fd = -1; /* closed */
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

/* A reader or a terminal that goes (`| head`, a dropped ssh) takes nothing of the run with it. The
 * rig takes a hangup; from then on it waits, so that the reports are written. */
static void outlive_terminal(void)
{
	sigset_t hangup;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hangup, NULL);
}

/* What is opened later must not become the closed stdout that is written to. */
static void keep_standard_files(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run_and_report(struct session *s, int argc, char **argv)
{
	struct error error = { 0 };
	int signal = 0;
	struct rig_plan plan = plan_of(s, argc, argv);
	if (s->resume.run && resume_prepare(&s->resume, &plan, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	if (make_run_dir(s, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	plan.run_dir = s->run_dir;
	if (s->resume.from_start)
		plan.argv = s->resume.argv;
	if (s->resume.before)
		plan.resume = &s->resume.rig;
	enum rig_end end = run(s, &plan, &signal, &error);
	if (end != RIG_COMPLETE)
		log_error("%s", error.text[0] ? error_text(&error) : "the run did not complete");
	int code = reports(s);
	if (end == RIG_INTERRUPTED && signal)
		return 128 + signal;
	return code;
}

static void finish(struct session *s)
{
	resume_finish(&s->resume);
	gate_finish(&s->gate);
	run_close(s->recorded);
	suite_finish(&s->suite);
	profile_choice_finish(&s->profile);
	spec_finish(&s->spec);
	broker_choice_finish(&s->broker);
	bench_finish(&s->bench);
	words_finish(&s->dirs);
	without_finish(&s->reasons);
	free(s->suite_program);
	free(s->module_program);
	free(s->run_dir);
	run_options_finish(&s->options);
}

/* Opens the run, and takes its options instead of what little was given here. */
static int resume(struct session *s)
{
	struct run_options before = { 0 };
	struct error error = { 0 };
	if (resume_open(&s->resume, s->options.resume, &before, &error) < 0 ||
		run_options_same(&s->options, &before, &error) < 0) {
		run_options_finish(&before);
		return cli_fail(EXIT_USAGE, &error);
	}
	struct run_options given = s->options;
	s->options = before;
	s->options.resume = given.resume;
	/* A board may have been lost since. */
	s->options.fewer_boards |= given.fewer_boards;
	struct words *const replaced[][2] = { { &s->options.brokers, &given.brokers },
		{ &s->options.reports, &given.reports } };
	for (size_t i = 0; i < 2; i++) {
		struct words words = *replaced[i][0];
		if (!replaced[i][1]->count)
			continue;
		*replaced[i][0] = *replaced[i][1];
		*replaced[i][1] = words;
	}
	run_options_finish(&given);
	if (!s->resume.complete)
		return -1;
	printf("the run in %s is complete: nothing is left to run\n", s->resume.dir);
	s->run_dir = strdup(s->resume.dir);
	outlive_terminal();
	return reports(s);
}

int cmd_run(int argc, char **argv)
{
	struct session s = { 0 };
	struct error error = { 0 };
	keep_standard_files();
	int code = run_options_parse(&s.options, argc, argv);
	if (code < 0 && s.options.resume)
		code = resume(&s);
	if (code < 0 &&
		(output_check(s.options.reports.items, &error) < 0 || load(&s, &error) < 0 ||
			schedule(&s, &error) < 0 || hold(&s, &error) < 0))
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		decide(&s);
		if (!s.options.dry_run)
			outlive_terminal();
		code = s.options.dry_run ? dry_run(&s) : run_and_report(&s, argc, argv);
	}
	finish(&s);
	return code;
}
