/* SPDX-License-Identifier: MIT */
/* An index as bytes: a head, then tables and texts one behind the other, in the machine's own
 * format. The head says how long each part is; a sum over all guards against what a disk or an
 * editor did to it. */
#include "report/index.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC    "atcidx\r\n"
#define FORMAT   1    /* also of the sums in it: raise it when report/answer.c counts otherwise */
#define LONGEST  1000 /* bytes of a message or value kept */
#define NO_PLACE UINT32_MAX

enum part {
	PART_CASES,
	PART_REQUIREMENTS,
	PART_COMMANDS,
	PART_LISTS,
	PART_SAMPLES,
	PART_TEXTS,
	PARTS
};

static const size_t sizes[PARTS] = { sizeof(struct index_case), sizeof(struct index_requirement),
	sizeof(struct index_command), sizeof(uint32_t), sizeof(uint32_t), 1 };

struct head {
	char magic[8];
	uint32_t format, head_size;
	uint64_t sum; /* of everything behind this field */
	struct index_state state;
	int64_t lines;
	uint32_t counts[PARTS], facts[FACT_COUNT], verdicts[VERDICT_COUNT];
	uint32_t flaky, end;
	int32_t exit_code;
	uint32_t unused;
};

/* Eight bytes at a time: it runs over whole journals. */
static uint64_t sum_bytes(const void *bytes, size_t len, uint64_t sum)
{
	const unsigned char *p = bytes;
	uint64_t word;
	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 32;
	}
	return text_hash(p, len, sum + 1);
}

bool index_sum_of(int fd, uint64_t *sum)
{
	enum { CHUNK = 1 << 20 };
	char *chunk = malloc(CHUNK);
	int64_t at = 0;
	ssize_t n = 0;
	*sum = 0;
	while (chunk && (n = pread(fd, chunk, CHUNK, at)) > 0) {
		*sum = sum_bytes(chunk, (size_t)n, *sum);
		at += n;
	}
	free(chunk);
	return chunk && n == 0;
}

/* --- making --- */

struct maker {
	const struct run *run;
	struct buf parts[PARTS];
	uint32_t *seen; /* texts by their hash, so that each is there once */
	size_t seen_room, seen_count;
};

static void grow_seen(struct maker *m)
{
	size_t room = m->seen_room ? 2 * m->seen_room : 8192;
	uint32_t *fresh = malloc(room * sizeof(*fresh));
	if (!fresh)
		abort();
	for (size_t i = 0; i < room; i++)
		fresh[i] = NO_PLACE;
	for (size_t i = 0; i < m->seen_room; i++) {
		if (m->seen[i] == NO_PLACE)
			continue;
		const char *text = m->parts[PART_TEXTS].data + m->seen[i];
		size_t at = text_hash(text, strlen(text), 0) & (room - 1);
		while (fresh[at] != NO_PLACE)
			at = (at + 1) & (room - 1);
		fresh[at] = m->seen[i];
	}
	free(m->seen);
	m->seen = fresh;
	m->seen_room = room;
}

static index_ref put_text(struct maker *m, const char *text, size_t most)
{
	struct buf *texts = &m->parts[PART_TEXTS];
	size_t len = strnlen(text ? text : "", most);
	if (2 * m->seen_count >= m->seen_room)
		grow_seen(m);
	size_t at = text_hash(text, len, 0) & (m->seen_room - 1);
	for (; m->seen[at] != NO_PLACE; at = (at + 1) & (m->seen_room - 1)) {
		const char *there = texts->data + m->seen[at];
		if (strncmp(there, text ? text : "", len) == 0 && there[len] == '\0')
			return m->seen[at];
	}
	m->seen[at] = (uint32_t)texts->len;
	m->seen_count++;
	buf_append(texts, text, len);
	buf_putc(texts, '\0');
	return m->seen[at];
}

static uint32_t requirement_number(const struct run *run, const char *id)
{
	const struct run_requirement *r = run_requirement(run, id);
	return r ? (uint32_t)(r - run->requirements) : NO_PLACE;
}

