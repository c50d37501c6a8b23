/* SPDX-License-Identifier: MIT */
/* One report format: a name, a default file, a writer. The table of all is in report.c. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "report/run.h"

#define REPORT_LOG_LIMIT 65536 /* bytes of wire log that a case may bring along */

struct report_format {
	const char *name;
	const char *file; /* NULL: goes to the terminal */
	/* 0, or -1 with *error. Whether the file could be written is checked by the caller. */
	int (*write)(const struct run *run, FILE *out, struct error *error);
};

extern const struct report_format report_console, report_ctrf, report_html, report_junit;

#endif
