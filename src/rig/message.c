/* SPDX-License-Identifier: MIT */
/* What workers and the suite program's parent say: one table of messages, who may send them when.
 */
#include "rig/internal.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return strdup(text ? text : "");
}

static void take_said(struct said *said, const json_t *json, const char *verdict_key)
{
	said_finish(said);
	*said = (struct said){ .verdict = copy_text(json, verdict_key),
		.message = copy_text(json, "message"),
		.file = copy_text(json, "file"),
		.requirement = copy_text(json, "requirement"),
		.expected = copy_text(json, "expected"),
		.actual = copy_text(json, "actual"),
		.at = (int)json_integer_value(json_object_get(json, "at")) };
}

static int find_case(const struct rig *rig, const char *id)
{
	for (size_t i = 0; i < rig->plan->case_count; i++)
		if (strcmp(rig->plan->cases[i].id, id) == 0)
			return (int)i;
	return -1;
}

static void take_runner(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len, (void)json;
	worker->state = WORKER_RUNNER;
	event_del(&worker->timer);
}

static void take_result(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct rig *rig = worker->rig;
	const char *id = json_string_value(json_object_get(json, "case"));
	int index = id ? find_case(rig, id) : -1;
	if (index < 0 || !rig->cases[index].wanted) {
		header_note(rig, -1, "a result came for a case that is not planned");
		return;
	}
	struct case_state *state = &rig->cases[index];
	state->has_result = true;
	take_said(&state->by_criterion, json, "result");
	struct buf *line = journal_begin(rig->journal, "criterion", -1);
	journal_int(line, "c", index);
	journal_text(line, "result", state->by_criterion.verdict);
	journal_text(line, "message", state->by_criterion.message);
	journal_text(line, "file", state->by_criterion.file);
	journal_int(line, "at", state->by_criterion.at);
	journal_end(rig->journal);
	/* Its worker connected before this was sent, but perhaps nobody has looked yet. */
	worker_read_all(rig, true);
	verdict_try(rig, (size_t)index);
	schedule(rig);
}

static void refuse(struct worker *worker, const char *id, const char *why)
{
	char text[256];
	snprintf(text, sizeof(text), "a worker asked for \"%.120s\": %s", id, why);
	header_note(worker->rig, -1, text);
	worker->state = WORKER_REFUSED;
	worker_abort(worker, "error", text);
}

static void take_hello(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)len, (void)json;
	struct rig *rig = worker->rig;
	int index = find_case(rig, bytes);
	event_del(&worker->timer);
	if (index < 0 || !rig->cases[index].wanted) {
		refuse(worker, bytes, "there is no such case in this run's plan");
		return;
	}
	struct case_state *state = &rig->cases[index];
	if (state->worker || state->finished || state->gone) {
		refuse(worker, bytes, "that case has had its turn");
		return;
	}
	worker->case_index = index;
	worker->state = WORKER_QUEUED;
	state->worker = worker;
	if (rig->stopping)
		worker_abort(worker, NULL, "the run is over");
	schedule(rig);
}

static void take_tx(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)json;
	lease_send(worker, bytes, len);
}

static void take_uart(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct lane *lane = worker->lane;
	struct error error = { 0 };
	if (lane->running != LANE_NOTHING || lane->lost) {
		worker_answer(worker, false, "the line is busy or lost");
		return;
	}
	lane->uart = *link_uart(lane->link);
	if (grant_parse_uart(json, &lane->uart, &error))
		schedule_request(worker, LANE_UART);
	else
		worker_answer(worker, false, error.text);
}

static void take_reset(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct lane *lane = worker->lane;
	const char *how = json_string_value(json_object_get(json, "how"));
	if (!how || (strcmp(how, "reset") != 0 && strcmp(how, "power") != 0)) {
		worker_answer(worker, false, "\"how\" is reset or power");
	} else if (lane->running != LANE_NOTHING || lane->lost) {
		worker_answer(worker, false, "the line is busy or lost");
	} else {
		snprintf(lane->how, sizeof(lane->how), "%s", how);
		schedule_request(worker, LANE_SWITCH);
	}
}

static void take_control(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)json;
	struct lane *lane = worker->lane;
	if (lane->running != LANE_NOTHING || lane->lost) {
		worker_answer(worker, false, "the line is busy or lost");
		return;
	}
	buf_clear(&lane->json);
	buf_append(&lane->json, bytes, len);
	schedule_request(worker, LANE_CONTROL);
}

static void take_peer(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)json;
	peer_request(worker, bytes, len);
}

static void take_tolerate(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	bool on = json_is_true(json_object_get(json, "on"));
	struct buf *line = journal_begin(worker->rig->journal, "tolerate", -1);
	journal_int(line, "l", worker->lane->index);
	journal_int(line, "c", worker->case_index);
	journal_bool(line, "on", on);
	journal_text(line, "why", json_string_value(json_object_get(json, "why")));
	journal_end(worker->rig->journal);
	lease_tolerate(worker, on);
}

