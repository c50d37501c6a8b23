/* SPDX-License-Identifier: MIT */
/* The journal reader and what a journal amounts to: exit codes by their precedence, verdicts that
 * never count as a pass, journals cut off or broken. */
#include "journal_made.h"

/* The exit code of a complete run of one case per verdict (and one requirement for all). */
static int exit_of(const char *gates, const char *requirement, const char *const *verdicts)
{
	header(gates);
	for (const char *const *v = verdicts; *v; v++)
		plan(requirement);
	for (int c = 0; verdicts[c]; c++)
		if (strcmp(verdicts[c], "missing") != 0)
			judged(c, verdicts[c], requirement);
	end("complete", 0);
	cr_assert(read_journal() == 0, "%s", error_text(&error));
	int code = run_exit_code(run);
	finish();
	lines = cases = 0;
	return code;
}

#define EXIT(gates, requirement, ...)                                                              \
	exit_of(gates, requirement, (const char *const[]){ __VA_ARGS__, NULL })

Test(exit_code, a_pass_is_0)
{
	cr_assert_eq(EXIT(GATES_ALL, "X-1", "pass", "pass"), 0);
}

Test(exit_code, a_fail_error_inconclusive_or_missing_is_1_beside_passes)
{
	static const char *const bad[] = { "fail", "error", "inconclusive", "missing" };
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(EXIT(GATES_NONE, "X-1", "pass", bad[i]), 1, "%s", bad[i]);
}

Test(exit_code, an_inferred_fail_gates_only_when_asked)
{
	cr_assert_eq(EXIT(GATES_NONE, "X-2", "pass", "fail"), 0);
	cr_assert_eq(EXIT("\"inferred\":true,\"strict\":false,\"require_all\":false", "X-2", "pass",
			     "fail"),
		1);
}

Test(exit_code, a_deviation_gates_only_with_strict)
{
	cr_assert_eq(EXIT(GATES_NONE, "X-1", "pass", "deviation"), 0);
	cr_assert_eq(EXIT("\"inferred\":false,\"strict\":true,\"require_all\":false", "X-1", "pass",
			     "deviation"),
		1);
}

Test(exit_code, unequipped_gates_only_with_require_all)
{
	cr_assert_eq(EXIT(GATES_NONE, "X-1", "pass", "unequipped"), 0);
	cr_assert_eq(EXIT("\"inferred\":false,\"strict\":false,\"require_all\":true", "X-1", "pass",
			     "unequipped"),
		1);
}

Test(exit_code, nothing_but_a_pass_counts_as_one)
{
	static const char *const tame[] = { "deviation", "unequipped", "n/a", "skipped" };
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(EXIT(GATES_NONE, "X-1", tame[i], tame[i]), 5, "%s", tame[i]);
	cr_assert_eq(EXIT(GATES_NONE, "X-2", "fail"), 5);
}

static int exit_at_end(const char *reason, int signal, const char *verdict)
{
	header(GATES_NONE);
	plan("X-1");
	judged(0, verdict, "X-1");
	end(reason, signal);
	cr_assert(read_journal() == 0, "%s", error_text(&error));
	int code = run_exit_code(run);
	finish();
	lines = cases = 0;
	return code;
}

Test(exit_code, the_end_of_the_run_comes_before_verdicts)
{
	cr_assert_eq(exit_at_end("internal", 0, "fail"), 4);
	cr_assert_eq(exit_at_end("runner-died", 0, "fail"), 4);
	cr_assert_eq(exit_at_end("iut-unusable", 0, "fail"), 3);
	cr_assert_eq(exit_at_end("interrupted", 2, "fail"), 130);
	cr_assert_eq(exit_at_end("interrupted", 15, "pass"), 143);
	cr_assert_eq(exit_at_end("complete", 0, "fail"), 1);
}

Test(exit_code, a_run_without_cases_verifies_nothing)
{
	header(GATES_NONE);
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_exit_code(run), 5);
	finish();
}

Test(exit_code, a_breach_outside_every_case_is_1)
{
	header(GATES_NONE);
	plan("X-1");
	judged(0, "pass", "X-1");
	line("breach", "\"l\":0,\"c\":-1,\"id\":\"SESSION-1\",\"text\":\"t\",\"bytes\":\"x\"");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_exit_code(run), 1);
	finish();
}

