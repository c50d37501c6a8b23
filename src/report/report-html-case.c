/* SPDX-License-Identifier: MIT */
/* The HTML report's cases: filters, and for each case everything that is known of it. What is below
 * a case's line is <noscript>: where scripts run, a browser keeps it as one text until the case is
 * opened, so that thousands of cases cost little. The wire logs come behind everything else, as
 * data for the script; where none runs, failing cases show theirs as text. */
#include "report/html.h"

#include "base/cleanup.h"
#include "report/text.h"
#include "report/wire.h"

#include <string.h>

#define WIRE_PASSED (12 << 10) /* bytes of wire log of a case that passed */
#define WIRE_OTHER  (64 << 10)
#define WIRE_PLAIN  (8 << 10) /* without a script */

/* How cases stand against a baseline and waivers, if any does. */
static void standing_filter(struct html *h)
{
	size_t any = 0;
	for (int s = RUN_AS_IS + 1; s <= RUN_NEW; s++)
		any += h->run->standings[s];
	if (any)
		html_puts(h, "<label>Standing <select name=\"standing\"><option "
			     "value=\"\">all</option>");
	for (int s = RUN_AS_IS + 1; any && s <= RUN_NEW; s++)
		if (h->run->standings[s])
			html_element(h, "option", "", run_standing_name((enum run_standing)s));
	if (any)
		html_puts(h, "</select></label>");
}

/* The script fills in what there is to choose from. */
static void filters(struct html *h)
{
	html_puts(h, "<form id=\"filters\" role=\"search\" aria-label=\"Filter the cases\" hidden>"
		     "<fieldset><legend>Verdict</legend>");
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		for (int inferred = 0; inferred <= (v == VERDICT_FAIL); inferred++)
			fprintf(h->out,
				"<label><input type=\"checkbox\" name=\"v\" "
				"value=\"%s\">%s</label>",
				html_class((enum verdict)v, inferred),
				html_word((enum verdict)v, inferred));
	}
	html_puts(h,
		"</fieldset><span id=\"shown\" role=\"status\">"
		"</span><label>Family <select name=\"family\"><option value=\"\">all</option>"
		"</select></label><label>Command <select name=\"command\"><option value=\"\">all"
		"</option></select></label><label>Requirement <input type=\"search\" "
		"name=\"requirement\" list=\"requirement-ids\" autocomplete=\"off\" "
		"spellcheck=\"false\"></label><datalist id=\"requirement-ids\"></datalist>"
		"<label>Grade <select name=\"grade\"><option value=\"\">both</option><option>stated"
		"</option><option>inferred</option></select></label>");
	standing_filter(h);
	html_puts(h,
		"<label>Text <input "
		"type=\"search\" name=\"q\" placeholder=\"case, requirement, message\" "
		"autocomplete=\"off\" spellcheck=\"false\"></label><button type=\"reset\" "
		"aria-label=\"clear filters\">clear</button><span class=\"steps\"><button "
		"type=\"button\" data-step=\"-1\" aria-label=\"previous fail\" title=\"Fails, "
		"errors, inconclusive, missing and flaky cases; key p\">\xe2\x86\x91 "
		"fail</button><button "
		"type=\"button\" data-step=\"1\" aria-label=\"next fail\" title=\"Fails, errors, "
		"inconclusive, missing and flaky cases; key n\">\xe2\x86\x93 fail</button><button "
		"type=\"button\" data-close=\"all\">close all</button></span></form>\n");
}

/* A check's message begins with its place and its requirement, which the line has already:
 * "suites/x.c:9: X-1 (section 2, line 3): after …" */
static const char *without_place(const char *why, const struct run_attempt *a)
{
	AUTO_BUF struct buf named = { 0 };
	buf_printf(&named, ": %s (section ", a->requirement);
	const char *at = *a->requirement ? strstr(why, buf_text(&named)) : NULL;
	const char *end = at ? strstr(at, "): ") : NULL;
	return end && !memchr(why, ' ', (size_t)(at - why)) ? end + 3 : why;
}

