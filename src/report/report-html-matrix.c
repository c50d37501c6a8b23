/* SPDX-License-Identifier: MIT */
/* The HTML report's view by requirement: the matrix (a row a command, a cell a requirement) and the
 * ledger behind it, where each requirement is told in words with its cases. */
#include "report/html.h"

#include "base/cleanup.h"
#include "report/keep.h"

#include <stdlib.h>
#include <string.h>

#define CASES_LISTED 60 /* per requirement */

/* "UART_CUR-12" -> "12": the row says the rest. */
static const char *short_id(const char *id)
{
	const char *dash = strrchr(id, '-');
	return dash && dash[1] ? dash + 1 : id;
}

static const char *state_word(const struct run_requirement *r)
{
	if (r->tested)
		return html_word(r->verdict, r->inferred);
	return strcmp(r->judge, "untestable") == 0 ? "untestable" : "not tested";
}

static void state_badge(struct html *h, const struct run_requirement *r)
{
	if (r->tested)
		html_badge(h, r->verdict, r->inferred);
	else
		html_element(
			h, "span", "m m-none", strcmp(r->judge, "untestable") == 0 ? "n" : "0");
}

static void cell(struct html *h, const struct run_requirement *r)
{
	AUTO_BUF struct buf title = { 0 };
	AUTO_BUF struct buf target = { 0 };
	buf_printf(&title, "%s, %s, section %s line %d: %s. %s", r->id,
		r->inferred ? "inferred" : "stated", r->section, r->line, state_word(r), r->text);
	buf_printf(&target, "#req=%s", r->id);
	fprintf(h->out, "<a class=\"cell%s\"", r->inferred ? " inferred" : "");
	html_attribute(h, "href", buf_text(&target));
	html_attribute(h, "title", buf_text(&title));
	html_attribute(h, "aria-label", buf_text(&title));
	if (r->tested)
		fprintf(h->out, "><span class=\"m m-%s\">%s<small>",
			html_class(r->verdict, r->inferred), html_mark(r->verdict, r->inferred));
	else
		fprintf(h->out, "><span class=\"m m-none\">%s<small>",
			strcmp(r->judge, "untestable") == 0 ? "n" : "0");
	html_text(h, short_id(r->id));
	html_puts(h, "</small></span></a>");
}

static const char *family_of(const struct run *run, const char *command)
{
	for (size_t i = 0; i < run->case_count; i++)
		if (strcmp(run->cases[i].command, command) == 0)
			return run->cases[i].family;
	return "";
}

/* Requirements of no command: GENERAL-n and SESSION-n are rows of their own. */
static bool same_row(const struct run_requirement *a, const struct run_requirement *b)
{
	size_t len = (size_t)(short_id(a->id) - a->id);
	return strcmp(a->command, b->command) == 0 &&
	       (*a->command || strncmp(a->id, b->id, len) == 0);
}

static void row_name(struct html *h, const struct run_requirement *r)
{
	size_t len = (size_t)(short_id(r->id) - r->id);
	AUTO_BUF struct buf name = { 0 };
	if (*r->command)
		buf_puts(&name, r->command);
	else
		buf_append(&name, r->id, len ? len - 1 : strlen(r->id));
	html_text(h, buf_text(&name));
}

static void row(struct html *h, const struct run_requirement *r, size_t n)
{
	size_t passed = 0;
	size_t testable = 0;
	for (size_t i = 0; i < n; i++) {
		passed += r[i].tested && r[i].verdict == VERDICT_PASS;
		testable += r[i].tested || strcmp(r[i].judge, "untestable") != 0;
	}
	html_puts(h, "<tr><th scope=\"row\">");
	row_name(h, r);
	html_element(h, "small", "", r->section);
	html_puts(h, "</th><td><div class=\"cells\">");
	for (size_t i = 0; i < n; i++)
		cell(h, &r[i]);
	fprintf(h->out, "</div></td><td class=\"sum\">%zu of %zu</td></tr>\n", passed, testable);
}

static void legend(struct html *h)
{
	html_puts(h, "<ul class=\"legend\" aria-label=\"Legend\">");
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		for (int inferred = 0; inferred <= (v == VERDICT_FAIL); inferred++) {
			html_puts(h, "<li>");
			html_sign(h, (enum verdict)v, inferred);
			fprintf(h->out, " %s</li>", html_word((enum verdict)v, inferred));
		}
	}
	html_puts(h,
		"<li><span class=\"m m-none\">0</span> not tested</li><li><span class=\"m m-none\">"
		"n</span> untestable</li><li>dotted underline: inferred requirement</li></ul>");
}