static void take_deviation(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	static const char *const keys[] = { "id", "requirement", "source", "command", "expected",
		"actual" };
	(void)bytes, (void)len;
	struct case_state *state = &worker->rig->cases[worker->case_index];
	struct buf *line = journal_begin(worker->rig->journal, "deviation", -1);
	journal_int(line, "c", worker->case_index);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		journal_text(line, keys[i], json_string_value(json_object_get(json, keys[i])));
	journal_end(worker->rig->journal);
	if (state->deviations++)
		return;
	struct buf text = { 0 };
	const char *id = json_string_value(json_object_get(json, "id"));
	const char *source = json_string_value(json_object_get(json, "source"));
	buf_printf(&text, "%s (%s)", id ? id : "", source ? source : "");
	state->deviation = copy_text(json, "requirement");
	state->deviation_text = buf_take(&text);
}

static void take_note(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct buf *line = journal_begin(worker->rig->journal, "note", -1);
	journal_int(line, "c", worker->case_index);
	journal_text(line, "text", json_string_value(json_object_get(json, "text")));
	journal_end(worker->rig->journal);
}

/* Time that the case says is the document's, inside its lease and no longer than a case may be. */
static void take_wait(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct rig *rig = worker->rig;
	int64_t granted = rig->cases[worker->case_index].granted_ns;
	int64_t now = journal_now(rig->journal);
	int64_t most = now + (int64_t)rig->plan->bench->timeouts_ms.case_total * 1000000;
	int64_t from = json_integer_value(json_object_get(json, "from"));
	int64_t to = json_integer_value(json_object_get(json, "to"));
	from = from < granted ? granted : from > now ? now : from;
	to = to < from ? from : to > most ? most : to;
	struct buf *line = journal_begin(rig->journal, "wait", now);
	journal_int(line, "l", worker->lane->index);
	journal_int(line, "c", worker->case_index);
	journal_int(line, "from", from - now);
	journal_int(line, "to", to - now);
	journal_text(line, "why", json_string_value(json_object_get(json, "why")));
	journal_end(rig->journal);
}

static void take_verdict(struct worker *worker, const char *bytes, size_t len, json_t *json)
{
	(void)bytes, (void)len;
	struct rig *rig = worker->rig;
	struct case_state *state = &rig->cases[worker->case_index];
	if (state->has_worker) {
		header_note(rig, worker->case_index,
			"the worker gave a second verdict; the first counts");
		return;
	}
	state->has_worker = true;
	take_said(&state->by_worker, json, "verdict");
	const struct said *said = &state->by_worker;
	struct buf *line = journal_begin(rig->journal, "worker", -1);
	journal_int(line, "c", worker->case_index);
	journal_text(line, "verdict", said->verdict);
	journal_text(line, "message", said->message);
	journal_text(line, "file", said->file);
	journal_int(line, "at", said->at);
	journal_text(line, "expected", said->expected);
	journal_text(line, "actual", said->actual);
	journal_end(rig->journal);
}

static const struct {
	enum channel_type type;
	enum worker_state from;
	bool json;
	void (*take)(struct worker *worker, const char *bytes, size_t len, json_t *json);
} messages[] = {
	{ CHANNEL_TX, WORKER_LEASED, false, take_tx },
	{ CHANNEL_HELLO, WORKER_NEW, false, take_hello },
	{ CHANNEL_VERDICT, WORKER_LEASED, true, take_verdict },
	{ CHANNEL_VERDICT, WORKER_QUEUED, true, take_verdict },
	{ CHANNEL_NOTE, WORKER_LEASED, true, take_note },
	{ CHANNEL_WAIT, WORKER_LEASED, true, take_wait },
	{ CHANNEL_DEVIATION, WORKER_LEASED, true, take_deviation },
	{ CHANNEL_TOLERATE, WORKER_LEASED, true, take_tolerate },
	{ CHANNEL_UART, WORKER_LEASED, true, take_uart },
	{ CHANNEL_RESET, WORKER_LEASED, true, take_reset },
	{ CHANNEL_CONTROL, WORKER_LEASED, false, take_control },
	{ CHANNEL_PEER, WORKER_LEASED, false, take_peer },
	{ CHANNEL_RUNNER, WORKER_NEW, false, take_runner },
	{ CHANNEL_RESULT, WORKER_RUNNER, true, take_result },
};

void message_take(struct worker *worker, enum channel_type type, const char *payload, size_t len)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].type != type || messages[i].from != worker->state)
			continue;
		json_t *json = NULL;
		if (messages[i].json)
			json = json_loadb(payload, len, JSON_ALLOW_NUL, NULL);
		if (!messages[i].json || json)
			messages[i].take(worker, payload, len, json);
		else
			header_note(worker->rig, worker->case_index,
				"a message of the suite program is no JSON");
		json_decref(json);
		return;
	}
	/* What a worker still says after ABORT is of no interest. */
	if (worker->state != WORKER_REFUSED && !worker->aborted)
		header_note(worker->rig, worker->case_index,
			"a message of the suite program came out of turn");
}
