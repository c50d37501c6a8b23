/* SPDX-License-Identifier: MIT */
/* JUnit XML as its readers (Jenkins, GitLab, the GitHub actions) really read it: one flat level of
 * suites, one per command; a case once, its attempts inside; counts that add up; a skip, deviation
 * or missing case never looks like a pass. */
#include "report/format.h"
#include "report/wear.h"

#include "base/cleanup.h"
#include "report/board.h"
#include "report/text.h"
#include "report/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum element { ELEMENT_NONE, ELEMENT_FAILURE, ELEMENT_ERROR, ELEMENT_SKIPPED };

static const char *const element_names[] = { "", "failure", "error", "skipped" };

static const enum element elements[VERDICT_COUNT] = {
	[VERDICT_PASS] = ELEMENT_NONE,
	[VERDICT_FAIL] = ELEMENT_FAILURE,
	[VERDICT_DEVIATION] = ELEMENT_SKIPPED,
	[VERDICT_INCONCLUSIVE] = ELEMENT_ERROR,
	[VERDICT_UNEQUIPPED] = ELEMENT_SKIPPED,
	[VERDICT_ERROR] = ELEMENT_ERROR,
	[VERDICT_NA] = ELEMENT_SKIPPED,
	[VERDICT_SKIPPED] = ELEMENT_SKIPPED,
	[VERDICT_MISSING] = ELEMENT_ERROR,
	[VERDICT_FLAKY] = ELEMENT_SKIPPED,
};

struct totals {
	size_t tests, of[4];
	int64_t ms;
};

struct writer {
	const struct run *run;
	FILE *out;
	struct error *error;
	struct buf text; /* reused */
};

/* A gate makes a failure of what is a skip otherwise: no reader may take it for harmless. */
static enum element element_of(const struct run *run, const struct run_case *c)
{
	enum element e = elements[run_verdict(c)];
	if (c->standing == RUN_WAIVED || c->standing == RUN_BEFORE)
		return ELEMENT_SKIPPED;
	return e == ELEMENT_SKIPPED && run_gates(run, c) ? ELEMENT_FAILURE : e;
}

static int64_t case_ms(const struct run_case *c)
{
	int64_t ms = 0;
	for (size_t i = 0; i < c->attempt_count; i++)
		ms += c->attempts[i].ms > 0 ? c->attempts[i].ms : 0;
	return ms;
}

static void count(struct totals *t, const struct run *run, const struct run_case *c)
{
	t->tests++;
	t->of[element_of(run, c)]++;
	t->ms += case_ms(c);
}

static void attribute(struct writer *w, const char *name, const char *value)
{
	buf_clear(&w->text);
	text_attribute(&w->text, value);
	fprintf(w->out, " %s=\"%s\"", name, buf_text(&w->text));
}

static void attribute_totals(struct writer *w, const struct totals *t, int64_t t_ns)
{
	fprintf(w->out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", t->tests,
		t->of[ELEMENT_FAILURE], t->of[ELEMENT_ERROR], t->of[ELEMENT_SKIPPED]);
	fprintf(w->out, " time=\"%" PRId64 ".%03d\"", t->ms / 1000, (int)(t->ms % 1000));
	buf_clear(&w->text);
	text_moment(&w->text, w->run, t_ns, true);
	fprintf(w->out, " timestamp=\"%s\"", buf_text(&w->text));
}

static void property(struct writer *w, const char *name, const char *value)
{
	fputs("      <property", w->out);
	attribute(w, "name", name);
	attribute(w, "value", value);
	fputs("/>\n", w->out);
}

static void wear_properties(struct writer *w)
{
	AUTO_BUF struct buf left_out = { 0 };
	wear_left_out(&left_out, w->run);
	if (left_out.len)
		property(w, "atconform.left_out", buf_text(&left_out));
	for (int line = 0; line < wear_lines(w->run); line++) {
		AUTO_BUF struct buf writes = { 0 };
		AUTO_BUF struct buf settings = { 0 };
		wear_nvs(&writes, w->run, line);
		wear_put_back(&settings, w->run, line);
		if (writes.len)
			property(w, "atconform.nvs_writes", buf_text(&writes));
		if (settings.len)
			property(w, "atconform.settings", buf_text(&settings));
	}
}

