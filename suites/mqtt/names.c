/* SPDX-License-Identifier: MIT */
#include "names.h"

enum { COMMAND_MAX = 255, LINE_END = 2 };

static const char *line_of(struct name n, const char *value)
{
	return fmt("%s=0,\"%s\"", n.command, escaped(value));
}

static const char *text_of(size_t len)
{
	static char text[COMMAND_MAX + 10];
	check(len < sizeof(text), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('z' - i % 26);
	text[len] = '\0';
	return text;
}

/* Online and configured for a broker of the tester: the peer. */
static int enter_scripted(void)
{
	online();
	enter_user();
	return peer_open("tcp", NULL);
}

static void expect_name(struct name n, int peer, const char *value)
{
	struct connect c = script_accept(peer, 0);
	const char *found = (const char *)&c + n.place;
	check(strcmp(found, value) == 0, "the broker gets \"%s\"", found);
}

void name_replaces(struct name n)
{
	int peer = enter_scripted();
	at(line_of(n, "the new one"), "OK");
	expect_name(n, peer, "the new one");
	leave_mqtt();
}

void name_counts_last(struct name n)
{
	int peer = enter_scripted();
	given(line_of(n, "the first one, which is longer"));
	at(line_of(n, "the last one"), "OK");
	expect_name(n, peer, "the last one");
	leave_mqtt();
}

/* What of a CONNECT is not this command's is as AT+MQTTUSERCFG set it. */
void name_leaves_the_others(struct name n)
{
	static const char *const values[] = { "atconform", "user", "secret" };
	const size_t places[] = { offsetof(struct connect, id), offsetof(struct connect, user),
		offsetof(struct connect, password) };
	int peer = enter_scripted();
	at(line_of(n, "the new one"), "OK");
	struct connect c = script_accept(peer, 0);
	for (int i = 0; i < 3; i++) {
		const char *found = (const char *)&c + places[i];
		check(places[i] == n.place || strcmp(found, values[i]) == 0,
			"in place of \"%s\" the broker gets \"%s\"", values[i], found);
	}
	leave_mqtt();
}

void name_is_unescaped(struct name n)
{
	int peer = enter_scripted();
	at(line_of(n, ",a\"b,c\\d\""), "OK");
	expect_name(n, peer, ",a\"b,c\\d\"");
	leave_mqtt();
}

void name_may_be_long(struct name n)
{
	int peer = enter_scripted();
	const char *value = text_of(COMMAND_MAX - LINE_END - strlen(line_of(n, "")));
	at(line_of(n, value), "OK");
	expect_name(n, peer, value);
	leave_mqtt();
}

void name_is_not_too_long(struct name n)
{
	size_t ok, refusals;
	int peer = enter_scripted();
	given(line_of(n, "the old one"));
	const char *line =
		fmt("%s\r\n", line_of(n, text_of(COMMAND_MAX + 2 - strlen(line_of(n, "")))));
	tolerate(true, "a line that is too long");
	raw(line, strlen(line));
	until_quiet(&ok, &refusals);
	tolerate(false, "");
	check(ok == 0 && refusals > 0, "%zu OK and %zu ERROR", ok, refusals);
	expect_name(n, peer, "the old one");
	leave_mqtt();
}

void name_stays_when_refused(struct name n)
{
	int peer = enter_scripted();
	given(line_of(n, "the right one"));
	at(fmt("%s=1,\"the wrong one\"", n.command), "ERROR");
	at(fmt("%s=0,wrong", n.command), "ERROR");
	at(fmt("%s=0,\"the wrong one\",1", n.command), "ERROR");
	expect_name(n, peer, "the right one");
	leave_mqtt();
}

void name_needs_a_configuration(struct name n)
{
	expect_state(MQTT_NOTHING);
	at(line_of(n, "the new one"), "ERROR");
	expect_state(MQTT_NOTHING);
	at(MQTT_CLEAN, "ERROR");
}

/* Refused behind AT+MQTTCLEAN; and what was set before it does not come back. */
void name_is_cleaned(struct name n)
{
	static const char *const values[] = { "atconform", "user", "secret" };
	const size_t places[] = { offsetof(struct connect, id), offsetof(struct connect, user),
		offsetof(struct connect, password) };
	int peer = enter_scripted();
	given(line_of(n, "the old one"));
	given(MQTT_CLEAN);
	at(line_of(n, "the new one"), "ERROR");
	enter_user();
	for (int i = 0; i < 3; i++)
		if (places[i] == n.place)
			expect_name(n, peer, values[i]);
	leave_mqtt();
}

void name_stays_while_connected(struct name n)
{
	enter_connected(0);
	at(line_of(n, "the new one"), "ERROR");
	expect_alive();
	leave_mqtt();
}
