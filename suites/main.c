/* SPDX-License-Identifier: MIT */
/* The suite program. `atconform run` starts it as its child: it registers the derived cases beside
 * the scenarios and lets Criterion run those that the run asks for, in the run's order, each in a
 * worker of its own. It prints nothing; what Criterion finds goes to the rig. With --plan it only
 * says what cases there are. In workers nothing of this runs: BoxFort starts them at the test
 * function. */
#include "base/channel.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cases.h"

#include "at/at.h"
#include "at/derived.h"
#include "at/leave.h"

#include <criterion/hooks.h>
#include <criterion/internal/ordered-set.h>
#include <criterion/options.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_INTERNAL = 4, MAX_DIRS = 32 };

static struct cases cases;
static int rig = -1;

static const char usage[] = "usage: atconform-suite --plan --spec DIR...\n"
			    "Without --plan it is started by `atconform run`.\n";

/* What Criterion says of a test, for the rig. */
static void tell(const struct criterion_test *test, const char *result,
	const struct criterion_assert_stats *failed)
{
	const char *id = cases_id(&cases, test->category, test->name);
	struct buf json AUTO_BUF = { 0 };
	if (rig < 0 || !id)
		return;
	buf_puts(&json, "{\"case\":");
	buf_json_text(&json, id);
	buf_printf(&json, ",\"result\":\"%s\",\"message\":", result);
	buf_json_text(&json, failed && failed->message ? failed->message : "");
	buf_puts(&json, ",\"file\":");
	buf_json_text(&json, failed && failed->file ? at_source(failed->file) : "");
	buf_printf(&json, ",\"at\":%u}", failed ? failed->line : 0);
	channel_send(rig, CHANNEL_RESULT, json.data, json.len);
}

ReportHook(POST_TEST)(struct criterion_test_stats *stats)
{
	static const char *const results[] = {
		[CR_STATUS_PASSED] = "pass",
		[CR_STATUS_FAILED] = "fail",
		[CR_STATUS_SKIPPED] = "skip",
	};
	const struct criterion_assert_stats *failed = stats->asserts;
	while (failed && failed->passed)
		failed = failed->next;
	tell(stats->test, stats->timed_out ? "timeout" : results[stats->test_status], failed);
}

ReportHook(TEST_CRASH)(struct criterion_test_stats *stats)
{
	char text[64];
	snprintf(text, sizeof(text), "%s", strsignal(stats->signal));
	const struct criterion_assert_stats why = { .message = text };
	tell(stats->test, "crash", &why);
}

/* One test in Criterion's lists: a node of a list, and behind it what is listed. */
struct listed_test {
	struct criterion_ordered_set_node node;
	struct criterion_test test;
};

struct listed_suite {
	struct criterion_ordered_set_node node;
	struct criterion_suite_set suite;
	struct criterion_ordered_set tests;
};

/* Criterion runs what its lists hold, in their order, which is that of the names: so the run gets
 * lists of its own, with a suite for each case. */
struct run_order {
	struct listed_suite *suites;
	struct listed_test *tests;
	struct criterion_ordered_set *set;
	size_t count;
};

static void order_finish(struct run_order *order)
{
	free(order->suites);
	free(order->tests);
	free(order->set);
}

static void order_put(struct run_order *order, const struct criterion_suite_set *s,
	const struct criterion_test *test)
{
	const char *id = cases_id(&cases, test->category, test->name);
	const struct cases_item *item = id ? cases_find(&cases, id) : NULL;
	if (!item || !item->turn)
		return;
	size_t at = item->turn - 1;
	order->tests[at].test = *test;
	test->data->timeout = at_backstop_s();
	struct listed_suite *listed = &order->suites[at];
	listed->suite = *s;
	listed->tests.first = &order->tests[at].node;
	listed->tests.size = 1;
	listed->suite.tests = &listed->tests;
}

static void order_init(struct run_order *order, const struct criterion_test_set *set, size_t count)
{
	*order = (struct run_order){ .suites = calloc(count + 1, sizeof(*order->suites)),
		.tests = calloc(count + 1, sizeof(*order->tests)),
		.set = calloc(1, sizeof(*order->set)),
		.count = count };
	if (!order->suites || !order->tests || !order->set)
		abort();
	FOREACH_SET (struct criterion_suite_set *s, set->suites) {
		if (!s->tests)
			continue;
		FOREACH_SET (struct criterion_test *test, s->tests)
			order_put(order, s, test);
	}
	for (size_t i = 1; i < count; i++)
		order->suites[i - 1].node.next = &order->suites[i].node;
	order->set->first = count ? &order->suites[0].node : NULL;
	order->set->size = count;
}

/* Runs it and gives Criterion its own lists back. */
static void order_run(struct run_order *order, struct criterion_test_set *set)
{
	struct criterion_test_set own = *set;
	set->suites = order->set;
	set->tests = order->count;
	criterion_run_all_tests(set);
	*set = own;
}

