/* SPDX-License-Identifier: MIT */
/* The parts are read whole first, so that everything that can be refused is refused before a byte
 * is written; then their lines are copied, with new numbers. */
#include "report/merge.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/journal.h"
#include "report/keep.h"
#include "report/lines.h"
#include "report/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct part {
	struct run *run;
	json_t *header, **plan; /* their lines */
	size_t planned;
	long *number; /* of each of its cases in the merged plan */
	int64_t offset_ns;
	int lane; /* of its first line to a module */
};

struct planned { /* of the merged plan */
	const char *id;
	struct part *part; /* NULL: of a shard that is not there */
	size_t c;
};

struct merge {
	struct part *parts;
	size_t count;
	struct planned *plan;
	size_t plan_count;
	struct error *error;
	FILE *out;
	int64_t lines, t_ns;
};

static const char *const end_names[] = { [RUN_CUT] = "cut",
	[RUN_COMPLETE] = "complete",
	[RUN_INTERRUPTED] = "interrupted",
	[RUN_UNUSABLE] = "iut-unusable",
	[RUN_RUNNER_DIED] = "runner-died",
	[RUN_INTERNAL] = "internal" };

/* ---- what can't be merged ---- */

static int refuse(struct merge *m, const struct part *p, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(struct merge *m, const struct part *p, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(m->error, p->run->path, 1, 1, "can't be merged: %s", text);
}

static int differ(struct merge *m, const struct part *p, const char *what, const char *a,
	const char *b, const struct part *first)
{
	return refuse(m, p, "its %s is %s, that of %s is %s", what, *b ? b : "none",
		first->run->path, *a ? a : "none");
}

static int check_texts(struct merge *m, const struct part *a, const struct part *b)
{
	const struct run *x = a->run, *y = b->run;
	const struct {
		const char *what, *a, *b;
	} texts[] = { { "program", x->program, y->program }, { "model", x->spec, y->spec },
		{ "profile", x->profile, y->profile },
		{ "baseline", x->baseline.given ? x->baseline.run : "",
			y->baseline.given ? y->baseline.run : "" },
		{ "whole plan", x->whole_plan, y->whole_plan } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].a, texts[i].b) != 0)
			return differ(m, b, texts[i].what, texts[i].a, texts[i].b, a);
	/* Not every part asks for it. */
	if (*x->firmware && *y->firmware && strcmp(x->firmware, y->firmware) != 0) {
		AUTO_BUF struct buf one = { 0 };
		AUTO_BUF struct buf other = { 0 };
		text_clean_cut(&one, x->firmware, 60);
		text_clean_cut(&other, y->firmware, 60);
		return differ(m, b, "firmware", buf_text(&one), buf_text(&other), a);
	}
	return 0;
}

static int check_numbers(struct merge *m, const struct part *a, const struct part *b)
{
	const struct run *x = a->run, *y = b->run;
	const struct {
		const char *what;
		int64_t a, b;
	} numbers[] = { { "number of shards", x->shards, y->shards },
		{ "number of cases in all shards", x->whole_count, y->whole_count },
		{ "--repeat", x->repeat, y->repeat }, { "--retries", x->retries, y->retries },
		{ "--flaky-budget", x->flaky_budget, y->flaky_budget },
		{ "--gate inferred", x->gate_inferred, y->gate_inferred },
		{ "--strict", x->strict, y->strict },
		{ "--require-all", x->require_all, y->require_all },
		{ "number of waivers", (int64_t)x->waiver_count, (int64_t)y->waiver_count } };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char one[24];
		char other[24];
		snprintf(one, sizeof(one), "%lld", (long long)numbers[i].a);
		snprintf(other, sizeof(other), "%lld", (long long)numbers[i].b);
		if (numbers[i].a != numbers[i].b)
			return differ(m, b, numbers[i].what, one, other, a);
	}
	return 0;
}

