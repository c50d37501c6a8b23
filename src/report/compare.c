/* SPDX-License-Identifier: MIT */
/* Puts runs side by side by the names of cases, requirements and commands, and says what became of
 * each. */
#include "report/compare.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/keep.h"
#include "report/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READERS 3 /* threads besides the first */

static const struct {
	const char *name, *title;
} changes[CHANGE_COUNT] = {
	[CHANGE_NONE] = { "unchanged", "Unchanged" },
	[CHANGE_REGRESSED] = { "regressed", "Regressed: was better before" },
	[CHANGE_MISSING] = { "missing", "Missing: planned, without a verdict" },
	[CHANGE_DELETED] = { "deleted", "Deleted: not planned any more" },
	[CHANGE_LOST] = { "lost", "Lost: not judged any more" },
	[CHANGE_FIXED] = { "fixed", "Fixed: passes now" },
	[CHANGE_VERDICT] = { "verdict", "Another verdict, not better and not worse" },
	[CHANGE_BYTES] = { "bytes", "Changed bytes: the same verdict, another response" },
	[CHANGE_ADDED] = { "added", "Added: not planned before" },
	[CHANGE_GAINED] = { "gained", "Gained: judged for the first time" },
};

const char *change_name(enum change change)
{
	return changes[change].name;
}

const char *change_title(enum change change)
{
	return changes[change].title;
}

const char *presence_name(enum presence presence)
{
	static const char *const names[] = { [PRESENCE_UNKNOWN] = "unknown",
		[PRESENCE_YES] = "present",
		[PRESENCE_NO] = "refused" };
	return names[presence];
}

const char *drift_name(enum drift drift)
{
	static const char *const names[] = { [DRIFT_NONE] = "unchanged",
		[DRIFT_FASTER] = "faster",
		[DRIFT_SLOWER] = "slower",
		[DRIFT_FEW] = "too few samples" };
	return names[drift];
}

/* --- names of all runs --- */

/* Finds the place of a name in an array that grows elsewhere. */
struct names {
	size_t *slots; /* place + 1 */
	size_t room, count;
};

typedef const char *name_fn(const struct compare *c, size_t place);

static size_t *slot_of(
	const struct names *n, const struct compare *c, name_fn *name, const char *text)
{
	size_t at = text_hash(text, strlen(text), 0) & (n->room - 1);
	while (n->slots[at] && strcmp(name(c, n->slots[at] - 1), text) != 0)
		at = (at + 1) & (n->room - 1);
	return &n->slots[at];
}

static size_t *find(struct names *n, const struct compare *c, name_fn *name, const char *text)
{
	if (2 * n->count >= n->room) {
		free(n->slots);
		n->room = n->room ? 2 * n->room : 4096;
		n->slots = calloc(n->room, sizeof(*n->slots));
		if (!n->slots)
			abort();
		for (size_t i = 0; i < n->count; i++)
			*slot_of(n, c, name, name(c, i)) = i + 1;
	}
	return slot_of(n, c, name, text);
}

static const char *case_name(const struct compare *c, size_t place)
{
	return c->cases[place].id;
}

static const char *requirement_name(const struct compare *c, size_t place)
{
	return index_text(c->requirements[place].any_of, c->requirements[place].any->id);
}

static const char *command_name(const struct compare *c, size_t place)
{
	return c->commands[place].name;
}

static void *room_for(struct compare *c, size_t size)
{
	void *room = keep_room(&c->memory, c->run_count * size);
	memset(room, 0, c->run_count * size);
	return room;
}

static void merge_cases(struct compare *c, struct names *names, size_t run)
{
	const struct index *ix = c->runs[run].index;
	for (size_t i = 0; i < ix->case_count; i++) {
		const char *id = index_text(ix, ix->cases[i].id);
		size_t *slot = find(names, c, case_name, id);
		if (!*slot) {
			struct compare_case fresh = { .id = id,
				.command = index_text(ix, ix->cases[i].command),
				.in = room_for(c, sizeof(*fresh.in)),
				.change = room_for(c, sizeof(*fresh.change)) };
			KEEP_ADD(c->cases, c->case_count) = fresh;
			*slot = ++names->count;
		}
		c->cases[*slot - 1].in[run] = &ix->cases[i];
	}
}

