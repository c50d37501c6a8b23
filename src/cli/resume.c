/* SPDX-License-Identifier: MIT */
#include "cli/resume.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "report/wear.h"
#include "rig/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BACK = 4096 };

/* RUN is the run's folder, or its journal in it. */
static int find_folder(struct resume *r, const char *path, struct buf *journal, struct error *error)
{
	struct stat st;
	const char *slash = strrchr(path, '/');
	if (stat(path, &st) < 0)
		return error_set(error, path, 0, 0, "can't be resumed: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		r->dir = strdup(path);
	else if (slash)
		r->dir = strndup(path, (size_t)(slash - path));
	else
		r->dir = strdup(".");
	if (!r->dir)
		abort();
	buf_printf(journal, "%s/journal.jsonl", r->dir);
	return 0;
}

static int open_journal(struct resume *r, const char *path, struct error *error)
{
	r->rig.journal_fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (r->rig.journal_fd < 0)
		return error_set(
			error, path, 0, 0, "there is no run to resume: %s", strerror(errno));
	if (!journal_lock(r->rig.journal_fd))
		return error_set(error, path, 0, 0, "the run is still going on");
	return 0;
}

/* The options that the run was started with: those of its header. */
static int read_options(struct resume *r, struct run_options *before, struct error *error)
{
	int count = 0;
	while (r->run->argv[count])
		count++;
	r->argv = calloc((size_t)count + 1, sizeof(*r->argv));
	if (!r->argv)
		abort();
	for (int i = 0; i < count; i++)
		r->argv[i] = strdup(r->run->argv[i]);
	if (count == 0 || run_options_parse(before, count, r->argv) >= 0)
		return error_set(error, r->run->path, 1, 1,
			"this program does not know the options of the run");
	if (before->shuffle >= 0)
		before->shuffle = r->run->shuffle;
	return 0;
}

int resume_open(
	struct resume *out, const char *path, struct run_options *before, struct error *error)
{
	struct buf journal AUTO_BUF = { 0 };
	*out = (struct resume){ .rig.journal_fd = -1 };
	if (find_folder(out, path, &journal, error) < 0 ||
		open_journal(out, buf_text(&journal), error) < 0 ||
		run_open(&out->run, buf_text(&journal), error) < 0)
		return -1;
	out->complete = out->run->end == RUN_COMPLETE;
	return read_options(out, before, error);
}

/* ---- is it the same? ---- */

static int differ(const struct resume *r, const char *what, const char *before, const char *now,
	struct error *error)
{
	return error_set(error, r->run->path, 1, 1,
		"the run can't be resumed: its %s was %s, and now it is %s; start a new run", what,
		*before ? before : "none", *now ? now : "none");
}

static int check_header(const struct resume *r, const struct rig_plan *plan, struct error *error)
{
	const struct run *run = r->run;
	char spec[24];
	snprintf(spec, sizeof(spec), "%016llx", (unsigned long long)plan->spec->hash);
	const struct {
		const char *what, *before, *now;
	} facts[] = { { "program", run->program, "atconform " ATCONFORM_VERSION },
		{ "IUT", run->iut, plan->bench->iuts[0].address },
		{ "bench", run->bench, plan->bench->name },
		{ "profile", run->profile, plan->profile->name }, { "model", run->spec, spec } };
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(facts[i].before, facts[i].now) != 0)
			return differ(r, facts[i].what, facts[i].before, facts[i].now, error);
	if (run->gate_inferred != plan->gate_inferred)
		return differ(r, "gate", run->gate_inferred ? "inferred" : "stated",
			plan->gate_inferred ? "inferred" : "stated", error);
	if (run->shards && strcmp(run->whole_plan, plan->schedule.whole_plan) != 0)
		return differ(r, "whole plan", run->whole_plan, plan->schedule.whole_plan, error);
	return 0;
}

static int check_plan(struct resume *r, const struct rig_plan *plan, struct error *error)
{
	const struct run *run = r->run;
	size_t leased = 0;
	for (size_t i = 0; i < run->planned; i++) {
		leased += run->cases[i].attempt_count;
		if (i >= plan->case_count || strcmp(run->cases[i].id, plan->cases[i].id) != 0)
			return differ(r, "plan", run->cases[i].id,
				i < plan->case_count ? plan->cases[i].id : "shorter", error);
	}
	r->from_start = run->planned < plan->case_count && !leased;
	if (run->planned < plan->case_count && leased)
		return differ(r, "plan", "shorter", plan->cases[run->planned].id, error);
	return 0;
}

/* ---- what was before ---- */

