/* SPDX-License-Identifier: MIT */
/* The page that compares runs: one file, no network, readable without its script. This part: the
 * page, the runs, what changed in numbers, versions and banners, requirements. */
#include "report/compare-html.h"

#include "compare-assets.h"

#include <string.h>

#define PAGE_WIRE         (20 << 20) /* bytes of wire logs in one page */
#define MOST_REQUIREMENTS 2000

static const char *const marks[CHANGE_COUNT] = {
	[CHANGE_NONE] = "=",
	[CHANGE_REGRESSED] = "\xe2\x86\x93",
	[CHANGE_MISSING] = "M",
	[CHANGE_DELETED] = "\xe2\x88\x92",
	[CHANGE_LOST] = "L",
	[CHANGE_FIXED] = "\xe2\x86\x91",
	[CHANGE_VERDICT] = "V",
	[CHANGE_BYTES] = "B",
	[CHANGE_ADDED] = "+",
	[CHANGE_GAINED] = "G",
};

const char *compare_mark(enum change change)
{
	return marks[change];
}

void compare_badge(struct html *h, enum change change)
{
	fprintf(h->out,
		"<span class=\"m k-%s\" role=\"img\" title=\"%s\" aria-label=\"%s\">%s</span>",
		change_name(change), change_title(change), change_name(change), marks[change]);
}

void compare_verdict(struct html *h, const struct index_case *x)
{
	if (!x)
		html_puts(h, "<span class=\"m m-none\" role=\"img\" title=\"not planned\" "
			     "aria-label=\"not planned\">\xc2\xb7</span>");
	else if (x->flaky)
		html_puts(h, "<span class=\"m m-inconclusive\" role=\"img\" title=\"flaky\" "
			     "aria-label=\"flaky\">~</span>");
	else
		html_badge(h, (enum verdict)x->verdict, x->inferred);
}

static void outcome(struct html *h, const struct compare *c)
{
	bool passes = compare_passes(c);
	fprintf(h->out, "<div class=\"outcome %s\" role=\"status\"><h1>%s</h1>\n<p>",
		passes ? "good" : "bad", passes ? "Nothing got worse" : "Something got worse");
	for (size_t r = 1; r < c->run_count; r++) {
		const size_t *n = c->runs[r].counts;
		html_puts(h, r > 1 ? "<br><strong>" : "<strong>");
		html_text(h, c->runs[r].label);
		fprintf(h->out,
			"</strong>: %zu regressed, %zu missing, %zu deleted, %zu lost, %zu fixed, "
			"%zu "
			"with other bytes",
			n[CHANGE_REGRESSED], n[CHANGE_MISSING], n[CHANGE_DELETED], n[CHANGE_LOST],
			n[CHANGE_FIXED], n[CHANGE_BYTES]);
		if (c->runs[r].order_only)
			fprintf(h->out, " (%zu of them only in another order)",
				c->runs[r].order_only);
	}
	html_puts(h, "</p>\n<p>Baseline: <strong>");
	html_text(h, c->runs[0].label);
	html_puts(h, "</strong>. What regressed, is missing, deleted or lost fails "
		     "<code>--gate</code>.</p></div>\n");
}

static void notes(struct html *h, const struct compare *c)
{
	if (!c->note_count)
		return;
	html_puts(h, "<ul class=\"panel plain\" aria-label=\"Notes\">\n");
	for (size_t i = 0; i < c->note_count; i++)
		html_element(h, "li", "", c->notes[i]);
	html_puts(h, "</ul>\n");
}

