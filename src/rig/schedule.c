/* SPDX-License-Identifier: MIT */
/* Which line does what next: recover, wait for a worker, serve one. */
#include "rig/broker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LATE_S = 5 };

static bool may_write(const struct lane *lane, const struct worker *worker)
{
	return !nvs_spent(&lane->nvs) ||
	       !nvs_is_writer(lane->rig->plan->cases[worker->case_index].tags);
}

static bool is_served(const struct case_state *state)
{
	return !state->wanted || state->leased || state->finished || state->gone;
}

/* The worker whose turn it is. There is one more of them than lines, so that it is there when a
 * line becomes free; the cases go in the run's order all the same, whichever came first. One whose
 * case writes to a flash that has had its share waits for another line. */
static struct worker *next_worker(const struct lane *lane)
{
	struct rig *rig = lane->rig;
	size_t count = rig->plan->case_count;
	while (rig->turn < count && is_served(&rig->cases[rig->order[rig->turn]]))
		rig->turn++;
	for (size_t i = rig->turn; i < count; i++) {
		const struct case_state *state = &rig->cases[rig->order[i]];
		struct worker *w = state->worker;
		if (is_served(state) || (w && (w->aborted || !may_write(lane, w))))
			continue;
		if (!w && state->late)
			continue;
		return w && w->state == WORKER_QUEUED ? w : NULL;
	}
	return NULL;
}

/* A case that no line may write for any more. */
static void skip_spent(struct rig *rig)
{
	for (struct worker *w = rig->workers; w; w = w->next) {
		bool possible = w->state != WORKER_QUEUED || w->aborted;
		for (size_t i = 0; i < rig->lane_count && !possible; i++)
			possible = rig->lanes[i].state != LANE_OUT && may_write(&rig->lanes[i], w);
		char why[120];
		long long most = (long long)rig->lanes[0].nvs.most;
		snprintf(why, sizeof(why),
			"it writes to flash, and the line has had the %lld write%s allowed", most,
			most == 1 ? "" : "s");
		if (!possible)
			worker_abort(w, "skipped", why);
	}
}

static void recover(struct lane *lane)
{
	lease_detach(lane);
	lane->state = LANE_BUSY;
	lane_start(lane, LANE_RECOVER);
}

/* Before a lease always; after the last one only to leave the IUT as it was found. */
static bool wants_recovery(const struct lane *lane)
{
	const struct rig *rig = lane->rig;
	if (lane->state != LANE_STALE || lane->running != LANE_NOTHING)
		return false;
	if (rig->unleased && rig->granting)
		return true;
	return lane->dirty && !lane->lost && !rig->stopping;
}

static void check_lanes(struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++)
		if (rig->lanes[i].state != LANE_OUT)
			return;
	if (!rig->unleased || rig->stopping)
		return;
	char text[700];
	snprintf(text, sizeof(text), "%s%s",
		rig->lane_count > 1 ? "no board is left, the last one: " : "",
		rig->last_out->error.text);
	rig_stop(rig, RIG_UNUSABLE, 0, text);
}

static bool any_leased(const struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++)
		if (rig->lanes[i].worker)
			return true;
	return false;
}

/* Whether a case that was leased still waits for its verdict. */
static bool any_open(const struct rig *rig)
{
	for (size_t i = 0; i < rig->plan->case_count; i++) {
		const struct case_state *state = &rig->cases[i];
		if (state->wanted && state->leased && !state->finished)
			return true;
	}
	return false;
}

/* The worker that gets this line now: the one whose turn it is, unless its broker has to be started
 * first, or can't be. */
static struct worker *worker_for(struct lane *lane)
{
	struct rig *rig = lane->rig;
	struct worker *worker;
	while ((worker = next_worker(lane))) {
		struct error why = { 0 };
		switch (broker_gate(lane, &rig->plan->cases[worker->case_index], &why)) {
		case BROKER_FINE:
			return worker;
		case BROKER_LATER:
			return NULL;
		case BROKER_NEVER:
			worker_abort(worker, "inconclusive", why.text);
		}
	}
	return NULL;
}

void schedule(struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count && !rig->stopping; i++) {
		struct lane *lane = &rig->lanes[i];
		if (wants_recovery(lane))
			recover(lane);
		struct worker *worker =
			rig->granting && lane->state == LANE_READY ? worker_for(lane) : NULL;
		if (worker)
			lease_begin(lane, worker);
	}
	if (!rig->stopping) {
		check_lanes(rig);
		skip_spent(rig);
	}
	if (rig->cut_short && !rig->stopping && !any_open(rig))
		runner_kill(rig, SIGKILL);
	if (rig->failed_fast && !rig->stopping && !any_leased(rig))
		rig_stop(rig, RIG_COMPLETE, 0, "stopped after the first fail, as asked");
	rig_check_done(rig);
}

