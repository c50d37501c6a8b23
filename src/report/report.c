/* SPDX-License-Identifier: MIT */
/* The table of formats, and how a report becomes a file: whole or not at all. */
#include "report/format.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct report_format *const formats[] = { &report_console, &report_ctrf, &report_junit,
	&report_html };

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static const struct report_format *find(const char *name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool report_format_known(const char *format)
{
	return find(format) != NULL;
}

const char *report_format_file(const char *format)
{
	const struct report_format *found = find(format);
	return found ? found->file : NULL;
}

const char *report_format_name(size_t index)
{
	return index < FORMAT_COUNT ? formats[index]->name : NULL;
}

static int unknown(const char *format, struct error *error)
{
	AUTO_BUF struct buf known = { 0 };
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", formats[i]->name);
	return error_set(error, "", 0, 0, "no report format \"%s\" (there are: %s)", format,
		buf_text(&known));
}

/* Writes, and says whether everything arrived. */
static int write_all(const struct report_format *format, const struct run *run, FILE *out,
	const char *path, struct error *error)
{
	if (format->write(run, out, error))
		return -1;
	errno = 0;
	if (fflush(out) != 0 || ferror(out))
		return error_set(error, path, 0, 0, "can't write the report: %s",
			errno ? strerror(errno) : "output error");
	return 0;
}

/* A device or a pipe (/dev/stdout, >(…)) is written in place. */
static bool replaceable(const char *path)
{
	struct stat st;
	return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static int write_file(const struct report_format *format, const struct run *run, const char *path,
	const char *target, struct error *error)
{
	FILE *out = fopen(target, "we");
	if (!out)
		return error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	int result = write_all(format, run, out, path, error);
	if (fclose(out) != 0 && !result)
		result =
			error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	return result;
}

int report_write(const struct run *run, const char *format, const char *path, struct error *error)
{
	const struct report_format *found = find(format);
	if (!found)
		return unknown(format, error);
	if (!path)
		return write_all(found, run, stdout, "standard output", error);
	if (!replaceable(path))
		return write_file(found, run, path, path, error);
	AUTO_FREE char *beside = NULL;
	if (asprintf(&beside, "%s.part%ld", path, (long)getpid()) < 0)
		return error_set(error, path, 0, 0, "%s", strerror(ENOMEM));
	int result = write_file(found, run, path, beside, error);
	if (!result && rename(beside, path) != 0)
		result =
			error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	if (result)
		unlink(beside);
	return result;
}
