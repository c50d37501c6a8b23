/* SPDX-License-Identifier: MIT */
/* The page's cases: filters, and for each that changed its verdicts, messages, and wire logs. */
#include "report/compare-html.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/diff.h"
#include "report/text.h"

#include <string.h>

#define CONTEXT    3   /* equal lines shown around those that differ */
#define ROWS       400 /* of one pair of logs */
#define PIECES     120 /* of one line that are marked one by one */
#define LINE_SHOWN 600 /* bytes of one line */
#define MARKUP     150 /* bytes around a stretch of a line, about */
#define DIFFS      4   /* runs of one case whose logs are shown */
#define BADGES     12  /* runs whose verdicts stand in a line that did not change */

static const enum change order[] = { CHANGE_REGRESSED, CHANGE_MISSING, CHANGE_DELETED, CHANGE_LOST,
	CHANGE_FIXED, CHANGE_VERDICT, CHANGE_BYTES, CHANGE_ADDED, CHANGE_GAINED };
#define ORDER (sizeof(order) / sizeof(order[0]))

/* --- wire logs --- */

static void visible(
	struct html *h, const char *bytes, size_t len, const char *tag, const char *class)
{
	AUTO_BUF struct buf text = { 0 };
	text_visible(&text, bytes, len);
	if (*tag)
		html_element(h, tag, class, buf_text(&text));
	else
		html_text(h, buf_text(&text));
	size_t room = text.len + MARKUP;
	h->wire_left -= room < h->wire_left ? room : h->wire_left;
}

static void log_line(struct html *h, const struct diff *d, const struct diff_row *row, int side)
{
	static const struct {
		const char *class, *mark, *says;
	} kinds[] = { [DIFF_TX] = { "tx", "\xe2\x86\x92", "sent to the module" },
		[DIFF_RX] = { "rx", "\xe2\x86\x90", "received from the module" },
		[DIFF_PEER_RX] = { "prx", "\xe2\x86\x92", "the peer received" },
		[DIFF_PEER_TX] = { "ptx", "\xe2\x86\x90", "the peer sent" } };
	const struct diff_line *line = side ? row->is : row->was;
	struct diff_piece pieces[PIECES];
	if (!line) {
		html_puts(h, "<td class=\"t\"></td><td class=\"none\"></td>");
		return;
	}
	fprintf(h->out, "<td class=\"t\">%.3f</td><td class=\"b %s\">", (double)line->us / 1e3,
		kinds[line->kind].class);
	if (line->peer >= 0)
		fprintf(h->out, "<span class=\"p\">peer %d</span>", line->peer);
	fprintf(h->out, "<span class=\"k\" role=\"img\" aria-label=\"%s\">%s</span>\xc2\xa0",
		kinds[line->kind].says, kinds[line->kind].mark);
	size_t count = diff_pieces(d, row, side, pieces, PIECES);
	const char *bytes = d->sides[side].bytes.data + line->from;
	for (size_t i = 0; i < count; i++) {
		size_t left = pieces[i].from < LINE_SHOWN ? LINE_SHOWN - pieces[i].from : 0;
		size_t len = pieces[i].len < left ? pieces[i].len : left;
		if (!len)
			break;
		const char *tag = pieces[i].differs ? side ? "ins" : "del"
				  : pieces[i].own   ? "span"
						    : "";
		visible(h, bytes + pieces[i].from, len, tag, pieces[i].own ? "own" : "");
	}
	if (line->len > LINE_SHOWN)
		fprintf(h->out, " <span class=\"x\">\xe2\x80\xa6 %zu bytes</span>", line->len);
	html_puts(h, "</td>");
}

/* Whether a row is one that differs, or near one. */
static bool shown(const struct diff *d, size_t at)
{
	size_t from = at > CONTEXT ? at - CONTEXT : 0;
	for (size_t i = from; i < d->count && i <= at + CONTEXT; i++)
		if (!d->rows[i].same)
			return true;
	return false;
}

