/* SPDX-License-Identifier: MIT */
/* The summary for a terminal or a CI log: plain text, at most 100 columns. */
#include "report/format.h"

#include "base/cleanup.h"
#include "report/text.h"

#include <stdarg.h>
#include <string.h>

enum { COLUMNS = 100, LINES_MAX = 6 };

/* One line: indent, then text cut to the width. */
static void line(FILE *out, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void line(FILE *out, int indent, const char *format, ...)
{
	AUTO_BUF struct buf cut = { 0 };
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean_cut(&cut, text, (size_t)(COLUMNS - indent));
	fprintf(out, "%*s%s\n", indent, "", buf_text(&cut));
}

/* Text over several lines, broken at spaces; what the module printed may be long, so not for ever.
 */
static void wrapped(FILE *out, int indent, int further, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void wrapped(FILE *out, int indent, int further, const char *format, ...)
{
	AUTO_BUF struct buf safe = { 0 };
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(&safe, text);
	const char *rest = buf_text(&safe);
	for (int lines = 0;; lines++, indent = further) {
		size_t room = (size_t)(COLUMNS - indent);
		size_t len = strlen(rest);
		size_t cut = len;
		for (size_t i = 0; len > room && i < room; i++)
			if (rest[i] == ' ')
				cut = i;
		if (cut == len || lines == LINES_MAX) { /* fits, or can't be broken */
			line(out, indent, "%s", rest);
			return;
		}
		fprintf(out, "%*s%.*s\n", indent, "", (int)cut, rest);
		rest += cut + 1;
	}
}

static void head(const struct run *run, FILE *out)
{
	line(out, 0, "%s  run %s", run->program, run->id);
	line(out, 0, "IUT %s, bench %s, profile %s (%s), %s on %s", run->iut, run->bench,
		run->profile, *run->profile_why ? run->profile_why : "?", run->time, run->host);
	AUTO_BUF struct buf schedule = { 0 };
	text_schedule(&schedule, run);
	if (schedule.len)
		line(out, 0, "%s", buf_text(&schedule));
	size_t first = strcspn(run->firmware, "\n"); /* the rest is in the other reports */
	if (first)
		line(out, 0, "firmware %.*s", (int)first, run->firmware);
	for (size_t i = 0; i < run->probe_count; i++)
		if (!run->probes[i].ok)
			line(out, 0, "probe %s failed: %s", run->probes[i].name,
				run->probes[i].text);
}

static void requirement_line(const struct run *run, const struct run_attempt *a, FILE *out)
{
	const struct run_requirement *r = run_requirement(run, a->requirement);
	if (r)
		wrapped(out, 4, 6, "%s (section %s, line %d, %s): %s", r->id, r->section, r->line,
			r->inferred ? "inferred" : "stated", r->text);
	else if (*a->requirement)
		line(out, 4, "%s", a->requirement);
}

static void deviation_lines(const struct run *run, const struct run_attempt *a, FILE *out)
{
	for (size_t i = 0; i < a->deviation_count; i++) {
		const struct run_deviation *d = &a->deviations[i];
		const struct run_known *k = run_known(run, d->id);
		bool again = false; /* one deviation may happen many times in one case */
		for (size_t b = 0; b < i; b++)
			again = again || strcmp(a->deviations[b].id, d->id) == 0;
		if (again)
			continue;
		wrapped(out, 4, 6, "%s: %s", d->id, k ? k->text : d->actual);
		wrapped(out, 4, 6, "source: %s",
			*d->source ? d->source
			: k        ? k->source
				   : "not given");
	}
}

/* A message stands alone elsewhere and names its requirement; here the line above has said that. */
static const char *without_requirement(const struct run_attempt *a)
{
	size_t len = strlen(a->requirement);
	const char *end = strstr(a->message, "): ");
	if (!len || strncmp(a->message, a->requirement, len) != 0 || !end)
		return a->message;
	return end + 3;
}

/* All of them, when there were several: a case is more than what decided it. */
static void attempt_lines(const struct run *run, const struct run_case *c, FILE *out)
{
	for (size_t i = 0; i < c->attempt_count && c->attempt_count > 1; i++) {
		const struct run_attempt *a = &c->attempts[i];
		AUTO_BUF struct buf text = { 0 };
		text_attempt(&text, a);
		buf_printf(&text, ": %s", verdict_name(a->verdict));
		if (a != run_final(c)) {
			buf_puts(&text, "  ");
			text_why(&text, run, c, a);
		}
		wrapped(out, 4, 6, "%s", buf_text(&text));
	}
}

static void case_lines(const struct run *run, const struct run_case *c, FILE *out)
{
	const struct run_attempt *a = run_final(c);
	bool fail = run_verdict(c) == VERDICT_FAIL;
	line(out, 2, "%s  %s%s", verdict_name(run_verdict(c)), c->id,
		fail && a->inferred && !run->gate_inferred ? "  (does not gate)" : "");
	requirement_line(run, a, out);
	bool said = *a->expected || *a->actual; /* the message says it again, for other readers */
	if (a->verdict != VERDICT_DEVIATION && *a->message && !said)
		wrapped(out, 4, 6, "%s", without_requirement(a));
	if (said) {
		wrapped(out, 4, 14, "expected  %s", a->expected);
		wrapped(out, 4, 14, "actual    %s", a->actual);
	}
	for (size_t i = 0; i < a->breach_count; i++)
		wrapped(out, 4, 6, "breach of %s: %s", a->breaches[i].id, a->breaches[i].text);
	deviation_lines(run, a, out);
	attempt_lines(run, c, out);
	if (*a->file)
		line(out, 4, "at %s:%d", a->file, a->at);
	else if (*c->file)
		line(out, 4, "at %s:%d", c->file, c->line);
}

/* Which cases a section lists; fails of the two grades apart. */
struct section {
	const char *title;
	enum verdict verdict;
	int inferred; /* -1: either */
	bool brief;   /* reason beside the name, not below it */
};

static const struct section sections[] = {
	{ "Fails of stated requirements", VERDICT_FAIL, 0, false },
	{ "Fails of inferred requirements", VERDICT_FAIL, 1, false },
	{ "Errors of the tester", VERDICT_ERROR, -1, false },
	{ "Inconclusive", VERDICT_INCONCLUSIVE, -1, false },
	{ "Missing: planned, without a verdict", VERDICT_MISSING, -1, true },
	{ "Flaky: failed, and did not when tried again", VERDICT_FLAKY, -1, false },
	{ "Known deviations", VERDICT_DEVIATION, -1, false },
	{ "Unequipped: this bench can't", VERDICT_UNEQUIPPED, -1, true },
	{ "Not applicable: the profile does not claim it", VERDICT_NA, -1, true },
	{ "Skipped", VERDICT_SKIPPED, -1, true },
};

static bool belongs(const struct section *s, const struct run_case *c)
{
	const struct run_attempt *a = run_final(c);
	return run_verdict(c) == s->verdict &&
	       (s->inferred < 0 || a->inferred == (s->inferred == 1));
}

static void section_lines(const struct run *run, const struct section *s, FILE *out)
{
	size_t count = 0;
	for (size_t i = 0; i < run->case_count; i++)
		count += belongs(s, &run->cases[i]);
	if (!count)
		return;
	fprintf(out, "\n%s (%zu)\n", s->title, count);
	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_case *c = &run->cases[i];
		if (!belongs(s, c))
			continue;
		if (!s->brief) {
			case_lines(run, c, out);
			continue;
		}
		AUTO_BUF struct buf why = { 0 };
		text_why(&why, run, c, run_final(c));
		line(out, 2, "%s  %s", c->id, buf_text(&why));
	}
}

static void extras(const struct run *run, FILE *out)
{
	if (run->breach_count)
		fprintf(out, "\nBreaches outside every case (%zu)\n", run->breach_count);
	for (size_t i = 0; i < run->breach_count; i++)
		line(out, 2, "%s: %s", run->breaches[i].id, run->breaches[i].text);
}

static void totals(const struct run *run, FILE *out)
{
	AUTO_BUF struct buf counts = { 0 };
	AUTO_BUF struct buf end = { 0 };
	buf_printf(&counts, "%zu cases: ", run->case_count);
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		buf_printf(&counts, "%s%zu %s", v ? ", " : "", run->counts[v],
			verdict_name((enum verdict)v));
		if (v == VERDICT_FAIL)
			buf_printf(&counts, " (%zu stated, %zu inferred)", run->stated_fails,
				run->inferred_fails);
	}
	buf_printf(&end, "%s (exit %d): %s", run_outcome(run), run->exit_code, run->detail);
	fputc('\n', out);
	wrapped(out, 0, 2, "%s", buf_text(&counts));
	wrapped(out, 0, 2, "%s", buf_text(&end));
}

static int write_console(const struct run *run, FILE *out, struct error *error)
{
	(void)error;
	head(run, out);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		section_lines(run, &sections[i], out);
	extras(run, out);
	totals(run, out);
	return 0;
}

const struct report_format report_console = { .name = "console", .write = write_console };