static void properties(struct writer *w)
{
	const struct run *run = w->run;
	char code[16];
	snprintf(code, sizeof(code), "%d", run->exit_code);
	fputs("    <properties>\n", w->out);
	property(w, "atconform.run", run->id);
	property(w, "atconform.program", run->program);
	property(w, "atconform.iut", run->iut);
	property(w, "atconform.bench", run->bench);
	property(w, "atconform.profile", run->profile);
	wear_properties(w);
	if (*run->firmware)
		property(w, "atconform.firmware", run->firmware);
	property(w, "atconform.exit", code);
	property(w, "atconform.outcome", run_outcome(run));
	property(w, "atconform.detail", run->detail);
	AUTO_BUF struct buf schedule = { 0 };
	text_schedule(&schedule, run);
	if (schedule.len)
		property(w, "atconform.schedule", buf_text(&schedule));
	for (size_t i = 0; i < run->part_count; i++) {
		AUTO_BUF struct buf part = { 0 };
		char name[40];
		snprintf(name, sizeof(name), "atconform.part.%zu", i + 1);
		text_part(&part, run, &run->parts[i]);
		property(w, name, buf_text(&part));
	}
	for (size_t i = 0; i < run->board_count; i++) {
		AUTO_BUF struct buf board = { 0 };
		char name[40];
		snprintf(name, sizeof(name), "atconform.board.%d", run->boards[i].line);
		board_text(&board, run, &run->boards[i]);
		property(w, name, buf_text(&board));
	}
	AUTO_BUF struct buf baseline = { 0 };
	text_baseline(&baseline, run);
	if (baseline.len)
		property(w, "atconform.baseline", buf_text(&baseline));
	property(w, "atconform.gate.inferred", run->gate_inferred ? "true" : "false");
	property(w, "atconform.gate.strict", run->strict ? "true" : "false");
	property(w, "atconform.gate.require_all", run->require_all ? "true" : "false");
	fputs("    </properties>\n", w->out);
}

/* "inferred fail, does not gate: expected OK, got ERROR" */
static void say_message(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a)
{
	enum verdict v = a == run_final(c) ? run_verdict(c) : a->verdict;
	bool fail = v == VERDICT_FAIL;
	bool final = a == run_final(c) && c->standing != RUN_AS_IS;
	bool excused = c->standing == RUN_WAIVED || c->standing == RUN_BEFORE;
	if (final && excused)
		buf_printf(out, "%s %s: ", run_standing_name(c->standing), verdict_name(v));
	else if (fail && a->inferred)
		buf_printf(out,
			"inferred requirement%s: ", run_gates(run, c) ? "" : ", does not gate");
	else if (!fail)
		buf_printf(out, "%s: ", verdict_name(v));
	if (final) {
		text_standing(out, c);
		buf_puts(out, ". ");
	}
	text_why(out, run, c, a);
}

static void say_detail(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a)
{
	const struct run_requirement *r = run_requirement(run, a->requirement);
	if (r)
		buf_printf(out, "%s (section %s, line %d, %s): %s\n", r->id, r->section, r->line,
			r->inferred ? "inferred" : "stated", r->text);
	if (*a->message)
		buf_printf(out, "%s\n", a->message);
	if (*a->expected || *a->actual)
		buf_printf(out, "expected: %s\nactual:   %s\n", a->expected, a->actual);
	for (size_t i = 0; i < a->breach_count; i++)
		buf_printf(out, "breach of %s: %s\n", a->breaches[i].id, a->breaches[i].text);
	for (size_t i = 0; i < a->deviation_count; i++)
		buf_printf(out, "deviation %s (source: %s)\n", a->deviations[i].id,
			a->deviations[i].source);
	buf_printf(out, "at %s:%d\nrepeat: ", *a->file ? a->file : c->file,
		*a->file ? a->at : c->line);
	text_repeat_command(out, run, c);
	buf_putc(out, '\n');
}

static void type_of(const struct run_case *c, const struct run_attempt *a, char *out, size_t size)
{
	enum verdict v = a == run_final(c) ? run_verdict(c) : a->verdict;
	snprintf(out, size, "%s%s", verdict_name(v),
		v != VERDICT_FAIL ? ""
		: a->inferred     ? ".inferred"
				  : ".stated");
}