static void rows(struct html *h, const struct diff *d)
{
	size_t hidden = 0, told = 0, all = 0;
	for (size_t i = 0; i < d->count; i++) {
		bool on = shown(d, i) && told < ROWS;
		all += !d->rows[i].same;
		if (!on) {
			hidden++;
			continue;
		}
		if (hidden)
			fprintf(h->out,
				"<tr class=\"gap\"><td colspan=\"4\">%zu equal line%s</td></tr>\n",
				hidden, hidden == 1 ? "" : "s");
		hidden = 0;
		told++;
		html_puts(h, d->rows[i].same ? "<tr>" : "<tr class=\"diff\">");
		log_line(h, d, &d->rows[i], 0);
		log_line(h, d, &d->rows[i], 1);
		html_puts(h, "</tr>\n");
	}
	if (hidden)
		fprintf(h->out, "<tr class=\"gap\"><td colspan=\"4\">%zu %s</td></tr>\n", hidden,
			told < ROWS ? "equal lines" : "more lines, not shown here");
	if (!all)
		html_puts(h,
			"<tr class=\"gap\"><td colspan=\"4\">No line differs, but what was only "
			"counted, or what is beyond these lines.</td></tr>\n");
}

int compare_html_diff(
	struct html *h, const struct compare *c, const struct compare_case *x, size_t run)
{
	struct diff d;
	const struct compare_run *was = &c->runs[0], *is = &c->runs[run];
	if (diff_open(&d, was->index, x->in[0], is->index, x->in[run], h->error))
		return -1;
	html_puts(h,
		"<div class=\"wire\" tabindex=\"0\" role=\"group\" aria-label=\"Wire logs, side by "
		"side\"><table class=\"logs\"><thead><tr><th scope=\"col\" class=\"t\">ms</th><th "
		"scope=\"col\">");
	html_text(h, was->label);
	html_puts(h, "</th><th scope=\"col\" class=\"t\">ms</th><th scope=\"col\">");
	html_text(h, is->label);
	html_puts(h, "</th></tr></thead><tbody>\n");
	rows(h, &d);
	html_puts(h, "</tbody></table></div>\n");
	for (int side = 0; side < 2; side++)
		if (d.sides[side].left_out || d.sides[side].counted)
			fprintf(h->out, "<p class=\"place\">Run %zu: %zu more lines%s.</p>\n",
				side ? run + 1 : (size_t)1, d.sides[side].left_out,
				d.sides[side].counted ? ", and bytes that the journal only counts"
						      : "");
	diff_finish(&d);
	return 0;
}

/* --- cases --- */

static size_t family_length(const struct compare_case *x)
{
	return strcspn(x->id, "/");
}

static void families(struct html *h, const struct compare *c)
{
	for (size_t i = 0; i < c->case_count; i++) {
		size_t len = family_length(&c->cases[i]);
		bool again = false;
		for (size_t k = i; k-- > 0 && !again;)
			again = strncmp(c->cases[k].id, c->cases[i].id, len + 1) == 0;
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)len, c->cases[i].id);
		if (!again)
			html_element(h, "option", "", name);
	}
}

static void filters(struct html *h, const struct compare *c)
{
	html_puts(h, "<form id=\"filters\" hidden><fieldset><legend>Change</legend>");
	for (size_t k = 0; k <= ORDER; k++) {
		const char *name = change_name(k < ORDER ? order[k] : CHANGE_NONE);
		fprintf(h->out,
			"<label><input type=\"checkbox\" name=\"kind\" value=\"%s\">%s</label>",
			name, name);
	}
	html_puts(h,
		"</fieldset><label>Family <select name=\"family\"><option value=\"\">all</option>");
	families(h, c);
	html_puts(h,
		"</select></label><label>Text <input type=\"search\" name=\"q\" "
		"placeholder=\"case, requirement, message\"></label><button "
		"type=\"reset\">Clear</button><span id=\"shown\" role=\"status\"></span></form>\n");
}

