/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases of the MQTT family: configured, connected, cleaned; what AT+MQTTCONN?
 * shows; another client that takes the connection away. What a case takes for granted is sent with
 * given(). A case that begins with enter_… ends with leave_mqtt(). */
#ifndef SUITES_MQTT_MQTT_H
#define SUITES_MQTT_MQTT_H

#include "at/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The schemes of AT+MQTTUSERCFG. */
enum {
	MQTT_TCP = 1,
	MQTT_TLS,
	MQTT_TLS_CHECKED,
	MQTT_TLS_OWN,
	MQTT_TLS_BOTH,
	MQTT_WS,
	MQTT_WSS,
	MQTT_WSS_CHECKED,
	MQTT_WSS_OWN,
	MQTT_WSS_BOTH,
};

/* States of AT+MQTTCONN?. */
enum { MQTT_NOTHING, MQTT_USER, MQTT_CONFIGURED, MQTT_LOST, MQTT_UP, MQTT_BARE, MQTT_SUBSCRIBED };

#define MQTT_CLEAN         "AT+MQTTCLEAN=0"
#define MQTT_ENDED         "+MQTTDISCONNECTED:0"
#define MQTT_ANY_CONNECTED RE("\\+MQTTCONNECTED:.*")

/* ---- command lines; texts as they are meant, escaped here ---- */

static inline const char *user_line(
	int scheme, const char *id, const char *user, const char *password, const char *path)
{
	return fmt("AT+MQTTUSERCFG=0,%d,\"%s\",\"%s\",\"%s\",0,0,\"%s\"", scheme, escaped(id),
		escaped(user), escaped(password), escaped(path));
}

static inline const char *conn_line(const char *host, int port, int reconnect)
{
	return fmt("AT+MQTTCONN=0,\"%s\",%d,%d", host, port, reconnect);
}

/* AT+MQTTCONN for a listener of the broker: "tcp", "tls", … as for broker_port(). */
static inline const char *broker_line(const char *kind, int reconnect)
{
	return conn_line(broker("host"), broker_port(kind), reconnect);
}

/* The path that a scheme needs: none but for WebSocket. */
static inline const char *scheme_path(int scheme)
{
	return scheme >= MQTT_WS ? broker("path") : "";
}

/* ---- states ---- */

/* Takes back whatever is configured and connected. */
static inline void leave_mqtt(void)
{
	any(MQTT_CLEAN);
	forget_urcs();
}

/* AT+MQTTUSERCFG with something that no broker is to see. */
static inline void enter_user(void)
{
	given(user_line(MQTT_TCP, "atconform", "user", "secret", ""));
}

/* Online, and AT+MQTTUSERCFG with the broker's user, and the client id of this case. */
static inline void enter_configured(int scheme)
{
	online();
	given(user_line(
		scheme, client_id(), broker("username"), broker("password"), scheme_path(scheme)));
}

/* AT+MQTTCONN, of a module that is configured. */
static inline void connect_to(const char *kind, int reconnect)
{
	given(broker_line(kind, reconnect));
	forget_urcs();
}

/* Connected over TCP, as client_id(). */
static inline void enter_connected(int reconnect)
{
	enter_configured(MQTT_TCP);
	connect_to("tcp", reconnect);
}

/* Whether the connection carries a message to the broker and one back. */
static inline void expect_alive(void)
{
	int o = observer(NULL);
	observe(o, topic("out"), 1);
	at(fmt("AT+MQTTPUB=0,\"%s\",\"still here\",1,0", topic("out")), "OK");
	expect_message(o, topic("out"), "still here", 10, 1, false, bench_ms("mqtt"));
	at(fmt("AT+MQTTSUB=0,\"%s\",1", topic("in")), "OK");
	publish_text(o, topic("in"), "and back");
	subrecv(topic("in"), "and back", 8, bench_ms("mqtt"));
	observer_leave(o, "mqtt");
}

/* Another client with the module's id: the broker closes the module's connection. */
static inline int throw_out(const char *id)
{
	return observer(fmt("{\"client_id\":\"%s\"}", id));
}

/* A place of the virtual air, by address or name, that is the broker's listener. Needs "air". */
static inline void broker_as(const char *to, int port, const char *kind)
{
	control(fmt("{\"air\":{\"route\":{\"to\":\"%s\",\"port\":%d,\"protocol\":\"tcp\","
		    "\"at\":\"%s:%d\"}}}",
		to, port, broker("host"), broker_port(kind)));
}

/* ---- AT+MQTTCONN? ---- */

struct mqtt_state {
	int state, scheme, port, reconnect; /* 0: not shown */
	char host[132], path[36];
};

/* Reads it, whatever is in quotes; the form is judged by its own cases. */
static inline struct mqtt_state read_mqtt(void)
{
	struct mqtt_state s = { 0 };
	any("AT+MQTTCONN?");
	check(said("OK") && line_count() == 1, "AT+MQTTCONN? has %zu lines and \"%s\"",
		line_count(), line_text(0));
	bool fits =
		line_like(0, RE("\\+MQTTCONN:0,(?<state>\\d),(?<scheme>\\d*),\"?(?<host>[^\"]*)\"?,"
				"\"?(?<port>\\d*)\"?,\"?(?<path>[^\"]*)\"?,(?<reconnect>\\d*)"));
	check(fits, "AT+MQTTCONN? shows \"%s\"", line_text(0));
	s.state = atoi(field("state"));
	s.scheme = atoi(field("scheme"));
	s.port = atoi(field("port"));
	s.reconnect = atoi(field("reconnect"));
	snprintf(s.host, sizeof(s.host), "%s", field("host"));
	snprintf(s.path, sizeof(s.path), "%s", field("path"));
	return s;
}

static inline void expect_state(int state)
{
	int found = read_mqtt().state;
	check(found == state, "the state is %d", found);
}

/* Connected, whatever is subscribed. */
static inline void expect_connected(void)
{
	int found = read_mqtt().state;
	check(found >= MQTT_UP && found <= MQTT_SUBSCRIBED, "the state is %d", found);
}

static inline void expect_not_connected(void)
{
	int found = read_mqtt().state;
	check(found < MQTT_UP, "the state is %d", found);
}

#endif
