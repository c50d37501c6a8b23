/* SPDX-License-Identifier: MIT */
/* Words that no record may have: in texts, in lines of the journal, and in bytes in any pieces. */
#include "rig/secret.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = { "hunter22", "p,a\"s\\s", NULL };

static struct secrets *secrets;

static void set_up(void)
{
	secrets = secrets_create(words);
}

static void tear_down(void)
{
	secrets_destroy(secrets);
}

TestSuite(secret, .init = set_up, .fini = tear_down);

static void line_is(const char *before, const char *after)
{
	struct buf line = { 0 };
	buf_puts(&line, before);
	secrets_mask_line(secrets, &line);
	cr_assert_str_eq(buf_text(&line), after);
	buf_finish(&line);
}

Test(secret, without_any_nothing_is_masked)
{
	static const char *const none[] = { NULL };
	struct buf line = { 0 };
	struct secrets_stream stream = { 0 };
	cr_assert_null(secrets_create(NULL));
	cr_assert_null(secrets_create(none));
	buf_puts(&line, "{\"text\":\"hunter22\"}\n");
	secrets_mask_line(NULL, &line);
	cr_assert_str_eq(line.data, "{\"text\":\"hunter22\"}\n");
	cr_assert_str_eq(secrets_mask_bytes(NULL, &stream, "hunter22", 8), "hunter22");
	cr_assert_not(secrets_mask_text(NULL, "hunter22", &line));
	buf_finish(&line);
}

Test(secret, leaves_a_text)
{
	struct buf out = { 0 };
	cr_assert_not(secrets_mask_text(secrets, "hunter2", &out));
	cr_assert(secrets_mask_text(secrets, "a hunter22, hunter22hunter22", &out));
	cr_assert_str_eq(out.data, "a ***, ******");
	buf_clear(&out);
	cr_assert(secrets_mask_text(secrets, "AT+X=\"p\\,a\\\"s\\\\s\",0", &out));
	cr_assert_str_eq(out.data, "AT+X=\"***\",0");
	buf_finish(&out);
}

Test(secret, leaves_a_line_of_the_journal)
{
	line_is("{\"n\":1,\"e\":\"note\",\"text\":\"is hunter22 \\\"x\\\"\"}\n",
		"{\"n\":1,\"e\":\"note\",\"text\":\"is *** \\\"x\\\"\"}\n");
	line_is("{\"e\":\"tx\",\"bytes\":\"=\\\"p\\\\,a\\\\\\\"s\\\\\\\\s\\\"\\r\\n\"}\n",
		"{\"e\":\"tx\",\"bytes\":\"=\\\"***\\\"\\r\\n\"}\n");
	line_is("{\"argv\":[\"run\",\"hunter22\"],\"iut\":\"hunter22:\"}\n",
		"{\"argv\":[\"run\",\"***\"],\"iut\":\"hunter22:\"}\n");
	line_is("{\"e\":\"line\",\"network\":{\"password\":\"hunter22\",\"port\":1},\"iut\":"
		"\"hunter22:\"}\n",
		"{\"e\":\"line\",\"network\":{\"password\":\"***\",\"port\":1},\"iut\":\"hunter22:"
		"\"}\n");
	line_is("{\"e\":\"control\",\"json\":\"x hunter22\",\"answer\":\"hunter22\"}\n",
		"{\"e\":\"control\",\"json\":\"x ***\",\"answer\":\"***\"}\n");
}

/* Whatever the password is, what the rig itself says stays readable. */
Test(secret, leaves_the_rigs_own_words)
{
	static const char *const common[] = { "verdict", "pass", NULL };
	struct secrets *s = secrets_create(common);
	struct buf line = { 0 };
	buf_puts(&line, "{\"e\":\"verdict\",\"verdict\":\"pass\",\"message\":\"verdict: pass\"}\n");
	secrets_mask_line(s, &line);
	cr_assert_str_eq(
		line.data, "{\"e\":\"verdict\",\"verdict\":\"pass\",\"message\":\"***: ***\"}\n");
	buf_finish(&line);
	secrets_destroy(s);
}

static void put_masked(
	struct secrets_stream *stream, struct buf *out, const char *bytes, size_t len)
{
	buf_append(out, secrets_mask_bytes(secrets, stream, bytes, len), len);
}

Test(secret, leaves_bytes_in_whatever_pieces_they_come)
{
	static const char said[] = "AT+X=\"hunter22\"\r\nhunthunter22!p,a\"s\\sp\\,a\\\"s\\\\s.";
	static const char shown[] = "AT+X=\"********\"\r\nhunt********!*******"
				    "**********.";
	size_t len = strlen(said);
	cr_assert_eq(strlen(shown), len);
	for (size_t piece = 1; piece <= len; piece++) {
		struct secrets_stream stream = { 0 };
		struct buf out = { 0 };
		for (size_t at = 0; at < len; at += piece)
			put_masked(&stream, &out, said + at, len - at < piece ? len - at : piece);
		/* More may be hidden than had to be, but nothing else may be changed. */
		for (size_t i = 0; i < len; i++)
			cr_assert(out.data[i] == shown[i] || (out.data[i] == '*' && piece < len),
				"piece %zu: byte %zu of %s", piece, i, out.data);
		buf_finish(&out);
		secrets_stream_finish(&stream);
	}
}

Test(secret, leaves_long_streams)
{
	struct secrets_stream stream = { 0 };
	static char chunk[4096];
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(
			((const char *)secrets_mask_bytes(secrets, &stream, chunk, 4096))[0], 'x');
	cr_assert_lt(stream.tail.len, 64);
	secrets_stream_finish(&stream);
}