static void open_case(
	struct html *h, const struct compare *c, const struct compare_case *x, const char *tag)
{
	AUTO_BUF struct buf text = { 0 };
	fprintf(h->out, "<%s class=\"case\"", tag);
	buf_printf(&text, "case=%s", x->id);
	html_attribute(h, "id", buf_text(&text));
	buf_clear(&text);
	buf_append(&text, x->id, family_length(x));
	html_attribute(h, "data-f", buf_text(&text));
	html_puts(h, " data-k=\"");
	for (unsigned k = 0; k < CHANGE_COUNT; k++) {
		bool has = k == CHANGE_NONE && x->worst == CHANGE_NONE;
		for (size_t r = 1; r < c->run_count && k != CHANGE_NONE; r++)
			has = has || x->change[r] == k;
		if (has)
			fprintf(h->out, " %s", change_name((enum change)k));
	}
	html_puts(h, " \">");
}

static void name(struct html *h, const struct compare_case *x)
{
	const char *last = strchr(x->id, '/');
	last = last && strchr(last + 1, '/') ? strchr(last + 1, '/') + 1 : x->id;
	AUTO_BUF struct buf front = { 0 };
	buf_append(&front, x->id, (size_t)(last - x->id));
	html_puts(h, "<span class=\"id\">");
	html_text(h, buf_text(&front));
	html_element(h, "b", "", last);
	html_puts(h, "</span>");
}

/* Of the run that is worst off. */
static void say_why(struct html *h, const struct compare *c, const struct compare_case *x)
{
	AUTO_BUF struct buf why = { 0 };
	for (size_t r = 1; r < c->run_count && !why.len; r++)
		if ((enum change)x->change[r] == x->worst && x->in[r])
			text_clean(&why, index_text(c->runs[r].index, x->in[r]->message));
	if (!why.len && x->worst == CHANGE_BYTES) {
		bool order_only = true;
		for (size_t r = 1; r < c->run_count; r++)
			order_only = order_only &&
				     (x->change[r] != CHANGE_BYTES || compare_order_only(x, r));
		buf_puts(&why, order_only ? "the same lines in another order" : "another response");
	}
	if (x->unsteady)
		buf_puts(&why, " (unsteady: differs between runs of one firmware)");
	html_element(h, "span", "why", buf_text(&why));
}

static void verdicts(
	struct html *h, const struct compare *c, const struct compare_case *x, size_t most)
{
	html_puts(h, "<span class=\"runs\">");
	for (size_t r = 0; r < c->run_count && r < most; r++)
		compare_verdict(h, x->in[r]);
	html_puts(h, "</span>");
}

static void requirements(struct html *h, const struct compare *c, const struct compare_case *x)
{
	size_t run = 0;
	while (run + 1 < c->run_count && !x->in[run])
		run++;
	const struct index *ix = c->runs[run].index;
	html_puts(h, "<div><h4>Judges</h4>");
	for (uint32_t i = 0; x->in[run] && i < x->in[run]->requirement_count; i++) {
		const struct index_requirement *q =
			&ix->requirements[ix->lists[x->in[run]->requirements + i]];
		html_puts(h, "<p><b>");
		html_text(h, index_text(ix, q->id));
		fprintf(h->out, "</b> <span class=\"grade%s\">%s</span> ",
			q->inferred ? " inferred" : "", q->inferred ? "inferred" : "stated");
		html_text(h, index_text(ix, q->text));
		html_puts(h, "</p>");
	}
	html_puts(h, "</div>\n");
}

static void one_run(
	struct html *h, const struct compare *c, const struct compare_case *x, size_t run)
{
	const struct index *ix = c->runs[run].index;
	const struct index_case *is = x->in[run];
	html_puts(h, "<tr><th scope=\"row\">");
	html_text(h, c->runs[run].label);
	html_puts(h, "</th><td>");
	compare_verdict(h, is);
	html_puts(h, " ");
	html_puts(h, !is         ? "not planned"
		     : is->flaky ? "flaky"
				 : html_word((enum verdict)is->verdict, is->inferred));
	html_puts(h, "</td><td>");
	if (run)
		compare_badge(h, (enum change)x->change[run]);
	html_puts(h, "</td><td>");
	if (is) {
		const char *expected = index_text(ix, is->expected),
			   *actual = index_text(ix, is->actual);
		html_text(h, index_text(ix, is->message));
		if (*expected)
			html_element(h, "pre", "expected", expected);
		if (*actual)
			html_element(h, "pre", "actual", actual);
	}
	html_puts(h, "</td></tr>\n");
}

