/* SPDX-License-Identifier: MIT */
/* Buffer, text, clock, error and log. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

Test(buf, empty_reads_as_text)
{
	struct buf b AUTO_BUF = { 0 };
	cr_assert_str_eq(buf_text(&b), "");
	buf_append(&b, "", 0);
	cr_assert_str_eq(buf_text(&b), "");
	cr_assert_eq(b.len, 0);
}

Test(buf, grows_and_stays_terminated)
{
	struct buf b AUTO_BUF = { 0 };
	for (int i = 0; i < 100000; i++) {
		buf_putc(&b, 'x');
		cr_assert_eq(b.data[b.len], '\0');
	}
	cr_assert_eq(b.len, 100000);
}

Test(buf, appends_in_all_ways)
{
	struct buf b AUTO_BUF = { 0 };
	buf_puts(&b, "a");
	buf_append(&b, "b\0c", 3);
	buf_printf(&b, "%d-%s", 42, "z");
	cr_assert_eq(b.len, 8);
	cr_assert_arr_eq(b.data, "ab\0c42-z", 8);
}

Test(buf, prints_longer_than_its_room)
{
	struct buf b AUTO_BUF = { 0 };
	buf_printf(&b, "%5000d", 7);
	cr_assert_eq(b.len, 5000);
	cr_assert_eq(b.data[4999], '7');
	buf_printf(&b, "%s", "");
	cr_assert_eq(b.len, 5000);
}

Test(buf, drops_from_the_front)
{
	struct buf b AUTO_BUF = { 0 };
	buf_drop_front(&b, 0);
	buf_puts(&b, "abcdef");
	buf_drop_front(&b, 2);
	cr_assert_str_eq(b.data, "cdef");
	buf_drop_front(&b, 4);
	cr_assert_str_eq(b.data, "");
}

Test(buf, clear_keeps_and_take_hands_over)
{
	struct buf b AUTO_BUF = { 0 };
	buf_puts(&b, "abc");
	buf_clear(&b);
	cr_assert_str_eq(buf_text(&b), "");
	buf_puts(&b, "def");
	char *taken AUTO_FREE = buf_take(&b);
	cr_assert_str_eq(taken, "def");
	cr_assert_null(b.data);
	char *nothing AUTO_FREE = buf_take(&b);
	cr_assert_str_eq(nothing, "");
}

static void json_bytes(const char *bytes, size_t len, const char *expected)
{
	struct buf b AUTO_BUF = { 0 };
	buf_json_bytes(&b, bytes, len);
	cr_expect_str_eq(b.data, expected);
}

Test(buf, json_of_bytes)
{
	json_bytes("AT\r\n", 4, "\"AT\\r\\n\"");
	json_bytes("\"\\\t\b\f/", 6, "\"\\\"\\\\\\t\\b\\f/\"");
	json_bytes("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
	json_bytes("\x80\x9f\xa0\xff", 4, "\"\\u0080\\u009f\xc2\xa0\xc3\xbf\"");
	json_bytes("", 0, "\"\"");
}

static void json_text(const char *text, const char *expected)
{
	struct buf b AUTO_BUF = { 0 };
	buf_json_text(&b, text);
	cr_expect_str_eq(b.data, expected);
}

Test(buf, json_of_text)
{
	json_text("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		"\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
	json_text("a\xff", "\"a\xef\xbf\xbd\"");
	json_text("\xc3", "\"\xef\xbf\xbd\"");
	json_text("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	json_text("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* overlong */
	json_text("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
	json_text(
		"\x7f\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u007f\\u0080\\u009b\\u009f\xc2\xa0\"");
	json_text("\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
		"\"\xe2\x80\xa9\\u202a\\u202e\xe2\x80\xaf\"");
	json_text("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
		"\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\"");
	json_text("\n\"", "\"\\n\\\"\"");
}

Test(text, starts_and_ends)
{
	cr_expect(text_starts("AT+RST", "AT"));
	cr_expect(text_starts("AT", ""));
	cr_expect_not(text_starts("A", "AT"));
	cr_expect(text_ends("a.json", ".json"));
	cr_expect_not(text_ends("json", ".json"));
}

Test(text, glob)
{
	cr_expect(text_glob("", ""));
	cr_expect(text_glob("*", ""));
	cr_expect(text_glob("basic/*", "basic/at/answers"));
	cr_expect(text_glob("*refuse*_7?", "set_refuses_79"));
	cr_expect(text_glob("a*b*c", "aXbXbXc"));
	cr_expect(text_glob("**x**", "x"));
	cr_expect_not(text_glob("?", ""));
	cr_expect_not(text_glob("a*b", "abc"));
	cr_expect_not(text_glob("wifi/*", "basic/at"));
}

Test(text, glob_is_not_exponential)
{
	char text[4001];
	memset(text, 'a', 4000);
	text[4000] = '\0';
	struct deadline limit = deadline_in_ms(2000);
	cr_assert_not(text_glob("a*a*a*a*a*a*a*a*a*a*a*a*b", text));
	cr_assert_not(deadline_passed(limit));
}

