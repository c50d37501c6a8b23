/* SPDX-License-Identifier: MIT */
/* The HTML report: one file, no network, readable without its script. This part: the page, the
 * outcome, counts and facts of the run. */
#include "report/format.h"
#include "report/wear.h"

#include "html-assets.h"
#include "report/board.h"
#include "report/html.h"
#include "report/text.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#define PAGE_WIRE (24 << 20) /* bytes of wire log in one page: more, and a browser gets slow */

void html_puts(struct html *h, const char *markup)
{
	fputs(markup, h->out);
}

void html_text(struct html *h, const char *text)
{
	buf_clear(&h->text);
	text_element(&h->text, text);
	fputs(buf_text(&h->text), h->out);
}

void html_attribute(struct html *h, const char *name, const char *value)
{
	buf_clear(&h->text);
	text_attribute(&h->text, value);
	fprintf(h->out, " %s=\"%s\"", name, buf_text(&h->text));
}

void html_element(struct html *h, const char *tag, const char *class, const char *text)
{
	fprintf(h->out, "<%s", tag);
	if (*class)
		fprintf(h->out, " class=\"%s\"", class);
	html_puts(h, ">");
	html_text(h, text);
	fprintf(h->out, "</%s>", tag);
}

static const struct {
	const char *class, *mark;
} looks[VERDICT_COUNT] = {
	[VERDICT_PASS] = { "pass", "\xe2\x9c\x93" },
	[VERDICT_FAIL] = { "fail", "F" },
	[VERDICT_DEVIATION] = { "deviation", "D" },
	[VERDICT_INCONCLUSIVE] = { "inconclusive", "?" },
	[VERDICT_UNEQUIPPED] = { "unequipped", "U" },
	[VERDICT_ERROR] = { "error", "E" },
	[VERDICT_NA] = { "na", "\xe2\x80\x93" },
	[VERDICT_SKIPPED] = { "skipped", "S" },
	[VERDICT_MISSING] = { "missing", "M" },
	[VERDICT_FLAKY] = { "flaky", "~" },
};

const char *html_class(enum verdict v, bool inferred)
{
	return v == VERDICT_FAIL && inferred ? "failinf" : looks[v].class;
}

const char *html_mark(enum verdict v, bool inferred)
{
	return v == VERDICT_FAIL && inferred ? "f" : looks[v].mark;
}

const char *html_word(enum verdict v, bool inferred)
{
	if (v == VERDICT_FAIL)
		return inferred ? "fail (inferred)" : "fail (stated)";
	return verdict_name(v);
}

void html_badge(struct html *h, enum verdict v, bool inferred)
{
	fprintf(h->out,
		"<span class=\"m m-%s\" title=\"%s\" role=\"img\" aria-label=\"%s\">%s</span>",
		html_class(v, inferred), html_word(v, inferred), html_word(v, inferred),
		html_mark(v, inferred));
}

void html_sign(struct html *h, enum verdict v, bool inferred)
{
	fprintf(h->out, "<span class=\"m m-%s\" aria-hidden=\"true\">%s</span>",
		html_class(v, inferred), html_mark(v, inferred));
}

static void outcome(struct html *h)
{
	const struct run *run = h->run;
	const char *class = run->exit_code == 0 ? "good" : run->exit_code == 1 ? "bad" : "void";
	fprintf(h->out, "<div class=\"outcome %s\"><h1 id=\"h-summary\">", class);
	html_text(h, run_outcome(run));
	fprintf(h->out, "</h1>\n<p><strong>Exit code %d</strong>: ", run->exit_code);
	html_text(h, run->detail);
	html_puts(h,
		".</p>\n<p>Gates: fails of stated requirements, errors, inconclusive and missing "
		"cases");
	html_puts(h, run->gate_inferred ? ", fails of inferred requirements" : "");
	html_puts(h, run->strict ? ", known deviations" : "");
	html_puts(h, run->require_all ? ", unequipped cases" : "");
	fprintf(h->out, ", more than %lld flaky case%s", (long long)run->flaky_budget,
		run->flaky_budget == 1 ? "" : "s");
	html_puts(h, run->gate_inferred ? ".</p></div>\n"
					: "; fails of inferred requirements are shown, they do not "
					  "gate.</p></div>\n");
}

static void count_item(struct html *h, size_t count, enum verdict v, bool inferred)
{
	fprintf(h->out, "<li data-v=\"%s\"%s>", html_class(v, inferred),
		count ? "" : " class=\"zero\"");
	html_sign(h, v, inferred);
	fprintf(h->out, "<b>%zu</b> <small>%s</small></li>\n", count, html_word(v, inferred));
}

