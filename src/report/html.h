/* SPDX-License-Identifier: MIT */
/* What the parts of the HTML report share. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"
#include "report/run.h"

struct html {
	const struct run *run;
	FILE *out;
	struct error *error;
	size_t wire_left; /* bytes of wire log that the page may still take in */
	struct buf text;  /* reused */
};

void html_puts(struct html *h, const char *markup);
void html_text(struct html *h, const char *text);                         /* escaped */
void html_attribute(struct html *h, const char *name, const char *value); /* escaped */
/* <tag class="…">text</tag> */
void html_element(struct html *h, const char *tag, const char *class, const char *text);

/* How a verdict shows, never by colour alone: a class and a letter. Fails of inferred requirements
 * have a look of their own. */
const char *html_class(enum verdict v, bool inferred);
const char *html_mark(enum verdict v, bool inferred);
const char *html_word(enum verdict v, bool inferred); /* "fail (inferred)" */
void html_badge(struct html *h, enum verdict v, bool inferred);
/* The same for the eye alone, where the word stands beside it. */
void html_sign(struct html *h, enum verdict v, bool inferred);

void html_matrix(struct html *h);
int html_ledger(struct html *h);
int html_cases(struct html *h);
int html_wire_data(struct html *h); /* of the cases, at the end of the page */
void html_plots(struct html *h);
void html_time(struct html *h); /* one of the plots */

#endif
