/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *e, const char *file, int line, int column, const char *format, ...)
{
	if (!e || e->text[0])
		return -1;
	snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
	e->line = line;
	e->column = column;
	va_list args;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	return -1;
}

const char *error_text(const struct error *e)
{
	static _Thread_local char out[sizeof(e->file) + sizeof(e->text) + 32];
	if (!e->file[0])
		snprintf(out, sizeof(out), "%s", e->text);
	else if (!e->line)
		snprintf(out, sizeof(out), "%s: %s", e->file, e->text);
	else
		snprintf(out, sizeof(out), "%s:%d:%d: %s", e->file, e->line, e->column, e->text);
	return out;
}