static void merge_requirements(struct compare *c, struct names *names, size_t run)
{
	const struct index *ix = c->runs[run].index;
	for (size_t i = 0; i < ix->requirement_count; i++) {
		const struct index_requirement *r = &ix->requirements[i];
		size_t *slot = find(names, c, requirement_name, index_text(ix, r->id));
		if (!*slot) {
			struct compare_requirement fresh = { .any = r,
				.any_of = ix,
				.in = room_for(c, sizeof(*fresh.in)),
				.change = room_for(c, sizeof(*fresh.change)) };
			KEEP_ADD(c->requirements, c->requirement_count) = fresh;
			*slot = ++names->count;
		}
		c->requirements[*slot - 1].in[run] = r;
	}
	for (size_t i = 0; i < ix->case_count; i++) {
		const struct index_case *x = &ix->cases[i];
		for (uint32_t k = 0; k < x->requirement_count; k++) {
			const struct index_requirement *r =
				&ix->requirements[ix->lists[x->requirements + k]];
			size_t *slot = find(names, c, requirement_name, index_text(ix, r->id));
			c->requirements[*slot - 1].cases++;
		}
	}
}

static struct compare_command *command_of(struct compare *c, struct names *names, const char *name)
{
	size_t *slot = find(names, c, command_name, name);
	if (!*slot) {
		struct compare_command fresh = { .name = name,
			.in = room_for(c, sizeof(*fresh.in)),
			.latency = room_for(c, sizeof(*fresh.latency)),
			.presence = room_for(c, sizeof(*fresh.presence)),
			.counts = room_for(c, sizeof(*fresh.counts)) };
		KEEP_ADD(c->commands, c->command_count) = fresh;
		*slot = ++names->count;
	}
	return &c->commands[*slot - 1];
}

static void merge_commands(struct compare *c, struct names *names, size_t run)
{
	const struct index *ix = c->runs[run].index;
	for (size_t i = 0; i < ix->command_count; i++) {
		const struct index_command *x = &ix->commands[i];
		struct compare_command *command = command_of(c, names, index_text(ix, x->name));
		command->in[run] = x;
		command->presence[run] = x->done    ? PRESENCE_YES
					 : x->count ? PRESENCE_NO
						    : PRESENCE_UNKNOWN;
	}
}

static void count_commands(struct compare *c, struct names *names)
{
	for (size_t i = 0; i < c->case_count; i++) {
		const struct compare_case *x = &c->cases[i];
		struct compare_command *command =
			*x->command ? command_of(c, names, x->command) : NULL;
		if (!command)
			continue;
		command->cases++;
		for (size_t r = 1; r < c->run_count; r++)
			if (x->in[0] || x->in[r])
				command->counts[r][x->change[r]]++;
	}
}

/* --- what became of each --- */

enum level { LEVEL_PASS, LEVEL_KNOWN, LEVEL_BAD, LEVEL_UNJUDGED, LEVEL_MISSING };

static enum level level_of(enum verdict v)
{
	switch (v) {
	case VERDICT_PASS:
		return LEVEL_PASS;
	case VERDICT_FLAKY:
	case VERDICT_DEVIATION:
		return LEVEL_KNOWN;
	case VERDICT_FAIL:
	case VERDICT_ERROR:
	case VERDICT_INCONCLUSIVE:
		return LEVEL_BAD;
	case VERDICT_NA:
	case VERDICT_SKIPPED:
	case VERDICT_UNEQUIPPED:
		return LEVEL_UNJUDGED;
	case VERDICT_MISSING:
	case VERDICT_COUNT:
		return LEVEL_MISSING;
	}
	return LEVEL_MISSING;
}

