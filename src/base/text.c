/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text);
	size_t m = strlen(suffix);
	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

bool text_glob(const char *pattern, const char *text)
{
	/* Back up to the last '*' only: linear in practice, and never deep. */
	const char *star = NULL;
	const char *retry = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

void text_visible(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i++) {
		switch (p[i]) {
		case '\r':
			buf_puts(out, "\\r");
			break;
		case '\n':
			buf_puts(out, "\\n");
			break;
		case '\t':
			buf_puts(out, "\\t");
			break;
		case '\0':
			buf_puts(out, "\\0");
			break;
		case '\\':
			buf_puts(out, "\\\\");
			break;
		default:
			if (p[i] < 0x20 || p[i] >= 0x7f)
				buf_printf(out, "\\x%02x", p[i]);
			else
				buf_putc(out, (char)p[i]);
		}
	}
}

/* XML 1.0 allows tab, line feed, carriage return and everything from U+0020 on but the surrogates,
 * U+FFFE and U+FFFF. Bidirectional controls are allowed there, but they can turn a line around. */
static bool printable(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n';
	if (c >= 0x7f && c < 0xa0)
		return false;
	if ((c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069) || c == 0x061c || c == 0xfeff)
		return false;
	return !(c >= 0xd800 && c <= 0xdfff) && c != 0xfffe && c != 0xffff && c <= 0x10ffff;
}

size_t text_code_point(const char *text, uint32_t *c)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = buf_utf8(text);
	*c = n > 1 ? p[0] & (0xffU >> (n + 1)) : p[0];
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3f);
	return n;
}

void text_xml(struct buf *out, const char *text)
{
	while (*text) {
		uint32_t c;
		size_t n = text_code_point(text, &c);
		if (!n || !printable(c))
			buf_printf(out, n && c >= 0x100 ? "\\u%04x" : "\\x%02x", c);
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else if (c == '\'')
			buf_puts(out, "&#39;");
		else
			buf_append(out, text, n);
		text += n ? n : 1;
	}
}

bool text_integer(const char *text, int64_t *out)
{
	const char *digits = *text == '-' ? text + 1 : text;
	if (*digits < '0' || *digits > '9')
		return false;
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || *end)
		return false;
	*out = value;
	return true;
}

uint64_t text_hash(const void *bytes, size_t len, uint64_t seed)
{
	const uint8_t *p = bytes;
	uint64_t hash = seed ? seed : UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}
