/* SPDX-License-Identifier: MIT */
/* The journal's lines in order: header, requirements, plan, events, end. What is in an event's keys
 * is read here and in journal-case.c and journal-wire.c. */
#include "report/journal.h"

#include "report/lines.h"
#include "report/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int reader_fail(struct reader *r, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(r->error, r->run->path, r->line, 1, "%s", text);
}

/* Reports are text: a NUL in it becomes visible. */
static const char *keep_text(struct reader *r, const json_t *string)
{
	const char *text = json_string_value(string);
	size_t len = json_string_length(string);
	if (!memchr(text, '\0', len))
		return run_keep(r->run, text, len);
	char *copy = malloc(2 * len + 1);
	size_t n = 0;
	for (size_t i = 0; copy && i < len; i++) {
		if (text[i] == '\0')
			copy[n++] = '\\';
		copy[n++] = text[i] ? text[i] : '0';
	}
	const char *kept = run_keep(r->run, copy ? copy : "", n);
	free(copy);
	return kept;
}

int reader_text(struct reader *r, const char *key, const char **out)
{
	const json_t *value = json_object_get(r->object, key);
	if (value && !json_is_string(value))
		return reader_fail(r, "\"%s\" is not a string", key);
	*out = value ? keep_text(r, value) : "";
	return 0;
}

int reader_need_text(struct reader *r, const char *key, const char **out)
{
	if (!json_object_get(r->object, key))
		return reader_fail(r, "\"%s\" is missing", key);
	return reader_text(r, key, out);
}

int reader_number(struct reader *r, const char *key, int64_t *out)
{
	const json_t *value = json_object_get(r->object, key);
	if (value && !json_is_integer(value))
		return reader_fail(r, "\"%s\" is not an integer", key);
	if (value)
		*out = json_integer_value(value);
	return 0;
}

int reader_need_number(struct reader *r, const char *key, int64_t *out)
{
	if (!json_object_get(r->object, key))
		return reader_fail(r, "\"%s\" is missing", key);
	return reader_number(r, key, out);
}

int reader_flag(struct reader *r, const json_t *object, const char *key, bool *out)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_boolean(value))
		return reader_fail(r, "\"%s\" is not true or false", key);
	*out = json_is_true(value);
	return 0;
}

int reader_list(struct reader *r, const char *key, const char ***out)
{
	const json_t *value = json_object_get(r->object, key);
	if (value && !json_is_array(value))
		return reader_fail(r, "\"%s\" is not a list", key);
	size_t count = json_array_size(value);
	const char **list = run_room(r->run, (count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		if (!json_is_string(json_array_get(value, i)))
			return reader_fail(r, "\"%s\" holds something that is not a string", key);
		list[i] = keep_text(r, json_array_get(value, i));
	}
	list[count] = NULL;
	*out = list;
	return 0;
}

static int read_gates(struct reader *r)
{
	const json_t *gates = json_object_get(r->object, "gates");
	struct run *run = r->run;
	if (!json_is_object(gates))
		return reader_fail(r, "\"gates\" is missing");
	if (reader_flag(r, gates, "inferred", &run->gate_inferred))
		return -1;
	if (reader_flag(r, gates, "strict", &run->strict))
		return -1;
	return reader_flag(r, gates, "require_all", &run->require_all);
}

static int read_shard(struct reader *r)
{
	const json_t *shard = json_object_get(r->object, "shard");
	struct run *run = r->run;
	if (!shard)
		return 0;
	const json_t *header = r->object;
	if (!json_is_object(shard))
		return reader_fail(r, "\"shard\" is not an object");
	r->object = shard;
	int result = reader_need_number(r, "index", &run->shard) ||
		     reader_need_number(r, "of", &run->shards) ||
		     reader_need_number(r, "cases", &run->whole_count) ||
		     reader_need_text(r, "plan", &run->whole_plan);
	r->object = header;
	if (result)
		return -1;
	if (run->shard < 1 || run->shard > run->shards)
		return reader_fail(r, "there is no shard %lld of %lld", (long long)run->shard,
			(long long)run->shards);
	return 0;
}

static int read_merged(struct reader *r)
{
	const json_t *header = r->object;
	const json_t *merged = json_object_get(header, "merged");
	if (!merged)
		return 0;
	if (!json_is_object(merged))
		return reader_fail(r, "\"merged\" is not an object");
	r->object = merged;
	int result = reader_need_number(r, "parts", &r->run->merged) ||
		     reader_need_number(r, "shards", &r->run->merged_shards);
	r->object = header;
	return result ? -1 : 0;
}

/* How often and in what order, as the run was told. */
static int read_schedule(struct reader *r)
{
	struct run *run = r->run;
	const struct {
		const char *key;
		int64_t *out, least;
	} numbers[] = { { "shuffle", &run->shuffle, 0 }, { "repeat", &run->repeat, 1 },
		{ "retries", &run->retries, 0 }, { "flaky_budget", &run->flaky_budget, 0 } };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (reader_number(r, numbers[i].key, numbers[i].out))
			return -1;
		if (*numbers[i].out < numbers[i].least)
			return reader_fail(
				r, "\"%s\" is %lld", numbers[i].key, (long long)*numbers[i].out);
	}
	return read_shard(r) || read_merged(r) ? -1 : 0;
}

