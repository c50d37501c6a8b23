/* SPDX-License-Identifier: MIT */
/* The final verdict of a case: pass only if its worker said so, and Criterion reports a pass, and
 * the monitor was silent. */
#include "base/cleanup.h"
#include "rig/internal.h"
#include "rig/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
	const char *verdict, *requirement, *message, *file, *expected, *actual;
	int at;
};

void said_finish(struct said *said)
{
	free(said->verdict);
	free(said->message);
	free(said->file);
	free(said->requirement);
	free(said->expected);
	free(said->actual);
	*said = (struct said){ 0 };
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static bool known(const char *verdict)
{
	static const char *const all[] = { "pass", "fail", "deviation", "inconclusive",
		"unequipped", "error", "n/a", "skipped" };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (is(verdict, all[i]))
			return true;
	return false;
}

static struct outcome as_said(const struct said *said, const char *verdict)
{
	return (struct outcome){ .verdict = verdict,
		.requirement = said->requirement,
		.message = said->message,
		.file = said->file,
		.expected = said->expected,
		.actual = said->actual,
		.at = said->at };
}

/* What says nothing of the module can't hide what the monitor saw of it. */
static bool excused(const char *verdict)
{
	return is(verdict, "unequipped") || is(verdict, "n/a") || is(verdict, "skipped");
}

static void breached(struct outcome *out, const struct case_state *state)
{
	out->verdict = "fail";
	out->requirement = state->breach;
	out->message = state->breach_text;
}

/* The worker said pass: do the others agree? */
static struct outcome judge_pass(const struct case_state *state, char *text, size_t size)
{
	const struct said *criterion = &state->by_criterion;
	struct outcome out = as_said(&state->by_worker, "pass");
	if (!state->has_result || !is(criterion->verdict, "pass")) {
		out = as_said(criterion, "error");
		snprintf(text, size, "the case passed, but then its process ended badly (%s%s%s)",
			state->has_result ? criterion->verdict : "the suite program died",
			criterion->message && *criterion->message ? ": " : "",
			criterion->message ? criterion->message : "");
		out.message = text;
	} else if (state->breach) {
		breached(&out, state);
	} else if (state->deviations) {
		out.verdict = "deviation";
		out.requirement = state->deviation;
		if (!out.message || !*out.message)
			out.message = state->deviation_text;
	}
	return out;
}

static struct outcome judge_silent(const struct case_state *state, char *text, size_t size)
{
	const struct said *criterion = &state->by_criterion;
	if (is(criterion->verdict, "fail"))
		return as_said(criterion, "fail");
	struct outcome out = as_said(criterion, "error");
	snprintf(text, size, "the worker ended without a verdict (%s%s%s)",
		state->has_result ? criterion->verdict : "the suite program died",
		criterion->message && *criterion->message ? ": " : "",
		criterion->message ? criterion->message : "");
	out.message = text;
	return out;
}

/* The rig's word, because it came first; the worker's say is where it was then. */
static struct outcome judge_aborted(const struct case_state *state)
{
	struct outcome out = as_said(&state->by_worker, state->by_rig.verdict);
	out.message = state->by_rig.message;
	return out;
}

static struct outcome judge(const struct case_state *state, char *text, size_t size)
{
	if (state->has_abort)
		return judge_aborted(state);
	if (!state->has_worker)
		return judge_silent(state, text, size);
	const char *verdict = state->by_worker.verdict;
	bool good = is(verdict, "pass") || is(verdict, "deviation");
	if (good)
		return judge_pass(state, text, size);
	struct outcome out = as_said(&state->by_worker, verdict);
	if (state->breach && excused(verdict)) {
		breached(&out, state);
	} else if (!known(verdict)) {
		out.verdict = "error";
		snprintf(text, size, "the worker gave an unknown verdict, \"%.40s\"", verdict);
		out.message = text;
	}
	return out;
}

static const char *grade_of(const struct rig *rig, const char *requirement)
{
	const struct requirement *r =
		requirement ? spec_requirement(rig->plan->spec, requirement) : NULL;
	return r && r->grade == GRADE_INFERRED ? "inferred" : "stated";
}

/* What is tried again. */
static bool is_bad(const char *verdict)
{
	return is(verdict, "fail") || is(verdict, "error") || is(verdict, "inconclusive");
}

/* A retry that was not made heals nothing (verdict_after in src/report/verdict.c says the same). */
static bool heals(const char *verdict)
{
	return is(verdict, "pass") || is(verdict, "deviation");
}

/* What this attempt makes of the case: whether it is to be tried again, or the run ends with it. */
static void keep_score(struct rig *rig, struct case_state *state, const char *verdict)
{
	bool bad = is_bad(verdict);
	bool healed = state->why == ATTEMPT_RETRY && heals(verdict);
	if (!state->wanted) {
		state->decided = true;
		return;
	}
	if (state->why == ATTEMPT_RETRY)
		state->retried++;
	else
		state->judged++;
	state->bad = bad || (state->bad && !healed);
	state->failed = is(verdict, "fail") || (state->failed && state->bad);
	state->cut = false;
	state->attempts = state->number;
	bool stands = state->why == ATTEMPT_RETRY && !bad && !healed && state->failed;
	if (!rig->plan->fail_fast || (!is(verdict, "fail") && !stands))
		return;
	rig->granting = false;
	if (state->retried < rig->plan->schedule.retries)
		rig->cut_short = true;
	else
		rig->failed_fast = true;
}

static void write_verdict(struct rig *rig, size_t index, const struct outcome *outcome)
{
	const struct rig_case *c = &rig->plan->cases[index];
	struct case_state *state = &rig->cases[index];
	const char *requirement = outcome->requirement;
	if (!requirement || !*requirement)
		requirement = c->requirements && c->requirements[0] ? c->requirements[0] : "";
	int64_t ns = state->leased ? state->gone_ns - state->granted_ns : 0;
	struct buf *line = journal_begin(rig->journal, "verdict", -1);
	journal_int(line, "c", (int64_t)index);
	journal_int(line, "attempt", state->number);
	if (state->why != ATTEMPT_FIRST)
		journal_text(line, "why", attempt_why_name(state->why));
	journal_text(line, "verdict", outcome->verdict);
	journal_text(line, "requirement", requirement);
	journal_text(line, "grade", grade_of(rig, requirement));
	journal_text(line, "message", outcome->message);
	journal_text(line, "file", outcome->file);
	journal_int(line, "at", outcome->at);
	journal_text(line, "expected", outcome->expected);
	journal_text(line, "actual", outcome->actual);
	journal_int(line, "ms", ns / 1000000);
	journal_end(rig->journal);
	state->finished = true;
	if (state->wanted && !state->leased)
		rig->unleased--;
	keep_score(rig, state, outcome->verdict);
	struct buf masked AUTO_BUF = { 0 };
	const char *message = outcome->message ? outcome->message : "";
	if (secrets_mask_text(journal_secrets(rig->journal), message, &masked))
		message = masked.data;
	if (rig->plan->on_verdict)
		rig->plan->on_verdict(
			rig->plan->user, index, state->why, outcome->verdict, message);
}

void verdict_try(struct rig *rig, size_t case_index)
{
	struct case_state *state = &rig->cases[case_index];
	if (!state->wanted || state->finished || state->worker || state->dropped)
		return;
	if (!state->has_result && (rig->again || !(rig->runner_gone && state->leased)))
		return;
	/* Ended from outside: what Criterion did not report any more is missing, not broken. */
	if (rig->stopping && !(state->leased && state->has_result))
		return;
	char text[600];
	struct outcome outcome = judge(state, text, sizeof(text));
	write_verdict(rig, case_index, &outcome);
}

void verdict_decided(struct rig *rig)
{
	for (size_t i = 0; i < rig->plan->case_count; i++) {
		const struct rig_case *c = &rig->plan->cases[i];
		if (!c->decided || rig->cases[i].decided)
			continue;
		rig->cases[i].number = 1;
		write_verdict(rig, i,
			&(struct outcome){ .verdict = c->decided, .message = c->decided_why });
	}
}

void verdict_reset(struct case_state *state)
{
	said_finish(&state->by_worker);
	said_finish(&state->by_criterion);
	said_finish(&state->by_rig);
	free(state->breach);
	free(state->breach_text);
	free(state->deviation);
	free(state->deviation_text);
	state->breach = state->breach_text = state->deviation = state->deviation_text = NULL;
	state->finished = state->leased = state->gone = state->dropped = state->late = false;
	state->has_worker = state->has_result = state->has_abort = false;
	state->deviations = 0;
	state->worker = NULL;
	state->granted_ns = state->gone_ns = 0;
}

void verdict_runner_gone(struct rig *rig)
{
	for (size_t i = 0; i < rig->plan->case_count; i++)
		verdict_try(rig, i);
}
