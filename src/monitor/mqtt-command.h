/* SPDX-License-Identifier: MIT */
/* What a command line of the MQTT family says. */
#ifndef MONITOR_MQTT_COMMAND_H
#define MONITOR_MQTT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum mqtt_command {
	MQTT_COMMAND_NONE,
	MQTT_COMMAND_CONNCFG,
	MQTT_COMMAND_CONN,
	MQTT_COMMAND_PUB,
	MQTT_COMMAND_PUBRAW,
	MQTT_COMMAND_SUB,
	MQTT_COMMAND_UNSUB,
	MQTT_COMMAND_CLEAN,
};

enum { MQTT_TEXT_MAX = 256 };

struct mqtt_words {
	enum mqtt_command kind;
	bool unsure;               /* a backslash: who knows what the module makes of it */
	char name[MQTT_TEXT_MAX];  /* topic, filter, will topic or host */
	char value[MQTT_TEXT_MAX]; /* data or will message */
	size_t value_len;
	int qos, port;
	bool retain, persistent;
};

/* False: it is none of these, or a query. */
bool mqtt_command_read(const char *command, struct mqtt_words *out);
/* Whether the topic filter takes the topic. */
bool mqtt_filter_takes(const char *filter, const char *topic);

#endif