static void each_run(struct html *h, const struct compare *c, const struct compare_case *x)
{
	size_t told = 0, more = 0;
	html_puts(h, "<table class=\"grid each\"><tbody>\n");
	for (size_t r = 0; r < c->run_count; r++) {
		if (r > 0 && x->change[r] == CHANGE_NONE && c->run_count > BADGES)
			continue;
		if (told++ < BADGES)
			one_run(h, c, x, r);
		else
			more++;
	}
	if (more)
		fprintf(h->out, "<tr><td colspan=\"4\">and %zu more runs that changed</td></tr>\n",
			more);
	html_puts(h, "</tbody></table>\n");
}

/* Runs that answered as one before them did need no log of their own. */
static bool told_before(const struct compare_case *x, size_t run)
{
	for (size_t r = 1; r < run; r++)
		if (x->change[r] == x->change[run] && x->in[r] &&
			x->in[r]->answer == x->in[run]->answer)
			return true;
	return false;
}

static int logs(struct html *h, const struct compare *c, const struct compare_case *x)
{
	size_t told = 0, left_out = 0;
	for (size_t r = 1; r < c->run_count; r++) {
		const struct index_case *was = x->in[0], *is = x->in[r];
		bool other = was && is && was->to > was->from && is->to > is->from &&
			     x->change[r] != CHANGE_NONE;
		if (!other || told_before(x, r))
			continue;
		if (told == DIFFS || !h->wire_left) {
			left_out++;
			continue;
		}
		told++;
		if (compare_html_diff(h, c, x, r))
			return -1;
	}
	if (left_out)
		fprintf(h->out,
			"<p class=\"place\">%zu more pairs of wire logs left out here: the page "
			"holds enough of them. They are in the journals.</p>\n",
			left_out);
	return 0;
}

static int changed_case(struct html *h, const struct compare *c, const struct compare_case *x)
{
	open_case(h, c, x, "details");
	html_puts(h, "<summary>");
	compare_badge(h, x->worst);
	name(h, x);
	verdicts(h, c, x, BADGES);
	say_why(h, c, x);
	html_puts(h, "</summary>\n<div class=\"body\">\n");
	requirements(h, c, x);
	each_run(h, c, x);
	int result = logs(h, c, x);
	html_puts(h, "</div></details>\n");
	return result;
}

static void same_cases(struct html *h, const struct compare *c)
{
	size_t count = 0;
	for (size_t i = 0; i < c->case_count; i++)
		count += c->cases[i].worst == CHANGE_NONE;
	fprintf(h->out, "<details id=\"same\" class=\"panel\"><summary>Unchanged: %zu</summary>\n",
		count);
	for (size_t i = 0; i < c->case_count; i++) {
		const struct compare_case *x = &c->cases[i];
		if (x->worst != CHANGE_NONE)
			continue;
		open_case(h, c, x, "div");
		verdicts(h, c, x, c->run_count <= BADGES ? BADGES : 1);
		name(h, x);
		html_puts(h, "</div>\n");
	}
	html_puts(h, "</details>\n");
}

int compare_html_cases(struct html *h, const struct compare *c)
{
	int result = 0;
	html_puts(h,
		"<section id=\"cases\"><h2>Cases</h2>\n<p class=\"hint\">Verdicts in the order of "
		"the runs. <del>Bytes</del> of the baseline and <ins>bytes</ins> of the other run "
		"that differ are marked; <span class=\"own\">words</span> that the testers made "
		"for "
		"their runs are not.</p>\n");
	filters(h, c);
	html_puts(h, "<div class=\"panel list\">\n");
	for (size_t k = 0; k < ORDER; k++)
		for (size_t i = 0; i < c->case_count && !result; i++)
			if (c->cases[i].worst == order[k])
				result = changed_case(h, c, &c->cases[i]);
	html_puts(h, "</div>\n");
	same_cases(h, c);
	html_puts(h, "</section>\n");
	return result;
}