static int check_waivers(struct merge *m, const struct part *a, const struct part *b)
{
	for (size_t i = 0; i < a->run->waiver_count; i++) {
		const struct waiver *x = &a->run->waivers[i].w, *y = &b->run->waivers[i].w;
		const char *const one[] = { x->cases, x->requirement, x->profile, x->message,
			x->pattern, x->expires };
		const char *const other[] = { y->cases, y->requirement, y->profile, y->message,
			y->pattern, y->expires };
		for (size_t k = 0; k < sizeof(one) / sizeof(one[0]); k++)
			if (strcmp(one[k], other[k]) != 0 || x->line != y->line)
				return refuse(m, b, "its waivers are others than those of %s",
					a->run->path);
	}
	return 0;
}

static int check_two(struct merge *m, const struct part *a, const struct part *b)
{
	if (strcmp(a->run->id, b->run->id) == 0)
		return refuse(m, b, "it is run %s, and so is %s", b->run->id, a->run->path);
	if (check_texts(m, a, b) || check_numbers(m, a, b) || check_waivers(m, a, b))
		return -1;
	if (a->run->shards && a->run->shard == b->run->shard)
		return refuse(m, b, "it is shard %lld, and so is %s", (long long)b->run->shard,
			a->run->path);
	return 0;
}

/* ---- reading ---- */

