/* SPDX-License-Identifier: MIT */
/* A growable byte buffer. Always NUL-terminated behind its last byte, so that it reads as a string
 * too. Out of memory ends the program: nothing in a tester can be judged any more after that. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NULL until the first byte */
	size_t len;
	size_t cap;
};

void buf_finish(struct buf *b);
void buf_clear(struct buf *b);
void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop_front(struct buf *b, size_t len);
/* Appends a JSON string in quotes; each byte stands for the code point of the same value (0-255).
 */
void buf_json_bytes(struct buf *b, const void *bytes, size_t len);
/* Appends a JSON string in quotes from UTF-8 text; invalid bytes become U+FFFD, and
 * what a terminal would obey is escaped. */
void buf_json_text(struct buf *b, const char *text);
/* Length of the valid UTF-8 sequence that NUL-terminated text begins with, 0 when there is none:
 * surrogates and overlong forms are not valid. */
size_t buf_utf8(const void *text);
/* The text, or "" when nothing was ever appended. */
const char *buf_text(const struct buf *b);
/* Hands the bytes over to the caller, who frees them; the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#endif
