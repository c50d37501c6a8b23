/* SPDX-License-Identifier: MIT */
/* A run in memory: opened from its journal, asked by the formats. */
#include "report/run.h"

#include "report/journal.h"
#include "report/keep.h"
#include "report/wear.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *run_keep(struct run *run, const char *text, size_t len)
{
	return keep_bytes(&run->memory, text, len);
}

void *run_room(struct run *run, size_t size)
{
	return keep_room(&run->memory, size);
}

static int open_journal(struct run *run, const char *path, struct error *error)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (asprintf(&run->path, "%s%s", path, folder ? "/journal.jsonl" : "") < 0) {
		run->path = NULL;
		return error_set(error, path, 0, 0, "%s", strerror(ENOMEM));
	}
	run->fd = open(run->path, O_RDONLY | O_CLOEXEC);
	if (run->fd < 0)
		return error_set(
			error, run->path, 0, 0, "can't read the journal: %s", strerror(errno));
	if (fstat(run->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(error, run->path, 0, 0, "not a file");
	return 0;
}

int run_open(struct run **out, const char *path, struct error *error)
{
	struct run *run = calloc(1, sizeof(*run));
	if (!run)
		return error_set(error, path, 0, 0, "%s", strerror(ENOMEM));
	run->fd = -1;
	static const char *none[] = { NULL };
	run->elsewhere = none;
	run->firmware = run->banner = run->end_text = run->whole_plan = "";
	run->repeat = 1;
	if (open_journal(run, path, error) || journal_read(run, error)) {
		run_close(run);
		return -1;
	}
	run_judge(run);
	wear_count_left_out(run);
	*out = run;
	return 0;
}

static void free_case(struct run_case *c)
{
	for (size_t i = 0; i < c->attempt_count; i++) {
		free(c->attempts[i].deviations);
		free(c->attempts[i].breaches);
		free(c->attempts[i].notes);
		free(c->attempts[i].recoveries);
		free(c->attempts[i].peers);
	}
	free(c->attempts);
}

void run_close(struct run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->case_count; i++)
		free_case(&run->cases[i]);
	free(run->cases);
	free(run->requirements);
	free(run->by_id);
	free(run->known);
	free(run->probes);
	free(run->recoveries);
	free(run->breaches);
	free(run->boards);
	free(run->nvs);
	free(run->found);
	free(run->put_backs);
	free(run->left_out);
	free(run->was);
	free(run->parts);
	free(run->waivers);
	free(run->latencies);
	free(run->time_account.lines);
	free(run->time_account.waits);
	free(run->detail);
	free(run->path);
	keep_destroy(run->memory);
	if (run->fd >= 0)
		close(run->fd);
	free(run);
}

const struct run_attempt *run_final(const struct run_case *c)
{
	static const struct run_attempt never = { .verdict = VERDICT_MISSING,
		.requirement = "",
		.message = "planned, but it never ran",
		.file = "",
		.expected = "",
		.actual = "" };
	static const struct run_attempt gone = { .verdict = VERDICT_MISSING,
		.requirement = "",
		.message = "it is in the baseline, and not in the suite any more",
		.file = "",
		.expected = "",
		.actual = "" };
	if (!c->decides && c->was && c->was->gone)
		return &gone;
	return c->decides ? c->decides : &never;
}

enum verdict run_verdict(const struct run_case *c)
{
	return c->decides ? c->verdict : VERDICT_MISSING;
}

bool run_flaky(const struct run_case *c)
{
	return run_verdict(c) == VERDICT_FLAKY;
}

const struct run_attempt *run_first_bad(const struct run_case *c)
{
	for (size_t i = 0; i < c->attempt_count; i++)
		if (verdict_bad(c->attempts[i].verdict))
			return &c->attempts[i];
	/* Not bad, and still not the same, as only a journal by another hand has it. */
	for (size_t i = 0; i < c->attempt_count && run_flaky(c); i++)
		if (c->attempts[i].judged && c->attempts[i].verdict != VERDICT_PASS)
			return &c->attempts[i];
	return NULL;
}

static int by_id(const void *key, const void *element)
{
	const struct run_requirement *const *r = element;
	return strcmp(key, (*r)->id);
}

const struct run_requirement *run_requirement(const struct run *run, const char *id)
{
	if (!run->requirement_count)
		return NULL;
	struct run_requirement **found =
		bsearch(id, run->by_id, run->requirement_count, sizeof(*run->by_id), by_id);
	return found ? *found : NULL;
}

const struct run_known *run_known(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->known_count; i++)
		if (strcmp(run->known[i].id, id) == 0)
			return &run->known[i];
	return NULL;
}
