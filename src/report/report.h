/* SPDX-License-Identifier: MIT */
/* Everything a run's journal says, in memory, and the formats made from it. A report is a pure
 * function of the journal. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_DEVIATION,
	VERDICT_INCONCLUSIVE,
	VERDICT_UNEQUIPPED,
	VERDICT_ERROR,
	VERDICT_NA,
	VERDICT_SKIPPED,
	VERDICT_MISSING,
	VERDICT_FLAKY, /* of a case, never of one attempt */
	VERDICT_COUNT,
};
const char *verdict_name(enum verdict v); /* "pass" … "n/a" … */
bool verdict_parse(const char *name, enum verdict *out);

struct run; /* opaque; see report/run.h for what formats read */

/* Reads RUN (a run folder or a journal file). A journal cut off anywhere is read up to there; 0, or
 * -1 with *error filled (file and line of the journal). */
int run_open(struct run **out, const char *path, struct error *error);
void run_close(struct run *run); /* NULL is fine */

/* Writes one format ("json", "junit", "html", "console") to a file (NULL: standard output). A file
 * is complete or not there: it is written beside its place and renamed. 0, or -1 with *error. */
int report_write(const struct run *run, const char *format, const char *path, struct error *error);
bool report_format_known(const char *format);
/* The default file name of a format ("report.json"), NULL for those that go to the terminal. */
const char *report_format_file(const char *format);
/* The formats by number, NULL behind the last: for option help and error messages. */
const char *report_format_name(size_t index);

/* The process exit code that the journal amounts to, as documented in atconform(1). */
int run_exit_code(const struct run *run);
size_t run_count(const struct run *run, enum verdict v);
const char *run_detail(const struct run *run); /* one line: what decided the exit code */

#endif