Test(reader, cut_anywhere_it_reads_up_to_there_and_is_never_green)
{
	header(GATES_NONE);
	plan("X-1");
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"AT+X\\r\\n\"");
	line("release", "\"l\":0,\"c\":0");
	judged(0, "pass", "X-1");
	judged(1, "pass", "X-1");
	end("complete", 0);
	size_t first = strcspn(buf_text(&journal), "\n");
	for (size_t len = first; len + 2 < journal.len; len++) {
		cr_assert(
			read_bytes(journal.data, len) == 0, "at %zu: %s", len, error_text(&error));
		cr_assert_eq(run_exit_code(run), 1, "at %zu", len);
		cr_assert_eq(run_count(run, VERDICT_PASS) + run_count(run, VERDICT_MISSING),
			run->case_count);
	}
	cr_assert_eq(read_bytes(journal.data, journal.len - 1), 0);
	cr_assert_eq(run_exit_code(run), 0);
	finish();
}

Test(reader, what_is_no_journal_is_refused_with_its_line)
{
	refuses("", 0, 1, "not a journal");
	refuses("hello\n", 6, 1, "not a journal");
	refuses("{\"a\":1}\n", 8, 1, "not a journal");
	refuses("{\"n\":0,\"t\":0,\"e\":\"run\",\"for", 27, 1, "cut off in its header");
	refuses("{\"n\":0,\"t\":0,\"e\":\"run\",\"format\":2}\n", 36, 1, "format 2");
}

Test(reader, a_wrong_line_in_the_middle_is_refused_with_its_number)
{
	refuses_line("verdict", "\"c\":5,\"verdict\":\"pass\"", "no case 5");
	refuses_line("verdict", "\"c\":0,\"verdict\":\"fine\"", "no such verdict");
	refuses_line("verdict", "\"c\":-1,\"verdict\":\"pass\"", "without a case");
	refuses_line("lease", "\"l\":99,\"c\":0", "no such line");
	refuses_line("rx", "\"l\":0,\"c\":0,\"bytes\":\"\\u0100\"", "no byte");
	refuses_line("rx", "\"l\":0,\"c\":0,\"bytes\":5", "missing");
	refuses_line("note", "\"c\":0,\"text\":\"\xff\"", "not a JSON object");
	refuses_line("note", "\"c\":0,\"text\":\"a\",\"text\":\"b\"", "not a JSON object");
	refuses_line("end", "\"reason\":\"bored\"", "no such end");
	refuses_line("plan", "\"c\":1,\"case\":\"x\"", "family/command/case");
	refuses_line("plan", "\"c\":7,\"case\":\"a/b/c\"", "planned where 1");
	finish();
}

Test(reader, two_cases_of_one_name_are_refused)
{
	header(GATES_NONE);
	plan("X-1");
	cases--;
	buf_puts(&journal, "");
	line("plan",
		"\"c\":1,\"case\":\"basic/x/claim_0\",\"command\":\"AT+X\",\"kind\":\"derived\"");
	end("complete", 0);
	cr_assert(read_journal() != 0);
	cr_assert(strstr(error.text, "two cases"));
	finish();
}

Test(reader, a_lost_line_and_a_second_verdict_are_refused)
{
	header(GATES_NONE);
	plan("X-1");
	lines++;
	end("complete", 0);
	refuses(journal.data, journal.len, lines - 1, "lines are lost");
	lines = cases = 0;
	buf_clear(&journal);
	header(GATES_NONE);
	plan("X-1");
	verdict_of(0, 1, "pass", "X-1");
	verdict_of(0, 1, "fail", "X-1");
	refuses(journal.data, journal.len, lines, "second verdict");
	finish();
}

Test(reader, events_and_keys_of_later_versions_are_passed_over)
{
	header(GATES_NONE);
	plan("X-1");
	line("weather", "\"sky\":\"blue\"");
	judged(0, "pass", "X-1");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_exit_code(run), 0);
	finish();
}

/* A case with these attempts, and one that passes. */
static void attempts(const char *const whys[], const char *const verdicts[])
{
	header(GATES_NONE);
	plan("X-1");
	plan("X-2");
	const char *repeat = strstr(told, "\"repeat\":");
	for (int i = 1; i <= (repeat ? atoi(repeat + 9) : 1); i++) {
		char rest[80];
		snprintf(rest, sizeof(rest),
			"\"l\":0,\"c\":1,\"attempt\":%d,\"pid\":1,\"why\":\"repeat\"", i);
		line("lease", rest);
		line("release", "\"l\":0,\"c\":1");
		verdict_of(1, i, "pass", "X-2");
	}
	for (int i = 0; verdicts[i]; i++) {
		attempt_for = whys[i];
		attempt(i + 1, *verdicts[i] ? verdicts[i] : NULL);
	}
	attempt_for = NULL;
	end("complete", 0);
	cr_assert_eq(read_journal(), 0, "%s", error_text(&error));
}