static int read_run(struct reader *r)
{
	struct run *run = r->run;
	if (run->id)
		return reader_fail(r, "a second run header");
	int64_t format = 0;
	if (reader_need_number(r, "format", &format))
		return -1;
	if (format != JOURNAL_FORMAT)
		return reader_fail(r, "journal format %lld; this program reads format %d",
			(long long)format, JOURNAL_FORMAT);
	const struct {
		const char *key, **out;
	} texts[] = { { "run", &run->id }, { "time", &run->time }, { "host", &run->host },
		{ "program", &run->program }, { "iut", &run->iut }, { "bench", &run->bench },
		{ "profile", &run->profile } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (reader_need_text(r, texts[i].key, texts[i].out))
			return -1;
	if (reader_text(r, "profile_why", &run->profile_why) || reader_text(r, "spec", &run->spec))
		return -1;
	if (reader_number(r, "jobs", &run->jobs) || reader_list(r, "argv", &run->argv))
		return -1;
	run->mixed_firmware = json_is_true(json_object_get(r->object, "mixed_firmware"));
	return read_gates(r) || read_schedule(r) ? -1 : 0;
}

/* The run goes on after it was killed or interrupted: what comes is in the same journal. */
static int read_resume(struct reader *r)
{
	struct run *run = r->run;
	if (run->end == RUN_COMPLETE)
		return reader_fail(r, "a run that was complete goes on");
	run->end = RUN_CUT;
	run->end_text = "";
	run->signal = 0;
	run->resumed++;
	reader_time_pause(r);
	for (size_t i = 0; i < JOURNAL_LANES; i++)
		reader_drop_lease(&r->lanes[i]);
	return 0;
}

static int read_requirement(struct reader *r)
{
	struct run_requirement q = { 0 };
	const char *grade;
	int64_t line = 0;
	if (reader_need_text(r, "id", &q.id) || reader_text(r, "command", &q.command) ||
		reader_text(r, "section", &q.section) || reader_number(r, "line", &line) ||
		reader_need_text(r, "grade", &grade) || reader_text(r, "text", &q.text) ||
		reader_text(r, "judge", &q.judge))
		return -1;
	q.line = (int)line;
	q.inferred = strcmp(grade, "inferred") == 0;
	KEEP_ADD(r->run->requirements, r->run->requirement_count) = q;
	return 0;
}

static int read_known(struct reader *r)
{
	struct run_known k = { 0 };
	if (reader_need_text(r, "id", &k.id) || reader_text(r, "requirement", &k.requirement) ||
		reader_text(r, "text", &k.text) || reader_text(r, "source", &k.source))
		return -1;
	KEEP_ADD(r->run->known, r->run->known_count) = k;
	return 0;
}

static int read_probe(struct reader *r)
{
	struct run_probe p = { 0 };
	if (reader_need_text(r, "name", &p.name) || reader_text(r, "text", &p.text) ||
		reader_flag(r, r->object, "ok", &p.ok))
		return -1;
	KEEP_ADD(r->run->probes, r->run->probe_count) = p;
	return 0;
}

static int read_end(struct reader *r)
{
	static const struct {
		const char *name;
		enum run_end end;
	} reasons[] = { { "complete", RUN_COMPLETE }, { "interrupted", RUN_INTERRUPTED },
		{ "iut-unusable", RUN_UNUSABLE }, { "runner-died", RUN_RUNNER_DIED },
		{ "internal", RUN_INTERNAL } };
	const char *reason;
	int64_t signal = 0;
	if (reader_need_text(r, "reason", &reason) || reader_number(r, "signal", &signal) ||
		reader_text(r, "text", &r->run->end_text))
		return -1;
	r->run->signal = signal > 0 && signal < 128 ? (int)signal : 0;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].name, reason) == 0) {
			r->run->end = reasons[i].end;
			return 0;
		}
	}
	return reader_fail(r, "no such end of a run: \"%s\"", reason);
}

static int (*handler(const char *event))(struct reader *)
{
	static const struct {
		const char *event;
		int (*read)(struct reader *);
	} handlers[] = { { "rx", read_rx }, { "tx", read_tx }, { "peer", read_peer },
		{ "broker", read_broker }, { "run", read_run }, { "requirement", read_requirement },
		{ "deviation-known", read_known }, { "plan", read_plan }, { "probe", read_probe },
		{ "wait", read_wait }, { "recover", read_recover }, { "line", read_line_event },
		{ "board", read_board }, { "lease", read_lease }, { "release", read_release },
		{ "note", read_note }, { "breach", read_breach }, { "deviation", read_deviation },
		{ "tolerate", read_other_of_case }, { "control", read_other_of_case },
		{ "bulk", read_other_of_case }, { "verdict", read_verdict }, { "end", read_end },
		{ "resume", read_resume }, { "baseline", read_baseline }, { "was", read_was },
		{ "waiver", read_waiver }, { "elsewhere", read_elsewhere }, { "part", read_part },
		{ "nvs", read_nvs }, { "settings", read_settings }, { "put-back", read_put_back } };
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(handlers[i].event, event) == 0)
			return handlers[i].read;
	return NULL;
}

