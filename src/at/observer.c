/* SPDX-License-Identifier: MIT */
/* The verbs about observers: clients of the line's broker that the rig runs. */
#include "at/broker.h"

#include "at/case-name.h"
#include "at/leave.h"
#include "at/message-text.h"
#include "at/peer-request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Static: a verdict leaves by a jump, and what it leaves behind must stay reachable. */
static char *connect_options;
static struct buf received_topic, received_payload;

static void set_missing(json_t *options, const char *key, const char *value)
{
	if (!json_object_get(options, key))
		json_object_set_new(options, key, json_string(value));
}

/* What the case does not say: an id of its own, and the name that the broker takes. */
static bool complete_options(const char *given)
{
	static int count;
	json_t *options = given ? json_loads(given, 0, NULL) : json_object();
	if (!json_is_object(options)) {
		json_decref(options);
		return session_end(
			&at_session, "error", "an observer's options are no JSON: %s", given);
	}
	const char *name = grant_network(&at_session.grant, "broker.username");
	const char *password = grant_network(&at_session.grant, "broker.password");
	set_missing(options, "client_id", fmt("ac-%s-o%d", case_number(), ++count));
	if (name && !json_object_get(options, "username")) {
		json_object_set_new(options, "username", json_string(name));
		set_missing(options, "password", password ? password : "");
	}
	free(connect_options);
	connect_options = json_dumps(options, JSON_COMPACT);
	json_decref(options);
	return true;
}

bool at_observer_tried(const char *file, int line, const char *options, int *number)
{
	struct answer out = { .may_be_refused = true };
	at_needs(file, line, "broker");
	if (!complete_options(options))
		at_leave(file, line);
	request_begin("connect", -1);
	request_text("kind", "mqtt");
	request_options(connect_options);
	if (!request_ask(NULL, 0, bench_ms("mqtt"), &out))
		at_leave(file, line);
	*number = out.refused ? -1 : (int)request_told("peer");
	return !out.refused;
}

/* The broker is the tester's side: what it does not do for an observer is nobody's failure. */
int at_observer(const char *file, int line, const char *options)
{
	int number;
	if (at_observer_tried(file, line, options, &number))
		return number;
	session_end(&at_session, "error", "the observer can't connect to the broker: %s",
		peer_told("text"));
	at_leave(file, line);
}

void at_observer_leave(const char *file, int line, int number, const char *how)
{
	request_begin("disconnect", number);
	request_text("how", how);
	request_finish(file, line);
}

void at_observe(const char *file, int line, int number, const char *filter, int qos)
{
	request_begin("subscribe", number);
	request_text("topic", filter);
	request_member("qos", qos);
	request_finish(file, line);
}

static void begin_publish(int number, const char *topic_, int qos, bool retain)
{
	request_begin("publish", number);
	request_text("topic", topic_);
	request_member("qos", qos);
	request_json("retain", retain ? "true" : "false");
}

void at_publish(const char *file, int line, int number, const char *topic_, const void *payload,
	size_t len, int qos, bool retain)
{
	struct answer out = { 0 };
	begin_publish(number, topic_, qos, retain);
	if (!request_ask(payload ? payload : "", len, bench_ms("mqtt"), &out))
		at_leave(file, line);
}

void at_publish_pattern(const char *file, int line, int number, const char *topic_, uint64_t seed,
	size_t len, size_t messages, int qos)
{
	struct answer out = { 0 };
	begin_publish(number, topic_, qos, false);
	request_json("pattern", fmt("{\"seed\":%llu,\"bytes\":%zu,\"messages\":%zu}",
					(unsigned long long)seed, len, messages));
	if (!request_ask(NULL, 0, bench_ms("mqtt"), &out))
		at_leave(file, line);
}

static const struct message *next_message(const char *file, int line, int number, int timeout_ms)
{
	static struct message last;
	struct answer out = { 0 };
	request_begin("message", number);
	request_member("timeout_ms", timeout_ms);
	if (!request_ask(NULL, 0, timeout_ms, &out))
		at_leave(file, line);
	if (strcmp(peer_told("none"), "true") == 0)
		return NULL;
	buf_clear(&received_topic);
	buf_puts(&received_topic, peer_told("topic"));
	buf_clear(&received_payload);
	buf_append(&received_payload, out.bytes, out.len);
	last = (struct message){ .link = -1,
		.topic = buf_text(&received_topic),
		.payload = (const uint8_t *)buf_text(&received_payload),
		.len = received_payload.len,
		.qos = (int)request_told("qos"),
		.retain = strcmp(peer_told("retain"), "true") == 0,
		.duplicate = strcmp(peer_told("duplicate"), "true") == 0 };
	return &last;
}

const struct message *at_message(const char *file, int line, int number, int timeout_ms)
{
	return next_message(
		file, line, number, timeout_ms ? timeout_ms : at_session.grant.answer_ms);
}

static void put_quality(struct buf *out, int qos, bool retain)
{
	buf_printf(out, ", QoS %d%s", qos, retain ? ", retained" : "");
}

void at_expect_message(const char *file, int line, int number, const char *topic_,
	const void *payload, size_t len, int qos, bool retain, int timeout_ms)
{
	const struct message *m = at_message(file, line, number, timeout_ms);
	struct message expected = { .topic = topic_, .payload = payload, .len = len };
	if (m && message_same(m, &expected) && m->qos == qos && m->retain == retain)
		return;
	struct outcome *o = &at_session.outcome;
	message_show(&o->expected, &expected);
	put_quality(&o->expected, qos, retain);
	if (m) {
		message_show(&o->actual, m);
		put_quality(&o->actual, m->qos, m->retain);
	} else {
		buf_puts(&o->actual, "nothing");
	}
	session_end(&at_session, "fail", "the observer was to receive %s, and received %s",
		buf_text(&o->expected), buf_text(&o->actual));
	at_leave(file, line);
}

void at_no_message(const char *file, int line, int number, int ms)
{
	int64_t since = clock_ns();
	const struct message *m = next_message(file, line, number, ms);
	if (!m) {
		if (!session_waited(&at_session, since, "the broker is to get nothing"))
			at_leave(file, line);
		return;
	}
	struct outcome *o = &at_session.outcome;
	message_show(&o->actual, m);
	session_end(&at_session, "fail", "the observer was to receive nothing, and received %s",
		buf_text(&o->actual));
	at_leave(file, line);
}