static void summary(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf why = { 0 };
	html_puts(h, "<summary>");
	html_badge(h, run_verdict(c), a->inferred);
	html_puts(h, "<span class=\"id\">");
	html_text(h, c->family);
	html_puts(h, "/");
	html_text(h, c->suite);
	html_puts(h, "/");
	html_element(h, "b", "", c->name);
	if (c->standing != RUN_AS_IS) {
		html_puts(h, " ");
		html_element(h, "span", "standing", run_standing_name(c->standing));
	}
	html_puts(h, "</span>");
	html_element(h, "span", "req",
		*a->requirement      ? a->requirement
		: c->requirements[0] ? c->requirements[0]
				     : "");
	text_why(&why, h->run, c, a);
	html_element(h, "span", "why", without_place(buf_text(&why), a));
	if (a->leased)
		fprintf(h->out, "<span class=\"ms\">%lld ms</span>", (long long)a->ms);
	html_puts(h, "</summary>\n");
}

static void requirement(struct html *h, const char *id)
{
	const struct run_requirement *r = run_requirement(h->run, id);
	AUTO_BUF struct buf target = { 0 };
	buf_printf(&target, "#req=%s", id);
	html_puts(h, "<p><a");
	html_attribute(h, "href", buf_text(&target));
	html_puts(h, ">");
	html_text(h, id);
	html_puts(h, "</a> ");
	if (r) {
		fprintf(h->out, "<span class=\"grade%s\">%s</span> <span class=\"place\">section ",
			r->inferred ? " inferred" : "", r->inferred ? "inferred" : "stated");
		html_text(h, r->section);
		fprintf(h->out, ", line %d</span> ", r->line);
		html_text(h, r->text);
	}
	html_puts(h, "</p>");
}

static void requirements(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	bool named = !*a->requirement;
	html_puts(h, "<div><h3>Judges</h3>");
	for (const char **id = c->requirements; *id; id++) {
		named = named || strcmp(*id, a->requirement) == 0;
		requirement(h, *id);
	}
	if (!named) /* a rule of the session, broken on the way */
		requirement(h, a->requirement);
	html_puts(h, "</div>\n");
}

static void pair(struct html *h, const char *expected, const char *actual)
{
	if (!*expected && !*actual)
		return;
	html_puts(h, "<div class=\"pair\"><div><h3>Expected</h3>");
	html_element(h, "pre", "expected", expected);
	html_puts(h, "</div><div><h3>Actual</h3>");
	html_element(h, "pre", "actual", actual);
	html_puts(h, "</div></div>\n");
}

static void deviations(struct html *h, const struct run_attempt *a)
{
	for (size_t i = 0; i < a->deviation_count; i++) {
		const struct run_deviation *d = &a->deviations[i];
		const struct run_known *k = run_known(h->run, d->id);
		html_puts(h, "<div><h3>Known deviation ");
		html_text(h, d->id);
		html_puts(h, "</h3><p>");
		html_text(h, k ? k->text : "");
		html_puts(h, " Source: ");
		html_text(h, *d->source ? d->source : k ? k->source : "not given");
		html_puts(h, "</p><p>after <code>");
		html_text(h, d->command);
		html_puts(h, "</code></p>");
		pair(h, d->expected, d->actual);
		html_puts(h, "</div>\n");
	}
}

static void item_list(struct html *h, const char *title, const char **items, size_t count)
{
	if (!count)
		return;
	html_puts(h, "<div>");
	html_element(h, "h3", "", title);
	html_puts(h, "<ul>");
	for (size_t i = 0; i < count; i++)
		html_element(h, "li", "", items[i]);
	html_puts(h, "</ul></div>\n");
}

static void breaches(struct html *h, const struct run_attempt *a)
{
	for (size_t i = 0; i < a->breach_count; i++) {
		html_puts(h, "<p>Breach of ");
		html_element(h, "b", "", a->breaches[i].id);
		html_puts(h, ": ");
		html_text(h, a->breaches[i].text);
		html_puts(h, "</p>\n");
	}
}