static void runs(struct html *h, const struct compare *c)
{
	html_puts(h,
		"<section id=\"runs\"><h2>Runs</h2><div class=\"panel scroll\"><table "
		"class=\"grid\"><thead><tr><th scope=\"col\">#</th><th scope=\"col\">Run</th><th "
		"scope=\"col\">Version lines</th><th scope=\"col\">Start-up banner</th><th "
		"scope=\"col\">Profile, bench</th><th scope=\"col\">When, where</th><th "
		"scope=\"col\">Cases</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < c->run_count; i++) {
		const struct index *ix = c->runs[i].index;
		const char *firmware = index_fact(ix, FACT_FIRMWARE),
			   *banner = index_fact(ix, FACT_BANNER);
		bool version = strcmp(firmware, index_fact(c->runs[0].index, FACT_FIRMWARE)) != 0;
		bool start = strcmp(banner, index_fact(c->runs[0].index, FACT_BANNER)) != 0;
		fprintf(h->out, "<tr><td>%zu</td><th scope=\"row\">", i + 1);
		html_text(h, c->runs[i].label);
		html_element(h, "small", "", index_fact(ix, FACT_ID));
		fprintf(h->out, "</th><td class=\"lines%s\">", version ? " other" : "");
		html_text(h, *firmware ? firmware : "none seen");
		fprintf(h->out, "</td><td class=\"lines%s\">", start ? " other" : "");
		html_text(h, *banner ? banner : "none seen");
		html_puts(h, "</td><td>");
		html_text(h, index_fact(ix, FACT_PROFILE));
		html_element(h, "small", "", index_fact(ix, FACT_BENCH));
		html_puts(h, "</td><td>");
		html_text(h, index_fact(ix, FACT_TIME));
		html_element(h, "small", "", index_fact(ix, FACT_HOST));
		fprintf(h->out,
			"</td><td class=\"num\">%zu<small>%zu pass, %zu fail</small></td></tr>\n",
			ix->case_count, ix->counts[VERDICT_PASS], ix->counts[VERDICT_FAIL]);
	}
	html_puts(h, "</tbody></table></div></section>\n");
}

static const enum change order[] = { CHANGE_REGRESSED, CHANGE_MISSING, CHANGE_DELETED, CHANGE_LOST,
	CHANGE_FIXED, CHANGE_VERDICT, CHANGE_BYTES, CHANGE_ADDED, CHANGE_GAINED, CHANGE_NONE };
#define ORDER (sizeof(order) / sizeof(order[0]))

static void counts_row(struct html *h, const struct compare *c, size_t run, bool requirements)
{
	const size_t *n = requirements ? c->runs[run].requirements : c->runs[run].counts;
	html_puts(h, "<tr><th scope=\"row\">");
	html_text(h, c->runs[run].label);
	html_puts(
		h, requirements ? "<small>requirements</small></th>" : "<small>cases</small></th>");
	for (size_t k = 0; k < ORDER; k++) {
		if (!requirements && n[order[k]])
			fprintf(h->out, "<td class=\"num\"><a href=\"#kind=%s\">%zu</a></td>",
				change_name(order[k]), n[order[k]]);
		else
			fprintf(h->out, "<td class=\"num%s\">%zu</td>", n[order[k]] ? "" : " zero",
				n[order[k]]);
	}
	html_puts(h, "</tr>\n");
}

static void counts(struct html *h, const struct compare *c)
{
	html_puts(h, "<div class=\"panel scroll\"><table class=\"grid\" aria-label=\"Changes in "
		     "numbers\"><thead><tr><th scope=\"col\">Against the baseline</th>");
	for (size_t k = 0; k < ORDER; k++) {
		html_puts(h, "<th scope=\"col\" class=\"num\">");
		compare_badge(h, order[k]);
		fprintf(h->out, " %s</th>", change_name(order[k]));
	}
	html_puts(h, "</tr></thead><tbody>\n");
	for (size_t r = 1; r < c->run_count; r++) {
		counts_row(h, c, r, false);
		counts_row(h, c, r, true);
	}
	html_puts(h, "</tbody></table></div>\n");
}

static void requirement_row(
	struct html *h, const struct compare *c, const struct compare_requirement *q)
{
	html_puts(h, "<tr><th scope=\"row\" class=\"rid\">");
	html_text(h, index_text(q->any_of, q->any->id));
	fprintf(h->out, "</th><td><span class=\"grade%s\">%s</span></td><td>",
		q->any->inferred ? " inferred" : "", q->any->inferred ? "inferred" : "stated");
	html_text(h, index_text(q->any_of, q->any->text));
	html_puts(h, "<small>section ");
	html_text(h, index_text(q->any_of, q->any->section));
	fprintf(h->out, ", line %d</small></td><td class=\"runs\">", q->any->line);
	for (size_t r = 0; r < c->run_count; r++) {
		const struct index_requirement *x = q->in[r];
		if (x && x->tested)
			html_badge(h, (enum verdict)x->verdict, x->inferred);
		else
			html_puts(h, "<span class=\"m m-none\" role=\"img\" title=\"not tested\" "
				     "aria-label=\"not tested\">0</span>");
	}
	html_puts(h, "</td><td>");
	compare_badge(h, q->worst);
	fprintf(h->out, " %s</td></tr>\n", change_name(q->worst));
}

