/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *program = "atconform";

void log_program(const char *name)
{
	program = name;
}

/* One write for the whole line, so that lines of several processes don't mix. */
static void say(const char *kind, const char *format, va_list args)
{
	char text[2048];
	vsnprintf(text, sizeof(text), format, args);
	struct buf line AUTO_BUF = { 0 };
	buf_printf(&line, "%s: %s%s\n", program, kind, text);
	ssize_t written = write(STDERR_FILENO, line.data, line.len);
	(void)written;
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	if (!getenv("ATCONFORM_DEBUG"))
		return;
	va_list args;
	va_start(args, format);
	say("debug: ", format, args);
	va_end(args);
}
