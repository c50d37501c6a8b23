/* SPDX-License-Identifier: MIT */
/* Lines for a terminal or a CI log: at most 100 columns, and harmless whatever the module printed.
 */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdio.h>

enum { COLUMNS = 100 };

/* One line: indent, then text cut to the width. */
void column_line(FILE *out, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Text over several lines, broken at spaces; what the module printed may be long, so not for ever.
 */
void column_wrapped(FILE *out, int indent, int further, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