static void counts(struct html *h)
{
	html_puts(h, "<ul class=\"counts\" aria-label=\"Cases by verdict\">\n");
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		if (v == VERDICT_FAIL) {
			count_item(h, h->run->stated_fails, VERDICT_FAIL, false);
			count_item(h, h->run->inferred_fails, VERDICT_FAIL, true);
		} else {
			count_item(h, h->run->counts[v], (enum verdict)v, false);
		}
	}
	html_puts(h, "</ul>\n");
	if (h->run->standings[RUN_BEFORE] || h->run->standings[RUN_WAIVED])
		fprintf(h->out,
			"<p>Of these <b>%zu</b> known from the baseline and <b>%zu</b> waived: "
			"they do "
			"not gate, and they did not pass.</p>\n",
			h->run->standings[RUN_BEFORE], h->run->standings[RUN_WAIVED]);
}

static void fact(struct html *h, const char *name, const char *value)
{
	if (!*value)
		return;
	html_puts(h, "<div>");
	html_element(h, "dt", "", name);
	html_element(h, "dd", "", value);
	html_puts(h, "</div>\n");
}

static void command_line(struct html *h)
{
	AUTO_BUF struct buf words = { 0 };
	const char *first = h->run->argv[0];
	if (first && !text_ends(first, "atconform"))
		buf_puts(&words, "atconform");
	for (const char *const *arg = (const char *const *)h->run->argv; *arg; arg++) {
		if (words.len)
			buf_putc(&words, ' ');
		text_shell(&words, *arg);
	}
	fact(h, "Command", buf_text(&words));
}

static void wear_facts(struct html *h)
{
	AUTO_BUF struct buf left_out = { 0 };
	AUTO_BUF struct buf writes = { 0 };
	AUTO_BUF struct buf settings = { 0 };
	wear_left_out(&left_out, h->run);
	for (int line = 0; line < wear_lines(h->run); line++) {
		size_t before = writes.len;
		buf_puts(&writes, before ? "; " : "");
		size_t start = writes.len;
		wear_nvs(&writes, h->run, line);
		if (writes.len == start)
			writes.len = before;
		before = settings.len;
		buf_puts(&settings, before ? "; " : "");
		start = settings.len;
		wear_put_back(&settings, h->run, line);
		if (settings.len == start)
			settings.len = before;
	}
	fact(h, "Left out", left_out.len ? buf_text(&left_out) : "");
	fact(h, "Flash writes", writes.len ? buf_text(&writes) : "");
	fact(h, "Settings", settings.len ? buf_text(&settings) : "");
}

static void facts(struct html *h)
{
	const struct run *run = h->run;
	AUTO_BUF struct buf when = { 0 };
	AUTO_BUF struct buf profile = { 0 };
	AUTO_BUF struct buf size = { 0 };
	AUTO_BUF struct buf schedule = { 0 };
	AUTO_BUF struct buf baseline = { 0 };
	text_moment(&when, run, 0, true);
	buf_printf(&when, " UTC, %.1f s", (double)run->last_ns / 1e9);
	buf_puts(&profile, run->profile);
	if (*run->profile_why)
		buf_printf(&profile, " (%s)", run->profile_why);
	text_schedule(&schedule, run);
	text_baseline(&baseline, run);
	buf_printf(&size, "%zu cases, %zu requirements, %lld job%s", run->case_count,
		run->requirement_count, (long long)run->jobs, run->jobs == 1 ? "" : "s");
	html_puts(h, "<dl class=\"facts panel\">\n");
	fact(h, "IUT", run->iut);
	fact(h, "Firmware", run->firmware);
	fact(h, "Profile", buf_text(&profile));
	fact(h, "Bench", run->bench);
	fact(h, "When", buf_text(&when));
	fact(h, "Host", run->host);
	fact(h, "Size", buf_text(&size));
	fact(h, "Schedule", buf_text(&schedule));
	for (size_t i = 0; i < run->part_count; i++) {
		AUTO_BUF struct buf part = { 0 };
		text_part(&part, run, &run->parts[i]);
		fact(h, "Part", buf_text(&part));
	}
	for (size_t i = 0; i < run->board_count; i++) {
		AUTO_BUF struct buf board = { 0 };
		board_text(&board, run, &run->boards[i]);
		fact(h, "Board", buf_text(&board));
	}
	fact(h, "Baseline", buf_text(&baseline));
	wear_facts(h);
	fact(h, "Program", run->program);
	fact(h, "Run", run->id);
	command_line(h);
	html_puts(h, "</dl>\n");
}