static void open_element(
	struct writer *w, const char *name, const struct run_case *c, const struct run_attempt *a)
{
	AUTO_BUF struct buf message = { 0 };
	char type[32];
	say_message(&message, w->run, c, a);
	type_of(c, a, type, sizeof(type));
	fprintf(w->out, "      <%s", name);
	attribute(w, "message", buf_text(&message));
	if (strcmp(name, "skipped") != 0)
		attribute(w, "type", type);
}

static void element_text(struct writer *w, const char *text)
{
	buf_clear(&w->text);
	text_element(&w->text, text);
	fputs(buf_text(&w->text), w->out);
}

static void verdict_element(struct writer *w, const struct run_case *c)
{
	const struct run_attempt *a = run_final(c);
	enum element element = element_of(w->run, c);
	const char *name = element_names[element];
	if (element == ELEMENT_NONE)
		return;
	open_element(w, name, c, a);
	if (element == ELEMENT_SKIPPED) {
		fputs("/>\n", w->out);
		return;
	}
	AUTO_BUF struct buf detail = { 0 };
	say_detail(&detail, w->run, c, a);
	fputc('>', w->out);
	element_text(w, buf_text(&detail));
	fprintf(w->out, "</%s>\n", name);
}

/* The other attempts: flaky when a retry helped, else runs that did not help either. One that was
 * cut off, and made again when the run was resumed, says nothing of the module. */
static void other_attempts(struct writer *w, const struct run_case *c)
{
	for (size_t i = 0; i < c->attempt_count; i++) {
		const struct run_attempt *a = &c->attempts[i];
		enum element e = elements[a->verdict];
		if (a == run_final(c) || !verdict_bad(a->verdict))
			continue;
		const char *name = run_flaky(c)
					   ? e == ELEMENT_FAILURE ? "flakyFailure" : "flakyError"
				   : e == ELEMENT_FAILURE ? "rerunFailure"
							  : "rerunError";
		AUTO_BUF struct buf detail = { 0 };
		say_detail(&detail, w->run, c, a);
		open_element(w, name, c, a);
		fputs("><stackTrace>", w->out);
		element_text(w, buf_text(&detail));
		fprintf(w->out, "</stackTrace></%s>\n", name);
	}
}

static int system_out(struct writer *w, const struct run_case *c)
{
	const struct run_attempt *a = run_flaky(c) ? run_first_bad(c) : run_final(c);
	enum element element = element_of(w->run, c);
	if (element != ELEMENT_FAILURE && element != ELEMENT_ERROR && !run_flaky(c))
		return 0;
	AUTO_BUF struct buf log = { 0 };
	buf_puts(&log, "[[ATTACHMENT|journal.jsonl]]\n");
	/* Escaping makes it longer: <, >, & and quotes are rare on this wire, but not impossible.
	 */
	if (wire_collect(&log, w->run, c, a, WIRE_TEXT, REPORT_LOG_LIMIT / 2, w->error))
		return -1;
	fputs("      <system-out>", w->out);
	buf_clear(&w->text);
	text_element(&w->text, buf_text(&log));
	size_t len = w->text.len;
	if (len > REPORT_LOG_LIMIT) {
		/* Cut before an entity, not within. */
		len = REPORT_LOG_LIMIT;
		while (len && w->text.data[len] != '\n')
			len--;
	}
	fwrite(w->text.data, 1, len, w->out);
	fputs("</system-out>\n", w->out);
	return 0;
}

static int test_case(struct writer *w, const struct run_case *c)
{
	AUTO_BUF struct buf classname = { 0 };
	int64_t ms = case_ms(c);
	buf_printf(&classname, "%s.%s", c->family, c->suite);
	fputs("    <testcase", w->out);
	attribute(w, "classname", buf_text(&classname));
	attribute(w, "name", c->name);
	fprintf(w->out, " time=\"%" PRId64 ".%03d\"", ms / 1000, (int)(ms % 1000));
	attribute(w, "file", c->file);
	fprintf(w->out, " line=\"%d\"", c->line);
	if (run_verdict(c) == VERDICT_PASS) {
		fputs("/>\n", w->out);
		return 0;
	}
	fputs(">\n", w->out);
	verdict_element(w, c);
	other_attempts(w, c);
	int result = system_out(w, c);
	fputs("    </testcase>\n", w->out);
	return result;
}