static int open_part(struct merge *m, struct part *p, const char *path)
{
	if (run_open(&p->run, path, m->error))
		return -1;
	if (p->run->merged)
		return refuse(m, p, "it is merged already; name its parts");
	if (flock(p->run->fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse(m, p, "the run is still going on");
	if (p->run->jobs < 1 || p->run->jobs > JOURNAL_LANES)
		return refuse(m, p, "it has %lld jobs", (long long)p->run->jobs);
	return 0;
}

enum { DONE = 2 }; /* said by an `each` that needs no further lines */

/* Hands every whole line to `each` until it returns something else than 0. 0, or what failed. */
static int each_line(struct merge *m, struct part *p,
	int (*each)(struct merge *m, struct part *p, json_t *object, const char *event))
{
	struct lines lines;
	const char *text;
	size_t len;
	int64_t at;
	bool whole;
	int got;
	int result = 0;
	lines_init(&lines, p->run->fd, 0, -1);
	while (!result && (got = lines_next(&lines, &text, &len, &at, &whole)) == 1) {
		json_t *object = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
		const char *event = json_string_value(json_object_get(object, "e"));
		if (event) /* a line that was cut off is none */
			result = each(m, p, object, event);
		json_decref(object);
	}
	lines_finish(&lines);
	return result == DONE ? 0 : result;
}

static int take_head(struct merge *m, struct part *p, json_t *object, const char *event)
{
	(void)m;
	if (strcmp(event, "run") == 0)
		p->header = json_incref(object);
	else if (strcmp(event, "plan") == 0)
		KEEP_ADD(p->plan, p->planned) = json_incref(object);
	return p->planned == p->run->planned ? DONE : 0;
}

static int by_shard(const void *a, const void *b)
{
	const struct run *x = ((const struct part *)a)->run, *y = ((const struct part *)b)->run;
	int order = (x->shard > y->shard) - (x->shard < y->shard);
	order = order ? order : strcmp(x->time, y->time);
	return order ? order : strcmp(x->id, y->id);
}

static int open_parts(struct merge *m, const char *const paths[], size_t count)
{
	m->parts = calloc(count + 1, sizeof(*m->parts));
	if (!m->parts)
		abort();
	for (m->count = 0; m->count < count;) {
		struct part *p = &m->parts[m->count];
		const char *path = paths[m->count];
		m->count++;
		if (open_part(m, p, path))
			return -1;
	}
	for (size_t b = 1; b < count; b++)
		for (size_t a = 0; a < b; a++)
			if (check_two(m, &m->parts[a], &m->parts[b]))
				return -1;
	qsort(m->parts, count, sizeof(*m->parts), by_shard);
	for (size_t i = 0; i < count; i++)
		each_line(m, &m->parts[i], take_head);
	return 0;
}

/* ---- the plan ---- */

static int by_name(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;
	int order = strcmp(x->id, y->id);
	return order ? order : (x->part == NULL) - (y->part == NULL);
}

static void gather(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct part *p = &m->parts[i];
		for (size_t c = 0; c < p->run->planned; c++)
			KEEP_ADD(m->plan, m->plan_count) =
				(struct planned){ p->run->cases[c].id, p, c };
		for (const char **id = p->run->elsewhere; *id; id++)
			KEEP_ADD(m->plan, m->plan_count) = (struct planned){ .id = *id };
	}
	if (m->plan_count)
		qsort(m->plan, m->plan_count, sizeof(*m->plan), by_name);
}

/* One entry for each name; where a part has run it, the part's. */
static int settle_plan(struct merge *m)
{
	size_t kept = 0;
	gather(m);
	for (size_t i = 0; i < m->plan_count; i++) {
		const struct planned *one = &m->plan[i], *last = kept ? &m->plan[kept - 1] : NULL;
		if (!last || strcmp(last->id, one->id) != 0)
			m->plan[kept++] = *one;
		else if (one->part)
			return refuse(m, one->part, "it has the case %s, and so has %s", one->id,
				last->part->run->path);
	}
	m->plan_count = kept;
	const struct part *first = &m->parts[0];
	if (first->run->shards && (int64_t)kept != first->run->whole_count)
		return refuse(m, first, "the plan of all shards has %lld cases, but %zu are named",
			(long long)first->run->whole_count, kept);
	for (size_t i = 0; i < m->count; i++) {
		m->parts[i].number = calloc(m->parts[i].planned + 1, sizeof(long));
		if (!m->parts[i].number)
			abort();
	}
	for (size_t i = 0; i < kept; i++)
		if (m->plan[i].part)
			m->plan[i].part->number[m->plan[i].c] = (long)i;
	return 0;
}

/* Times count from the start of the part that began first. */
static void settle_times(struct merge *m)
{
	int64_t first = INT64_MAX;
	int64_t lanes = 0;
	for (size_t i = 0; i < m->count; i++) {
		int64_t ms = text_moment_ms(m->parts[i].run, 0);
		first = ms < first ? ms : first;
		lanes += m->parts[i].run->jobs;
	}
	int lane = 0;
	for (size_t i = 0; i < m->count; i++) {
		struct part *p = &m->parts[i];
		p->offset_ns = (text_moment_ms(p->run, 0) - first) * 1000000;
		p->lane = lane;
		lane += lanes <= JOURNAL_LANES ? (int)p->run->jobs : 0;
	}
}

/* ---- writing ---- */

static int put(struct merge *m, json_t *object, int64_t t_ns)
{
	m->t_ns = t_ns > m->t_ns ? t_ns : m->t_ns;
	json_object_set_new(object, "n", json_integer(m->lines++));
	json_object_set_new(object, "t", json_integer(t_ns));
	return json_dumpf(object, m->out, JSON_COMPACT) || putc('\n', m->out) == EOF;
}

static json_t *line_of(const char *name)
{
	return json_pack("{s:i,s:i,s:s}", "n", 0, "t", 0, "e", name);
}

static void add_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

static int put_new(struct merge *m, json_t *object, int64_t t_ns)
{
	int result = put(m, object, t_ns);
	json_decref(object);
	return result;
}

/* The same parts give the same name. */
static void name_of(const struct merge *m, char id[40])
{
	uint64_t half[2] = { 0, 1 };
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < m->count; i++)
			half[k] = text_hash(
				m->parts[i].run->id, strlen(m->parts[i].run->id) + 1, half[k]);
	snprintf(id, 40, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(half[0] >> 32),
		(unsigned)(half[0] >> 16) & 0xffff, (unsigned)half[0] & 0xfff,
		0x8000 | ((unsigned)(half[1] >> 48) & 0x3fff),
		(unsigned long long)half[1] & 0xffffffffffffULL);
}

