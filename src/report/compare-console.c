/* SPDX-License-Identifier: MIT */
/* The comparison for a terminal or a CI log: plain text, at most 100 columns. */
#include "report/compare.h"

#include "base/cleanup.h"
#include "report/text.h"

#include <stdarg.h>
#include <string.h>

enum { COLUMNS = 100, LISTED = 20, NOTES = 12, LABEL = 16 };

/* One line, cut to the width; what it says of modules is made harmless. */
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

/* Text in exactly that many columns. */
static void cell(struct buf *out, const char *text, size_t width)
{
	size_t before = out->len, columns = 0;
	text_clean_cut(out, text, width);
	for (size_t i = before; i < out->len; i++)
		columns += (out->data[i] & 0xc0) != 0x80;
	for (; columns < width; columns++)
		buf_putc(out, ' ');
}

static const char *first_line(const char *text, char *room, size_t size)
{
	snprintf(room, size, "%.*s", (int)strcspn(text, "\n"), text);
	return room;
}

static void runs(const struct compare *c, FILE *out)
{
	char version[256];
	fprintf(out, "  #  %-*s %-34s %-16s %6s %6s %6s\n", LABEL, "run", "firmware", "profile",
		"cases", "pass", "fail");
	for (size_t i = 0; i < c->run_count; i++) {
		const struct index *ix = c->runs[i].index;
		const char *firmware =
			first_line(index_fact(ix, FACT_FIRMWARE), version, sizeof(version));
		AUTO_BUF struct buf row = { 0 };
		buf_printf(&row, "%3zu  ", i + 1);
		cell(&row, c->runs[i].label, LABEL);
		buf_putc(&row, ' ');
		cell(&row, *firmware ? firmware : "not asked", 34);
		buf_putc(&row, ' ');
		cell(&row, index_fact(ix, FACT_PROFILE), 16);
		buf_printf(&row, " %6zu %6zu %6zu", ix->case_count, ix->counts[VERDICT_PASS],
			ix->counts[VERDICT_FAIL]);
		fprintf(out, "%s\n", buf_text(&row));
	}
}

static const enum change columns[] = { CHANGE_REGRESSED, CHANGE_MISSING, CHANGE_DELETED,
	CHANGE_LOST, CHANGE_FIXED, CHANGE_VERDICT, CHANGE_BYTES, CHANGE_ADDED, CHANGE_GAINED,
	CHANGE_NONE };
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static void counts(const struct compare *c, FILE *out, const char *title, bool requirements)
{
	fprintf(out, "\n%-11s", title);
	for (size_t k = 0; k < COLUMN_COUNT; k++)
		fprintf(out, " %*s", k == 0 || k == COLUMN_COUNT - 1 ? 9 : 7,
			change_name(columns[k]));
	fputc('\n', out);
	for (size_t r = 1; r < c->run_count; r++) {
		const size_t *n = requirements ? c->runs[r].requirements : c->runs[r].counts;
		fprintf(out, "  %3zu vs 1 ", r + 1);
		for (size_t k = 0; k < COLUMN_COUNT; k++)
			fprintf(out, " %*zu", k == 0 || k == COLUMN_COUNT - 1 ? 9 : 7,
				n[columns[k]]);
		fputc('\n', out);
	}
}

/* "12.3 ms", "870 us" */
static void say_us(struct buf *out, uint32_t us)
{
	if (us < 1000)
		buf_printf(out, "%u us", us);
	else if (us < 10000000)
		buf_printf(out, "%.*f ms", us < 100000 ? 1 : 0, (double)us / 1000);
	else
		buf_printf(out, "%.1f s", (double)us / 1e6);
}

static void command_lines(const struct compare_command *x, size_t run, FILE *out)
{
	const struct latency *was = &x->latency[0], *is = &x->latency[run];
	const size_t *n = x->counts[run];
	AUTO_BUF struct buf row = { 0 };
	AUTO_BUF struct buf part = { 0 };
	cell(&row, x->name, 22);
	buf_printf(&row, " %3zu %5zu %5zu %6zu  ", run + 1,
		n[CHANGE_REGRESSED] + n[CHANGE_MISSING] + n[CHANGE_DELETED] + n[CHANGE_LOST],
		n[CHANGE_FIXED], n[CHANGE_BYTES]);
	if (x->presence[0] == x->presence[run])
		buf_puts(&part, presence_name((enum presence)x->presence[run]));
	else
		buf_printf(&part, "%s -> %s", presence_name((enum presence)x->presence[0]),
			presence_name((enum presence)x->presence[run]));
	cell(&row, buf_text(&part), 19);
	buf_clear(&part);
	if (was->samples && is->samples) {
		say_us(&part, was->p50);
		buf_puts(&part, " -> ");
		say_us(&part, is->p50);
	}
	buf_putc(&row, ' ');
	cell(&row, buf_text(&part), 19);
	if (is->drift == DRIFT_SLOWER || is->drift == DRIFT_FASTER)
		buf_printf(&row, " %s", drift_name(is->drift));
	else if (is->drift == DRIFT_FEW)
		buf_puts(&row, " too few");
	fprintf(out, "%s\n", buf_text(&row));
}

