/* SPDX-License-Identifier: MIT */
/* The table of formats. */
#include "report/format.h"

#include "base/cleanup.h"
#include "report/file-out.h"

#include <string.h>

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

struct job {
	const struct report_format *format;
	const struct run *run;
};

static int write_format(const void *what, FILE *out, struct error *error)
{
	const struct job *job = what;
	return job->format->write(job->run, out, error);
}

int report_write(const struct run *run, const char *format, const char *path, struct error *error)
{
	const struct job job = { .format = find(format), .run = run };
	return job.format ? file_out(path, write_format, &job, error) : unknown(format, error);
}
