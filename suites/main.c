/* SPDX-License-Identifier: MIT */
/* The suite program. `atconform run` starts it as its child: it registers the derived cases beside
 * the scenarios, keeps those that the run asks for, and lets Criterion run each in a worker of its
 * own. It prints nothing; what Criterion finds goes to the rig. With --plan it only says what cases
 * there are. In workers nothing of this runs: BoxFort starts them at the test function. */
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

/* The public lists may be relinked before the run. */
static void keep_wanted(struct criterion_test_set *set)
{
	set->tests = 0;
	FOREACH_SET (struct criterion_suite_set *s, set->suites) {
		if (!s->tests)
			continue;
		struct criterion_ordered_set_node **link = &s->tests->first;
		while (*link) {
			const struct criterion_test *test = (void *)(*link + 1);
			const char *id = cases_id(&cases, test->category, test->name);
			const struct cases_item *item = id ? cases_find(&cases, id) : NULL;
			if (item && item->wanted) {
				set->tests++;
				link = &(*link)->next;
			} else {
				*link = (*link)->next;
				s->tests->size--;
			}
		}
	}
}

static void register_derived(struct criterion_test_set *set)
{
	for (size_t i = 0; i < cases.count; i++) {
		struct cases_item *item = &cases.items[i];
		if (!item->derived || !item->wanted)
			continue;
		item->data = (struct criterion_test_extra_data){
			.lang_ = CR_LANG_C,
			.kind_ = CR_TEST_NORMAL,
			.identifier_ = item->id,
			.file_ = item->derived->file,
			.line_ = (unsigned)item->derived->line,
			.init = at_begin,
			.fini = at_end,
			.timeout = AT_BACKSTOP_S,
		};
		criterion_register_test(set, &(struct criterion_test){ item->name, item->suite,
						     at_derived_test, &item->data });
	}
}

static int mark_wanted(const char *path)
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
		if (item) {
			item->wanted = true;
		} else if (*line) {
			log_error("%s: there is no case %s", path, line);
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
	if (!path) {
		log_error("no rig: run it through `atconform run`");
		return EXIT_USAGE;
	}
	split_dirs(text, dirs);
	int status = load(set, dirs);
	if (!status)
		status = mark_wanted(getenv("ATCONFORM_CASES"));
	if (status)
		return status;
	rig = channel_connect(path);
	if (rig < 0 || channel_send(rig, CHANNEL_RUNNER, "", 0) < 0) {
		log_error("%s: %s", path, rig < 0 ? strerror(-rig) : "the rig is gone");
		return EXIT_INTERNAL;
	}
	register_derived(set);
	keep_wanted(set);
	criterion_options.jobs = jobs && atoi(jobs) > 0 ? (size_t)atoi(jobs) : 1;
	/* Above every message. CRITERION_LOG_LEVEL_QUIET would keep the report hooks from running.
	 */
	criterion_options.logging_threshold = CRITERION_IMPORTANT + 1;
	criterion_run_all_tests(set);
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
