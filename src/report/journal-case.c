/* SPDX-License-Identifier: MIT */
/* Journal events about cases: the plan, and what happened to each. */
#include "report/reader.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#define MOST_OF_A_KIND 200 /* notes, breaches, deviations of one attempt kept in memory */

int reader_case(struct reader *r, struct run_case **out)
{
	int64_t c = r->object ? -1 : r->quick.c;
	if (r->object && reader_need_number(r, "c", &c))
		return -1;
	if (c < -1 || c >= (int64_t)r->run->case_count)
		return reader_fail(r, "no case %lld in the plan", (long long)c);
	*out = c < 0 ? NULL : &r->run->cases[c];
	return 0;
}

/* family/suite/name; a name may hold further slashes. */
static int split_id(struct reader *r, struct run_case *c)
{
	const char *first = strchr(c->id, '/');
	const char *second = first ? strchr(first + 1, '/') : NULL;
	if (!second || first == c->id || second == first + 1 || !second[1])
		return reader_fail(r, "a case id is family/command/case, not \"%s\"", c->id);
	c->family = run_keep(r->run, c->id, (size_t)(first - c->id));
	c->suite = run_keep(r->run, first + 1, (size_t)(second - first - 1));
	c->name = second + 1;
	return 0;
}

static void add_command(struct run *run, const char *command)
{
	for (size_t i = 0; i < run->latency_count; i++)
		if (strcmp(run->latencies[i].command, command) == 0)
			return;
	struct run_latency l = { .command = command };
	KEEP_ADD(run->latencies, run->latency_count) = l;
}

int read_plan(struct reader *r)
{
	struct run *run = r->run;
	struct run_case c = { 0 };
	int64_t index = -1;
	int64_t line = 0;
	if (reader_need_number(r, "c", &index) || reader_need_text(r, "case", &c.id) ||
		reader_text(r, "command", &c.command) || reader_text(r, "kind", &c.kind) ||
		reader_list(r, "requirements", &c.requirements) ||
		reader_list(r, "tags", &c.tags) || reader_list(r, "needs", &c.needs) ||
		reader_text(r, "file", &c.file) || reader_number(r, "line", &line))
		return -1;
	if (index != (int64_t)run->case_count)
		return reader_fail(r, "case %lld planned where %zu was due", (long long)index,
			run->case_count);
	if (split_id(r, &c))
		return -1;
	c.line = (int)line;
	KEEP_ADD(run->cases, run->case_count) = c;
	if (*c.command)
		add_command(run, c.command);
	return 0;
}

int read_note(struct reader *r)
{
	struct run_case *c;
	const char *text;
	if (reader_case(r, &c) || reader_need_text(r, "text", &text))
		return -1;
	struct run_attempt *a = c ? reader_attempt(c) : NULL;
	if (!a)
		return 0;
	reader_extend(r, c);
	if (a->note_count < MOST_OF_A_KIND)
		KEEP_ADD(a->notes, a->note_count) = text;
	return 0;
}

int read_breach(struct reader *r)
{
	struct run_case *c;
	struct run_breach b = { 0 };
	const char *text;
	if (reader_case(r, &c) || reader_need_text(r, "id", &b.id) || reader_text(r, "text", &text))
		return -1;
	const json_t *bytes = json_object_get(r->object, "bytes");
	AUTO_BUF struct buf all = { 0 };
	buf_puts(&all, text);
	if (bytes && json_string_length(bytes)) {
		long n = reader_bytes(r, bytes);
		if (n < 0)
			return -1;
		buf_puts(&all, ": ");
		text_visible(&all, r->bytes, n > 256 ? 256 : (size_t)n);
	}
	b.text = run_keep(r->run, buf_text(&all), all.len);
	struct run_attempt *a = c ? reader_attempt(c) : NULL;
	if (!a) {
		KEEP_ADD(r->run->breaches, r->run->breach_count) = b;
		return 0;
	}
	reader_extend(r, c);
	if (a->breach_count < MOST_OF_A_KIND)
		KEEP_ADD(a->breaches, a->breach_count) = b;
	return 0;
}

int read_deviation(struct reader *r)
{
	struct run_case *c;
	struct run_deviation d;
	if (reader_case(r, &c) || reader_need_text(r, "id", &d.id) ||
		reader_text(r, "requirement", &d.requirement) ||
		reader_text(r, "source", &d.source) || reader_text(r, "command", &d.command) ||
		reader_text(r, "expected", &d.expected) || reader_text(r, "actual", &d.actual))
		return -1;
	struct run_attempt *a = c ? reader_attempt(c) : NULL;
	if (!a)
		return reader_fail(r, "a deviation outside a lease");
	reader_extend(r, c);
	if (a->deviation_count < MOST_OF_A_KIND)
		KEEP_ADD(a->deviations, a->deviation_count) = d;
	return 0;
}

int read_other_of_case(struct reader *r)
{
	struct run_case *c;
	if (reader_case(r, &c))
		return -1;
	if (c)
		reader_extend(r, c);
	return 0;
}

int reader_why(struct reader *r, enum attempt_why otherwise, enum attempt_why *out)
{
	const char *name;
	*out = otherwise;
	if (!json_object_get(r->object, "why"))
		return 0;
	if (reader_text(r, "why", &name))
		return -1;
	if (!attempt_why_parse(name, out))
		return reader_fail(r, "no such reason for an attempt: \"%s\"", name);
	return 0;
}

/* The attempt that a verdict is about: the one under way, or one made for a case that was decided
 * without a lease. */
static struct run_attempt *judged_attempt(
	struct reader *r, struct run_case *c, int64_t number, enum attempt_why why)
{
	struct run_attempt *a = reader_attempt(c);
	if (a && !a->judged && number <= a->number)
		return a;
	if (a && number <= a->number)
		return NULL;
	struct run_attempt fresh = {
		.number = (int)number, .why = why, .start_ns = r->t, .end_ns = r->t
	};
	KEEP_ADD(c->attempts, c->attempt_count) = fresh;
	return reader_attempt(c);
}

int read_verdict(struct reader *r)
{
	struct run_case *c;
	const char *verdict, *grade;
	int64_t number = 1;
	int64_t at = 0;
	enum attempt_why why;
	if (reader_case(r, &c) || reader_number(r, "attempt", &number) ||
		reader_need_text(r, "verdict", &verdict) ||
		reader_why(r, number > 1 ? ATTEMPT_RETRY : ATTEMPT_FIRST, &why))
		return -1;
	struct run_attempt *a = c ? judged_attempt(r, c, number, why) : NULL;
	if (!a)
		return reader_fail(
			r, c ? "a second verdict of one attempt" : "a verdict without a case");
	if (!verdict_parse(verdict, &a->verdict) || a->verdict == VERDICT_FLAKY)
		return reader_fail(r, "no such verdict: \"%s\"", verdict);
	if (reader_text(r, "requirement", &a->requirement) || reader_text(r, "grade", &grade) ||
		reader_text(r, "message", &a->message) || reader_text(r, "file", &a->file) ||
		reader_number(r, "at", &at) || reader_text(r, "expected", &a->expected) ||
		reader_text(r, "actual", &a->actual) || reader_number(r, "ms", &a->ms))
		return -1;
	a->at = (int)at;
	a->inferred = strcmp(grade, "inferred") == 0;
	a->judged = true;
	return 0;
}
