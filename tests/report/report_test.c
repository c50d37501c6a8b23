/* SPDX-License-Identifier: MIT */
/* The journal reader and what a journal amounts to: exit codes by their precedence, verdicts that
 * never count as a pass, journals cut off or broken. */
#include "base/buf.h"
#include "report/run.h"
#include "report/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct buf journal;
static int lines, cases;
static struct run *run;
static struct error error;

static void line(const char *event, const char *rest)
{
	buf_printf(&journal, "{\"n\":%d,\"t\":%d,\"e\":\"%s\"%s%s}\n", lines, lines * 1000000,
		event, *rest ? "," : "", rest);
	lines++;
}

static void header(const char *gates)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"format\":1,\"run\":\"r\",\"time\":\"2026-11-22T07:30:00Z\",\"host\":\"h\","
		"\"program\":\"atconform 0\",\"argv\":[\"atconform\",\"run\",\"--strict\"],"
		"\"iut\":\"virtual:\",\"bench\":\"virtual\",\"profile\":\"p\",\"jobs\":1,"
		"\"gates\":{%s}",
		gates);
	line("run", buf_text(&rest));
	buf_finish(&rest);
	line("requirement", "\"id\":\"X-1\",\"command\":\"AT+X\",\"section\":\"2.1\",\"line\":7,"
			    "\"grade\":\"stated\",\"text\":\"t\",\"judge\":\"case\"");
	line("requirement", "\"id\":\"X-2\",\"command\":\"AT+X\",\"section\":\"2.1\",\"line\":8,"
			    "\"grade\":\"inferred\",\"text\":\"t\",\"judge\":\"case\"");
	line("requirement", "\"id\":\"SESSION-1\",\"command\":\"\",\"section\":\"0\",\"line\":1,"
			    "\"grade\":\"stated\",\"text\":\"t\",\"judge\":\"monitor\"");
}

#define GATES_NONE "\"inferred\":false,\"strict\":false,\"require_all\":false"
#define GATES_ALL  "\"inferred\":true,\"strict\":true,\"require_all\":true"

static void plan(const char *requirement)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"c\":%d,\"case\":\"basic/x/claim_%d\",\"command\":\"AT+X\","
		"\"kind\":\"derived\",\"requirements\":[\"%s\"],\"tags\":[],\"needs\":[],"
		"\"file\":\"suites/basic/x.json\",\"line\":3",
		cases, cases, requirement);
	line("plan", buf_text(&rest));
	buf_finish(&rest);
	cases++;
}

static void verdict_of(int c, int attempt, const char *verdict, const char *requirement)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"c\":%d,\"attempt\":%d,\"verdict\":\"%s\",\"requirement\":\"%s\","
		"\"grade\":\"stated\",\"message\":\"\",\"file\":\"\",\"at\":0,"
		"\"expected\":\"\",\"actual\":\"\",\"ms\":1",
		c, attempt, verdict, requirement);
	line("verdict", buf_text(&rest));
	buf_finish(&rest);
}

static void end(const char *reason, int signal)
{
	struct buf rest = { 0 };
	buf_printf(&rest, "\"reason\":\"%s\",\"text\":\"why\",\"signal\":%d", reason, signal);
	line("end", buf_text(&rest));
	buf_finish(&rest);
}

