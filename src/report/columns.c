/* SPDX-License-Identifier: MIT */
#include "report/columns.h"

#include "base/cleanup.h"
#include "report/text.h"

#include <stdarg.h>
#include <string.h>

enum { LINES_MAX = 6 };

void column_line(FILE *out, int indent, const char *format, ...)
{
	AUTO_BUF struct buf cut = { 0 };
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean_cut(&cut, text, (size_t)(COLUMNS - indent));
	fprintf(out, "%*s%s\n", indent, "", buf_text(&cut));
}

void column_wrapped(FILE *out, int indent, int further, const char *format, ...)
{
	AUTO_BUF struct buf safe = { 0 };
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(&safe, text);
	const char *rest = buf_text(&safe);
	for (int lines = 0;; lines++, indent = further) {
		size_t room = (size_t)(COLUMNS - indent);
		size_t len = strlen(rest);
		size_t cut = len;
		for (size_t i = 0; len > room && i < room; i++)
			if (rest[i] == ' ')
				cut = i;
		if (cut == len || lines == LINES_MAX) { /* fits, or can't be broken */
			column_line(out, indent, "%s", rest);
			return;
		}
		/* A label with a long word behind it stays with it. */
		bool label = cut < room / 4;
		for (cut = label ? room : cut; label && (rest[cut] & 0xc0) == 0x80;)
			cut--;
		fprintf(out, "%*s%.*s\n", indent, "", (int)cut, rest);
		rest += cut + !label;
	}
}
