/* SPDX-License-Identifier: MIT */
/* Names of derived cases: they are Criterion test names, file names and globs, so only letters,
 * digits and underscores. */
#include "base/buf.h"
#include "spec/derive-build.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES_MAX = 40 };

static const char *word_of(char c, bool digit_follows)
{
	switch (c) {
	case '-':
		return digit_follows ? "minus_" : "_";
	case '+':
		return digit_follows ? "plus_" : "_";
	case '"':
		return "quote_";
	default:
		return "_";
	}
}

const char *name_of_value(struct arena *a, const char *text)
{
	size_t len = strlen(text);
	if (len == 0)
		return "empty";
	struct buf name = { 0 };
	bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';
	if (quoted) {
		buf_puts(&name, len == 2 ? "quoted_empty" : "quoted_");
		text++;
		len -= 2;
	}
	for (size_t i = 0; i < len && name.len < NAME_BYTES_MAX; i++) {
		unsigned char c = (unsigned char)text[i];
		const char *word =
			isalnum(c) || c == '_'
				? (char[]){ (char)tolower(c), '\0' }
				: word_of(text[i],
					  i + 1 < len && isdigit((unsigned char)text[i + 1]));
		bool doubled = word[0] == '_' && name.len && name.data[name.len - 1] == '_';
		buf_puts(&name, word + doubled);
	}
	while (name.len > 1 && name.data[name.len - 1] == '_')
		name.data[--name.len] = '\0';
	const char *kept = arena_text(a, buf_text(&name), name.len);
	buf_finish(&name);
	return kept;
}

static bool is_taken(const struct derived *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->cases[i].name, name) == 0)
			return true;
	return false;
}

const char *unique_name(struct arena *a, const struct derived *d, const char *name)
{
	const char *unique = name;
	for (int n = 2; is_taken(d, unique); n++)
		unique = arena_printf(a, "%s_%d", name, n);
	return unique;
}