static void requirements(struct html *h, const struct compare *c)
{
	size_t told = 0, more = 0;
	html_puts(h, "<section id=\"requirements\"><h2>Requirements that changed</h2><div "
		     "class=\"panel scroll\"><table class=\"grid ledger\"><thead><tr><th "
		     "scope=\"col\">Requirement</th><th scope=\"col\">Grade</th><th "
		     "scope=\"col\">Claim</th><th scope=\"col\">Runs</th><th "
		     "scope=\"col\">Change</th></tr></thead><tbody>\n");
	for (size_t k = 0; k + 1 < ORDER; k++) {
		for (size_t i = 0; i < c->requirement_count; i++) {
			if (c->requirements[i].worst != order[k])
				continue;
			if (told < MOST_REQUIREMENTS)
				requirement_row(h, c, &c->requirements[i]);
			else
				more++;
			told++;
		}
	}
	if (!told)
		html_puts(h, "<tr><td colspan=\"5\">None.</td></tr>\n");
	if (more)
		fprintf(h->out, "<tr><td colspan=\"5\">And %zu more; --json has all.</td></tr>\n",
			more);
	html_puts(h, "</tbody></table></div></section>\n");
}

static int body(struct html *h, const struct compare *c)
{
	html_puts(h,
		"<nav aria-label=\"Parts of this page\"><ul><li class=\"name\">atconform "
		"compare</li><li><a href=\"#summary\">Summary</a></li><li><a "
		"href=\"#runs\">Runs</a></li><li><a href=\"#commands\">Commands</a></li><li><a "
		"href=\"#cases\">Cases</a></li><li><a "
		"href=\"#requirements\">Requirements</a></li></ul></nav>\n<main>\n<section "
		"id=\"summary\">\n");
	outcome(h, c);
	counts(h, c);
	notes(h, c);
	html_puts(h, "</section>\n");
	runs(h, c);
	compare_html_commands(h, c);
	if (compare_html_cases(h, c))
		return -1;
	requirements(h, c);
	html_puts(h,
		"<footer><p>Made from the runs' journals alone. Values that the tester made for a "
		"run count as the same in the other.</p>\n<div id=\"keys\" hidden><h2>Keys</h2>"
		"<dl><div><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous case</dd></div>"
		"<div><dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>next and previous case that got worse"
		"</dd></div><div><dt><kbd>Enter</kbd></dt><dd>opens and closes a case</dd></div>"
		"<div><dt><kbd>Escape</kbd></dt><dd>closes the case one is in, leaves a filter"
		"</dd></div><div><dt><kbd>/</kbd></dt><dd>to the text filter</dd></div></dl>"
		"<label><input type=\"checkbox\" id=\"single-keys\" checked> keys of one letter "
		"work</label></div></footer>\n</main>\n");
	return 0;
}

int compare_html(const void *compare, FILE *out, struct error *error)
{
	const struct compare *c = compare;
	struct html h = { .out = out, .error = error, .wire_left = PAGE_WIRE };
	html_puts(&h, page_before_title);
	html_text(&h, c->runs[0].label);
	for (size_t r = 1; r < c->run_count && r < 5; r++) {
		html_puts(&h, " \xe2\x86\x92 ");
		html_text(&h, c->runs[r].label);
	}
	html_puts(&h, " \xc2\xb7 atconform");
	html_puts(&h, page_before_body);
	int result = body(&h, c);
	html_puts(&h, page_after_body);
	html_puts(&h, page_after_data);
	buf_finish(&h.text);
	return result;
}