static void recoveries(struct html *h, const struct run_attempt *a)
{
	if (!a->recovery_count)
		return;
	html_puts(h, "<div><h3>Recovery before the case</h3><ul>");
	for (size_t i = 0; i < a->recovery_count; i++) {
		const struct run_recovery *step = &a->recoveries[i];
		html_puts(h, "<li>");
		html_text(h, step->step);
		fprintf(h->out, ": %s, %lld ms ", step->ok ? "done" : "did not help",
			(long long)step->ms);
		html_text(h, step->text);
		html_puts(h, "</li>");
	}
	html_puts(h, "</ul></div>\n");
}

static int wire(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf log = { 0 };
	if (!a->leased)
		return 0;
	/* What passed is read by few: without a script it has no log. */
	if (a->verdict != VERDICT_PASS &&
		wire_collect(&log, h->run, c, a, WIRE_TEXT, WIRE_PLAIN, h->error))
		return -1;
	fprintf(h->out,
		"<div><h3>%s, times in ms since the lease</h3><div class=\"wire\" tabindex=\"0\" "
		"role=\"group\" aria-label=\"Wire log\" data-wire=\"w%ld-%ld\">",
		a->peer_count || a->broker_lines ? "Wire log of both sides of the network"
						 : "Wire log",
		(long)(c - h->run->cases), (long)(a - c->attempts));
	if (log.len)
		html_element(h, "pre", "", buf_text(&log));
	html_puts(h, "</div></div>\n");
	return 0;
}

/* When the page is full, what failed still gets a little. */
static int wire_data(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf log = { 0 };
	size_t limit = a->verdict == VERDICT_PASS ? WIRE_PASSED : WIRE_OTHER;
	if (h->wire_left < limit)
		limit = a->verdict == VERDICT_PASS ? 0 : WIRE_PLAIN;
	if (!a->leased)
		return 0;
	if (!limit)
		buf_puts(&log, "[0,\"none\",\"\"],\n");
	else if (wire_collect(&log, h->run, c, a, WIRE_JSON, limit, h->error))
		return -1;
	h->wire_left -= log.len < h->wire_left ? log.len : h->wire_left;
	fprintf(h->out, "<script type=\"application/json\" id=\"w%ld-%ld\">[",
		(long)(c - h->run->cases), (long)(a - c->attempts));
	fwrite(buf_text(&log), 1, log.len > 2 ? log.len - 2 : 0,
		h->out); /* without the last ",\n" */
	html_puts(h, "]</script>\n");
	return 0;
}

static void places(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf repeat = { 0 };
	html_puts(h, "<p class=\"place\">");
	html_text(h, c->kind);
	html_puts(h, " case, ");
	html_text(h, *a->file ? a->file : c->file);
	fprintf(h->out, ":%d", *a->file ? a->at : c->line);
	for (const char **tag = c->tags; *tag; tag++) {
		html_puts(h, tag == c->tags ? "; tags: " : ", ");
		html_text(h, *tag);
	}
	for (const char **need = c->needs; *need; need++) {
		html_puts(h, need == c->needs ? "; needs: " : ", ");
		html_text(h, *need);
	}
	html_puts(h, "</p>\n<div><h3>Repeat this case</h3><div class=\"repeat\">");
	text_repeat_command(&repeat, h->run, c);
	html_element(h, "pre", "", buf_text(&repeat));
	html_puts(h, "<button type=\"button\" class=\"copy\"");
	buf_clear(&repeat);
	buf_printf(&repeat, "copy the command that repeats %s", c->id);
	html_attribute(h, "aria-label", buf_text(&repeat));
	html_puts(h, ">copy</button><a");
	buf_clear(&repeat);
	buf_printf(&repeat, "#case=%s", c->id);
	html_attribute(h, "href", buf_text(&repeat));
	html_puts(h, ">link to this case</a></div></div>\n");
}

static int one_attempt(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	if (*a->message)
		html_element(h, "p", "", a->message);
	pair(h, a->expected, a->actual);
	deviations(h, a);
	breaches(h, a);
	item_list(h, "Notes", a->notes, a->note_count);
	recoveries(h, a);
	return wire(h, c, a);
}