static bool any_ready(const struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++)
		if (rig->lanes[i].state == LANE_READY)
			return true;
	return false;
}

static bool any_queued(const struct rig *rig)
{
	for (const struct worker *w = rig->workers; w; w = w->next)
		if (w->state == WORKER_QUEUED && !w->aborted)
			return true;
	return false;
}

/* Criterion does not speak of a worker that was killed as it began: the others would wait for it
 * for ever. */
void schedule_tick(struct rig *rig)
{
	size_t count = rig->plan->case_count, i = rig->turn;
	if (!rig->granting)
		return;
	while (i < count &&
		(is_served(&rig->cases[rig->order[i]]) || rig->cases[rig->order[i]].late))
		i++;
	bool waits =
		i < count && !rig->cases[rig->order[i]].worker && any_ready(rig) && any_queued(rig);
	rig->absent_s = waits && i == rig->absent ? rig->absent_s + 1 : 0;
	rig->absent = i;
	if (rig->absent_s < LATE_S)
		return;
	rig->cases[rig->order[i]].late = true;
	schedule(rig);
}

void schedule_request(struct worker *worker, enum lane_job job)
{
	struct lane *lane = worker->lane;
	/* Power may take the port away and bring another one. */
	if (job == LANE_SWITCH)
		lease_detach(lane);
	worker->asked = CHANNEL_ACK;
	lane_start(lane, job);
}

void schedule_out(struct lane *lane)
{
	char text[700];
	lane->state = LANE_OUT;
	lane->rig->last_out = lane;
	struct buf *line = journal_begin(lane->journal, "line", -1);
	journal_int(line, "l", lane->index);
	journal_text(line, "what", "out");
	journal_text(line, "address", lane->address);
	journal_text(line, "text", lane->error.text);
	journal_end(lane->journal);
	snprintf(text, sizeof(text), "line %d is out: %s", lane->index, lane->error.text);
	header_note(lane->rig, -1, text);
}

static void recovered(struct lane *lane)
{
	lane->settled = lane->ok && lane->dirty;
	lane->dirty = false;
	if (lane->ok) {
		if (lane->altered) {
			lease_destroy(lane);
			lease_create(lane);
		}
		lane->lost = false;
		lane->state = LANE_READY;
		lease_attach(lane);
		return;
	}
	if (!lane->rig->stopping) {
		schedule_out(lane);
		return;
	}
	/* Given up because the run is over, not because there was no way. */
	lane->state = LANE_STALE;
	lane->dirty = true;
}

/* What a replay has to answer. */
static void journal_control(struct lane *lane)
{
	struct buf *line = journal_begin(lane->journal, "control", -1);
	journal_int(line, "l", lane->index);
	journal_int(line, "c", lane->worker ? lane->worker->case_index : -1);
	journal_text(line, "json", buf_text(&lane->json));
	journal_text(line, "answer", lane->ok ? buf_text(&lane->text) : "");
	journal_bool(line, "ok", lane->ok);
	journal_end(lane->journal);
}

/* A job that a worker asked for. */
static void answered(struct lane *lane, enum lane_job job)
{
	struct worker *worker = lane->worker;
	if (job == LANE_SWITCH)
		lease_restarted(lane);
	if (job == LANE_UART && lane->ok)
		lease_retuned(lane);
	if (job == LANE_CONTROL)
		journal_control(lane);
	if (!worker) {
		lane->state = LANE_STALE;
		lane->dirty = true;
	}
	lane->lost = lane->lost || link_fd(lane->link) < 0;
	if (!lane->lost)
		lease_attach(lane);
	if (worker && worker->asked)
		worker_answer(worker, lane->ok,
			!lane->ok             ? lane->error.text
			: job == LANE_CONTROL ? buf_text(&lane->text)
					      : "");
}

static void lane_done(struct lane *lane)
{
	enum lane_job job = lane->running;
	if (!lane_take(lane))
		return;
	if (job == LANE_OPEN)
		opening_done(lane);
	else if (job == LANE_RECOVER)
		recovered(lane);
	else
		answered(lane, job);
}

void schedule_done(struct rig *rig)
{
	uint64_t count;
	ssize_t n = read(rig->done_fd, &count, sizeof(count));
	(void)n;
	for (size_t i = 0; i < rig->lane_count; i++)
		lane_done(&rig->lanes[i]);
	schedule(rig);
}
