/* SPDX-License-Identifier: MIT */
/* The traffic of a lease: worker to line and line to worker, every chunk journaled and shown to the
 * monitor. The hot path: one read, one send and one journal line a chunk, no allocation, no timer.
 * Nothing is queued beyond one chunk a direction: when the receiver has no room, reading stops. */
#include "rig/broker.h"
#include "rig/internal.h"

#include "monitor/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LAST_READS = 64 };

static int case_of(const struct lane *lane)
{
	return lane->worker ? lane->worker->case_index : -1;
}

static void on_breach(void *user, const struct breach *breach)
{
	struct lane *lane = user;
	if (!lane->worker)
		return;
	struct case_state *state = &lane->rig->cases[lane->worker->case_index];
	if (!state->breach) {
		state->breach = strdup(breach->requirement);
		state->breach_text = strdup(breach->text);
	}
	if (++lane->breaches > BREACHES_MAX)
		return;
	struct buf *line = journal_begin(lane->journal, "breach", -1);
	journal_int(line, "l", lane->index);
	journal_int(line, "c", lane->worker->case_index);
	journal_text(line, "id", breach->requirement);
	journal_text(line, "text", breach->text);
	buf_puts(line, ",\"bytes\":");
	buf_json_bytes(line, breach->bytes, breach->bytes ? breach->len : 0);
	journal_end(lane->journal);
}

static void on_piece(void *user, const struct line_piece *piece)
{
	struct lane *lane = user;
	bool done = piece->kind == LINE_FINAL && piece->pending && piece->ok && !piece->data;
	if (done && piece->command)
		nvs_answered(&lane->nvs, case_of(lane), piece->command);
}

void lease_create(struct lane *lane)
{
	const struct profile *profile = lane->rig->plan->profile;
	lane->monitor = monitor_create(lane->rig->plan->spec,
		profile ? (const char *const *)profile->noise : NULL, on_breach, lane);
	monitor_watch(lane->monitor,
		&(struct monitor_watcher){ .on_piece = on_piece, .user = lane, .always = true });
}

void lease_destroy(struct lane *lane)
{
	monitor_destroy(lane->monitor);
}

static void line_lost(struct lane *lane)
{
	lease_detach(lane);
	lane->lost = true;
	lane->dirty = true;
	struct buf *line = journal_begin(lane->journal, "line", -1);
	journal_int(line, "l", lane->index);
	journal_text(line, "what", "lost");
	journal_text(line, "text", lane->address);
	journal_end(lane->journal);
	if (lane->worker) {
		worker_abort(lane->worker, "inconclusive", "the line to the IUT was lost");
	} else {
		lane->state = LANE_STALE;
		schedule(lane->rig);
	}
}

static int64_t byte_ns(const struct lane *lane)
{
	const struct rig_uart *u = link_uart(lane->link);
	int64_t halves = 2 * (1 + u->databits + (u->parity != 'n')) + u->stopbits_x2;
	return u->baud > 0 ? halves * 500000000 / u->baud : 0;
}

/* No more than the time that has passed: not every line is as slow as its rate says. */
static void load_settle(struct lane_load *load, int64_t now)
{
	int64_t passed = now - load->last_ns;
	int64_t busy = load->owed_ns < passed ? load->owed_ns : passed;
	load->busy_ns += busy;
	load->owed_ns -= busy;
	load->last_ns = now;
}

static void load_sent(struct lane *lane, size_t len, int64_t now)
{
	load_settle(&lane->sent, now);
	lane->sent.owed_ns += (int64_t)len * lane->byte_ns;
}

/* These have been on the line before they are here. */
static void load_received(struct lane *lane, size_t len, int64_t now)
{
	lane->received.owed_ns = (int64_t)len * lane->byte_ns;
	load_settle(&lane->received, now);
	lane->received.owed_ns = 0;
}

