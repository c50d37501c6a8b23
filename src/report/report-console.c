/* SPDX-License-Identifier: MIT */
/* The summary for a terminal or a CI log: plain text, at most 100 columns. */
#include "report/format.h"

#include "base/cleanup.h"
#include "report/board.h"
#include "report/columns.h"
#include "report/text.h"
#include "report/wear.h"

#include <string.h>

static void head(const struct run *run, FILE *out)
{
	column_line(out, 0, "%s  run %s", run->program, run->id);
	column_line(
		out, 0, "IUT %s, bench %s, %s on %s", run->iut, run->bench, run->time, run->host);
	column_wrapped(out, 0, 2, "profile %s (%s)", run->profile,
		*run->profile_why ? run->profile_why : "?");
	AUTO_BUF struct buf schedule = { 0 };
	text_schedule(&schedule, run);
	if (schedule.len)
		column_line(out, 0, "%s", buf_text(&schedule));
	size_t first = strcspn(run->firmware, "\n"); /* the rest is in the other reports */
	if (first)
		column_line(out, 0, "firmware %.*s", (int)first, run->firmware);
	for (size_t i = 0; i < run->part_count; i++) {
		AUTO_BUF struct buf part = { 0 };
		text_part(&part, run, &run->parts[i]);
		column_wrapped(out, 2, 4, "%s", buf_text(&part));
	}
	AUTO_BUF struct buf baseline = { 0 };
	text_baseline(&baseline, run);
	if (baseline.len)
		column_line(out, 0, "baseline %s", buf_text(&baseline));
	for (size_t i = 0; i < run->board_count; i++) {
		AUTO_BUF struct buf board = { 0 };
		board_text(&board, run, &run->boards[i]);
		if (board_stands_out(run, &run->boards[i]))
			column_wrapped(out, 0, 2, "board: %s", buf_text(&board));
	}
	for (size_t i = 0; i < run->probe_count; i++)
		if (!run->probes[i].ok)
			column_wrapped(out, 0, 2, "probe %s failed: %s", run->probes[i].name,
				run->probes[i].text);
}

static void requirement_line(const struct run *run, const struct run_attempt *a, FILE *out)
{
	const struct run_requirement *r = run_requirement(run, a->requirement);
	if (r)
		column_wrapped(out, 4, 6, "%s (section %s, line %d, %s): %s", r->id, r->section,
			r->line, r->inferred ? "inferred" : "stated", r->text);
	else if (*a->requirement)
		column_line(out, 4, "%s", a->requirement);
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
		column_wrapped(out, 4, 6, "%s: %s", d->id, k ? k->text : d->actual);
		column_wrapped(out, 4, 6, "source: %s",
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
		column_wrapped(out, 4, 6, "%s", buf_text(&text));
	}
}

static void case_lines(const struct run *run, const struct run_case *c, FILE *out)
{
	const struct run_attempt *a = run_final(c);
	bool fail = run_verdict(c) == VERDICT_FAIL;
	bool plain = c->standing == RUN_AS_IS || c->standing == RUN_NEW;
	AUTO_BUF struct buf standing = { 0 };
	text_standing(&standing, c);
	column_line(out, 2, "%s  %s%s", verdict_name(run_verdict(c)), c->id,
		fail && plain && !run_gates(run, c) ? "  (does not gate)" : "");
	if (standing.len)
		column_wrapped(out, 4, 6, "%s", buf_text(&standing));
	requirement_line(run, a, out);
	bool said = *a->expected || *a->actual; /* the message says it again, for other readers */
	if (a->verdict != VERDICT_DEVIATION && *a->message && !said)
		column_wrapped(out, 4, 6, "%s", without_requirement(a));
	if (said) {
		column_wrapped(out, 4, 14, "expected  %s", a->expected);
		column_wrapped(out, 4, 14, "actual    %s", a->actual);
	}
	for (size_t i = 0; i < a->breach_count; i++)
		column_wrapped(
			out, 4, 6, "breach of %s: %s", a->breaches[i].id, a->breaches[i].text);
	deviation_lines(run, a, out);
	attempt_lines(run, c, out);
	if (*a->file)
		column_line(out, 4, "at %s:%d", a->file, a->at);
	else if (*c->file)
		column_line(out, 4, "at %s:%d", c->file, c->line);
}

/* Which cases a section lists; fails of the two grades apart. */
struct section {
	const char *title;
	enum verdict verdict;
	int inferred;              /* -1: either */
	bool brief;                /* reason beside the name, not below it */
	enum run_standing excused; /* of either verdict: these are in no other section */
};

