/* SPDX-License-Identifier: MIT */
/* Rounds of attempts. Criterion runs a test once, so the suite program is started for each round:
 * as often as cases are repeated, then for those that are tried again. */
#include "rig/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* What is known of a run that goes on. */
static void take_before(struct case_state *state, const struct rig_before *before)
{
	state->attempts = before->attempts;
	state->judged = before->judged;
	state->retried = before->retried;
	state->decided = before->decided;
	state->bad = before->bad;
	state->failed = before->failed;
	state->cut = before->cut;
}

void pass_prepare(struct rig *rig)
{
	size_t count = rig->plan->case_count;
	rig->repeat = rig->plan->schedule.repeat > 0 ? rig->plan->schedule.repeat : 1;
	rig->order = calloc(count + 1, sizeof(*rig->order));
	if (!rig->order)
		abort();
	for (size_t i = 0; i < count && rig->plan->resume; i++)
		take_before(&rig->cases[i], &rig->plan->resume->cases[i]);
}

void pass_finish(struct rig *rig)
{
	free(rig->order);
}

static bool is_due(const struct rig *rig, size_t index)
{
	const struct case_state *state = &rig->cases[index];
	return !state->decided && state->judged < rig->repeat;
}

/* After its repetitions; with --fail-fast as soon as it has failed. */
static bool is_to_be_retried(const struct rig *rig, size_t index)
{
	const struct case_state *state = &rig->cases[index];
	return state->bad && state->retried < rig->plan->schedule.retries &&
	       (!is_due(rig, index) || (rig->plan->fail_fast && state->failed));
}

static bool any(const struct rig *rig, bool (*wanted)(const struct rig *rig, size_t index))
{
	for (size_t i = 0; i < rig->plan->case_count; i++)
		if (wanted(rig, i))
			return true;
	return false;
}

bool pass_left(const struct rig *rig)
{
	return any(rig, is_due) || any(rig, is_to_be_retried);
}

/* splitmix64: the same everywhere, unlike the C library's. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Of the whole plan, so that what is left of a run has the order that it had. */
static void put_in_order(struct rig *rig, int round)
{
	size_t count = rig->plan->case_count;
	uint64_t random = (uint64_t)rig->plan->schedule.shuffle * 1000003 + (uint64_t)round;
	for (size_t i = 0; i < count; i++)
		rig->order[i] = i;
	for (size_t i = count; i > 1 && rig->plan->schedule.shuffle; i--) {
		size_t other = next_random(&random) % i;
		size_t last = rig->order[i - 1];
		rig->order[i - 1] = rig->order[other];
		rig->order[other] = last;
	}
}

static void want(struct rig *rig, struct case_state *state)
{
	state->cut = state->cut || (rig->again && state->leased && !state->finished);
	verdict_reset(state);
	state->wanted = true;
	state->number = state->attempts + 1;
	state->why = rig->retrying ? ATTEMPT_RETRY : state->cut ? ATTEMPT_RESUME : ATTEMPT_REPEAT;
	if (state->number == 1)
		state->why = ATTEMPT_FIRST;
	rig->unleased++;
}

/* Chooses the cases; gives the number of the round, which the order depends on. */
static int choose(struct rig *rig)
{
	bool (*wanted)(const struct rig *rig, size_t index) =
		rig->retrying ? is_to_be_retried : is_due;
	int round = 0;
	rig->unleased = 0;
	for (size_t i = 0; i < rig->plan->case_count; i++) {
		struct case_state *state = &rig->cases[i];
		state->wanted = false;
		if (!wanted(rig, i))
			continue;
		want(rig, state);
		int own = 1 + (rig->retrying ? rig->repeat + state->retried : state->judged);
		round = round && round < own ? round : own;
	}
	return round;
}

/* A case that is tried again must not meet what it left behind. */
static void settle_lanes(struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++) {
		struct lane *lane = &rig->lanes[i];
		if (lane->settled || lane->state == LANE_OUT)
			continue;
		lane->dirty = true;
		lane->state = LANE_STALE;
	}
}

static void announce(struct rig *rig)
{
	char text[120];
	snprintf(text, sizeof(text), "%zu case%s tried again, from a settled module", rig->unleased,
		rig->unleased == 1 ? " is" : "s are");
	header_note(rig, -1, text);
	if (rig->plan->on_more)
		rig->plan->on_more(rig->plan->user, rig->unleased);
}

bool pass_begin(struct rig *rig)
{
	struct error error = { 0 };
	bool retry = any(rig, is_to_be_retried);
	bool due = any(rig, is_due);
	if (!retry && !due)
		return false;
	runner_reap(rig);
	rig->retrying = retry && (!due || rig->plan->fail_fast);
	rig->cut_short = false;
	put_in_order(rig, choose(rig));
	rig->again = false;
	rig->turn = 0;
	if (rig->retrying) {
		settle_lanes(rig);
		announce(rig);
	}
	rig->granting = true;
	if (runner_start(rig, &error) < 0) {
		rig_stop(rig, RIG_RUNNER_DIED, 0, error.text);
		return false;
	}
	schedule(rig);
	return true;
}