int64_t lease_line_ns(struct lane *lane)
{
	load_settle(&lane->sent, journal_now(lane->journal));
	int64_t sent = lane->sent.busy_ns, received = lane->received.busy_ns;
	return sent > received ? sent : received;
}

/* Sends what stands in the lane's chunk. False when the worker has no room for it now. */
static bool pass_on(struct lane *lane, size_t len)
{
	struct worker *worker = lane->worker;
	if (!worker || worker->aborted)
		return true;
	if (send(worker->fd, lane->chunk, LANE_HEAD + len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return true;
	/* A worker that has gone is noticed where its socket is read. */
	return errno != EAGAIN && errno != ENOBUFS;
}

static void put_head(struct lane *lane, int64_t t_ns)
{
	uint64_t t = (uint64_t)t_ns;
	lane->chunk[0] = CHANNEL_RX;
	for (int i = 0; i < 8; i++)
		lane->chunk[1 + i] = (char)(t >> (8 * i) & 0xff);
}

/* One chunk from the line. False when there is none now. */
static bool take_chunk(struct lane *lane)
{
	ssize_t n = link_read(lane->link, lane->chunk + LANE_HEAD, LANE_CHUNK);
	if (n < 0)
		line_lost(lane);
	if (n <= 0)
		return false;
	int64_t t_ns = journal_now(lane->journal);
	load_received(lane, (size_t)n, t_ns);
	put_head(lane, t_ns);
	if (!pass_on(lane, (size_t)n)) {
		lane->held = (size_t)n;
		event_del(&lane->readable);
		lane->reading = false;
		event_add(&lane->worker->writable, NULL);
	}
	journal_bytes(lane->journal, "rx", lane->index, case_of(lane), lane->chunk + LANE_HEAD,
		(size_t)n, t_ns, lane->rx);
	if (lane->worker)
		monitor_received(lane->monitor, lane->chunk + LANE_HEAD, (size_t)n, t_ns);
	return lane->held == 0;
}

/* A case that does not do what it did when it was recorded can't be judged. */
static void check_recording(struct lane *lane)
{
	char why[700];
	struct worker *worker = lane->worker;
	if (worker && !worker->aborted && link_departed(lane->link, why, sizeof(why)))
		worker_abort(worker, "inconclusive", why);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	take_chunk(user);
	check_recording(user);
}

void lease_worker_writable(struct lane *lane)
{
	if (!lane->held)
		return;
	if (!pass_on(lane, lane->held)) {
		event_add(&lane->worker->writable, NULL);
		return;
	}
	lane->held = 0;
	if (lane->running == LANE_NOTHING && !lane->lost && !lane->reading) {
		event_add(&lane->readable, NULL);
		lane->reading = true;
	}
}

/* Writes what it can and says how much. */
static size_t put_bytes(struct lane *lane, const char *bytes, size_t len)
{
	ssize_t n = link_write(lane->link, bytes, len);
	if (n < 0)
		line_lost(lane);
	if (n <= 0)
		return 0;
	int64_t t_ns = journal_now(lane->journal);
	journal_bytes(
		lane->journal, "tx", lane->index, case_of(lane), bytes, (size_t)n, t_ns, lane->tx);
	monitor_sent(lane->monitor, bytes, (size_t)n, t_ns);
	load_sent(lane, (size_t)n, t_ns);
	return (size_t)n;
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct lane *lane = user;
	if (!lane->worker)
		return;
	buf_drop_front(&lane->unsent, put_bytes(lane, lane->unsent.data, lane->unsent.len));
	if (lane->lost)
		return;
	if (lane->unsent.len)
		event_add(&lane->writable, NULL);
	else if (!peer_answer_waits(lane))
		event_add(&lane->worker->readable, NULL);
}

void lease_send(struct worker *worker, const char *bytes, size_t len)
{
	struct lane *lane = worker->lane;
	if (lane->lost || worker->aborted)
		return;
	bool free = lane->unsent.len == 0 && lane->running == LANE_NOTHING;
	size_t done = free ? put_bytes(lane, bytes, len) : 0;
	if (done == len || lane->lost)
		return;
	/* No room on the line: the worker is not read until there is. */
	buf_append(&lane->unsent, bytes + done, len - done);
	event_del(&worker->readable);
	if (lane->running == LANE_NOTHING)
		event_add(&lane->writable, NULL);
}

void lease_tolerate(struct worker *worker, bool on)
{
	monitor_tolerate(worker->lane->monitor, on);
}

void lease_restarted(struct lane *lane)
{
	monitor_restarted(lane->monitor, journal_now(lane->journal));
}

void lease_retuned(struct lane *lane)
{
	/* What is there is of before. */
	while (!lane->lost && link_fd(lane->link) >= 0 && !lane->held && take_chunk(lane))
		;
	monitor_retuned(lane->monitor);
}

void lease_attach(struct lane *lane)
{
	int fd = link_fd(lane->link);
	if (fd < 0)
		return;
	lane->byte_ns = byte_ns(lane);
	if (!lane->reading) {
		lease_detach(lane);
		event_assign(&lane->readable, lane->rig->base, fd, EV_READ | EV_PERSIST,
			on_readable, lane);
		event_assign(&lane->writable, lane->rig->base, fd, EV_WRITE, on_writable, lane);
		if (!lane->held) {
			event_add(&lane->readable, NULL);
			lane->reading = true;
		}
	}
	if (lane->unsent.len)
		event_add(&lane->writable, NULL);
}

void lease_detach(struct lane *lane)
{
	if (event_initialized(&lane->readable)) {
		event_del(&lane->readable);
		event_del(&lane->writable);
	}
	lane->reading = false;
}

static void write_lease(struct lane *lane, const char *event, const struct worker *worker)
{
	const struct case_state *state = &lane->rig->cases[worker->case_index];
	struct buf *line = journal_begin(lane->journal, event, -1);
	journal_int(line, "l", lane->index);
	journal_int(line, "c", worker->case_index);
	if (strcmp(event, "lease") == 0) {
		journal_int(line, "attempt", state->number);
		if (state->why != ATTEMPT_FIRST)
			journal_text(line, "why", attempt_why_name(state->why));
		journal_int(line, "pid", worker->pid);
	}
	journal_end(lane->journal);
}

/* A replayed case is told the network of its recording. */
static void take_recorded_facts(struct lane *lane, const char *facts)
{
	json_t *json = json_loads(facts, 0, NULL);
	const char *module = json_string_value(json_object_get(json, "module_address"));
	snprintf(lane->network.module, sizeof(lane->network.module), "%s", module ? module : "");
	json_decref(json);
	free(lane->facts);
	lane->facts = strdup(facts);
}

/* And the monitor knows what it knew then: a module that may be about to start, or one that has
 * answered a command. */
static void begin_recorded(struct lane *lane, const char *case_id)
{
	static const char ask[] = "AT\r\n", answer[] = "\r\nOK\r\n";
	const struct recorded_start start = link_begin_case(lane->link, case_id);
	if (!start.known)
		return;
	if (start.facts)
		take_recorded_facts(lane, start.facts);
	lease_destroy(lane);
	lease_create(lane);
	if (start.fresh)
		return;
	int64_t now = journal_now(lane->journal);
	monitor_sent(lane->monitor, ask, strlen(ask), now);
	monitor_received(lane->monitor, answer, strlen(answer), now);
	monitor_end(lane->monitor, now);
}

void lease_begin(struct lane *lane, struct worker *worker)
{
	struct rig *rig = lane->rig;
	struct case_state *state = &rig->cases[worker->case_index];
	struct buf grant = { 0 };
	journal_flow_end(lane->journal, "rx", lane->index, -1, lane->rx);
	journal_flow_end(lane->journal, "tx", lane->index, -1, lane->tx);
	lane->state = LANE_LEASED;
	lane->worker = worker;
	lane->breaches = 0;
	worker->lane = lane;
	worker->state = WORKER_LEASED;
	state->leased = true;
	state->attempts = state->number;
	lane->settled = false;
	lane->settings.used = true;
	rig->unleased--;
	state->granted_ns = journal_now(rig->journal);
	lane->sent = lane->received = (struct lane_load){ .last_ns = state->granted_ns };
	monitor_tolerate(lane->monitor, false);
	write_lease(lane, "lease", worker);
	broker_lease_begin(lane);
	if (rig->plan->on_started)
		rig->plan->on_started(rig->plan->user, rig->plan->cases[worker->case_index].id);
	int ms = rig->plan->bench->timeouts_ms.case_total;
	event_add(&worker->timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	begin_recorded(lane, rig->plan->cases[worker->case_index].id);
	if (!grant_build(rig, worker, &grant))
		worker_abort(worker, "error", "the lease does not fit into one message");
	else
		channel_send(worker->fd, CHANNEL_GRANT, grant.data, grant.len);
	buf_finish(&grant);
}

static bool said_well(const struct case_state *state)
{
	static const char *const good[] = { "pass", "deviation", "unequipped", "skipped" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (strcmp(state->by_worker.verdict, good[i]) == 0)
			return true;
	return false;
}

/* A case leaves a line as it found it when it got what it wanted, or never spoke. */
static bool ended_well(const struct case_state *state)
{
	return state->has_worker && !state->has_abort && !state->breach && said_well(state);
}

static char *with_what_was_said(const char *why, const struct said *said)
{
	struct buf text = { 0 };
	buf_puts(&text, why);
	if (said->verdict && strcmp(said->verdict, "pass") != 0)
		buf_printf(&text, "; the case said %s: %s", said->verdict,
			said->message ? said->message : "");
	return buf_take(&text);
}

void lease_overrule(struct case_state *state, const char *why)
{
	if (state->has_abort || !state->has_worker || said_well(state))
		return;
	state->has_abort = true;
	state->by_rig.verdict = strdup("inconclusive");
	state->by_rig.message = with_what_was_said(why, &state->by_worker);
}

/* A case that is over before its recording is has departed from it, whatever it says. */
static void end_recorded(struct lane *lane, struct case_state *state)
{
	char why[700];
	if (!lane->link)
		return;
	if (!state->has_abort && link_departed(lane->link, why, sizeof(why))) {
		state->has_abort = true;
		state->by_rig.verdict = strdup("inconclusive");
		state->by_rig.message = with_what_was_said(why, &state->by_worker);
	}
	link_leave_case(lane->link);
}

void lease_end(struct worker *worker)
{
	struct lane *lane = worker->lane;
	struct case_state *state = &lane->rig->cases[worker->case_index];
	worker->aborted = true; /* nothing is passed on any more */
	/* What is already there belongs to this case: a second OK, say. */
	lane->held = 0;
	if (lane->link)
		link_end_case(lane->link);
	for (int i = 0; i < LAST_READS && lane->running == LANE_NOTHING && !lane->lost; i++)
		if (!take_chunk(lane))
			break;
	monitor_end(lane->monitor, journal_now(lane->journal));
	end_recorded(lane, state);
	journal_flow_end(lane->journal, "tx", lane->index, worker->case_index, lane->tx);
	journal_flow_end(lane->journal, "rx", lane->index, worker->case_index, lane->rx);
	peer_end(lane);
	broker_lease_end(lane);
	write_lease(lane, "release", worker);
	lane->dirty = lane->dirty || lane->lost || lane->unsent.len || !ended_well(state) ||
		      lane->rig->retrying;
	buf_clear(&lane->unsent);
	lane->worker = NULL;
	worker->lane = NULL;
	lane->state = lane->running == LANE_NOTHING ? LANE_STALE : LANE_BUSY;
	if (lane->running != LANE_NOTHING || lane->lost)
		return;
	lease_detach(lane);
	lease_attach(lane);
}