static struct rig_before before_of(const struct run_case *c, bool decided)
{
	struct rig_before b = { 0 };
	for (size_t i = 0; i < c->attempt_count; i++) {
		const struct run_attempt *a = &c->attempts[i];
		bool retry = a->why == ATTEMPT_RETRY;
		b.attempts = a->number > b.attempts ? a->number : b.attempts;
		b.cut = !a->judged;
		if (!a->judged)
			continue;
		b.retried += retry;
		b.judged += !retry;
		b.decided = decided;
		b.bad = verdict_bad(a->verdict) || (b.bad && !(retry && verdict_tried(a->verdict)));
		b.failed = a->verdict == VERDICT_FAIL || (b.failed && b.bad);
	}
	return b;
}

/* A line that the kill has cut is not there; one that only lacks its end gets it. */
static int cut_half_line(struct resume *r, struct error *error)
{
	int fd = r->rig.journal_fd;
	char bytes[BACK];
	off_t size = lseek(fd, 0, SEEK_END);
	off_t end = size;
	while (end > 0) {
		off_t from = end > BACK ? end - BACK : 0;
		ssize_t n = pread(fd, bytes, (size_t)(end - from), from);
		if (n <= 0)
			break;
		const char *newline = memrchr(bytes, '\n', (size_t)n);
		end = newline ? from + (newline - bytes) + 1 : from;
		if (newline)
			break;
	}
	if (end == size)
		return 0;
	bool done = r->run->half_line ? ftruncate(fd, end) == 0 : write(fd, "\n", 1) == 1;
	return done ? 0 : error_set(error, r->run->path, 0, 0, "can't be cut: %s", strerror(errno));
}

/* Wall-clock time since the run's start, so that times in the reports are right; never back. */
static int64_t time_now(struct resume *r)
{
	struct tm tm = { 0 };
	time_t now = time(NULL);
	struct tm utc;
	strftime(r->time, sizeof(r->time), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	const char *rest = strptime(r->run->time, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t since = rest ? ((int64_t)now - (int64_t)timegm(&tm)) * 1000000000 : 0;
	return since > r->run->last_ns ? since : r->run->last_ns;
}

/* Found settings of a line stand together in the journal, and so do they here. */
static void lines_before(struct resume *r)
{
	const struct run *run = r->run;
	int count = wear_lines(run);
	for (size_t i = 0; i < run->found_count; i++)
		count = run->found[i].line >= count ? run->found[i].line + 1 : count;
	r->lines = calloc((size_t)count + 1, sizeof(*r->lines));
	r->settings = calloc(run->found_count + 1, sizeof(*r->settings));
	if (!r->lines || !r->settings)
		abort();
	for (int line = 0; line < count; line++)
		r->lines[line].nvs_writes = wear_nvs_writes(run, line);
	for (size_t i = 0; i < run->found_count; i++) {
		struct rig_line_before *line = &r->lines[run->found[i].line];
		r->settings[i] = (struct rig_setting){ run->found[i].name, run->found[i].value };
		if (!line->setting_count++)
			line->settings = &r->settings[i];
	}
	r->rig.lines_before = r->lines;
	r->rig.line_count = (size_t)count;
}

int resume_prepare(struct resume *r, const struct rig_plan *plan, struct error *error)
{
	if (check_header(r, plan, error) < 0 || check_plan(r, plan, error) < 0)
		return -1;
	if (r->from_start) {
		close(r->rig.journal_fd);
		r->rig.journal_fd = -1;
		if (unlink(r->run->path) == 0)
			return 0;
		return error_set(error, r->run->path, 0, 0, "%s", strerror(errno));
	}
	r->before = calloc(plan->case_count + 1, sizeof(*r->before));
	if (!r->before)
		abort();
	for (size_t i = 0; i < plan->case_count; i++)
		r->before[i] = before_of(&r->run->cases[i], plan->cases[i].decided != NULL);
	lines_before(r);
	if (cut_half_line(r, error) < 0)
		return -1;
	r->rig.cases = r->before;
	r->rig.lines = r->run->lines;
	r->rig.t_ns = time_now(r);
	r->rig.time = r->time;
	return 0;
}

void resume_finish(struct resume *r)
{
	for (size_t i = 0; r->argv && r->argv[i]; i++)
		free(r->argv[i]);
	free(r->argv);
	free(r->before);
	free(r->lines);
	free(r->settings);
	free(r->dir);
	if (r->run && r->rig.journal_fd >= 0)
		close(r->rig.journal_fd);
	run_close(r->run);
}