static void probes_and_breaches(struct html *h)
{
	const struct run *run = h->run;
	if (!run->probe_count && !run->waiver_count && !run->breach_count && !run->recovery_count &&
		run->end == RUN_COMPLETE)
		return;
	html_puts(h, "<section id=\"session\" aria-labelledby=\"h-session\"><h2 "
		     "id=\"h-session\">Around the cases</h2><ul class=\"panel plain\">\n");
	for (size_t i = 0; i < run->probe_count; i++) {
		fprintf(h->out, "<li>%s probe <b>",
			run->probes[i].ok ? "\xe2\x9c\x93" : "\xe2\x9c\x97");
		html_text(h, run->probes[i].name);
		html_puts(h, run->probes[i].ok ? "</b>: " : "</b> failed: ");
		html_text(h, run->probes[i].text);
		html_puts(h, "</li>\n");
	}
	for (size_t i = 0; i < run->breach_count; i++) {
		html_puts(h, "<li>breach outside every case, ");
		html_puts(h, run_standing_name(run->breaches[i].standing));
		html_puts(h, run->breaches[i].standing ? ", " : "");
		html_element(h, "b", "", run->breaches[i].id);
		html_puts(h, ": ");
		html_text(h, run->breaches[i].text);
		html_puts(h, "</li>\n");
	}
	for (size_t i = 0; i < run->waiver_count; i++) {
		AUTO_BUF struct buf text = { 0 };
		text_waiver(&text, run, &run->waivers[i]);
		html_puts(h, run_waiver_off(&run->waivers[i]) ? "<li>\xe2\x9c\x97 " : "<li>");
		html_text(h, buf_text(&text));
		html_puts(h, "</li>\n");
	}
	if (run->end != RUN_COMPLETE) {
		html_puts(h, "<li>the run did not end by itself: ");
		html_text(h, run->end == RUN_CUT ? "the journal breaks off" : run->end_text);
		html_puts(h, "</li>\n");
	}
	html_puts(h, "</ul></section>\n");
}

static void footer(struct html *h)
{
	html_puts(h,
		"<footer><p>Made from the run's journal alone; <code>atconform report</code> makes "
		"it again.</p>\n<div id=\"keys\" hidden><h2>Keys</h2><dl><div><dt><kbd>j</kbd> "
		"<kbd>k</kbd></dt><dd>next and previous case</dd></div><div><dt><kbd>n</kbd> "
		"<kbd>p</kbd></dt><dd>next and previous fail, error, inconclusive or missing case"
		"</dd></div><div><dt><kbd>Enter</kbd></dt><dd>opens and closes a "
		"case</dd></div><div>"
		"<dt><kbd>Escape</kbd></dt><dd>closes the case one is in, leaves a "
		"filter</dd></div>"
		"<div><dt><kbd>/</kbd></dt><dd>to the text filter</dd></div></dl><label><input "
		"type=\"checkbox\" id=\"single-keys\" checked> keys of one letter work</label>"
		"</div></footer>\n");
}

static int body(struct html *h)
{
	html_puts(h,
		"<nav aria-label=\"Parts of this report\"><ul><li class=\"name\">atconform "
		"report</li><li><a href=\"#summary\">Summary</a></li><li><a href=\"#matrix\">"
		"Matrix</a></li><li><a href=\"#plots\">Plots</a></li><li><a href=\"#cases\">"
		"Cases</a></li><li><a href=\"#requirements\">Requirements</a></li></ul></nav>\n"
		"<main>\n<section id=\"summary\" aria-labelledby=\"h-summary\">\n");
	outcome(h);
	counts(h);
	facts(h);
	html_puts(h, "</section>\n");
	html_matrix(h);
	probes_and_breaches(h);
	html_plots(h);
	if (html_cases(h) || html_ledger(h))
		return -1;
	html_puts(h, "</main>\n");
	footer(h);
	return 0;
}

static int write_html(const struct run *run, FILE *out, struct error *error)
{
	struct html h = { .run = run, .out = out, .error = error, .wire_left = PAGE_WIRE };
	html_puts(&h, page_before_title);
	html_text(&h, run_outcome(run));
	html_puts(&h, " \xc2\xb7 atconform \xc2\xb7 ");
	html_text(&h, run->iut);
	html_puts(&h, page_before_body);
	int result = body(&h);
	html_puts(&h, page_after_body);
	/* Behind the script: the page can be used before the logs are all there. */
	if (!result)
		result = html_wire_data(&h);
	html_puts(&h, page_after_data);
	buf_finish(&h.text);
	return result;
}

const struct report_format report_html = {
	.name = "html", .file = "report.html", .write = write_html
};