static int by_suite(const void *a, const void *b)
{
	const struct run_case *x = *(const struct run_case *const *)a;
	const struct run_case *y = *(const struct run_case *const *)b;
	int order = strcmp(x->family, y->family);
	order = order ? order : strcmp(x->suite, y->suite);
	return order ? order : (x > y) - (x < y);
}

static bool same_suite(const struct run_case *a, const struct run_case *b)
{
	return strcmp(a->family, b->family) == 0 && strcmp(a->suite, b->suite) == 0;
}

static int suite(struct writer *w, const struct run_case **cases, size_t n, size_t id)
{
	AUTO_BUF struct buf name = { 0 };
	struct totals totals = { 0 };
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		count(&totals, w->run, cases[i]);
		if (cases[i]->attempt_count && cases[i]->attempts[0].start_ns < first)
			first = cases[i]->attempts[0].start_ns;
	}
	buf_printf(&name, "%s.%s", cases[0]->family, cases[0]->suite);
	fputs("  <testsuite", w->out);
	attribute(w, "name", buf_text(&name));
	attribute_totals(w, &totals, first == INT64_MAX ? 0 : first);
	attribute(w, "hostname", w->run->host);
	fprintf(w->out, " id=\"%zu\">\n", id);
	properties(w);
	int result = 0;
	for (size_t i = 0; i < n && !result; i++)
		result = test_case(w, cases[i]);
	fputs("  </testsuite>\n", w->out);
	return result;
}

static int suites(struct writer *w, const struct run_case **cases)
{
	size_t total = w->run->case_count;
	int result = 0;
	for (size_t from = 0, id = 0; from < total && !result; id++) {
		size_t n = 1;
		while (from + n < total && same_suite(cases[from], cases[from + n]))
			n++;
		result = suite(w, cases + from, n, id);
		from += n;
	}
	return result;
}

static void run_suite(struct writer *w)
{
	struct totals totals = { .tests = 1, .of = { [ELEMENT_ERROR] = 1 } };
	AUTO_BUF struct buf text = { 0 };
	buf_printf(
		&text, "%s (exit %d): %s", run_outcome(w->run), w->run->exit_code, w->run->detail);
	fputs("  <testsuite name=\"atconform.run\"", w->out);
	attribute_totals(w, &totals, 0);
	attribute(w, "hostname", w->run->host);
	fputs(" id=\"run\">\n", w->out);
	properties(w);
	fputs("    <testcase classname=\"atconform.run\" name=\"run\" time=\"0.000\">\n", w->out);
	fputs("      <error", w->out);
	attribute(w, "message", buf_text(&text));
	fputs(" type=\"run\">", w->out);
	for (size_t i = 0; i < w->run->waiver_count; i++) {
		if (!run_waiver_off(&w->run->waivers[i]))
			continue;
		buf_putc(&text, '\n');
		text_waiver(&text, w->run, &w->run->waivers[i]);
	}
	element_text(w, buf_text(&text));
	fputs("</error>\n    </testcase>\n  </testsuite>\n", w->out);
}

static int write_junit(const struct run *run, FILE *out, struct error *error)
{
	struct writer w = { .run = run, .out = out, .error = error };
	AUTO_FREE const struct run_case **cases = calloc(run->case_count + 1, sizeof(*cases));
	if (!cases)
		return error_set(error, "", 0, 0, "out of memory");
	struct totals totals = { 0 };
	for (size_t i = 0; i < run->case_count; i++) {
		cases[i] = &run->cases[i];
		count(&totals, run, cases[i]);
	}
	bool whole = !run_itself_failed(run);
	totals.tests += !whole;
	totals.of[ELEMENT_ERROR] += !whole;
	qsort(cases, run->case_count, sizeof(*cases), by_suite);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"atconform\"", out);
	attribute_totals(&w, &totals, 0);
	fputs(">\n", out);
	int result = suites(&w, cases);
	if (!whole)
		run_suite(&w);
	fputs("</testsuites>\n", out);
	buf_finish(&w.text);
	return result;
}

const struct report_format report_junit = {
	.name = "junit", .file = "junit.xml", .write = write_junit
};
