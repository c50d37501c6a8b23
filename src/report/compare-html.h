/* SPDX-License-Identifier: MIT */
/* What the parts of the comparison's page share. */
#ifndef REPORT_COMPARE_HTML_H
#define REPORT_COMPARE_HTML_H

#include "report/compare.h"
#include "report/html.h"

const char *compare_mark(enum change change); /* a letter or sign: never by colour alone */
void compare_badge(struct html *h, enum change change);
/* The verdict of a case in a run; NULL: not planned. */
void compare_verdict(struct html *h, const struct index_case *x);

int compare_html_cases(struct html *h, const struct compare *c);
void compare_html_commands(struct html *h, const struct compare *c);
/* Both wire logs of a case, aligned. 0, or -1 with h->error. */
int compare_html_diff(
	struct html *h, const struct compare *c, const struct compare_case *x, size_t run);

#endif