static const struct section sections[] = {
	{ "Fails of stated requirements", VERDICT_FAIL, 0, false },
	{ "Fails of inferred requirements", VERDICT_FAIL, 1, false },
	{ "Errors of the tester", VERDICT_ERROR, -1, false },
	{ "Inconclusive", VERDICT_INCONCLUSIVE, -1, false },
	{ "Missing: planned, without a verdict", VERDICT_MISSING, -1, true },
	{ "Flaky: failed, and did not when tried again", VERDICT_FLAKY, -1, false },
	{ "Waived", VERDICT_COUNT, -1, false, RUN_WAIVED },
	{ "Known from the baseline", VERDICT_COUNT, -1, false, RUN_BEFORE },
	{ "Known deviations", VERDICT_DEVIATION, -1, false },
	{ "Unequipped: this bench can't", VERDICT_UNEQUIPPED, -1, true },
	{ "Not applicable: the profile does not claim it", VERDICT_NA, -1, true },
	{ "Skipped", VERDICT_SKIPPED, -1, true },
};

static bool belongs(const struct section *s, const struct run_case *c)
{
	const struct run_attempt *a = run_final(c);
	if (c->standing == RUN_WAIVED || c->standing == RUN_BEFORE)
		return c->standing == s->excused;
	return run_verdict(c) == s->verdict &&
	       (s->inferred < 0 || a->inferred == (s->inferred == 1));
}

/* Of a run that ended before any case had the line there is one thing to say, and it is said
 * elsewhere: thousands of names would bury it. */
static bool never_began(const struct run *run)
{
	if (run->end == RUN_COMPLETE)
		return false;
	for (size_t i = 0; i < run->case_count; i++)
		for (size_t k = 0; k < run->cases[i].attempt_count; k++)
			if (run->cases[i].attempts[k].leased)
				return false;
	return true;
}

static void section_lines(
	const struct run *run, const struct section *s, bool count_only, FILE *out)
{
	size_t count = 0;
	for (size_t i = 0; i < run->case_count; i++)
		count += belongs(s, &run->cases[i]);
	if (!count)
		return;
	fprintf(out, "\n%s (%zu)\n", s->title, count);
	if (s->brief && count_only)
		return;
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
		if (c->standing == RUN_REGRESSED) {
			buf_puts(&why, "; ");
			text_standing(&why, c);
		}
		column_line(out, 2, "%s  %s", c->id, buf_text(&why));
	}
}

static void waiver_lines(const struct run *run, bool off, const char *title, FILE *out)
{
	size_t count = 0;
	for (size_t i = 0; i < run->waiver_count; i++) {
		const struct run_waiver *w = &run->waivers[i];
		AUTO_BUF struct buf text = { 0 };
		if (w->state == WAIVER_HOLDS || run_waiver_off(w) != off)
			continue;
		if (!count++)
			fprintf(out, "\n%s\n", title);
		text_waiver(&text, run, w);
		column_wrapped(out, 2, 4, "%s", buf_text(&text));
	}
}

static void extras(const struct run *run, FILE *out)
{
	if (run->breach_count)
		fprintf(out, "\nBreaches outside every case (%zu)\n", run->breach_count);
	for (size_t i = 0; i < run->breach_count; i++) {
		const struct run_breach *b = &run->breaches[i];
		column_line(out, 2, "%s: %s%s%s%s", b->id, b->standing ? "(" : "",
			run_standing_name(b->standing), b->standing ? ") " : "", b->text);
	}
	waiver_lines(run, true, "Waivers that do not hold", out);
	waiver_lines(run, false, "Waivers without a use in this run", out);
}

static void about_wear(const struct run *run, FILE *out)
{
	AUTO_BUF struct buf left_out = { 0 };
	wear_left_out(&left_out, run);
	if (left_out.len)
		column_wrapped(out, 0, 2, "Left out: %s", buf_text(&left_out));
	for (int line = 0; line < wear_lines(run); line++) {
		AUTO_BUF struct buf writes = { 0 };
		AUTO_BUF struct buf settings = { 0 };
		wear_nvs(&writes, run, line);
		wear_put_back(&settings, run, line);
		if (writes.len)
			column_wrapped(out, 0, 2, "Writes to flash, %s", buf_text(&writes));
		if (settings.len)
			column_wrapped(out, 0, 2, "Settings, %s", buf_text(&settings));
	}
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
	if (run->standings[RUN_BEFORE] || run->standings[RUN_WAIVED])
		buf_printf(&counts, "; of these %zu known from the baseline, %zu waived",
			run->standings[RUN_BEFORE], run->standings[RUN_WAIVED]);
	fputc('\n', out);
	column_wrapped(out, 0, 2, "%s", buf_text(&counts));
	about_wear(run, out);
	AUTO_BUF struct buf time = { 0 };
	text_time(&time, run);
	if (time.len)
		column_wrapped(out, 0, 2, "%s", buf_text(&time));
	column_wrapped(out, 0, 2, "%s", buf_text(&end));
}

static int write_console(const struct run *run, FILE *out, struct error *error)
{
	(void)error;
	bool count_only = never_began(run);
	head(run, out);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		section_lines(run, &sections[i], count_only, out);
	extras(run, out);
	totals(run, out);
	return 0;
}

const struct report_format report_console = { .name = "console", .write = write_console };
