/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases about messages: payloads and topics, commands that publish and
 * subscribe, what AT+MQTTSUB? lists, and a broker of which the case writes every byte. */
#ifndef SUITES_MQTT_TRAFFIC_H
#define SUITES_MQTT_TRAFFIC_H

#include "mqtt.h"

/* The longest message of AT+MQTTPUBRAW, and the longest topic. */
enum { MESSAGE_MAX = 1024, TOPIC_MAX = 64 };

/* ---- bytes and topics ---- */

/* All 256 values, in an order that depends on the seed. Valid until the next call. */
static inline const uint8_t *some_bytes(unsigned seed, size_t len)
{
	static uint8_t bytes[4 * MESSAGE_MAX];
	check(len <= sizeof(bytes), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i + i / 256 + seed * 37);
	return bytes;
}

/* Letters only. */
static inline const char *some_text(unsigned seed, size_t len)
{
	static char text[4 * MESSAGE_MAX + 1];
	check(len < sizeof(text), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + (i + i / 26 + seed) % 26);
	text[len] = '\0';
	return text;
}

/* topic(), valid until the case ends. */
static inline const char *own(const char *name)
{
	static char names[64][128];
	static size_t count;
	check(count < sizeof(names) / sizeof(*names), "too many topics");
	char *out = names[count++];
	snprintf(out, sizeof(names[0]), "%s", topic(name));
	return out;
}

/* A name that makes the topic as long as one may be. */
static inline void fill_topic(char name[TOPIC_MAX + 1], char with)
{
	size_t used = strlen(own(""));
	check(used < TOPIC_MAX, "the topics of this case begin with %zu bytes already", used);
	memset(name, with, TOPIC_MAX - used);
	name[TOPIC_MAX - used] = '\0';
}

/* Patience for what the broker and the module do behind a result, and a moment in which something
 * that should not happen would have. */
static inline int patience_ms(void)
{
	return bench_ms("answer") + bench_ms("mqtt");
}

static inline int moment_ms(void)
{
	return bench_ms("silence");
}

/* ---- the module and its broker ---- */

/* Connected, and an observer has subscribed to the topic. */
static inline int enter_observed(const char *filter)
{
	enter_connected(0);
	int o = observer(NULL);
	observe(o, filter, 2);
	return o;
}

/* Connected, and the module has subscribed to the topic; an observer is there to publish. */
static inline int enter_subscribed(const char *filter, int qos)
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",%d", filter, qos));
	return observer(NULL);
}

/* The connection is lost: the broker is gone. */
static inline void lose_broker(void)
{
	broker_kill();
	urc("+MQTTDISCONNECTED:0", patience_ms());
}

/* ---- commands ---- */

/* Topic and data as they stand between the quotes. */
static inline const char *pub_line(const char *topic_, const char *data, int qos, int retain)
{
	return fmt("AT+MQTTPUB=0,\"%s\",\"%s\",%d,%d", topic_, data, qos, retain);
}

static inline const char *raw_line(const char *topic_, size_t len, int qos, int retain)
{
	return fmt("AT+MQTTPUBRAW=0,\"%s\",%zu,%d,%d", topic_, len, qos, retain);
}

static inline const char *sub_line(const char *topic_, int qos)
{
	return fmt("AT+MQTTSUB=0,\"%s\",%d", topic_, qos);
}

static inline const char *unsub_line(const char *topic_)
{
	return fmt("AT+MQTTUNSUB=0,\"%s\"", topic_);
}

/* Publishes a text that an observer gets. */
static inline void publishes(int o, const char *topic_, const char *text)
{
	at(pub_line(topic_, text, 1, 0), "OK");
	expect_text(o, topic_, text);
}

/* An observer's text comes out of the module. */
static inline void receives(int o, const char *topic_, const char *text)
{
	publish_text(o, topic_, text);
	subrecv_text(topic_, text);
}

/* Whether that many +MQTTSUBRECV come within the time; they are not taken. */
static inline bool come(size_t count, int ms)
{
	int64_t end = clock_ms() + ms;
	while (subrecv_count() < count && clock_ms() < end)
		look_again(2);
	return subrecv_count() >= count;
}

/* The module still answers, and is still connected: a message makes the round. */
static inline void still_there(int o)
{
	const char *t = own("round");
	at("AT", "OK");
	observe(o, t, 1);
	publishes(o, t, "still there");
}

/* In every state without a connection that needs no accident, `refuse` sees to it that the command
 * is refused. */