Test(reader, a_pass_on_a_retry_is_flaky_and_no_pass)
{
	attempts((const char *[]){ NULL, NULL }, (const char *[]){ "fail", "pass", NULL });
	cr_assert(run_flaky(&run->cases[0]));
	cr_assert_eq(run->flaky, 1);
	cr_assert_eq(run_count(run, VERDICT_PASS), 1);
	cr_assert_eq(run_count(run, VERDICT_FAIL), 0);
	cr_assert(strstr(run_detail(run), "1 flaky (0 allowed)"), "%s", run_detail(run));
	cr_assert_eq(run_exit_code(run), 1);
	cr_assert_eq(run->requirements[0].verdict, VERDICT_FLAKY);
	cr_assert_eq(run->latencies[0].count, 2);
	cr_assert_eq(run->latencies[0].us[0], 2000);
	finish();
}

Test(reader, flaky_cases_within_the_budget_do_not_gate)
{
	told = ",\"retries\":1,\"flaky_budget\":1";
	attempts((const char *[]){ "first", "retry" }, (const char *[]){ "error", "pass", NULL });
	cr_assert_eq(run_exit_code(run), 0);
	cr_assert_eq(run_count(run, VERDICT_PASS), 1);
	cr_assert(strstr(run_detail(run), "1 of 2 cases passed, 1 flaky"), "%s", run_detail(run));
	finish();
}

Test(reader, what_several_attempts_amount_to)
{
	static const struct {
		const char *told, *whys[4], *verdicts[5];
		enum verdict verdict;
	} all[] = {
		{ ",\"repeat\":2", { "first", "repeat" }, { "fail", "pass" }, VERDICT_FAIL },
		{ ",\"repeat\":2", { "first", "repeat" }, { "pass", "error" }, VERDICT_ERROR },
		{ ",\"repeat\":2", { "first", "repeat" }, { "pass", "pass" }, VERDICT_PASS },
		{ ",\"repeat\":2", { "first", "repeat" }, { "deviation", "pass" },
			VERDICT_DEVIATION },
		{ ",\"repeat\":3", { "first", "repeat" }, { "pass", "pass" }, VERDICT_MISSING },
		{ ",\"repeat\":3", { "first", "repeat" }, { "pass", "fail" }, VERDICT_FAIL },
		{ "", { "first", "retry" }, { "fail", "fail" }, VERDICT_FAIL },
		{ "", { "first", "retry" }, { "fail", "inconclusive" }, VERDICT_INCONCLUSIVE },
		{ "", { "first", "retry" }, { "fail", "deviation" }, VERDICT_FLAKY },
		{ "", { "first", "retry" }, { "fail", "" }, VERDICT_FAIL },
		{ "", { "first", "retry" }, { "pass", "deviation" }, VERDICT_DEVIATION },
		{ "", { "first", "retry" }, { "deviation", "pass" }, VERDICT_FLAKY },
		{ "", { "first", "retry", "retry" }, { "fail", "error", "pass" }, VERDICT_FLAKY },
		{ "", { "first", "retry" }, { "fail", "skipped" }, VERDICT_FAIL },
		{ "", { "first", "retry" }, { "error", "n/a" }, VERDICT_ERROR },
		{ "", { "first", "retry" }, { "fail", "unequipped" }, VERDICT_FAIL },
		{ "", { "first", "retry", "retry" }, { "fail", "skipped", "pass" }, VERDICT_FLAKY },
		{ "", { "first", "resume" }, { "", "pass" }, VERDICT_PASS },
		{ "", { "first", "resume", "retry" }, { "", "fail", "pass" }, VERDICT_FLAKY },
		{ "", { "first", "resume" }, { "pass", "fail" }, VERDICT_FAIL },
		{ ",\"repeat\":2", { "first", "repeat", "retry" }, { "fail", "pass", "pass" },
			VERDICT_FLAKY },
		{ ",\"repeat\":2", { "first", "retry", "repeat" }, { "fail", "pass", "fail" },
			VERDICT_FAIL },
		{ ",\"repeat\":2", { "first", "retry", "repeat" }, { "fail", "pass", "pass" },
			VERDICT_FLAKY },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		lines = cases = 0;
		buf_clear(&journal);
		told = all[i].told;
		attempts(all[i].whys, all[i].verdicts);
		cr_expect_eq(run_verdict(&run->cases[0]), all[i].verdict, "row %zu: %s", i,
			verdict_name(run_verdict(&run->cases[0])));
		cr_expect_eq(run_count(run, VERDICT_PASS), 1u + (all[i].verdict == VERDICT_PASS));
		run_close(run);
		run = NULL;
	}
	buf_finish(&journal);
}