static void count_line(struct reader *r)
{
	r->run->lines++;
	r->t_before = r->t_now;
	r->t_now = r->t;
	if (r->t > r->run->last_ns)
		r->run->last_ns = r->t;
}

static int read_object(struct reader *r)
{
	struct run *run = r->run;
	int64_t n = -1;
	const char *event = json_string_value(json_object_get(r->object, "e"));
	if (!event || (!run->id && strcmp(event, "run") != 0))
		return reader_fail(r, "%s",
			run->id ? "a line without an event" : "not a journal of atconform");
	if (reader_need_number(r, "n", &n) || reader_need_number(r, "t", &r->t))
		return -1;
	if (n != run->lines)
		return reader_fail(r, "line number %lld where %lld was due: lines are lost",
			(long long)n, (long long)run->lines);
	if (run->end != RUN_CUT && strcmp(event, "resume") != 0)
		return reader_fail(r, "an event after the end of the run");
	count_line(r);
	int (*read)(struct reader *) = handler(event);
	return read ? read(r) : 0;
}

static int read_line(struct reader *r, const char *text, size_t len, bool whole)
{
	quick_fn *quick = whole && r->run->id ? journal_quick(r, text, len) : NULL;
	if (quick) {
		r->object = NULL;
		count_line(r);
		return quick(r);
	}
	json_error_t why;
	json_t *object = json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(object)) {
		json_decref(object);
		if (!r->run->id)
			return reader_fail(
				r, whole ? "not a journal of atconform"
					 : "no journal of atconform, or cut off in its header");
		/* kill -9 or a full disk in the middle of a write */
		if (!whole)
			r->run->half_line = true;
		return whole ? reader_fail(r, "not a JSON object: %s", why.text) : 0;
	}
	r->object = object;
	int result = read_object(r);
	json_decref(object);
	return result;
}

static int read_all(struct reader *r, struct lines *lines)
{
	const char *text;
	size_t len;
	bool whole;
	int got;
	while ((got = lines_next(lines, &text, &len, &r->from, &whole)) == 1) {
		r->line++;
		r->to = r->from + (int64_t)len + 1;
		if (read_line(r, text, len, whole))
			return -1;
	}
	r->line++;
	if (got == -E2BIG)
		return reader_fail(r, "a line of more than %d bytes", LINES_LONGEST);
	if (got < 0)
		return reader_fail(r, "%s", strerror(-got));
	if (!r->run->id)
		return reader_fail(r, "empty: not a journal of atconform");
	return 0;
}

static int compare_cases(const void *a, const void *b)
{
	const struct run_case *const *x = a;
	const struct run_case *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

/* Two cases with one name could hide each other in every report. */
static int refuse_twins(struct reader *r)
{
	struct run *run = r->run;
	const struct run_case **sorted = NULL;
	size_t count = 0;
	for (size_t i = 0; i < run->case_count; i++)
		KEEP_ADD(sorted, count) = &run->cases[i];
	if (count)
		qsort(sorted, count, sizeof(*sorted), compare_cases);
	int result = 0;
	for (size_t i = 1; i < count && !result; i++)
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
			result = reader_fail(r, "two cases are called \"%s\"", sorted[i]->id);
	free(sorted);
	return result;
}

int journal_read(struct run *run, struct error *error)
{
	struct reader *r = calloc(1, sizeof(*r));
	if (!r)
		return error_set(error, run->path, 0, 0, "%s", strerror(ENOMEM));
	r->run = run;
	r->error = error;
	for (size_t i = 0; i < JOURNAL_LANES; i++)
		r->lanes[i].c = -1;
	struct lines lines;
	lines_init(&lines, run->fd, 0, -1);
	int result = read_all(r, &lines);
	result = result ? result : reader_end_gate(r);
	result = result ? result : refuse_twins(r);
	reader_time_done(r);
	lines_finish(&lines);
	for (size_t i = 0; i < JOURNAL_LANES; i++) {
		struct lane *lane = &r->lanes[i];
		for (size_t k = 0; k < lane->recovery_count; k++)
			KEEP_ADD(run->recoveries, run->recovery_count) = lane->recoveries[k];
		free(lane->recoveries);
		answer_finish(&lane->answer);
		buf_finish(&lane->boot);
	}
	free(r->bytes);
	free(r);
	return result;
}