static inline void refused_unless_connected(void (*refuse)(const char *), const char *command)
{
	online();
	any(MQTT_CLEAN);
	refuse(command);
	enter_configured(MQTT_TCP);
	refuse(command);
	connect_to("tcp", 0);
	given(MQTT_CLEAN);
	refuse(command);
	forget_urcs();
}

static inline void refused_after_loss(void (*refuse)(const char *), const char *command)
{
	enter_connected(0);
	lose_broker();
	refuse(command);
	refuse(command);
	leave_mqtt();
	broker_start();
}

static inline void refuse_line(const char *command)
{
	at(command, "ERROR");
}

static inline void refuse_data(const char *command)
{
	send_refused(command);
}

/* A broker may end the connection of who does what it does not permit (Mosquitto 2.0 does): then
 * that is reported, else the connection is as good as before. */
static inline void up_or_reported_down(int o)
{
	listen_for(moment_ms());
	if (read_mqtt().state >= MQTT_UP)
		still_there(o);
	else
		urc("+MQTTDISCONNECTED:0", patience_ms());
}

/* Ends within the 10 seconds of the document, however that be. */
static inline void ends_in_time(const char *command)
{
	any(command);
	check(answer_ms() <= 10000, "the response took %lld ms", (long long)answer_ms());
}

/* ---- AT+MQTTSUB? ---- */

enum { LISTED_MAX = 32 };

struct listed {
	size_t count;
	struct {
		int state, qos;
		char topic[128];
	} items[LISTED_MAX];
};

/* Ends the case when a line is something else. A line with an empty topic stands for none. */
static inline const struct listed *read_subscriptions(void)
{
	static struct listed l;
	l.count = 0;
	any("AT+MQTTSUB?");
	check(said("OK"), "AT+MQTTSUB? gets no OK");
	for (size_t i = 0; i < line_count(); i++) {
		bool fits = line_like(
			i, RE("\\+MQTTSUB:0,(?<state>[0-6]?),\"(?<topic>.*)\",(?<qos>[012]?)"));
		check(fits && l.count < LISTED_MAX, "AT+MQTTSUB? shows \"%s\"", line_text(i));
		if (!*field("topic"))
			continue;
		l.items[l.count].state = atoi(field("state"));
		l.items[l.count].qos = atoi(field("qos"));
		snprintf(l.items[l.count].topic, sizeof(l.items[0].topic), "%s", field("topic"));
		l.count++;
	}
	return &l;
}

static inline void listed_once(const struct listed *l, const char *topic_, int qos)
{
	size_t found = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->items[i].topic, topic_) != 0)
			continue;
		found++;
		check(l->items[i].qos == qos, "%s is listed with QoS %d, not %d", topic_,
			l->items[i].qos, qos);
	}
	check(found == 1, "%s is listed %zu times", topic_, found);
}

static inline void not_listed(const struct listed *l, const char *topic_)
{
	for (size_t i = 0; i < l->count; i++)
		check(strcmp(l->items[i].topic, topic_) != 0, "%s is listed", topic_);
}

/* ---- a broker of the case's own ---- */

/* Takes in what the module sends until a packet of that type begins it; *id is its packet
 * identifier when it is SUBSCRIBE or UNSUBSCRIBE. Short packets only: one byte of length. */
static inline void scripted_packet(int peer, uint8_t type, uint8_t id[2])
{
	static uint8_t bytes[2 * MESSAGE_MAX];
	size_t have = 0;
	int64_t end = clock_ms() + patience_ms();
	while (have < 2 || have < 2u + bytes[1]) {
		size_t len = sizeof(bytes) - have;
		const void *more = peer_take(peer, PEER_LATEST, &len);
		memcpy(bytes + have, more, len);
		have += len;
		check(len > 0 || clock_ms() < end, "packet %02x does not come", type);
		if (len == 0)
			look_again(1);
	}
	check(bytes[0] == type, "packet %02x comes, not %02x", bytes[0], type);
	if (id)
		memcpy(id, bytes + 2, 2);
}

/* Connected to a peer that has said CONNACK and will say what the case sends. */
static inline int enter_scripted(void)
{
	enter_configured(MQTT_TCP);
	int peer = peer_open("tcp", NULL);
	raw_text(fmt("%s\r\n", conn_line(peer_address(peer), peer_port(peer), 0)));
	peer_wait_connect(peer, 1, 0);
	scripted_packet(peer, 0x10, NULL);
	peer_send(peer, "\x20\x02\x00\x00", 4);
	any_response();
	if (!said("OK"))
		inconclusive("the module does not connect to a broker that accepts it");
	forget_urcs();
	return peer;
}

#endif