/* Each with everything that is known of it. */
static int attempts(struct html *h, const struct run_case *c)
{
	int result = 0;
	for (size_t i = 0; i < c->attempt_count && !result; i++) {
		const struct run_attempt *a = &c->attempts[i];
		AUTO_BUF struct buf title = { 0 };
		text_attempt(&title, a);
		buf_printf(&title, ": %s, %lld ms", html_word(a->verdict, a->inferred),
			(long long)a->ms);
		fprintf(h->out, "<section class=\"attempt\"><h3>");
		html_badge(h, a->verdict, a->inferred);
		html_text(h, buf_text(&title));
		html_puts(h, "</h3>\n");
		result = one_attempt(h, c, a);
		html_puts(h, "</section>\n");
	}
	return result;
}

static void open_case(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf id = { 0 };
	AUTO_BUF struct buf names = { 0 };
	const struct run_requirement *r =
		c->requirements[0] ? run_requirement(h->run,
					     *a->requirement ? a->requirement : c->requirements[0])
				   : NULL;
	buf_printf(&id, "case=%s", c->id);
	for (const char **name = c->requirements; *name; name++)
		buf_printf(&names, "%s ", *name);
	const char *class = html_class(run_verdict(c), a->inferred);
	fprintf(h->out, "<details class=\"case v-%s\" data-v=\"%s\"", class, class);
	html_attribute(h, "id", buf_text(&id));
	html_attribute(h, "data-f", c->family);
	html_attribute(h, "data-c", c->command);
	html_attribute(h, "data-g", r ? r->inferred ? "inferred" : "stated" : "");
	html_attribute(h, "data-r", buf_text(&names));
	if (c->standing != RUN_AS_IS)
		html_attribute(h, "data-s", run_standing_name(c->standing));
	html_puts(h, ">\n");
}

static void standing(struct html *h, const struct run_case *c)
{
	AUTO_BUF struct buf text = { 0 };
	text_standing(&text, c);
	if (text.len)
		html_element(h, "p", "", buf_text(&text));
}

static int one_case(struct html *h, const struct run_case *c)
{
	const struct run_attempt *a = run_final(c);
	open_case(h, c, a);
	summary(h, c, a);
	html_puts(h, "<noscript><div class=\"body\">\n");
	standing(h, c);
	requirements(h, c, a);
	int result = c->attempt_count > 1 ? attempts(h, c) : one_attempt(h, c, a);
	places(h, c, a);
	html_puts(h, "</div></noscript></details>\n");
	return result;
}

static int case_data(struct html *h, const struct run_case *c)
{
	int result = 0;
	for (size_t i = 0; i < c->attempt_count && !result; i++)
		result = wire_data(h, c, &c->attempts[i]);
	return result;
}

/* What needs attention first: the plan's order within a verdict is kept. */
static int each_case(struct html *h, int (*put)(struct html *h, const struct run_case *c))
{
	static const enum verdict order[] = { VERDICT_FAIL, VERDICT_ERROR, VERDICT_INCONCLUSIVE,
		VERDICT_MISSING, VERDICT_FLAKY, VERDICT_DEVIATION, VERDICT_UNEQUIPPED, VERDICT_NA,
		VERDICT_SKIPPED, VERDICT_PASS };
	int result = 0;
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (int inferred = 0; inferred <= (order[o] == VERDICT_FAIL); inferred++)
			for (size_t i = 0; i < h->run->case_count && !result; i++) {
				const struct run_case *c = &h->run->cases[i];
				bool turn = run_verdict(c) == order[o] &&
					    (order[o] != VERDICT_FAIL ||
						    run_final(c)->inferred == inferred);
				result = turn ? put(h, c) : 0;
			}
	return result;
}

int html_cases(struct html *h)
{
	html_puts(h, "<section id=\"cases\" aria-labelledby=\"h-cases\"><h2 id=\"h-cases\" "
		     "tabindex=\"-1\">Cases"
		     "</h2>\n");
	filters(h);
	html_puts(h, "<div class=\"panel list\">\n");
	int result = each_case(h, one_case);
	html_puts(h, "</div></section>\n");
	return result;
}

int html_wire_data(struct html *h)
{
	return each_case(h, case_data);
}