static enum change change_of_level(enum level was, enum level is, bool same)
{
	if (was == is)
		return same ? CHANGE_NONE : CHANGE_VERDICT;
	if (is == LEVEL_MISSING)
		return CHANGE_MISSING;
	if (is == LEVEL_UNJUDGED)
		return was == LEVEL_MISSING ? CHANGE_VERDICT : CHANGE_LOST;
	if (was == LEVEL_UNJUDGED || was == LEVEL_MISSING)
		return CHANGE_GAINED;
	if (is > was)
		return CHANGE_REGRESSED;
	return is == LEVEL_PASS ? CHANGE_FIXED : CHANGE_VERDICT;
}

static bool other_bytes(const struct index_case *was, const struct index_case *is)
{
	return was->answered && is->answered && was->answer != is->answer;
}

static enum change change_of_case(const struct compare *c, const struct compare_case *x, size_t run)
{
	const struct index_case *was = x->in[0], *is = x->in[run];
	if (!was || !is)
		return is ? CHANGE_ADDED : was ? CHANGE_DELETED : CHANGE_NONE;
	bool same = was->verdict == is->verdict && was->flaky == is->flaky &&
		    strcmp(index_text(c->runs[0].index, was->requirement),
			    index_text(c->runs[run].index, is->requirement)) == 0;
	enum change change = change_of_level(level_of(was->verdict), level_of(is->verdict), same);
	return change == CHANGE_NONE && other_bytes(was, is) ? CHANGE_BYTES : change;
}

bool compare_order_only(const struct compare_case *x, size_t run)
{
	return x->change[run] == CHANGE_BYTES && x->in[0]->answer_lines == x->in[run]->answer_lines;
}

static enum change worse(enum change a, enum change b)
{
	if (a == CHANGE_NONE || b == CHANGE_NONE)
		return a == CHANGE_NONE ? b : a;
	return a < b ? a : b;
}

bool compare_gates(const struct compare *c, size_t run, const struct compare_case *x)
{
	enum change change = (enum change)x->change[run];
	return change == CHANGE_REGRESSED || change == CHANGE_MISSING ||
	       (change == CHANGE_DELETED && !c->runs[run].other_suite) ||
	       (change == CHANGE_LOST && level_of(x->in[0]->verdict) <= LEVEL_KNOWN);
}

static void judge_cases(struct compare *c)
{
	for (size_t i = 0; i < c->case_count; i++) {
		struct compare_case *x = &c->cases[i];
		for (size_t r = 1; r < c->run_count; r++) {
			struct compare_run *run = &c->runs[r];
			enum change change = change_of_case(c, x, r);
			x->change[r] = (uint8_t)change;
			x->worst = worse(x->worst, change);
			if (x->in[0] || x->in[r])
				run->counts[change]++;
			run->order_only += compare_order_only(x, r);
			run->gating += compare_gates(c, r, x);
		}
	}
}

/* A requirement that no case names is the monitor's: nothing else would show that it is broken. */
static void judge_requirements(struct compare *c)
{
	for (size_t i = 0; i < c->requirement_count; i++) {
		struct compare_requirement *q = &c->requirements[i];
		const struct index_requirement *was = q->in[0];
		for (size_t r = 1; r < c->run_count; r++) {
			const struct index_requirement *is = q->in[r];
			enum change change = !was || !is ? is    ? CHANGE_ADDED
							   : was ? CHANGE_DELETED
								 : CHANGE_NONE
							 : CHANGE_NONE;
			if (was && is)
				change = change_of_level(
					was->tested ? level_of(was->verdict) : LEVEL_UNJUDGED,
					is->tested ? level_of(is->verdict) : LEVEL_UNJUDGED,
					was->verdict == is->verdict || !was->tested || !is->tested);
			q->change[r] = (uint8_t)change;
			q->worst = worse(q->worst, change);
			if (was || is)
				c->runs[r].requirements[change]++;
			c->runs[r].gating += change == CHANGE_REGRESSED && !q->cases;
		}
	}
}

