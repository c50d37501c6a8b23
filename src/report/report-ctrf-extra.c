/* SPDX-License-Identifier: MIT */
/* What CTRF has no place for, of the whole run: its extra.atconform. */
#include "report/board.h"
#include "report/json-out.h"
#include "report/run.h"
#include "report/wear.h"

void out_open_extra(struct json_out *j)
{
	out_open(j, "extra", '{');
	out_open(j, "atconform", '{');
}

void out_close_extra(struct json_out *j)
{
	out_close(j, '}');
	out_close(j, '}');
}

void out_breaches(struct json_out *j, const struct run_breach *list, size_t count)
{
	if (!count)
		return;
	out_open(j, "breaches", '[');
	for (size_t i = 0; i < count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "requirement", list[i].id);
		out_text(j, "text", list[i].text);
		out_close(j, '}');
	}
	out_close(j, ']');
}

void out_waiver(struct json_out *j, const char *key, const struct run_waiver *w)
{
	out_open(j, key, '{');
	out_text(j, "file", w->w.file);
	out_number(j, "line", w->w.line);
	out_text_if(j, "case", w->w.cases);
	out_text_if(j, "requirement", w->w.requirement);
	out_text_if(j, "profile", w->w.profile);
	out_text_if(j, "message", w->w.message);
	out_text_if(j, "message_pattern", w->w.pattern);
	out_text(j, "reason", w->w.reason);
	out_text(j, "issue", w->w.issue);
	out_text(j, "owner", w->w.owner);
	out_text(j, "expires", w->w.expires);
	out_text(j, "state", run_waiver_state(w));
	out_number(j, "cases", (int64_t)w->count);
	out_close(j, '}');
}

static void ledger(struct json_out *j, const struct run *run)
{
	out_open(j, "requirements", '[');
	for (size_t i = 0; i < run->requirement_count; i++) {
		const struct run_requirement *r = &run->requirements[i];
		out_open(j, NULL, '{');
		out_text(j, "id", r->id);
		out_text(j, "command", r->command);
		out_text(j, "section", r->section);
		out_number(j, "line", r->line);
		out_text(j, "grade", r->inferred ? "inferred" : "stated");
		out_text(j, "text", r->text);
		out_text_if(j, "judge", r->judge);
		out_text(j, "verdict", r->tested ? verdict_name(r->verdict) : "not tested");
		out_open(j, "cases", '{');
		for (unsigned v = 0; v < VERDICT_COUNT; v++)
			if (r->counts[v])
				out_number(j, verdict_name((enum verdict)v), (int64_t)r->counts[v]);
		out_close(j, '}');
		out_close(j, '}');
	}
	out_close(j, ']');
}

static void known(struct json_out *j, const struct run *run)
{
	out_open(j, "known_deviations", '[');
	for (size_t i = 0; i < run->known_count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "id", run->known[i].id);
		out_text(j, "requirement", run->known[i].requirement);
		out_text(j, "text", run->known[i].text);
		out_text(j, "source", run->known[i].source);
		out_close(j, '}');
	}
	out_close(j, ']');
}

static void probes(struct json_out *j, const struct run *run)
{
	out_open(j, "probes", '[');
	for (size_t i = 0; i < run->probe_count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "name", run->probes[i].name);
		out_flag(j, "ok", run->probes[i].ok);
		out_text(j, "text", run->probes[i].text);
		out_close(j, '}');
	}
	out_close(j, ']');
}

static void schedule(struct json_out *j, const struct run *run)
{
	out_open(j, "schedule", '{');
	if (run->shards) {
		out_number(j, "shard", run->shard);
		out_number(j, "shards", run->shards);
		out_number(j, "whole_count", run->whole_count);
		out_text(j, "whole_plan", run->whole_plan);
	}
	out_number(j, "shuffle", run->shuffle);
	out_number(j, "repeat", run->repeat);
	out_number(j, "retries", run->retries);
	out_number(j, "flaky_budget", run->flaky_budget);
	out_number(j, "resumed", run->resumed);
	out_close(j, '}');
}

static void held_against(struct json_out *j, const struct run *run)
{
	const struct run_baseline *b = &run->baseline;
	if (b->given) {
		out_open(j, "baseline", '{');
		out_text(j, "path", b->path);
		out_text(j, "run", b->run);
		out_text_if(j, "time", b->time);
		out_text_if(j, "iut", b->iut);
		out_text_if(j, "firmware", b->firmware);
		out_text_if(j, "profile", b->profile);
		out_close(j, '}');
	}
	if (!run->waiver_count)
		return;
	out_open(j, "waivers", '[');
	for (size_t i = 0; i < run->waiver_count; i++)
		out_waiver(j, NULL, &run->waivers[i]);
	out_close(j, ']');
}

static void parts(struct json_out *j, const struct run *run)
{
	if (!run->part_count)
		return;
	out_open(j, "parts", '[');
	for (size_t i = 0; i < run->part_count; i++) {
		const struct run_part *p = &run->parts[i];
		out_open(j, NULL, '{');
		out_text(j, "run", p->id);
		out_text(j, "time", p->time);
		out_text(j, "host", p->host);
		out_text(j, "iut", p->iut);
		out_text(j, "bench", p->bench);
		if (p->shard)
			out_number(j, "shard", p->shard);
		out_number(j, "cases", p->cases);
		out_text(j, "end", p->end);
		out_close(j, '}');
	}
	out_close(j, ']');
}

void out_run_extra(struct json_out *j, const struct run *run)
{
	static const char *const ends[] = { [RUN_CUT] = "cut",
		[RUN_COMPLETE] = "complete",
		[RUN_INTERRUPTED] = "interrupted",
		[RUN_UNUSABLE] = "iut-unusable",
		[RUN_RUNNER_DIED] = "runner-died",
		[RUN_INTERNAL] = "internal" };
	out_open_extra(j);
	out_number(j, "exit_code", run->exit_code);
	out_text(j, "outcome", run_outcome(run));
	out_text(j, "detail", run->detail);
	out_text(j, "end", ends[run->end]);
	out_open(j, "gates", '{');
	out_flag(j, "inferred", run->gate_inferred);
	out_flag(j, "strict", run->strict);
	out_flag(j, "require_all", run->require_all);
	out_close(j, '}');
	schedule(j, run);
	parts(j, run);
	boards_json(j, run);
	held_against(j, run);
	out_text(j, "time", run->time);
	out_time_account(j, run);
	out_list(j, "argv", (const char *const *)run->argv);
	out_text_if(j, "spec", run->spec);
	probes(j, run);
	wear_put(j, run);
	known(j, run);
	out_breaches(j, run->breaches, run->breach_count);
	ledger(j, run);
	out_close_extra(j);
}
