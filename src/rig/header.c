/* SPDX-License-Identifier: MIT */
/* The journal's first lines (what is run, the requirements, the plan) and its last. */
#include "base/cleanup.h"
#include "rig/internal.h"
#include "rig/secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static void put_uuid(struct buf *line)
{
	uint8_t r[16] = { 0 };
	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		memset(r, 1, sizeof(r));
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	char text[40];
	snprintf(text, sizeof(text),
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
		r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
		r[15]);
	journal_text(line, "run", text);
}

static void put_schedule(struct buf *line, const struct rig *rig)
{
	const struct rig_schedule *s = &rig->plan->schedule;
	if (s->shards)
		buf_printf(line,
			",\"shard\":{\"index\":%d,\"of\":%d,\"cases\":%zu,\"plan\":\"%s\"}",
			s->shard, s->shards, s->whole_count, s->whole_plan);
	if (s->shuffle)
		journal_int(line, "shuffle", s->shuffle);
	journal_int(line, "repeat", rig->repeat);
	journal_int(line, "retries", s->retries);
	journal_int(line, "flaky_budget", s->flaky_budget);
}

static void write_run(struct rig *rig)
{
	const struct rig_plan *plan = rig->plan;
	char text[128];
	struct buf *line = journal_begin(rig->journal, "run", 0);
	journal_int(line, "format", 1);
	put_uuid(line);
	time_t now = time(NULL);
	struct tm utc;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	journal_text(line, "time", text);
	if (gethostname(text, sizeof(text)) < 0)
		text[0] = '\0';
	text[sizeof(text) - 1] = '\0';
	journal_text(line, "host", text);
	journal_text(line, "program", "atconform " ATCONFORM_VERSION);
	journal_list(line, "argv", (const char *const *)plan->argv);
	journal_text(line, "iut", plan->bench->iuts[0].address);
	journal_text(line, "bench", plan->bench->name);
	journal_text(line, "profile", plan->profile ? plan->profile->name : "");
	journal_text(line, "profile_why", plan->profile_why);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)plan->spec->hash);
	journal_text(line, "spec", text);
	journal_int(line, "jobs", (int64_t)rig->lane_count);
	buf_printf(line, ",\"gates\":{\"inferred\":%s,\"strict\":%s,\"require_all\":%s}",
		plan->gate_inferred ? "true" : "false", plan->strict ? "true" : "false",
		plan->require_all ? "true" : "false");
	put_schedule(line, rig);
	if (plan->mixed_firmware)
		journal_bool(line, "mixed_firmware", true);
	if (plan->fewer_boards)
		journal_bool(line, "fewer_boards", true);
	journal_end(rig->journal);
}

static void write_requirement(struct rig *rig, const struct requirement *r)
{
	static const char *const judges[] = { [JUDGE_CASE] = "case",
		[JUDGE_MONITOR] = "monitor",
		[JUDGE_UNTESTABLE] = "untestable" };
	struct buf *line = journal_begin(rig->journal, "requirement", -1);
	journal_text(line, "id", r->id);
	journal_text(line, "command", r->command);
	journal_text(line, "section", r->section);
	journal_int(line, "line", r->line);
	journal_text(line, "grade", r->grade == GRADE_STATED ? "stated" : "inferred");
	journal_text(line, "text", r->text);
	journal_text(line, "judge", judges[r->judge]);
	journal_end(rig->journal);
}

static void write_deviation(struct rig *rig, const struct deviation *d)
{
	struct buf *line = journal_begin(rig->journal, "deviation-known", -1);
	journal_text(line, "id", d->id);
	journal_text(line, "requirement", d->requirement);
	journal_text(line, "text", d->text);
	journal_text(line, "source", d->source);
	journal_end(rig->journal);
}

static void write_case(struct rig *rig, size_t index)
{
	const struct rig_case *c = &rig->plan->cases[index];
	struct buf *line = journal_begin(rig->journal, "plan", -1);
	journal_int(line, "c", (int64_t)index);
	journal_text(line, "case", c->id);
	journal_text(line, "command", c->command);
	journal_text(line, "kind", c->kind);
	journal_list(line, "requirements", c->requirements);
	journal_list(line, "tags", c->tags);
	journal_list(line, "needs", c->needs);
	journal_text(line, "file", c->file);
	journal_int(line, "line", c->line);
	journal_end(rig->journal);
}

static void write_resume(struct rig *rig)
{
	struct buf *line = journal_begin(rig->journal, "resume", -1);
	journal_text(line, "time", rig->plan->resume->time);
	journal_list(line, "argv", (const char *const *)rig->plan->argv);
	journal_end(rig->journal);
}

/* What is told before the plan is complete when the plan is. */
static void write_told(struct rig *rig)
{
	const struct rig_plan *plan = rig->plan;
	for (size_t i = 0; i < plan->told_count; i++) {
		struct buf *line = journal_begin(rig->journal, plan->told[i].event, -1);
		buf_puts(line, plan->told[i].members);
		journal_end(rig->journal);
	}
	if (!plan->elsewhere)
		return;
	struct buf *line = journal_begin(rig->journal, "elsewhere", -1);
	journal_list(line, "cases", plan->elsewhere);
	journal_end(rig->journal);
}

void header_write(struct rig *rig)
{
	if (rig->plan->resume) {
		write_resume(rig);
		return;
	}
	const struct spec *spec = rig->plan->spec;
	const struct profile *profile = rig->plan->profile;
	write_run(rig);
	for (size_t i = 0; i < spec->requirement_count; i++)
		write_requirement(rig, &spec->requirements[i]);
	for (size_t i = 0; profile && profile->deviations && profile->deviations[i]; i++) {
		const struct deviation *d = spec_deviation(spec, profile->deviations[i]);
		if (d)
			write_deviation(rig, d);
	}
	write_told(rig);
	for (size_t i = 0; i < rig->plan->case_count; i++)
		write_case(rig, i);
}

void header_note(struct rig *rig, int case_index, const char *text)
{
	struct buf *line = journal_begin(rig->journal, "note", -1);
	journal_int(line, "c", case_index);
	journal_text(line, "text", text);
	journal_end(rig->journal);
	struct buf masked AUTO_BUF = { 0 };
	if (secrets_mask_text(journal_secrets(rig->journal), text, &masked))
		text = masked.data;
	if (rig->plan->on_note)
		rig->plan->on_note(rig->plan->user, text);
}

void header_end(struct rig *rig)
{
	static const char *const reasons[] = { [RIG_COMPLETE] = "complete",
		[RIG_INTERRUPTED] = "interrupted",
		[RIG_UNUSABLE] = "iut-unusable",
		[RIG_RUNNER_DIED] = "runner-died",
		[RIG_INTERNAL] = "internal" };
	struct buf *line = journal_begin(rig->journal, "end", -1);
	journal_text(line, "reason", reasons[rig->end]);
	journal_text(line, "text", rig->error->text);
	journal_int(line, "signal", rig->signal);
	journal_end(rig->journal);
}
