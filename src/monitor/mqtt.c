/* SPDX-License-Identifier: MIT */
#include "monitor/mqtt.h"

#include "base/text.h"
#include "line/known.h"
#include "monitor/mqtt-command.h"
#include "monitor/mqtt-record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { STATE_UNKNOWN, STATE_CONNECTED, STATE_CLOSING, STATE_CLOSED };
enum { PORTS_MAX = 16, CLIENT_MODULE = -1 };

struct mqtt {
	mqtt_breach_fn *on_breach;
	void *user;
	enum state state;
	/* The broker of the line: it runs; all its users are known. */
	bool running, only;
	char host[MQTT_TEXT_MAX];
	uint16_t ports[PORTS_MAX];
	bool to_broker;  /* the module's connection leads to it */
	bool unsure;     /* a message may come that the session does not show */
	bool persistent; /* a session may hold messages of an earlier time */
	struct mqtt_book book;
	struct record *raw; /* published by AT+MQTTPUBRAW, and not answered yet */
	struct buf given;
	/* The +MQTTSUBRECV whose data comes. */
	bool reading;
	size_t announced;
	char topic[MQTT_TEXT_MAX];
	struct buf payload;
};

struct mqtt *mqtt_create(mqtt_breach_fn *on_breach, void *user)
{
	struct mqtt *m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	m->on_breach = on_breach;
	m->user = user;
	return m;
}

void mqtt_destroy(struct mqtt *m)
{
	if (!m)
		return;
	mqtt_book_finish(&m->book);
	buf_finish(&m->given);
	buf_finish(&m->payload);
	free(m);
}

static void module_unknown(struct mqtt *m, enum state state)
{
	m->state = state;
	m->reading = false;
	m->to_broker = false;
	m->raw = NULL;
	buf_clear(&m->given);
	mqtt_book_interrupt(&m->book);
}

void mqtt_forget(struct mqtt *m)
{
	module_unknown(m, STATE_UNKNOWN);
	m->unsure = m->persistent = false;
	mqtt_book_forget(&m->book);
}

void mqtt_restarted(struct mqtt *m, bool started)
{
	module_unknown(m, started ? STATE_CLOSED : STATE_UNKNOWN);
}

/* ---- the broker and its clients ---- */

static void ready(struct mqtt *m, const struct monitor_mqtt *event)
{
	size_t count = 0;
	m->running = true;
	m->only = event->only;
	snprintf(m->host, sizeof(m->host), "%s", event->host ? event->host : "");
	for (; event->ports && event->ports[count] && count + 1 < PORTS_MAX; count++)
		m->ports[count] = event->ports[count];
	m->ports[count] = 0;
}

void mqtt_event(struct mqtt *m, const struct monitor_mqtt *event)
{
	switch (event->what) {
	case MONITOR_MQTT_READY:
		ready(m, event);
		break;
	case MONITOR_MQTT_ENDED:
		m->running = false;
		mqtt_book_interrupt(&m->book);
		break;
	case MONITOR_MQTT_OTHERS:
		m->unsure = true;
		break;
	case MONITOR_MQTT_PUBLISHED:
		mqtt_book_add(&m->book,
			&(struct publication){
				.client = event->client,
				.topic = event->topic,
				.payload = event->payload,
				.len = event->len,
				.qos = event->qos,
				.retain = event->retain,
				.repeats = event->will,
				.live = m->state == STATE_CONNECTED && m->to_broker && !event->will,
			});
		break;
	}
}

/* ---- commands ---- */

static struct record *publish(struct mqtt *m, const struct mqtt_words *words, const void *payload,
	size_t len, bool repeats)
{
	return mqtt_book_add(
		&m->book, &(struct publication){
				  .client = CLIENT_MODULE,
				  .topic = words->name,
				  .payload = payload,
				  .len = len,
				  .qos = words->qos,
				  .retain = words->retain,
				  .repeats = repeats,
				  .live = m->state == STATE_CONNECTED && m->to_broker && !repeats,
			  });
}

static bool leads_to_broker(const struct mqtt *m, const struct mqtt_words *words)
{
	const uint16_t *port = m->ports;
	if (!m->running || strcmp(words->name, m->host) != 0)
		return false;
	while (*port && *port != words->port)
		port++;
	return *port != 0;
}

void mqtt_command(struct mqtt *m, const char *command)
{
	struct mqtt_words words;
	if (!mqtt_command_read(command, &words))
		return;
	m->unsure = m->unsure || (words.unsure && words.kind != MQTT_COMMAND_CLEAN);
	switch (words.kind) {
	case MQTT_COMMAND_NONE:
	case MQTT_COMMAND_SUB:
		break;
	case MQTT_COMMAND_PUBRAW:
		m->raw = NULL;
		buf_clear(&m->given);
		break;
	case MQTT_COMMAND_CONNCFG:
		publish(m, &words, words.value, words.value_len, true);
		m->persistent = m->persistent || words.persistent;
		break;
	case MQTT_COMMAND_CONN:
		/* It may fail with or without a word. */
		if (m->state != STATE_CONNECTED) {
			m->state = STATE_UNKNOWN;
			m->to_broker = leads_to_broker(m, &words);
		}
		break;
	case MQTT_COMMAND_PUB:
		m->raw = publish(m, &words, words.value, words.value_len, false);
		break;
	case MQTT_COMMAND_UNSUB:
	case MQTT_COMMAND_CLEAN:
		/* What is under way to the module may still come, or not any more. */
		mqtt_book_interrupt(&m->book);
		break;
	}
}