static bool same_firmware(const struct compare *c, size_t a, size_t b)
{
	const struct index *x = c->runs[a].index, *y = c->runs[b].index;
	return *index_fact(x, FACT_FIRMWARE) &&
	       strcmp(index_fact(x, FACT_FIRMWARE), index_fact(y, FACT_FIRMWARE)) == 0 &&
	       strcmp(index_fact(x, FACT_IUT), index_fact(y, FACT_IUT)) == 0;
}

/* Two runs of one firmware that differ say that the case does, whatever the firmware. When all are
 * of one version it is the builds that are compared, and that is nothing to go by. */
static void find_unsteady(struct compare *c)
{
	bool versions = false;
	for (size_t b = 1; b < c->run_count; b++)
		versions = versions || !same_firmware(c, 0, b);
	for (size_t a = 0; versions && a < c->run_count; a++) {
		size_t b = a + 1;
		while (b < c->run_count && !same_firmware(c, a, b))
			b++;
		for (size_t i = 0; b < c->run_count && i < c->case_count; i++) {
			struct compare_case *x = &c->cases[i];
			const struct index_case *was = x->in[a], *is = x->in[b];
			x->unsteady |=
				was && is && was->verdict == is->verdict && other_bytes(was, is);
		}
	}
	for (size_t i = 0; i < c->case_count; i++)
		c->unsteady += c->cases[i].unsteady;
}

/* --- opening --- */

void compare_note(struct compare *c, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	KEEP_ADD(c->notes, c->note_count) = keep_bytes(&c->memory, text, strlen(text));
}

static int check_run(struct compare *c, size_t run, struct error *error)
{
	const struct index *ix = c->runs[run].index;
	if (ix->end == RUN_CUT)
		return error_set(error, ix->path, (int)ix->lines + 1, 1,
			"the journal breaks off here, without the run's end; a run that was killed "
			"can't be compared: go on with it (atconform run --resume), or take "
			"another");
	for (size_t i = 0; i < run; i++) {
		const struct index *other = c->runs[i].index;
		if (strcmp(index_fact(ix, FACT_ID), index_fact(other, FACT_ID)) == 0)
			return error_set(error, ix->path, 1, 1,
				"the same run as %s (%s); name each run once", other->path,
				index_fact(ix, FACT_ID));
	}
	return 0;
}

static int check_suite(struct compare *c, size_t run, struct error *error)
{
	static const struct {
		enum index_fact fact;
		const char *what;
	} facts[] = { { FACT_SPEC, "specification model" }, { FACT_PROGRAM, "version" } };
	const struct index *ix = c->runs[run].index, *first = c->runs[0].index;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *is = index_fact(ix, facts[i].fact),
			   *was = index_fact(first, facts[i].fact);
		if (strcmp(is, was) == 0)
			continue;
		if (!c->common)
			return error_set(error, ix->path, 1, 1,
				"another %s (%s) than that of %s (%s); run one of them again, or "
				"compare what both have with --common",
				facts[i].what, is, first->path, was);
		c->runs[run].other_suite = true;
		compare_note(c,
			"%s is of another %s (%s) than %s (%s): only what both have says anything",
			c->runs[run].label, facts[i].what, is, c->runs[0].label, was);
	}
	return 0;
}

static void note_differences(struct compare *c, size_t run)
{
	static const struct {
		enum index_fact fact;
		const char *what;
	} facts[] = { { FACT_PROFILE, "profile" }, { FACT_BENCH, "bench" }, { FACT_HOST, "host" } };
	const struct index *ix = c->runs[run].index, *first = c->runs[0].index;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *is = index_fact(ix, facts[i].fact),
			   *was = index_fact(first, facts[i].fact);
		if (strcmp(is, was) != 0)
			compare_note(c, "%s has another %s (%s) than %s (%s)%s", c->runs[run].label,
				facts[i].what, is, c->runs[0].label, was,
				facts[i].fact == FACT_PROFILE
					? ""
					: ": latencies may differ by that alone");
	}
	if (ix->end != RUN_COMPLETE)
		compare_note(c, "%s did not come to its end: %s", c->runs[run].label,
			index_fact(ix, FACT_DETAIL));
}