Test(reader, a_run_that_was_killed_goes_on)
{
	header(GATES_NONE);
	plan("X-1");
	attempt(1, NULL);
	end("interrupted", 15);
	line("resume", "\"time\":\"2026-11-22T07:40:00Z\",\"argv\":[\"run\"]");
	attempt_for = "resume";
	attempt(2, "pass");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0, "%s", error_text(&error));
	cr_assert_eq(run_exit_code(run), 0);
	cr_assert_eq(run->resumed, 1);
	cr_assert_eq(run->cases[0].attempt_count, 2);
	finish();
}

Test(reader, a_complete_run_does_not_go_on)
{
	header(GATES_NONE);
	plan("X-1");
	attempt(1, "pass");
	end("complete", 0);
	line("resume", "\"time\":\"2026-11-22T07:40:00Z\",\"argv\":[\"run\"]");
	refuses(journal.data, journal.len, lines, "complete");
}

Test(reader, schedules_that_can_not_be_are_refused)
{
	static const struct {
		const char *told, *why;
	} all[] = { { ",\"repeat\":0", "\"repeat\" is 0" }, { ",\"retries\":-1", "retries" },
		{ ",\"shard\":{\"index\":3,\"of\":2,\"cases\":9,\"plan\":\"0\"}", "shard 3 of 2" },
		{ ",\"shard\":{\"index\":3}", "\"of\" is missing" }, { ",\"shard\":2", "shard" } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		lines = cases = 0;
		buf_clear(&journal);
		told = all[i].told;
		header(GATES_NONE);
		refuses(journal.data, journal.len, 1, all[i].why);
	}
}

Test(reader, an_attempt_without_verdict_makes_the_case_missing)
{
	header(GATES_NONE);
	plan("X-1");
	attempt(1, "pass");
	attempt(2, NULL);
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_count(run, VERDICT_MISSING), 1);
	cr_assert_eq(run_exit_code(run), 1);
	finish();
}

Test(reader, a_requirement_passes_only_when_all_its_cases_do)
{
	header(GATES_NONE);
	plan("X-1");
	plan("X-1");
	plan("X-2");
	judged(0, "pass", "X-1");
	verdict_of(1, 1, "skipped", "X-1");
	judged(2, "pass", "X-2");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_requirement(run, "X-1")->verdict, VERDICT_SKIPPED);
	cr_assert_eq(run_requirement(run, "X-2")->verdict, VERDICT_PASS);
	cr_assert_eq(run_requirement(run, "SESSION-1")->verdict, VERDICT_PASS);
	finish();
}

Test(reader, the_monitor_judges_nothing_where_no_case_had_the_line)
{
	header(GATES_NONE);
	plan("X-1");
	verdict_of(0, 1, "skipped", "X-1");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_not(run_requirement(run, "SESSION-1")->tested);
	finish();
}

Test(report, an_unknown_format_names_those_there_are)
{
	cr_assert(report_format_known("junit") && !report_format_known("yaml"));
	cr_assert_str_eq(report_format_file("json"), "report.json");
	cr_assert_null(report_format_file("console"));
	header(GATES_NONE);
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	error = (struct error){ 0 };
	cr_assert_eq(report_write(run, "yaml", NULL, &error), -1);
	cr_assert(strstr(error.text, "console, json, junit, html"));
	error = (struct error){ 0 };
	cr_assert_eq(report_write(run, "html", "/nonexistent/x.html", &error), -1);
	cr_assert(strstr(error.text, "No such file"));
	if (access("/dev/full", W_OK) == 0) {
		error = (struct error){ 0 };
		cr_assert_eq(report_write(run, "html", "/dev/full", &error), -1);
	}
	finish();
}
