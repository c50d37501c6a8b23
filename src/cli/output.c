/* SPDX-License-Identifier: MIT */
/* FORMAT[:FILE] to report_write(). */
#include "cli/output.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "report/index.h"
#include "report/report.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT_SIZE = 32 };

/* Splits FORMAT[:FILE]; false when FORMAT is none of ours. */
static bool split(const char *word, char format[FORMAT_SIZE], const char **file)
{
	const char *colon = strchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : strlen(word);
	if (len == 0 || len >= FORMAT_SIZE || (colon && !colon[1]))
		return false;
	memcpy(format, word, len);
	format[len] = '\0';
	*file = colon ? colon + 1 : NULL;
	return report_format_known(format);
}

int output_check(const char *const formats[], struct error *error)
{
	char format[FORMAT_SIZE];
	const char *file;
	for (size_t i = 0; formats && formats[i]; i++) {
		if (!split(formats[i], format, &file))
			return error_set(error, NULL, 0, 0,
				"--report %s: the formats are console, json, junit and html, as "
				"FORMAT or FORMAT:FILE",
				formats[i]);
	}
	return 0;
}

/* The folder of a run that may have been named by its journal. */
static void run_folder(struct buf *out, const char *path)
{
	struct stat st;
	buf_puts(out, path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return;
	const char *slash = strrchr(path, '/');
	buf_clear(out);
	buf_append(out, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
}

/* Nobody reads the console any more: a pipe's reader has ended, the terminal has hung up. */
static bool nobody_reads(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP | POLLNVAL));
}

static int write_one(const struct run *run, const char *dir, const char *word, struct error *error)
{
	char format[FORMAT_SIZE];
	const char *file;
	if (!split(word, format, &file))
		return error_set(error, NULL, 0, 0, "unknown report format %s", word);
	struct buf path AUTO_BUF = { 0 };
	const char *usual = report_format_file(format);
	if (!file && usual) {
		run_folder(&path, dir);
		buf_printf(&path, "/%s", usual);
		file = buf_text(&path);
	}
	int result = report_write(run, format, file, error);
	return result < 0 && !file && nobody_reads() ? 0 : result;
}

int output_reports(const char *source, const char *dir, const char *const formats[])
{
	struct error error = { 0 };
	struct run *run = NULL;
	if (output_check(formats, &error) < 0 || run_open(&run, source, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	int code = run_exit_code(run);
	for (size_t i = 0; formats && formats[i]; i++) {
		struct error failed = { 0 };
		if (write_one(run, dir, formats[i], &failed) < 0)
			code = cli_fail(EXIT_INTERNAL, &failed);
	}
	index_write(run);
	run_close(run);
	return code;
}