/* The options of the whole. */
static json_t *options(const struct run *run)
{
	json_t *argv = json_array();
	for (const char **arg = run->argv; *arg; arg++) {
		if (strncmp(*arg, "--shard", 7) != 0 && strncmp(*arg, "--out", 5) != 0)
			json_array_append_new(argv, json_string(*arg));
		else if (!strchr(*arg, '=') && arg[1])
			arg++;
	}
	return argv;
}

static int put_header(struct merge *m)
{
	const struct part *first = &m->parts[0];
	int64_t jobs = 0;
	char id[40];
	json_t *header = json_deep_copy(first->header);
	for (size_t i = 0; i < m->count; i++) {
		jobs += m->parts[i].run->jobs;
		if (!m->parts[i].offset_ns)
			add_text(header, "time", m->parts[i].run->time);
	}
	name_of(m, id);
	add_text(header, "run", id);
	json_object_set_new(header, "argv", options(first->run));
	json_object_set_new(header, "jobs", json_integer(jobs));
	json_object_set_new(header, "merged",
		json_pack("{s:I,s:I}", "parts", (json_int_t)m->count, "shards",
			(json_int_t)first->run->shards));
	json_object_del(header, "shard");
	json_object_del(header, "shuffle");
	return put_new(m, header, 0);
}

static bool is_any(const char *event, const char *const names[])
{
	for (; *names; names++)
		if (strcmp(event, *names) == 0)
			return true;
	return false;
}

/* Of the first part: the others have the same. */
static int put_common(struct merge *m, struct part *p, json_t *object, const char *event)
{
	static const char *const common[] = { "requirement", "deviation-known", "baseline",
		"waiver", NULL };
	(void)p;
	if (strcmp(event, "plan") == 0)
		return DONE;
	return is_any(event, common) ? put(m, object, 0) : 0;
}

static int was_by_id(const void *a, const void *b)
{
	return strcmp(((const struct run_was *)a)->id, ((const struct run_was *)b)->id);
}

/* What the baseline said of the cases of all parts; what is gone, each part says. */
static int put_was(struct merge *m)
{
	struct run_was *all = NULL;
	size_t count = 0;
	int result = 0;
	for (size_t i = 0; i < m->count; i++)
		for (size_t k = 0; k < m->parts[i].run->was_count; k++)
			KEEP_ADD(all, count) = m->parts[i].run->was[k];
	if (count)
		qsort(all, count, sizeof(*all), was_by_id);
	for (size_t i = 0; i < count && !result; i++) {
		if (i && strcmp(all[i - 1].id, all[i].id) == 0)
			continue;
		json_t *was = line_of("was");
		add_text(was, "case", all[i].id);
		add_text(was, "verdict", verdict_name(all[i].verdict));
		add_text(was, "requirement", all[i].requirement);
		if (all[i].gone)
			json_object_set_new(was, "gone", json_true());
		result = put_new(m, was, 0);
	}
	free(all);
	return result;
}

static int put_plan(struct merge *m)
{
	int result = 0;
	for (size_t i = 0; i < m->plan_count && !result; i++) {
		const struct planned *one = &m->plan[i];
		json_t *line = one->part
				       ? json_incref(one->part->plan[one->c])
				       : json_pack("{s:i,s:i,s:s,s:i,s:s,s:s,s:s,s:[],s:[],s:[],"
						   "s:s,s:i}",
						 "n", 0, "t", 0, "e", "plan", "c", 0, "case",
						 one->id, "command", "", "kind", "", "requirements",
						 "tags", "needs", "file", "", "line", 0);
		json_object_set_new(line, "c", json_integer((json_int_t)i));
		result = put_new(m, line, 0);
	}
	return result;
}

static int put_event(struct merge *m, struct part *p, json_t *object, const char *event)
{
	static const char *const told[] = { "run", "requirement", "deviation-known", "baseline",
		"was", "waiver", "elsewhere", "plan", "end", NULL };
	json_t *c = json_object_get(object, "c"), *l = json_object_get(object, "l");
	if (is_any(event, told))
		return 0;
	if (c && json_integer_value(c) >= 0)
		json_object_set_new(object, "c", json_integer(p->number[json_integer_value(c)]));
	if (l)
		json_object_set_new(object, "l", json_integer(json_integer_value(l) + p->lane));
	return put(m, object, json_integer_value(json_object_get(object, "t")) + p->offset_ns);
}

