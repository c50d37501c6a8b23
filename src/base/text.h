/* SPDX-License-Identifier: MIT */
/* Text helpers: globs, and escaping of what firmware may print, for every place it can end up in.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* '*' any run of characters, '?' any one; '/' is an ordinary character. */
bool text_glob(const char *pattern, const char *text);
/* Copies bytes so that a terminal can't be harmed and a reader sees each one: \r \n \t \0 \\ \xHH.
 */
void text_visible(struct buf *out, const void *bytes, size_t len);
/* The code point that UTF-8 text begins with. Its length, or 0 with *c the byte when it is none. */
size_t text_code_point(const char *text, uint32_t *c);
/* XML 1.0 and HTML text and attribute values; forbidden code points come out as \xHH. `text` is
 * UTF-8. */
void text_xml(struct buf *out, const char *text);
/* Decimal integer that fills the whole string. */
bool text_integer(const char *text, int64_t *out);
/* 64-bit FNV-1a, for signatures that need no secrecy. */
uint64_t text_hash(const void *bytes, size_t len, uint64_t seed);

#endif