static void put_case(struct maker *m, const struct run_case *c)
{
	enum verdict v = run_verdict(c);
	const struct run_attempt *a = run_final(c);
	const struct run_attempt *bad = v == VERDICT_FLAKY ? run_first_bad(c) : NULL;
	const struct run_attempt *told = bad ? bad : a;
	bool quiet = v == VERDICT_PASS;
	struct index_case x = { .id = put_text(m, c->id, SIZE_MAX),
		.command = put_text(m, c->command, SIZE_MAX),
		.file = put_text(m, c->file, SIZE_MAX),
		.line = c->line,
		.requirements = (uint32_t)(m->parts[PART_LISTS].len / sizeof(uint32_t)),
		.verdict = (uint8_t)v,
		.inferred = told->inferred,
		.flaky = run_flaky(c),
		.answered = a->answered,
		.lane = (uint32_t)a->line,
		.attempts = (uint32_t)c->attempt_count,
		.requirement = put_text(m, quiet ? "" : told->requirement, SIZE_MAX),
		.message = put_text(m, quiet ? "" : told->message, LONGEST),
		.expected = put_text(m, quiet ? "" : told->expected, LONGEST),
		.actual = put_text(m, quiet ? "" : told->actual, LONGEST),
		.answer = a->answer,
		.answer_lines = a->answer_lines,
		.from = a->from,
		.to = a->to,
		.start_ns = a->start_ns,
		.end_ns = a->end_ns };
	for (const char **id = c->requirements; *id; id++) {
		uint32_t number = requirement_number(m->run, *id);
		if (number == NO_PLACE)
			continue;
		buf_append(&m->parts[PART_LISTS], &number, sizeof(number));
		x.requirement_count++;
	}
	buf_append(&m->parts[PART_CASES], &x, sizeof(x));
}

static void put_requirement(struct maker *m, const struct run_requirement *r)
{
	struct index_requirement x = { .id = put_text(m, r->id, SIZE_MAX),
		.command = put_text(m, r->command, SIZE_MAX),
		.section = put_text(m, r->section, SIZE_MAX),
		.text = put_text(m, r->text, LONGEST),
		.line = r->line,
		.inferred = r->inferred,
		.tested = r->tested,
		.verdict = (uint8_t)r->verdict };
	buf_append(&m->parts[PART_REQUIREMENTS], &x, sizeof(x));
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void put_command(struct maker *m, const struct run_latency *l)
{
	struct buf *samples = &m->parts[PART_SAMPLES];
	struct index_command x = { .name = put_text(m, l->command, SIZE_MAX),
		.samples = (uint32_t)(samples->len / sizeof(uint32_t)),
		.sample_count = (uint32_t)l->kept,
		.count = l->count,
		.done = l->done };
	uint32_t sorted[RUN_SAMPLES];
	memcpy(sorted, l->us, l->kept * sizeof(*sorted));
	if (l->kept)
		qsort(sorted, l->kept, sizeof(*sorted), by_number);
	buf_append(samples, sorted, l->kept * sizeof(*sorted));
	buf_append(&m->parts[PART_COMMANDS], &x, sizeof(x));
}

static void put_facts(struct maker *m, struct head *head)
{
	const struct run *run = m->run;
	const char *facts[FACT_COUNT] = { [FACT_ID] = run->id,
		[FACT_TIME] = run->time,
		[FACT_HOST] = run->host,
		[FACT_PROGRAM] = run->program,
		[FACT_IUT] = run->iut,
		[FACT_BENCH] = run->bench,
		[FACT_PROFILE] = run->profile,
		[FACT_PROFILE_WHY] = run->profile_why,
		[FACT_SPEC] = run->spec,
		[FACT_FIRMWARE] = run->firmware,
		[FACT_BANNER] = run->banner,
		[FACT_OUTCOME] = run_outcome(run),
		[FACT_DETAIL] = run->detail };
	for (size_t i = 0; i < FACT_COUNT; i++)
		head->facts[i] = put_text(m, facts[i], SIZE_MAX);
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		head->verdicts[v] = (uint32_t)run->counts[v];
	head->flaky = (uint32_t)run->flaky;
	head->end = run->end;
	head->exit_code = run->exit_code;
	head->lines = run->lines;
}

static uint64_t sum_of(const struct head *head, size_t size)
{
	size_t skip = offsetof(struct head, state);
	return sum_bytes((const char *)head + skip, size - skip, 0);
}

struct index *index_make(const struct run *run, const struct index_state *state)
{
	struct maker m = { .run = run };
	struct head head = { .format = FORMAT, .head_size = sizeof(head), .state = *state };
	memcpy(head.magic, MAGIC, sizeof(head.magic));
	put_facts(&m, &head);
	for (size_t i = 0; i < run->planned; i++)
		put_case(&m, &run->cases[i]);
	for (size_t i = 0; i < run->requirement_count; i++)
		put_requirement(&m, &run->requirements[i]);
	for (size_t i = 0; i < run->latency_count; i++)
		put_command(&m, &run->latencies[i]);
	struct buf all = { 0 };
	for (size_t p = 0; p < PARTS; p++)
		head.counts[p] = (uint32_t)(m.parts[p].len / sizes[p]);
	buf_append(&all, &head, sizeof(head));
	for (size_t p = 0; p < PARTS; p++) {
		buf_append(&all, m.parts[p].data, m.parts[p].len);
		buf_finish(&m.parts[p]);
	}
	free(m.seen);
	size_t size = all.len;
	struct head *bytes = (struct head *)buf_take(&all);
	bytes->sum = sum_of(bytes, size);
	struct index *ix = index_of_bytes(bytes, size, false);
	if (!ix)
		abort();
	ix->path = strdup(run->path);
	return ix;
}

/* --- reading --- */

static bool in_list(uint32_t from, uint32_t count, uint32_t room)
{
	return from <= room && count <= room - from;
}

static bool case_holds(const struct head *head, const struct index_case *c, const uint32_t *lists)
{
	const index_ref texts[] = { c->id, c->command, c->file, c->requirement, c->message,
		c->expected, c->actual };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i] >= head->counts[PART_TEXTS])
			return false;
	if (c->verdict >= VERDICT_COUNT ||
		!in_list(c->requirements, c->requirement_count, head->counts[PART_LISTS]))
		return false;
	for (uint32_t i = 0; i < c->requirement_count; i++)
		if (lists[c->requirements + i] >= head->counts[PART_REQUIREMENTS])
			return false;
	return true;
}