static int read_bytes(const void *bytes, size_t len)
{
	snprintf(path, sizeof(path), "/tmp/atconform-report-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
	run_close(run);
	run = NULL;
	error = (struct error){ 0 };
	int result = run_open(&run, path, &error);
	unlink(path);
	return result;
}

static int read_journal(void)
{
	return read_bytes(buf_text(&journal), journal.len);
}

static void finish(void)
{
	run_close(run);
	run = NULL;
	buf_finish(&journal);
}

/* The exit code of a complete run of one case per verdict (and one requirement for all). */
static int exit_of(const char *gates, const char *requirement, const char *const *verdicts)
{
	header(gates);
	for (const char *const *v = verdicts; *v; v++)
		plan(requirement);
	for (int c = 0; verdicts[c]; c++)
		if (strcmp(verdicts[c], "missing") != 0)
			verdict_of(c, 1, verdicts[c], requirement);
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
	verdict_of(0, 1, verdict, "X-1");
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
	verdict_of(0, 1, "pass", "X-1");
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
	verdict_of(0, 1, "pass", "X-1");
	verdict_of(1, 1, "pass", "X-1");
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

static void refuses(const char *text, size_t len, int at, const char *why)
{
	cr_assert(read_bytes(text, len) != 0, "accepted: %s", text);
	cr_assert_eq(error.line, at, "%s", error_text(&error));
	cr_assert(strstr(error.text, why), "%s", error_text(&error));
}

Test(reader, what_is_no_journal_is_refused_with_its_line)
{
	refuses("", 0, 1, "not a journal");
	refuses("hello\n", 6, 1, "not a journal");
	refuses("{\"a\":1}\n", 8, 1, "not a journal");
	refuses("{\"n\":0,\"t\":0,\"e\":\"run\",\"for", 27, 1, "cut off in its header");
	refuses("{\"n\":0,\"t\":0,\"e\":\"run\",\"format\":2}\n", 36, 1, "format 2");
}

/* A good journal with one line put behind its header and plan. */
static void refuses_line(const char *event, const char *rest, const char *why)
{
	lines = cases = 0;
	buf_clear(&journal);
	header(GATES_NONE);
	plan("X-1");
	line(event, rest);
	end("complete", 0);
	refuses(journal.data, journal.len, lines - 1, why);
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
	verdict_of(0, 1, "pass", "X-1");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_exit_code(run), 0);
	finish();
}

static void attempt(int number, const char *verdict)
{
	char rest[64];
	snprintf(rest, sizeof(rest), "\"l\":0,\"c\":0,\"attempt\":%d,\"pid\":1", number);
	line("lease", rest);
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"AT+X=1\\r\\n\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"AT+X=1\\r\\r\\n+X:\\u00ff\\u0000<\\r\\n\\r\\nO\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"K\\r\\n\"");
	line("release", "\"l\":0,\"c\":0");
	if (verdict)
		verdict_of(0, number, verdict, "X-1");
}

Test(reader, the_last_attempt_decides_and_a_flaky_pass_is_told)
{
	header(GATES_NONE);
	plan("X-1");
	attempt(1, "fail");
	attempt(2, "pass");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert(run_flaky(&run->cases[0]));
	cr_assert_eq(run->flaky, 1);
	cr_assert(strstr(run_detail(run), "only when repeated"));
	cr_assert_eq(run->latencies[0].count, 2);
	cr_assert_eq(run->latencies[0].us[0], 2000);
	finish();
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
	verdict_of(0, 1, "pass", "X-1");
	verdict_of(1, 1, "skipped", "X-1");
	verdict_of(2, 1, "pass", "X-2");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	cr_assert_eq(run_requirement(run, "X-1")->verdict, VERDICT_SKIPPED);
	cr_assert_eq(run_requirement(run, "X-2")->verdict, VERDICT_PASS);
	cr_assert_not(run_requirement(run, "SESSION-1")->tested);
	finish();
}

static void collect(enum wire_style style, size_t limit, struct buf *out)
{
	const struct run_case *c = &run->cases[0];
	cr_assert_eq(wire_collect(out, run, c, run_final(c), style, limit, &error), 0);
}

Test(wire, bytes_come_back_from_the_file_as_visible_text)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	attempt(1, "pass");
	end("complete", 0);
	snprintf(path, sizeof(path), "/tmp/atconform-report-XXXXXX");
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 4096, &out);
	cr_assert(strstr(buf_text(&out), "-> AT+X=1\\r\\n"), "%s", buf_text(&out));
	cr_assert(strstr(buf_text(&out), "+X:\\xff\\0<\\r\\n"), "%s", buf_text(&out));
	buf_clear(&out);
	collect(WIRE_JSON, 4096, &out);
	cr_assert(strstr(buf_text(&out), "\"rx\",\"AT+X=1\\\\r\\\\r\\\\n+X:\\\\xff\\\\0\\u003c"),
		"%s", buf_text(&out));
	buf_finish(&out);
	finish();
}

Test(wire, a_long_log_keeps_beginning_and_end_and_says_so)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"first\"");
	for (int i = 0; i < 2000; i++)
		line("rx",
			"\"l\":0,\"c\":0,\"bytes\":\"0123456789012345678901234567890123456789\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"last\"");
	line("release", "\"l\":0,\"c\":0");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 8192, &out);
	cr_assert(out.len <= 8192 + 200, "%zu", out.len);
	cr_assert(strstr(buf_text(&out), "first") && strstr(buf_text(&out), "left out") &&
		  strstr(buf_text(&out), "last\n"));
	buf_finish(&out);
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
