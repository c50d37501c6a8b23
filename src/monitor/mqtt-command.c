/* SPDX-License-Identifier: MIT */
#include "monitor/mqtt-command.h"

#include "line/known.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 8 };

static const struct {
	const char *name;
	enum mqtt_command kind;
	int text, value, qos, retain, port, persistent; /* places of its parameters; 0: none */
} commands[] = {
	{ "AT+MQTTCONNCFG", MQTT_COMMAND_CONNCFG, 3, 4, 5, 6, 0, 2 },
	{ "AT+MQTTCONN", MQTT_COMMAND_CONN, 1, 0, 0, 0, 2, 0 },
	{ "AT+MQTTPUB", MQTT_COMMAND_PUB, 1, 2, 3, 4, 0, 0 },
	{ "AT+MQTTPUBRAW", MQTT_COMMAND_PUBRAW, 1, 0, 3, 4, 0, 0 },
	{ "AT+MQTTSUB", MQTT_COMMAND_SUB, 1, 0, 2, 0, 0, 0 },
	{ "AT+MQTTUNSUB", MQTT_COMMAND_UNSUB, 1, 0, 0, 0, 0, 0 },
	{ "AT+MQTTCLEAN", MQTT_COMMAND_CLEAN, 0, 0, 0, 0, 0, 0 },
};

struct words {
	const char *p[FIELDS_MAX];
	size_t len[FIELDS_MAX];
	size_t count;
};

static void split(const char *p, struct words *out)
{
	bool quoted = false;
	out->count = 1;
	out->p[0] = p;
	for (; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p != ',' || quoted || out->count == FIELDS_MAX)
			continue;
		out->len[out->count - 1] = (size_t)(p - out->p[out->count - 1]);
		out->p[out->count++] = p + 1;
	}
	out->len[out->count - 1] = (size_t)(p - out->p[out->count - 1]);
}

static size_t copy(const struct words *words, int place, char *out)
{
	if (!place || (size_t)place >= words->count)
		return 0;
	const char *p = words->p[place];
	size_t len = words->len[place];
	if (len >= 2 && p[0] == '"' && p[len - 1] == '"') {
		p++;
		len -= 2;
	}
	len = len < MQTT_TEXT_MAX ? len : MQTT_TEXT_MAX - 1;
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

static int number(const struct words *words, int place)
{
	return place && (size_t)place < words->count ? atoi(words->p[place]) : 0;
}

bool mqtt_command_read(const char *command, struct mqtt_words *out)
{
	*out = (struct mqtt_words){ 0 };
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *parameters = command + strlen(commands[i].name);
		if (!known_is(command, commands[i].name) || *parameters != '=')
			continue;
		struct words words;
		split(parameters + 1, &words);
		out->kind = commands[i].kind;
		out->unsure = strchr(parameters, '\\') != NULL;
		copy(&words, commands[i].text, out->name);
		out->value_len = copy(&words, commands[i].value, out->value);
		out->qos = number(&words, commands[i].qos);
		out->retain = number(&words, commands[i].retain) != 0;
		out->port = number(&words, commands[i].port);
		out->persistent = number(&words, commands[i].persistent) != 0;
		return true;
	}
	return false;
}

bool mqtt_filter_takes(const char *filter, const char *topic)
{
	if (*topic == '$' && *filter != '$')
		return false;
	for (;;) {
		if (filter[0] == '#')
			return true;
		size_t level = strcspn(topic, "/"), asked = strcspn(filter, "/");
		bool any = asked == 1 && filter[0] == '+';
		if (!any && (level != asked || memcmp(filter, topic, level) != 0))
			return false;
		filter += asked;
		topic += level;
		if (!*topic) /* "a/#" takes "a" too */
			return !*filter || strcmp(filter, "/#") == 0;
		if (!*filter)
			return false;
		filter++;
		topic++;
	}
}
