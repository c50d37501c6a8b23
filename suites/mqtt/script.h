/* SPDX-License-Identifier: MIT */
/* A broker that the case itself plays, on a peer that says nothing by itself: CONNECT is read byte
 * for byte as it was sent, and the answer is whatever the case wants, or nothing. */
#ifndef SUITES_MQTT_SCRIPT_H
#define SUITES_MQTT_SCRIPT_H

#include "mqtt.h"

/* What a CONNECT says. Texts: "" when absent. */
struct connect {
	int level, keepalive;
	bool clean, has_user, has_password, has_will, will_retain;
	int will_qos;
	char id[300], user[300], password[300], will_topic[100], will_message[100];
};

/* CONNACK's return codes of MQTT 3.1.1. */
enum {
	CONNACK_ACCEPTED,
	CONNACK_LEVEL,
	CONNACK_IDENTIFIER,
	CONNACK_UNAVAILABLE,
	CONNACK_LOGIN,
	CONNACK_NOT_ALLOWED,
};

/* Online, and configured for a broker that the case plays. */
static inline void enter_for_script(void)
{
	online();
	enter_user();
}

/* AT+MQTTCONN to that peer goes out, and is not waited for. */
void script_dial(int peer, int reconnect);
/* The CONNECT of the latest connection, which has to come within the bench's time. */
struct connect script_connect(int peer);
/* CONNACK. */
void script_answer(int peer, int code);
/* The three together, up to OK: the connection is there. */
struct connect script_accept(int peer, int reconnect);
/* The next whole packet on the latest connection is of this type (12: PINGREQ, 14: DISCONNECT). */
void script_packet(int peer, int type);

#endif