void html_matrix(struct html *h)
{
	const struct run *run = h->run;
	const char *family = NULL;
	html_puts(h, "<section id=\"matrix\" aria-labelledby=\"h-matrix\"><h2 "
		     "id=\"h-matrix\">Requirements by command</h2>\n<p class=\"hint\">A "
		     "cell is "
		     "one requirement and shows the worst verdict of its cases; it leads to the "
		     "requirement.</p>\n<div class=\"panel wide-table\"><table "
		     "class=\"matrix\"><caption "
		     "class=\"vh\">Requirements by command and their verdicts</caption><thead><tr>"
		     "<th scope=\"col\">Command, section</th><th scope=\"col\">Requirements</th>"
		     "<th scope=\"col\" class=\"sum\">passed</th></tr></thead>\n<tbody>");
	for (size_t from = 0; from < run->requirement_count;) {
		const struct run_requirement *r = &run->requirements[from];
		size_t n = 1;
		while (from + n < run->requirement_count && same_row(r, r + n))
			n++;
		const char *now = family_of(run, r->command);
		if (*now && (!family || strcmp(now, family) != 0)) {
			html_puts(h, "</tbody>\n<tbody><tr class=\"group\"><th colspan=\"3\" "
				     "scope=\"rowgroup\">");
			html_text(h, now);
			html_puts(h, "</th></tr>\n");
			family = now;
		}
		row(h, r, n);
		from += n;
	}
	html_puts(h, "</tbody></table>");
	legend(h);
	html_puts(h, "</div></section>\n");
}

struct link { /* a requirement and a case that names it */
	const struct run_requirement *r;
	const struct run_case *c;
};

static int by_place(const void *a, const void *b)
{
	const struct link *x = a;
	const struct link *y = b;
	if (x->r != y->r)
		return x->r < y->r ? -1 : 1;
	bool p = run_verdict(x->c) == VERDICT_PASS;
	bool q = run_verdict(y->c) == VERDICT_PASS;
	if (p != q)
		return p ? 1 : -1; /* what did not pass comes first */
	return (x->c > y->c) - (x->c < y->c);
}

static struct link *all_links(const struct run *run, size_t *count)
{
	struct link *links = NULL;
	*count = 0;
	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_case *c = &run->cases[i];
		for (const char **id = c->requirements; *id; id++) {
			struct link l = { run_requirement(run, *id), c };
			if (l.r)
				KEEP_ADD(links, *count) = l;
		}
	}
	if (*count)
		qsort(links, *count, sizeof(*links), by_place);
	return links;
}

/* Where scripts run, a link to the cases' list stands for this one. */
static void case_links(struct html *h, const struct link *links, size_t n)
{
	if (!n)
		return;
	fprintf(h->out, "<noscript><details><summary>%zu case%s</summary><ul>", n,
		n == 1 ? "" : "s");
	for (size_t i = 0; i < n && i < CASES_LISTED; i++) {
		AUTO_BUF struct buf target = { 0 };
		const struct run_attempt *a = run_final(links[i].c);
		buf_printf(&target, "#case=%s", links[i].c->id);
		html_puts(h, "<li>");
		html_badge(h, run_verdict(links[i].c), a->inferred);
		html_puts(h, " <a");
		html_attribute(h, "href", buf_text(&target));
		html_puts(h, ">");
		html_text(h, links[i].c->id);
		html_puts(h, "</a></li>");
	}
	if (n > CASES_LISTED)
		fprintf(h->out, "<li>and %zu more</li>", n - CASES_LISTED);
	html_puts(h, "</ul></details></noscript>");
}

static void ledger_row(
	struct html *h, const struct run_requirement *r, const struct link *links, size_t n)
{
	AUTO_BUF struct buf id = { 0 };
	buf_printf(&id, "req=%s", r->id);
	html_puts(h, "<tr");
	html_attribute(h, "id", buf_text(&id));
	html_puts(h, "><th scope=\"row\" class=\"rid\">");
	html_text(h, r->id);
	html_puts(h, "</th><td>");
	state_badge(h, r);
	fprintf(h->out, "</td><td><span class=\"grade%s\">%s</span></td><td class=\"nums\">",
		r->inferred ? " inferred" : "", r->inferred ? "inferred" : "stated");
	html_text(h, r->section);
	fprintf(h->out, ", line %d</td><td>", r->line);
	html_text(h, r->text);
	if (strcmp(r->judge, "monitor") == 0)
		html_puts(h, " <span class=\"grade\">judged by the monitor</span>");
	fprintf(h->out, "</td><td data-n=\"%zu\">", n);
	case_links(h, links, n);
	html_puts(h, "</td></tr>\n");
}

int html_ledger(struct html *h)
{
	const struct run *run = h->run;
	size_t count;
	struct link *links = all_links(run, &count);
	html_puts(h,
		"<section id=\"requirements\" aria-labelledby=\"h-requirements\"><h2 "
		"id=\"h-requirements\">Requirements</h2>\n<div class=\"panel wide-table\"><table "
		"class=\"ledger\"><caption class=\"vh\">Requirements, their claims and cases"
		"</caption><thead><tr><th scope=\"col\">Id</th><th "
		"scope=\"col\">Verdict</th>"
		"<th scope=\"col\">Grade</th><th scope=\"col\">Section</th><th scope=\"col\">"
		"Claim</th><th scope=\"col\">Cases</th></tr></thead><tbody>\n");
	for (size_t i = 0, at = 0; i < run->requirement_count; i++) {
		size_t n = 0;
		while (at + n < count && links[at + n].r == &run->requirements[i])
			n++;
		ledger_row(h, &run->requirements[i], n ? links + at : NULL, n);
		at += n;
	}
	html_puts(h, "</tbody></table></div></section>\n");
	free(links);
	return 0;
}