void mqtt_given(struct mqtt *m, const char *command, const void *bytes, size_t len)
{
	struct mqtt_words words;
	if (!command || !mqtt_command_read(command, &words) || words.kind != MQTT_COMMAND_PUBRAW)
		return;
	buf_append(&m->given, bytes, len);
	if ((int64_t)m->given.len == known_data_length(command))
		m->raw = publish(m, &words, buf_text(&m->given), m->given.len, false);
}

static void connection_ended(struct mqtt *m, enum state state)
{
	m->state = state;
	mqtt_book_interrupt(&m->book);
}

void mqtt_answer(struct mqtt *m, const char *command, bool ok, bool data)
{
	struct mqtt_words words;
	bool leaves = known_is(command, "AT+CWQAP") || known_is(command, "AT+CWJAP") ||
		      known_is(command, "AT+CWMODE");
	if (leaves && !text_ends(command, "?") && m->state == STATE_CONNECTED)
		connection_ended(m, STATE_UNKNOWN);
	if (!mqtt_command_read(command, &words))
		return;
	bool publishes =
		words.kind == MQTT_COMMAND_PUB || (words.kind == MQTT_COMMAND_PUBRAW && data);
	if (publishes && m->raw && !ok)
		mqtt_book_excuse(m->raw);
	if (publishes)
		m->raw = NULL;
	if (words.kind == MQTT_COMMAND_CONN && m->state != STATE_CONNECTED)
		m->to_broker = m->to_broker && ok;
	if (!ok)
		return;
	if (words.kind == MQTT_COMMAND_SUB && m->state == STATE_CONNECTED)
		mqtt_book_subscribe(&m->book, words.name, words.qos);
	if (words.kind == MQTT_COMMAND_UNSUB)
		mqtt_book_unsubscribe(&m->book, words.name);
	if (words.kind == MQTT_COMMAND_CLEAN && m->state != STATE_CLOSED)
		connection_ended(m, STATE_CLOSING);
}

/* ---- what the module says ---- */

static void connected(struct mqtt *m)
{
	if (m->state == STATE_CONNECTED)
		m->on_breach(m->user, MQTT_ORDER,
			"+MQTTCONNECTED of a connection that had not ended", NULL, 0);
	connection_ended(m, STATE_CONNECTED);
}

static void disconnected(struct mqtt *m)
{
	if (m->state == STATE_CLOSED)
		m->on_breach(
			m->user, MQTT_ORDER, "+MQTTDISCONNECTED without a connection", NULL, 0);
	connection_ended(m, STATE_CLOSED);
}

/* The message is complete. */
static void judge_message(struct mqtt *m)
{
	bool certain = m->state == STATE_CONNECTED && m->to_broker && m->running && m->only &&
		       !m->unsure && !m->persistent && *m->topic != '$';
	struct buf why = { 0 };
	m->reading = false;
	enum mqtt_book_fault fault =
		mqtt_book_deliver(&m->book, m->topic, m->payload.data, m->payload.len, &why);
	bool told = fault == MQTT_BOOK_UNKNOWN ? certain : fault != MQTT_BOOK_FINE && !m->unsure;
	if (told)
		m->on_breach(m->user, MQTT_MESSAGE, buf_text(&why), m->payload.data,
			m->payload.len < 64 ? m->payload.len : 64);
	buf_finish(&why);
}

/* +MQTTSUBRECV:0,"topic",5, */
static void begin_message(struct mqtt *m, const struct line_piece *piece)
{
	const char *start = strchr(piece->text, '"');
	const char *end = start ? strrchr(piece->text, '"') : NULL;
	if (m->state == STATE_CLOSED)
		m->on_breach(m->user, MQTT_ORDER, "+MQTTSUBRECV without a connection", piece->bytes,
			piece->len);
	size_t len = end > start ? (size_t)(end - start) - 1 : 0;
	m->reading = end > start && len < sizeof(m->topic);
	if (!m->reading)
		return;
	memcpy(m->topic, start + 1, len);
	m->topic[len] = '\0';
	buf_clear(&m->payload);
	m->announced = piece->total;
	if (!m->announced)
		judge_message(m);
}

void mqtt_urc(struct mqtt *m, const struct line_piece *piece)
{
	m->reading = false;
	if (text_starts(piece->text, "+MQTTCONNECTED:"))
		connected(m);
	else if (text_starts(piece->text, "+MQTTDISCONNECTED:"))
		disconnected(m);
	else if (text_starts(piece->text, "+MQTTSUBRECV:"))
		begin_message(m, piece);
	else if (strcmp(piece->text, "WIFI DISCONNECT") == 0 && m->state == STATE_CONNECTED)
		connection_ended(m, STATE_UNKNOWN);
}

void mqtt_handed(struct mqtt *m, const struct line_piece *piece)
{
	if (!m->reading || piece->total != m->announced)
		return;
	buf_append(&m->payload, piece->bytes, piece->len);
	if (m->payload.len == m->announced)
		judge_message(m);
}