static bool command_changed(const struct compare_command *x, size_t run)
{
	size_t moved = 0;
	for (unsigned k = 1; k < CHANGE_COUNT; k++)
		moved += x->counts[run][k];
	const struct latency *is = &x->latency[run];
	bool known = x->presence[0] != PRESENCE_UNKNOWN && x->presence[run] != PRESENCE_UNKNOWN;
	return moved || (known && x->presence[0] != x->presence[run]) ||
	       is->drift == DRIFT_SLOWER || is->drift == DRIFT_FASTER;
}

static void commands(const struct compare *c, FILE *out)
{
	size_t told = 0;
	for (size_t i = 0; i < c->command_count; i++) {
		for (size_t r = 1; r < c->run_count; r++) {
			if (!command_changed(&c->commands[i], r))
				continue;
			if (!told++)
				fprintf(out, "\n%-22s %3s %5s %5s %6s  %-19s %-19s %s\n",
					"Commands that changed", "run", "worse", "fixed", "bytes",
					"the command is", "median latency", "latency");
			if (told <= 3 * LISTED)
				command_lines(&c->commands[i], r, out);
		}
	}
	if (told > 3 * LISTED)
		line(out, 2, "and %zu more; --json and --html list all", told - 3 * LISTED);
	size_t tested = 0, few = 0;
	for (size_t i = 0; i < c->command_count; i++) {
		for (size_t r = 1; r < c->run_count; r++) {
			tested += c->commands[i].latency[r].tested;
			few += c->commands[i].latency[r].drift == DRIFT_FEW;
		}
	}
	line(out, 0,
		"%sLatency: %zu tested by Mann-Whitney U (p < %.2f by Holm, median by %d %% and "
		"%d ms); %zu with fewer",
		told ? "" : "\n", tested, DRIFT_ALPHA, (int)(DRIFT_RELATIVE * 100), DRIFT_US / 1000,
		few);
	line(out, 2, "than %d samples in one of the runs have no verdict.", DRIFT_SAMPLES);
}

static const char *verdict_of(const struct index_case *x)
{
	return !x ? "-" : x->flaky ? "flaky" : verdict_name((enum verdict)x->verdict);
}

/* "pass -> fail in 2, error in 3" */
static void say_verdicts(
	struct buf *out, const struct compare_case *x, size_t runs_, enum change change)
{
	bool first = true;
	buf_printf(out, "%s ->", verdict_of(x->in[0]));
	for (size_t r = 1; r < runs_; r++) {
		if ((enum change)x->change[r] != change)
			continue;
		buf_printf(out, "%s %s in %zu", first ? "" : ",", verdict_of(x->in[r]), r + 1);
		first = false;
	}
}

static void case_lines(
	const struct compare *c, const struct compare_case *x, enum change change, FILE *out)
{
	AUTO_BUF struct buf verdicts = { 0 };
	if (change == CHANGE_BYTES) {
		buf_puts(&verdicts, verdict_of(x->in[0]));
		for (size_t r = 1; r < c->run_count; r++)
			if ((enum change)x->change[r] == change)
				buf_printf(&verdicts, ", %s in %zu",
					compare_order_only(x, r) ? "other order" : "other bytes",
					r + 1);
	} else {
		say_verdicts(&verdicts, x, c->run_count, change);
	}
	line(out, 2, "%s  %s%s", x->id, buf_text(&verdicts), x->unsteady ? "  (unsteady)" : "");
	for (size_t r = 1; r < c->run_count && change <= CHANGE_LOST; r++) {
		const struct index_case *is = x->in[r];
		if (!is || (enum change)x->change[r] != change)
			continue;
		const struct index *ix = c->runs[r].index;
		const char *requirement = index_text(ix, is->requirement);
		const char *message = index_text(ix, is->message);
		if (*message)
			line(out, 4, "%zu: %s%s%s", r + 1,
				strstr(message, requirement) ? "" : requirement,
				*requirement && !strstr(message, requirement) ? ": " : "", message);
		break;
	}
}

