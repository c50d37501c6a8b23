/* SPDX-License-Identifier: MIT */
/* What has no journal: timing of exchanges, text for readers, progress. */
#include "report/exchange.h"
#include "report/progress.h"
#include "report/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(exchange, is_timed_through_pieces_echo_and_prompt_like_noise)
{
	struct exchange x = { 0 };
	bool done;
	exchange_sent(&x, "AT+G", 4, 10);
	exchange_sent(&x, "MR\r\n", 4, 20);
	cr_assert_eq(exchange_received(&x, "AT+GMR\r\r\nAT ver", 15, 30, &done), 15);
	cr_assert_not(done);
	cr_assert_eq(exchange_received(&x, "sion:1\r\n\r\nOK\r\nready\r\n", 21, 50, &done), 14);
	cr_assert(done);
	cr_assert_str_eq(x.command, "AT+GMR");
	cr_assert_str_eq(x.info, "AT version:1\n");
	cr_assert_eq(x.latency_ns, 40);
	exchange_received(&x, "OK\r\n", 4, 60, &done);
	cr_assert_not(done);
}

Test(text, what_could_harm_a_reader_is_made_visible)
{
	struct buf out = { 0 };
	text_clean(&out, "a\x1b[31m\xe2\x80\xae\xff\r\n\xc3\xa4\xef\xbf\xbf\xe0\x80\xbc");
	cr_assert_str_eq(
		buf_text(&out), "a\\x1b[31m\\u202e\\xff\\r\\n\xc3\xa4\\uffff\\xe0\\x80\\xbc");
	buf_clear(&out);
	text_clean_cut(&out, "0123456789", 8);
	cr_assert_str_eq(buf_text(&out), "01234...");
	buf_clear(&out);
	text_json_script(&out, "</script>&\"\xf0\x9f\x98\x80", 14);
	cr_assert_str_eq(buf_text(&out), "\"\\u003c/script\\u003e\\u0026\\\"\\ud83d\\ude00\"");
	buf_clear(&out);
	text_shell(&out, "it's");
	cr_assert_str_eq(buf_text(&out), "'it'\\''s'");
	buf_finish(&out);
}

Test(progress, plain_lines_name_what_did_not_pass_without_control_bytes)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct progress *p = progress_create(out, false, 4, 4);
	progress_case_started(p, "basic/x/a");
	progress_case_ended(p, 0, "basic/x/a", ATTEMPT_FIRST, VERDICT_PASS, "");
	progress_case_ended(p, 1, "basic/x/b", ATTEMPT_FIRST, VERDICT_FAIL, "got \x1b[2J");
	progress_destroy(p);
	fclose(out);
	cr_assert(strstr(text, "fail  basic/x/b  got \\x1b[2J"), "%s", text);
	cr_assert_null(strstr(text, "basic/x/a"));
	cr_assert_null(strchr(text, 0x1b));
	cr_assert(strstr(text, "1/4  1 pass"));
	free(text);
}

Test(progress, a_case_counts_once_whatever_its_attempts)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct progress *p = progress_create(out, false, 2, 2);
	progress_case_ended(p, 0, "basic/x/a", ATTEMPT_FIRST, VERDICT_FAIL, "got ERROR");
	progress_case_ended(p, 1, "basic/x/b", ATTEMPT_FIRST, VERDICT_PASS, "");
	progress_more(p, 1);
	progress_case_ended(p, 0, "basic/x/a", ATTEMPT_RETRY, VERDICT_PASS, "");
	progress_destroy(p);
	fclose(out);
	cr_assert(strstr(text, "2/2  1 pass  1 fail"), "%s", text);
	cr_assert(strstr(text, "flaky  basic/x/a  (retry)"), "%s", text);
	cr_assert(strstr(text, "3/3  1 pass  1 flaky"), "%s", text);
	free(text);
}

Test(progress, a_terminal_has_one_line_that_is_cleared_at_the_end)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct progress *p = progress_create(out, true, 1000, 1000);
	for (int i = 0; i < 1000; i++)
		progress_case_ended(p, (size_t)i, "basic/x/a", ATTEMPT_FIRST,
			i == 500 ? VERDICT_SKIPPED : VERDICT_PASS, "");
	progress_destroy(p);
	fclose(out);
	cr_assert_null(strchr(text, '\n'));
	cr_assert(len < 300, "redrawn too often: %zu bytes", len);
	cr_assert_eq(strcmp(text + len - 4, "\r\x1b[K"), 0);
	free(text);
}

/* What a log says of two cases that no module was needed for, and of a third when it begins. */
static void before_the_first(bool begins, const char *wanted)
{
	char said[1024] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");
	struct progress *p = progress_create(out, false, 3, 3);
	progress_case_ended(p, 0, "a/b/off", ATTEMPT_FIRST, VERDICT_SKIPPED, "why\x1b");
	progress_case_ended(p, 1, "a/b/bare", ATTEMPT_FIRST, VERDICT_UNEQUIPPED, "peers");
	progress_tick(p);
	fflush(out);
	cr_assert_str_eq(said, "");
	if (begins)
		progress_case_started(p, "a/b/begins");
	progress_destroy(p);
	fclose(out);
	cr_assert_str_eq(said, wanted);
}

Test(progress, cases_without_a_module_are_named_when_another_begins)
{
	before_the_first(true, "skipped  a/b/off  why\\x1b\nunequipped  a/b/bare  peers\n");
	before_the_first(false, "2/3  1 unequipped  1 skipped\n");
}

/* One pass, and one case of this verdict: what the lines of a log count. */
static void counts_apart(enum verdict v)
{
	char said[1024] = "", wanted[64];
	FILE *out = fmemopen(said, sizeof(said), "w");
	struct progress *p = progress_create(out, false, 2, 2);
	progress_case_ended(p, 0, "a/b/passes", ATTEMPT_FIRST, VERDICT_PASS, "");
	progress_case_ended(p, 1, "a/b/other", ATTEMPT_FIRST, v, "why");
	progress_destroy(p);
	fclose(out);
	snprintf(wanted, sizeof(wanted), "%s  a/b/other  why\n", verdict_name(v));
	cr_assert(strstr(said, wanted), "%s: %s", verdict_name(v), said);
	snprintf(wanted, sizeof(wanted), "2/2  1 pass  1 %s\n", verdict_name(v));
	cr_assert(strstr(said, wanted), "%s: %s", verdict_name(v), said);
}

Test(progress, nothing_but_a_pass_is_counted_as_one)
{
	for (unsigned v = VERDICT_PASS + 1; v < VERDICT_COUNT; v++)
		counts_apart((enum verdict)v);
}
