/* SPDX-License-Identifier: MIT */
/* Cases that end in every way there is. Prints what Criterion says of each: `name result`. */
#include "at/at.h"
#include "at/derived.h"

#include <criterion/hooks.h>
#include <criterion/options.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(toy, passes, REQ("TOY-1"))
{
	at("AT", "OK");
}

Test(toy, returns_early, REQ("TOY-1"))
{
	return;
}

Test(toy, fails, REQ("TOY-1"))
{
	at("AT", "ERROR");
}

Test(toy, fails_bare, REQ("TOY-1"))
{
	cr_assert(echoed() && !echoed(), "a bare assertion");
}

Test(toy, fails_softly, REQ("TOY-1"))
{
	cr_expect(echoed() && !echoed(), "an expectation");
}

Test(toy, checks, REQ("TOY-1"))
{
	check(echoed() && !echoed(), "seen %d", 1);
}

Test(toy, skips_bare, REQ("TOY-1"))
{
	cr_skip_test("a bare skip");
}

Test(toy, needs_more, REQ("TOY-1"))
{
	needs("a moon");
}

Test(toy, does_not_know, REQ("TOY-1"))
{
	inconclusive("no idea");
}

Test(toy, misses_a_field, REQ("TOY-1"))
{
	check(*field("size"), "empty");
}

Test(toy, exits, REQ("TOY-1"))
{
	exit(0);
}

Test(toy, crashes, REQ("TOY-1"))
{
	abort();
}

Test(toy, is_ended_by_the_rig, REQ("TOY-1"))
{
	at("AT+HANG", "OK");
}

Test(toy, is_decided_before, REQ("TOY-1"))
{
	at("AT", "OK");
}

Test(toy, sees_lines_in_order, REQ("TOY-1"))
{
	at("AT+NEWS=1", "OK");
	urcs(500, "WIFI CONNECTED", "0,CLOSED");
	at("AT+NEWS=1", "OK");
	urcs(500, "WIFI CONNECTED");
	forget_urcs();
	no_urc("0,CLOSED", 20);
}

Test(toy, sees_lines_out_of_order, REQ("TOY-1"))
{
	at("AT+NEWS=1", "OK");
	urcs(50, "0,CLOSED", "WIFI CONNECTED");
}

Test(toy, sees_a_line_that_nobody_wants, REQ("TOY-1"))
{
	at("AT+NEWS=1", "OK");
	no_urc("0,CLOSED", 20);
}

Test(toy, takes_for_granted, REQ("TOY-1"))
{
	given("AT+NEWS=1");
	urcs(500, "WIFI CONNECTED");
	given("AT+TOY=99,9");
}

Test(toy, knows_the_network, REQ("TOY-1"))
{
	check(strcmp(network("access_point.ssid"), "a,b") == 0, "%s", network("access_point.ssid"));
	check(strcmp(network("access_point.channel"), "6") == 0, "channel");
	check(strcmp(network("list.1"), "b") == 0, "list");
	check(strcmp(escaped("a,\"b\\"), "a\\,\\\"b\\\\") == 0, "%s", escaped("a,\"b\\"));
	check(bench_ms("join") == 700 && bench_ms("answer") == 1000, "join %d", bench_ms("join"));
}

Test(toy, misses_a_fact, REQ("TOY-1"))
{
	check(*network("twin.ssid"), "empty");
}

Test(toy, reads_lines_one_by_one, REQ("TOY-1"))
{
	any("AT+LIST");
	check(line_count() == 2 && strcmp(line_text(1), "+LIST:2,\"b\"") == 0, "%s", line_text(1));
	check(line_like(0, LIKE("+LIST:<n>,<name>")), "%s", line_text(0));
	check(field_int("n") == 1, "%s", field("n"));
	check(!line_like(2, LIKE("+LIST:<n>,<name>")) && !*line_text(2), "a third");
}

Test(toy, is_told_things, REQ("TOY-1"))
{
	control("{\"get\":\"all\"}");
	check(strcmp(told("value.list.1.mac"), "m") == 0, "%s", told("value.list.1.mac"));
	check(strcmp(told("value.on"), "true") == 0 && !*told("value.off"), "on %s",
		told("value.on"));
}

Test(toy, is_told_off, REQ("TOY-1"))
{
	control("{\"get\":\"nothing\"}");
}

Test(toy, waits_longer_for_a_slow_command, REQ("TOY-1"))
{
	at("AT+SLOW=1", "OK");
}

ReportHook(POST_TEST)(struct criterion_test_stats *stats)
{
	static const char *const results[] = { "pass", "fail", "skip" };
	printf("%s %s\n", stats->test->name, results[stats->test_status]);
	fflush(stdout);
}

ReportHook(TEST_CRASH)(struct criterion_test_stats *stats)
{
	printf("%s crash\n", stats->test->name);
	fflush(stdout);
}

/* The derived ones among the cases that the test names; scenarios are registered already. */
static void register_derived(struct criterion_test_set *set, const char *name)
{
	static struct criterion_test_extra_data data = { .lang_ = CR_LANG_C,
		.kind_ = CR_TEST_NORMAL,
		.identifier_ = "derived",
		.file_ = "toy.json",
		.line_ = 1,
		.init = at_begin,
		.fini = at_end,
		.timeout = AT_BACKSTOP_S };
	criterion_register_test(
		set, &(struct criterion_test){ name, "toy", at_derived_test, &data });
}

int main(int argc, char **argv)
{
	struct criterion_test_set *set = criterion_initialize();
	for (int i = 1; i < argc; i++)
		register_derived(set, argv[i]);
	criterion_options.jobs = 1;
	/* Above every message. CRITERION_LOG_LEVEL_QUIET would keep the report hooks from running.
	 */
	criterion_options.logging_threshold = CRITERION_IMPORTANT + 1;
	criterion_run_all_tests(set);
	criterion_finalize(set);
	return 0;
}