Test(text, visible)
{
	struct buf b AUTO_BUF = { 0 };
	text_visible(&b, "a\r\n\t\0\\\x1b\x7f\xff~", 10);
	cr_assert_str_eq(b.data, "a\\r\\n\\t\\0\\\\\\x1b\\x7f\\xff~");
}

static void xml(const char *text, const char *expected)
{
	struct buf b AUTO_BUF = { 0 };
	text_xml(&b, text);
	cr_expect_str_eq(buf_text(&b), expected);
}

Test(text, xml_escapes_markup_and_what_xml_forbids)
{
	xml("<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
	xml("a\x01\x1b[0m", "a\\x01\\x1b[0m");
	xml("a\tb\nc", "a\tb\nc");
	xml("\r", "\\x0d");
	xml("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	xml("\xff\xfe", "\\xff\\xfe");
	xml("\xe2\x80\xae", "\\u202e"); /* turns the line round */
	xml("\xef\xbf\xbf", "\\uffff");
	xml("\xe2\x82", "\\xe2\\x82");
}

Test(text, integer)
{
	int64_t value = 0;
	cr_expect(text_integer("0", &value) && value == 0);
	cr_expect(text_integer("-12", &value) && value == -12);
	cr_expect(text_integer("9223372036854775807", &value) && value == INT64_MAX);
	cr_expect_not(text_integer("9223372036854775808", &value));
	cr_expect_not(text_integer("", &value));
	cr_expect_not(text_integer("-", &value));
	cr_expect_not(text_integer("+1", &value));
	cr_expect_not(text_integer(" 1", &value));
	cr_expect_not(text_integer("1 ", &value));
	cr_expect_not(text_integer("0x10", &value));
}

Test(text, hash_differs)
{
	cr_assert_eq(text_hash("", 0, 0), UINT64_C(0xcbf29ce484222325));
	cr_assert_neq(text_hash("a", 1, 0), text_hash("b", 1, 0));
	cr_assert_eq(text_hash("b", 1, text_hash("a", 1, 0)), text_hash("ab", 2, 0));
}

Test(clock, deadline)
{
	cr_assert(deadline_passed(deadline_in_ms(0)));
	cr_assert(deadline_passed(deadline_in_ms(-5)));
	cr_assert_eq(deadline_left_ms(deadline_in_ms(-5)), 0);
	struct deadline far = deadline_in_ms(60000);
	cr_assert_not(deadline_passed(far));
	int left = deadline_left_ms(far);
	cr_assert(left > 50000 && left <= 60000);
	/* Rounded up: what is left is never called nothing. */
	struct deadline near = { .at_ns = clock_ns() + 100000000 };
	cr_assert_geq(deadline_left_ms(near), 1);
}

Test(clock, never_goes_back)
{
	int64_t last = clock_ns();
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_ns();
		cr_assert_geq(now, last);
		last = now;
	}
}

Test(error, first_cause_stays)
{
	struct error e = { 0 };
	cr_assert_eq(error_set(&e, "a.json", 3, 7, "unknown key \"%s\"", "x"), -1);
	error_set(&e, "b.json", 1, 1, "later");
	cr_assert_str_eq(error_text(&e), "a.json:3:7: unknown key \"x\"");
	cr_assert_eq(error_set(NULL, "a", 1, 1, "nobody listens"), -1);
}

Test(error, without_place)
{
	struct error file = { 0 };
	struct error none = { 0 };
	error_set(&file, "a.json", 0, 0, "can't be read");
	error_set(&none, NULL, 0, 0, "no such case");
	cr_assert_str_eq(error_text(&file), "a.json: can't be read");
	cr_assert_str_eq(error_text(&none), "no such case");
}

Test(error, long_text_is_cut)
{
	struct error e = { 0 };
	error_set(&e, "f", 1, 1, "%1000d", 1);
	cr_assert_eq(strlen(e.text), sizeof(e.text) - 1);
}

/* Standard error goes into a pipe, and comes back as text. */
static void captured(struct buf *out, void (*say)(void))
{
	int ends[2];
	cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	int old = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	say();
	dup2(old, STDERR_FILENO);
	char text[4096];
	ssize_t len = read(ends[0], text, sizeof(text));
	buf_append(out, text, len > 0 ? (size_t)len : 0);
	close(old);
	close(ends[0]);
	close(ends[1]);
}

static void say_all(void)
{
	log_error("port %s is busy", "/dev/ttyUSB0");
	log_program("atmodule");
	log_warn("%d", 1);
	unsetenv("ATCONFORM_DEBUG");
	log_debug("hidden");
	setenv("ATCONFORM_DEBUG", "1", 1);
	log_debug("shown");
}

Test(log, one_line_each)
{
	struct buf text AUTO_BUF = { 0 };
	captured(&text, say_all);
	cr_assert_str_eq(buf_text(&text), "atconform: port /dev/ttyUSB0 is busy\n"
					  "atmodule: warning: 1\natmodule: debug: shown\n");
}

Test(cleanup, values_are_handed_over)
{
	char *text = strdup("x");
	char *owner AUTO_FREE = take_ptr(text);
	cr_assert_null(text);
	cr_assert_str_eq(owner, "x");
	int fd = 7;
	cr_assert_eq(take_fd(fd), 7);
	cr_assert_eq(fd, -1);
}