static void lists(const struct compare *c, FILE *out)
{
	for (size_t k = 0; k + 1 < COLUMN_COUNT; k++) {
		enum change change = columns[k];
		size_t count = 0, most = change <= CHANGE_DELETED ? 10 * LISTED : LISTED;
		for (size_t i = 0; i < c->case_count; i++) {
			const struct compare_case *x = &c->cases[i];
			bool here = false;
			for (size_t r = 1; r < c->run_count; r++)
				here = here || (enum change)x->change[r] == change;
			if (!here)
				continue;
			if (!count++)
				fprintf(out, "\n%s\n", change_title(change));
			if (count <= most)
				case_lines(c, x, change, out);
		}
		if (count > most)
			line(out, 2, "and %zu more; --json and --html list all", count - most);
	}
}

static void requirement_lists(const struct compare *c, FILE *out)
{
	size_t count = 0;
	for (size_t i = 0; i < c->requirement_count; i++) {
		const struct compare_requirement *q = &c->requirements[i];
		AUTO_BUF struct buf changes = { 0 };
		for (size_t r = 1; r < c->run_count; r++)
			if (q->change[r] == CHANGE_REGRESSED || q->change[r] == CHANGE_FIXED)
				buf_printf(&changes, "%s%s in %zu", changes.len ? ", " : "",
					change_name((enum change)q->change[r]), r + 1);
		if (!changes.len)
			continue;
		if (!count++)
			fputs("\nRequirements\n", out);
		if (count <= 2 * LISTED)
			line(out, 2, "%-18s %s: %s", index_text(q->any_of, q->any->id),
				buf_text(&changes), index_text(q->any_of, q->any->text));
	}
	if (count > 2 * LISTED)
		line(out, 2, "and %zu more; --json and --html list all", count - 2 * LISTED);
}

static bool has_line(const char *text, const char *line_, size_t len)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") == len && strncmp(text, line_, len) == 0)
			return true;
	return false;
}

/* The lines that the other does not have. */
static void other_lines(FILE *out, size_t run, const char *text, const char *other)
{
	if (!*text)
		line(out, 2, "%zu: none seen", run);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t len = strcspn(text, "\n");
		if (!has_line(other, text, len))
			line(out, 2, "%zu: %.*s", run, (int)len, text);
	}
}

static void starts(const struct compare *c, FILE *out)
{
	static const struct {
		enum index_fact fact;
		const char *what;
	} facts[] = { { FACT_FIRMWARE, "version" }, { FACT_BANNER, "start-up banner" } };
	for (size_t f = 0; f < sizeof(facts) / sizeof(facts[0]); f++) {
		const char *was = index_fact(c->runs[0].index, facts[f].fact);
		for (size_t r = 1; r < c->run_count; r++) {
			const char *is = index_fact(c->runs[r].index, facts[f].fact);
			if (strcmp(was, is) == 0)
				continue;
			line(out, 0, "%zu has another %s:", r + 1, facts[f].what);
			other_lines(out, 1, was, is);
			other_lines(out, r + 1, is, was);
		}
	}
}

static void outcome(const struct compare *c, FILE *out)
{
	fputc('\n', out);
	for (size_t r = 1; r < c->run_count; r++) {
		const struct compare_run *run = &c->runs[r];
		line(out, 0, "%zu against 1: %zu regressed, %zu missing, %zu deleted, %zu lost: %s",
			r + 1, run->counts[CHANGE_REGRESSED], run->counts[CHANGE_MISSING],
			run->counts[CHANGE_DELETED], run->counts[CHANGE_LOST],
			run->gating ? "does not pass the gate" : "passes the gate");
	}
}

int compare_console(const void *compare, FILE *out, struct error *error)
{
	const struct compare *c = compare;
	(void)error;
	runs(c, out);
	fputc('\n', out);
	for (size_t i = 0; i < c->note_count && i < NOTES; i++)
		line(out, 0, "note: %s", c->notes[i]);
	if (c->note_count > NOTES)
		line(out, 0, "note: and %zu more; --json and --html have all",
			c->note_count - NOTES);
	starts(c, out);
	counts(c, out, "Cases", false);
	counts(c, out, "Requirements", true);
	commands(c, out);
	requirement_lists(c, out);
	lists(c, out);
	outcome(c, out);
	return 0;
}
