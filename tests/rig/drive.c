/* SPDX-License-Identifier: MIT */
/* Runs the rig on a plan made from the command line, for the scripts of this folder, and prints how
 * it ended: `END SIGNAL TEXT`. */
#include "rig/rig.h"

#include "rig/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 64 };

struct setting {
	struct rig_iut iuts[MANY + 1];
	size_t iut_count;
	struct rig_case cases[MANY];
	size_t case_count;
	int64_t rates[MANY + 1];
	size_t rate_count;
	struct rig_bench bench;
	struct rig_plan plan;
};

static const char *const requirements[] = { "FAKE-1", NULL };
static const char *const none[] = { NULL };

static void add_case(struct setting *s, char *value)
{
	if (s->case_count == MANY)
		exit(2);
	char *decided = strchr(value, '=');
	if (decided)
		*decided++ = '\0';
	s->cases[s->case_count++] = (struct rig_case){ .id = value,
		.command = "AT",
		.kind = "scenario",
		.file = "suites/fake.c",
		.line = 1,
		.requirements = requirements,
		.tags = none,
		.needs = none,
		.decided = decided,
		.decided_why = decided ? "decided by the test" : NULL };
}

static void set_timeouts(struct rig_timeouts *t, const char *value)
{
	if (sscanf(value, "%d,%d,%d,%d,%d,%d", &t->answer, &t->restart, &t->silence, &t->case_total,
		    &t->recover, &t->guard) != 6)
		exit(2);
}

static void set(struct setting *s, const char *key, char *value)
{
	if (strcmp(key, "--iut") == 0 && s->iut_count < MANY)
		s->iuts[s->iut_count++].address = value;
	else if (strcmp(key, "--case") == 0)
		add_case(s, value);
	else if (strcmp(key, "--rate") == 0 && s->rate_count < MANY)
		s->rates[s->rate_count++] = atoll(value);
	else if (strcmp(key, "--suite") == 0)
		s->plan.suite_program = value;
	else if (strcmp(key, "--module") == 0)
		s->plan.module_program = value;
	else if (strcmp(key, "--dir") == 0)
		s->plan.run_dir = value;
	else if (strcmp(key, "--jobs") == 0)
		s->plan.jobs = atoi(value);
	else if (strcmp(key, "--timeouts") == 0)
		set_timeouts(&s->bench.timeouts_ms, value);
	else if (strcmp(key, "--restore") == 0)
		s->bench.restore_after_failure = atoi(value);
	else if (strcmp(key, "--fail-fast") == 0)
		s->plan.fail_fast = atoi(value);
	else if (strcmp(key, "--reset") == 0)
		s->bench.switches.reset.command = (const char *const *)words_split(value);
	else if (strcmp(key, "--network") == 0)
		s->bench.network = value;
	else if (strcmp(key, "--power") == 0)
		s->bench.switches.power.command = (const char *const *)words_split(value);
	else if (strcmp(key, "--command-ms") == 0)
		s->bench.timeouts_ms.command = atoi(value);
	else if (strcmp(key, "--settle-ms") == 0)
		s->bench.switches.power.settle_ms = atoi(value);
	else
		exit(2);
}

int main(int argc, char **argv)
{
	static const char *const ends[] = { [RIG_COMPLETE] = "complete",
		[RIG_INTERRUPTED] = "interrupted",
		[RIG_UNUSABLE] = "unusable",
		[RIG_RUNNER_DIED] = "runner-died",
		[RIG_INTERNAL] = "internal" };
	static struct requirement claims[] = { { .id = "FAKE-1",
		.command = "AT",
		.section = "2.1",
		.line = 105,
		.grade = GRADE_INFERRED,
		.text = "A claim.",
		.reason = "" } };
	static struct known_line finals[] = { { .text = "OK", .ok = true }, { .text = "ERROR" } };
	static struct known_line urcs[] = { { .text = "ready" } };
	static const struct spec spec = { .requirements = claims,
		.requirement_count = 1,
		.finals = finals,
		.final_count = 2,
		.urcs = urcs,
		.urc_count = 1 };
	static const struct profile profile = { .name = "fake" };
	struct setting s = { .bench = { .name = "fake",
				     .facilities = none,
				     .uart = { 115200, 8, 2, 'n', 0 },
				     .timeouts_ms = { 500, 1000, 30, 5000, 5000, 25 } },
		.plan = { .spec = &spec,
			.profile = &profile,
			.profile_why = "test",
			.spec_dirs = none,
			.jobs = 1,
			.argc = argc,
			.argv = argv } };
	for (int i = 1; i + 1 < argc; i += 2)
		set(&s, argv[i], argv[i + 1]);
	for (size_t i = 0; i < s.iut_count; i++)
		s.iuts[i].switches = s.bench.switches;
	s.bench.iuts = s.iuts;
	s.bench.baud_rates = s.rates;
	s.plan.bench = &s.bench;
	s.plan.cases = s.cases;
	s.plan.case_count = s.case_count;
	struct error error = { 0 };
	int signal = 0;
	enum rig_end end = rig_run(&s.plan, &signal, &error);
	printf("%s %d %s\n", ends[end], signal, error.text);
	free((void *)s.bench.switches.reset.command);
	free((void *)s.bench.switches.power.command);
	return 0;
}
