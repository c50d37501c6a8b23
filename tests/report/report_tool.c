/* SPDX-License-Identifier: MIT */
/* Makes reports from a journal, for the tests written in Python: report_tool JOURNAL
 * [FORMAT[:FILE]]… Prints one line of JSON with the exit code and what decided it; ends with 0, or
 * 9 and the error on standard error. */
#include "base/buf.h"
#include "report/run.h"

#include <stdio.h>
#include <string.h>

static int write_one(const struct run *run, char *argument)
{
	struct error error = { 0 };
	char *colon = strchr(argument, ':');
	if (colon)
		*colon = '\0';
	if (report_write(run, argument, colon ? colon + 1 : NULL, &error) == 0)
		return 0;
	fprintf(stderr, "%s\n", error_text(&error));
	return 9;
}

static void tell(const struct run *run)
{
	struct buf line = { 0 };
	buf_printf(&line, "{\"exit\":%d,\"detail\":", run_exit_code(run));
	buf_json_text(&line, run_detail(run));
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		buf_printf(&line, ",\"%s\":%zu", verdict_name((enum verdict)v),
			run_count(run, (enum verdict)v));
	buf_putc(&line, '}');
	puts(buf_text(&line));
	buf_finish(&line);
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct run *run = NULL;
	if (argc < 2 || run_open(&run, argv[1], &error)) {
		fprintf(stderr, "%s\n", argc < 2 ? "no journal given" : error_text(&error));
		return 9;
	}
	int result = 0;
	for (int i = 2; i < argc && !result; i++)
		result = write_one(run, argv[i]);
	tell(run);
	run_close(run);
	return result;
}
