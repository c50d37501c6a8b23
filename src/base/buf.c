/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_finish(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

static void reserve(struct buf *b, size_t more)
{
	if (b->len + more < b->cap)
		return;
	size_t cap = b->cap ? b->cap : 128;
	while (cap <= b->len + more)
		cap *= 2;
	char *data = realloc(b->data, cap);
	if (!data) {
		fputs("atconform: out of memory\n", stderr);
		abort();
	}
	b->data = data;
	b->cap = cap;
}

void buf_append(struct buf *b, const void *bytes, size_t len)
{
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	enum { USUAL = 64 };
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	reserve(b, USUAL);
	int len = vsnprintf(b->data + b->len, b->cap - b->len, format, args);
	if (len > 0 && (size_t)len >= b->cap - b->len) {
		reserve(b, (size_t)len + 1);
		vsnprintf(b->data + b->len, b->cap - b->len, format, again);
	}
	b->len += len > 0 ? (size_t)len : 0;
	va_end(again);
	va_end(args);
}

void buf_drop_front(struct buf *b, size_t len)
{
	if (!len)
		return;
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
	b->data[b->len] = '\0';
}

/* What stands for a byte inside a JSON string: itself, a short escape, or \u00XX. */
static void json_code_point(struct buf *b, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = { ['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
		['"'] = '"',
		['\\'] = '\\',
		['\b'] = 'b',
		['\f'] = 'f' };
	if (byte < sizeof(shorts) && shorts[byte]) {
		const char two[2] = { '\\', shorts[byte] };
		buf_append(b, two, 2);
		return;
	}
	if (byte < 0x20 || (byte >= 0x7f && byte < 0xa0)) {
		const char six[6] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
		buf_append(b, six, 6);
		return;
	}
	if (byte >= 0x80) {
		const char two[2] = { (char)(0xc0 | (byte >> 6)), (char)(0x80 | (byte & 0x3f)) };
		buf_append(b, two, 2);
		return;
	}
	buf_append(b, &byte, 1);
}

void buf_json_bytes(struct buf *b, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	reserve(b, len + 2);
	buf_putc(b, '"');
	for (size_t i = 0; i < len; i++)
		json_code_point(b, p[i]);
	buf_putc(b, '"');
}

size_t buf_utf8(const void *text)
{
	const uint8_t *p = text;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if ((p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
			return 0;
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if ((p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
			return 0;
		if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
			return 0;
		return 4;
	}
	return 0;
}

/* Controls behind ASCII, and what turns the direction of text: a terminal that shows the JSON would
 * obey them. */
static bool json_hidden(struct buf *b, const uint8_t *p, size_t len)
{
	unsigned int c = len == 2   ? (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)
			 : len == 3 ? (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU)
				    : 0;
	bool hidden = (c >= 0x80 && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
		      (c >= 0x2066 && c <= 0x2069);
	if (hidden)
		buf_printf(b, "\\u%04x", c);
	return hidden;
}

void buf_json_text(struct buf *b, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	buf_putc(b, '"');
	while (*p) {
		size_t n = buf_utf8(p);
		if (n == 0) {
			buf_puts(b, "\xef\xbf\xbd");
			p++;
		} else if (n == 1) {
			json_code_point(b, *p++);
		} else {
			if (!json_hidden(b, p, n))
				buf_append(b, p, n);
			p += n;
		}
	}
	buf_putc(b, '"');
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	reserve(b, 1);
	b->data[b->len] = '\0';
	char *data = b->data;
	*b = (struct buf){ 0 };
	return data;
}