static int put_part(struct merge *m, struct part *p)
{
	json_t *part = line_of("part");
	add_text(part, "run", p->run->id);
	add_text(part, "time", p->run->time);
	add_text(part, "host", p->run->host);
	add_text(part, "iut", p->run->iut);
	add_text(part, "bench", p->run->bench);
	json_object_set_new(part, "cases", json_integer((json_int_t)p->run->planned));
	if (p->run->shard)
		json_object_set_new(part, "shard", json_integer(p->run->shard));
	add_text(part, "end", end_names[p->run->end]);
	json_object_set(part, "argv", json_object_get(p->header, "argv"));
	return put_new(m, part, p->offset_ns) || each_line(m, p, put_event);
}

/* The worst of the ends; a part that was cut off leaves the whole without one. */
static int put_end(struct merge *m)
{
	static const int rank[] = { [RUN_COMPLETE] = 0,
		[RUN_CUT] = 1,
		[RUN_INTERRUPTED] = 2,
		[RUN_UNUSABLE] = 3,
		[RUN_RUNNER_DIED] = 4,
		[RUN_INTERNAL] = 5 };
	const struct run *worst = m->parts[0].run;
	for (size_t i = 1; i < m->count; i++)
		if (rank[m->parts[i].run->end] > rank[worst->end])
			worst = m->parts[i].run;
	if (worst->end == RUN_CUT)
		return 0;
	json_t *end = line_of("end");
	AUTO_BUF struct buf text = { 0 };
	if (*worst->end_text)
		buf_printf(&text, "run %s: %s", worst->id, worst->end_text);
	add_text(end, "reason", end_names[worst->end]);
	add_text(end, "text", buf_text(&text));
	json_object_set_new(end, "signal", json_integer(worst->signal));
	return put_new(m, end, m->t_ns);
}

static int put_all(struct merge *m)
{
	int result = put_header(m) || each_line(m, &m->parts[0], put_common) || put_was(m) ||
		     put_plan(m);
	for (size_t i = 0; i < m->count && !result; i++)
		result = put_part(m, &m->parts[i]);
	return result || put_end(m);
}

/* link() replaces nothing, which rename() would. */
static int write_journal(struct merge *m, const char *dir)
{
	AUTO_FREE char *beside = NULL;
	AUTO_FREE char *path = NULL;
	if (asprintf(&path, "%s/journal.jsonl", dir) < 0 ||
		asprintf(&beside, "%s.part%ld", path, (long)getpid()) < 0)
		abort();
	m->out = fopen(beside, "wxe");
	if (!m->out)
		return error_set(m->error, path, 0, 0, "can't be written: %s", strerror(errno));
	errno = 0;
	bool failed = put_all(m) || fflush(m->out) != 0 || ferror(m->out);
	failed = (fclose(m->out) != 0) || failed;
	if (!failed)
		failed = link(beside, path) != 0;
	int cause = errno;
	unlink(beside);
	if (!failed)
		return 0;
	return error_set(m->error, path, 0, 0, "can't be written: %s",
		cause ? strerror(cause) : "output error");
}

static void close_parts(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct part *p = &m->parts[i];
		for (size_t c = 0; c < p->planned; c++)
			json_decref(p->plan[c]);
		free(p->plan);
		free(p->number);
		json_decref(p->header);
		run_close(p->run);
	}
	free(m->parts);
	free(m->plan);
}

int merge_runs(const char *const paths[], size_t count, const char *dir, struct error *error)
{
	struct merge m = { .error = error };
	int result = open_parts(&m, paths, count) || settle_plan(&m);
	if (!result) {
		settle_times(&m);
		result = write_journal(&m, dir);
	}
	close_parts(&m);
	return result ? -1 : 0;
}