static void register_derived(struct criterion_test_set *set)
{
	for (size_t i = 0; i < cases.count; i++) {
		struct cases_item *item = &cases.items[i];
		if (!item->derived || !item->turn)
			continue;
		item->data = (struct criterion_test_extra_data){
			.lang_ = CR_LANG_C,
			.kind_ = CR_TEST_NORMAL,
			.identifier_ = item->id,
			.file_ = item->derived->file,
			.line_ = (unsigned)item->derived->line,
			.init = at_derived_begin,
			.fini = at_end,
			.timeout = AT_BACKSTOP_S,
		};
		criterion_register_test(set, &(struct criterion_test){ item->name, item->suite,
						     at_derived_test, &item->data });
	}
}

/* The file names a case a line, in the order of the run. */
static int mark_wanted(const char *path, size_t *count)
{
	char line[512];
	FILE *f AUTO_FILE = path ? fopen(path, "re") : NULL;
	if (!f) {
		log_error("ATCONFORM_CASES: %s: %s", path ? path : "not set",
			path ? strerror(errno) : "run it through `atconform run`");
		return EXIT_USAGE;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		struct cases_item *item = *line ? cases_find(&cases, line) : NULL;
		if (item && !item->turn) {
			item->turn = ++*count;
		} else if (*line) {
			log_error("%s: %s %s", path, item ? "twice:" : "there is no case", line);
			return EXIT_USAGE;
		}
	}
	return 0;
}

static int load(struct criterion_test_set *set, const char *const dirs[])
{
	struct error error = { 0 };
	if (!dirs[0]) {
		log_error("no folder with models; see --spec");
		return EXIT_USAGE;
	}
	if (cases_load(&cases, set, dirs, &error) == 0)
		return 0;
	log_error("%s", error_text(&error));
	return EXIT_INTERNAL;
}

static int print_plan(struct criterion_test_set *set, const char *const dirs[])
{
	struct buf out AUTO_BUF = { 0 };
	int status = load(set, dirs);
	if (status)
		return status;
	cases_plan(&cases, &out);
	fwrite(out.data, 1, out.len, stdout);
	return fflush(stdout) == 0 ? 0 : EXIT_INTERNAL;
}

/* Splits $ATCONFORM_SPEC at its colons, in place. */
static void split_dirs(char *text, const char *dirs[])
{
	size_t n = 0;
	char *rest = NULL;
	for (char *one = strtok_r(text, ":", &rest); one && n < MAX_DIRS;
		one = strtok_r(NULL, ":", &rest))
		dirs[n++] = one;
	dirs[n] = NULL;
}

static int run(struct criterion_test_set *set)
{
	const char *path = getenv(CHANNEL_ENV), *jobs = getenv("ATCONFORM_JOBS");
	const char *spec = getenv("ATCONFORM_SPEC");
	char *text AUTO_FREE = strdup(spec ? spec : "");
	const char *dirs[MAX_DIRS + 1];
	size_t count = 0;
	if (!path) {
		log_error("no rig: run it through `atconform run`");
		return EXIT_USAGE;
	}
	split_dirs(text, dirs);
	int status = load(set, dirs);
	if (!status)
		status = mark_wanted(getenv("ATCONFORM_CASES"), &count);
	if (status)
		return status;
	rig = channel_connect(path);
	if (rig < 0 || channel_send(rig, CHANNEL_RUNNER, "", 0) < 0) {
		log_error("%s: %s", path, rig < 0 ? strerror(-rig) : "the rig is gone");
		return EXIT_INTERNAL;
	}
	register_derived(set);
	struct run_order order CLEANUP(order_finish) = { 0 };
	order_init(&order, set, count);
	criterion_options.jobs = jobs && atoi(jobs) > 0 ? (size_t)atoi(jobs) : 1;
	/* Above every message. CRITERION_LOG_LEVEL_QUIET would keep the report hooks from running.
	 */
	criterion_options.logging_threshold = CRITERION_IMPORTANT + 1;
	order_run(&order, set);
	close(rig);
	return 0;
}

int main(int argc, char **argv)
{
	const char *dirs[MAX_DIRS + 1];
	size_t n = 0;
	bool plan = false, spec = false, wrong = false;
	log_program("atconform-suite");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--plan") == 0)
			plan = true;
		else if (strcmp(argv[i], "--spec") == 0)
			spec = true;
		else if (spec && argv[i][0] != '-' && n < MAX_DIRS)
			dirs[n++] = argv[i];
		else
			wrong = true;
	}
	dirs[n] = NULL;
	if (wrong || (!plan && argc > 1)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	struct criterion_test_set *set = criterion_initialize();
	int status = plan ? print_plan(set, dirs) : run(set);
	criterion_finalize(set);
	cases_finish(&cases);
	return status;
}