/* The sum says that it is what was written; this says that whatever it is does no harm. */
static bool holds(const struct index *ix, const struct head *head)
{
	uint32_t texts = head->counts[PART_TEXTS];
	if (!texts || ix->texts[texts - 1] != '\0' || head->end > RUN_INTERNAL)
		return false;
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (head->facts[i] >= texts)
			return false;
	for (size_t i = 0; i < ix->case_count; i++)
		if (!case_holds(head, &ix->cases[i], ix->lists))
			return false;
	for (size_t i = 0; i < ix->requirement_count; i++) {
		const struct index_requirement *r = &ix->requirements[i];
		if (r->id >= texts || r->command >= texts || r->section >= texts ||
			r->text >= texts || r->verdict >= VERDICT_COUNT)
			return false;
	}
	for (size_t i = 0; i < ix->command_count; i++) {
		const struct index_command *c = &ix->commands[i];
		if (c->name >= texts ||
			!in_list(c->samples, c->sample_count, head->counts[PART_SAMPLES]))
			return false;
	}
	return true;
}

static const struct head *head_of(const void *bytes, size_t size)
{
	const struct head *head = bytes;
	uint64_t need = sizeof(*head);
	if (size < sizeof(*head) || memcmp(head->magic, MAGIC, sizeof(head->magic)) != 0 ||
		head->format != FORMAT || head->head_size != sizeof(*head))
		return NULL;
	for (size_t p = 0; p < PARTS; p++)
		need += (uint64_t)head->counts[p] * sizes[p];
	return need == size && head->sum == sum_of(head, size) ? head : NULL;
}

static void fill(struct index *ix, const struct head *head)
{
	const char *parts[PARTS];
	const char *at = (const char *)(head + 1);
	for (size_t p = 0; p < PARTS; p++) {
		parts[p] = at;
		at += (size_t)head->counts[p] * sizes[p];
	}
	ix->cases = (const void *)parts[PART_CASES];
	ix->requirements = (const void *)parts[PART_REQUIREMENTS];
	ix->commands = (const void *)parts[PART_COMMANDS];
	ix->lists = (const void *)parts[PART_LISTS];
	ix->samples = (const void *)parts[PART_SAMPLES];
	ix->texts = parts[PART_TEXTS];
	ix->case_count = head->counts[PART_CASES];
	ix->requirement_count = head->counts[PART_REQUIREMENTS];
	ix->command_count = head->counts[PART_COMMANDS];
	memcpy(ix->facts, head->facts, sizeof(ix->facts));
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		ix->counts[v] = head->verdicts[v];
	ix->flaky = head->flaky;
	ix->end = (enum run_end)head->end;
	ix->exit_code = head->exit_code;
	ix->lines = head->lines;
}

struct index *index_of_bytes(void *bytes, size_t size, bool mapped)
{
	struct index *ix = calloc(1, sizeof(*ix));
	if (!ix)
		abort();
	ix->bytes = bytes;
	ix->size = size;
	ix->mapped = mapped;
	const struct head *head = head_of(bytes, size);
	if (head)
		fill(ix, head);
	if (head && holds(ix, head))
		return ix;
	index_close(ix);
	return NULL;
}

const struct index_state *index_state(const struct index *ix)
{
	return &((const struct head *)ix->bytes)->state;
}

void index_close(struct index *ix)
{
	if (!ix)
		return;
	if (ix->mapped)
		munmap(ix->bytes, ix->size);
	else
		free(ix->bytes);
	free(ix->path);
	free(ix);
}