/* The folder's name, or as much of the path as tells it from the others. */
static void find_labels(struct compare *c, const char *const paths[])
{
	for (size_t i = 0; i < c->run_count; i++) {
		AUTO_FREE char *path = strdup(paths[i]);
		if (!path)
			abort();
		for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
			path[len - 1] = '\0';
		if (text_ends(path, "/journal.jsonl"))
			path[strlen(path) - strlen("/journal.jsonl")] = '\0';
		const char *slash = strrchr(path, '/');
		const char *label = slash && slash[1] ? slash + 1 : path;
		bool twin = false;
		for (size_t k = 0; k < i; k++)
			twin = twin || strcmp(c->runs[k].label, label) == 0;
		AUTO_BUF struct buf clean = { 0 };
		text_clean(&clean, twin ? path : label);
		c->runs[i].label = keep_bytes(&c->memory, buf_text(&clean), clean.len);
	}
}

/* A journal without an index takes time: each reader takes the next run that nobody has. */
struct readers {
	struct compare *c;
	const char *const *paths;
	struct error *errors; /* one a run */
	atomic_size_t next;
};

static void *read_some(void *user)
{
	struct readers *readers = user;
	for (;;) {
		size_t i = atomic_fetch_add(&readers->next, 1);
		if (i >= readers->c->run_count)
			return NULL;
		index_open(&readers->c->runs[i].index, readers->paths[i], &readers->errors[i]);
	}
}

/* The first run in the user's order that can't be read is the one that is told. */
static int read_all(struct compare *c, const char *const paths[], struct error *error)
{
	pthread_t threads[READERS];
	size_t count = 0;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	AUTO_FREE struct error *errors = calloc(c->run_count, sizeof(*errors));
	struct readers readers = { .c = c, .paths = paths, .errors = errors };
	if (!errors)
		abort();
	while (count < READERS && count + 1 < (size_t)cores && count + 1 < c->run_count &&
		pthread_create(&threads[count], NULL, read_some, &readers) == 0)
		count++;
	read_some(&readers);
	while (count)
		pthread_join(threads[--count], NULL);
	for (size_t i = 0; i < c->run_count; i++) {
		if (!c->runs[i].index) {
			*error = errors[i];
			return -1;
		}
	}
	return 0;
}

static int open_all(struct compare *c, const char *const paths[], struct error *error)
{
	find_labels(c, paths);
	if (read_all(c, paths, error))
		return -1;
	for (size_t i = 0; i < c->run_count; i++)
		if (check_run(c, i, error))
			return -1;
	for (size_t i = 1; i < c->run_count; i++) {
		if (check_suite(c, i, error))
			return -1;
		note_differences(c, i);
	}
	return 0;
}

int compare_open(struct compare **out, const char *const paths[], size_t count, bool common,
	struct error *error)
{
	struct compare *c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->runs = calloc(count + 1, sizeof(*c->runs));
	if (!c->runs)
		abort();
	c->run_count = count;
	c->common = common;
	if (open_all(c, paths, error)) {
		compare_close(c);
		return -1;
	}
	struct names cases = { 0 }, requirements = { 0 }, commands = { 0 };
	for (size_t i = 0; i < count; i++) {
		merge_cases(c, &cases, i);
		merge_requirements(c, &requirements, i);
		merge_commands(c, &commands, i);
	}
	judge_cases(c);
	judge_requirements(c);
	find_unsteady(c);
	count_commands(c, &commands);
	compare_latencies(c);
	free(cases.slots);
	free(requirements.slots);
	free(commands.slots);
	*out = c;
	return 0;
}

void compare_close(struct compare *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->run_count; i++)
		index_close(c->runs[i].index);
	free(c->runs);
	free(c->cases);
	free(c->requirements);
	free(c->commands);
	free(c->notes);
	keep_destroy(c->memory);
	free(c);
}

bool compare_passes(const struct compare *c)
{
	for (size_t r = 1; r < c->run_count; r++)
		if (c->runs[r].gating)
			return false;
	return true;
}
