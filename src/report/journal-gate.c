/* SPDX-License-Identifier: MIT */
/* Journal events about what a run is held against (the baseline's verdicts, and the waivers; they
 * come before the plan), and about what it is a part of or made of. */
#include "report/reader.h"

#include <stdlib.h>
#include <string.h>

int read_baseline(struct reader *r)
{
	struct run_baseline *b = &r->run->baseline;
	if (b->given)
		return reader_fail(r, "a second baseline");
	b->given = true;
	return reader_need_text(r, "path", &b->path) || reader_need_text(r, "run", &b->run) ||
			       reader_text(r, "time", &b->time) || reader_text(r, "iut", &b->iut) ||
			       reader_text(r, "firmware", &b->firmware) ||
			       reader_text(r, "profile", &b->profile) ||
			       reader_list(r, "breaches", &b->breaches)
		       ? -1
		       : 0;
}

int read_was(struct reader *r)
{
	struct run_was was = { 0 };
	const char *verdict;
	if (!r->run->baseline.given)
		return reader_fail(r, "a verdict of a baseline that is not named");
	if (reader_need_text(r, "case", &was.id) || reader_need_text(r, "verdict", &verdict) ||
		reader_text(r, "requirement", &was.requirement))
		return -1;
	if (!verdict_parse(verdict, &was.verdict))
		return reader_fail(r, "no such verdict: \"%s\"", verdict);
	if (json_object_get(r->object, "gone") && reader_flag(r, r->object, "gone", &was.gone))
		return -1;
	KEEP_ADD(r->run->was, r->run->was_count) = was;
	return 0;
}

int read_waiver(struct reader *r)
{
	struct run_waiver w = { 0 };
	int64_t line = 0;
	char why[120];
	const struct {
		const char *key, **out;
	} texts[] = { { "file", &w.w.file }, { "case", &w.w.cases },
		{ "requirement", &w.w.requirement }, { "profile", &w.w.profile },
		{ "message", &w.w.message }, { "message_pattern", &w.w.pattern },
		{ "reason", &w.w.reason }, { "issue", &w.w.issue }, { "owner", &w.w.owner },
		{ "expires", &w.w.expires } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (reader_text(r, texts[i].key, texts[i].out))
			return -1;
	if (reader_need_number(r, "line", &line) || reader_flag(r, r->object, "known", &w.known))
		return -1;
	w.w.line = (int)line;
	if (!*w.w.cases == !*w.w.requirement)
		return reader_fail(r, "a waiver is of cases or of a requirement");
	if (!waiver_is_day(w.w.expires))
		return reader_fail(r, "a waiver expires on \"%s\", which is no day", w.w.expires);
	if (*w.w.pattern && waiver_check_pattern(w.w.pattern, why, sizeof(why)))
		return reader_fail(r, "\"message_pattern\": %s", why);
	KEEP_ADD(r->run->waivers, r->run->waiver_count) = w;
	return 0;
}

int read_elsewhere(struct reader *r)
{
	return reader_list(r, "cases", &r->run->elsewhere);
}

/* From here on it is told what another of the merged runs saw. */
int read_part(struct reader *r)
{
	struct run_part p = { 0 };
	if (!r->run->merged)
		return reader_fail(r, "a part of a run that is not merged");
	if (reader_need_text(r, "run", &p.id) || reader_need_text(r, "time", &p.time) ||
		reader_need_text(r, "host", &p.host) || reader_need_text(r, "iut", &p.iut) ||
		reader_text(r, "bench", &p.bench) || reader_need_text(r, "end", &p.end) ||
		reader_number(r, "shard", &p.shard) || reader_number(r, "cases", &p.cases))
		return -1;
	for (size_t i = 0; i < JOURNAL_LANES; i++)
		reader_drop_lease(&r->lanes[i]);
	reader_time_part(r);
	KEEP_ADD(r->run->parts, r->run->part_count) = p;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct run_was *x = a, *y = b;
	return strcmp(x->id, y->id);
}

/* What is gone since the baseline is a case that never ran. */
static void add_gone(struct reader *r, const struct run_was *was)
{
	static const char *none[] = { NULL };
	struct run *run = r->run;
	const char *first = strchr(was->id, '/');
	const char *second = first ? strchr(first + 1, '/') : NULL;
	struct run_case c = { .id = was->id,
		.command = "",
		.kind = "",
		.file = "",
		.requirements = none,
		.tags = none,
		.needs = none };
	c.family = first ? run_keep(run, was->id, (size_t)(first - was->id)) : "";
	c.suite = second ? run_keep(run, first + 1, (size_t)(second - first - 1)) : "";
	c.name = second ? second + 1 : was->id;
	KEEP_ADD(run->cases, run->case_count) = c;
}

int reader_end_gate(struct reader *r)
{
	struct run *run = r->run;
	run->planned = run->case_count;
	if (run->was_count)
		qsort(run->was, run->was_count, sizeof(*run->was), by_id);
	for (size_t i = 0; i < run->was_count; i++) {
		if (i && strcmp(run->was[i - 1].id, run->was[i].id) == 0)
			return reader_fail(
				r, "two verdicts of \"%s\" in the baseline", run->was[i].id);
		if (run->was[i].gone)
			add_gone(r, &run->was[i]);
	}
	for (size_t i = 0; i < run->case_count; i++) {
		struct run_case *c = &run->cases[i];
		const struct run_was key = { .id = c->id };
		if (run->was_count)
			c->was = bsearch(&key, run->was, run->was_count, sizeof(*run->was), by_id);
	}
	return 0;
}
