/* SPDX-License-Identifier: MIT */
/* AT+MQTTPUB: what its subscribers get, byte by byte, with QoS and retain flag; what a string may
 * hold; and what becomes of a message that can't be published. */
#include "traffic.h"

/* ---- the message ---- */

Test(mqttpub, reaches_subscribers, REQ("MQTTPUB-19"), TAGS("needs:broker"))
{
	static const char *const texts[] = { "test", "0", " ", "several words", "AT", "+MQTTPUB:OK",
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" };
	const char *t = own("a");
	int o = enter_observed(t);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		publishes(o, t, texts[i]);
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, reaches_only_its_topic, REQ("MQTTPUB-19"), TAGS("needs:broker"))
{
	const char *a = own("a"), *b = own("b");
	int of_a = enter_observed(a), of_b = observer(NULL);
	observe(of_b, b, 1);
	publishes(of_a, a, "for a");
	publishes(of_b, b, "for b");
	no_message(of_a, moment_ms());
	no_message(of_b, 0);
	leave_mqtt();
}

Test(mqttpub, has_the_qos_given, REQ("MQTTPUB-20"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int round = 0; round < 2; round++) {
		for (int qos = 0; qos <= 2; qos++) {
			at(pub_line(t, "test", qos, 0), "OK");
			expect_message(o, t, "test", 4, qos, false, patience_ms());
		}
	}
	leave_mqtt();
}

Test(mqttpub, has_qos_0_by_default, REQ("MQTTPUB-36"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	any(fmt("AT+MQTTPUB=0,\"%s\",\"test\",,0", t));
	if (said("OK"))
		expect_message(o, t, "test", 4, 0, false, patience_ms());
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, is_published_once, REQ("MQTTPUB-34"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int qos = 0; qos <= 2; qos++) {
		at(pub_line(t, "just once", qos, 0), "OK");
		expect_message(o, t, "just once", 9, qos, false, patience_ms());
	}
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, is_kept_with_retain_flag, REQ("MQTTPUB-21"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int qos = 0; qos <= 2; qos++) {
		const char *text = fmt("kept %d", qos);
		at(pub_line(t, text, qos, 1), "OK");
		expect_message(o, t, text, 6, qos, false, patience_ms());
		int later = observer(NULL);
		observe(later, t, 2);
		expect_message(later, t, text, 6, qos, true, patience_ms());
	}
	publish(o, t, "", 0, 1, true);
	leave_mqtt();
}

Test(mqttpub, is_not_kept_without_retain_flag, REQ("MQTTPUB-22"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	publishes(o, t, "gone");
	int later = observer(NULL);
	observe(later, t, 2);
	no_message(later, moment_ms());
	at(pub_line(t, "stays", 1, 1), "OK");
	expect_text(o, t, "stays");
	publishes(o, t, "passes");
	later = observer(NULL);
	observe(later, t, 2);
	expect_message(later, t, "stays", 5, 1, true, patience_ms());
	no_message(later, moment_ms());
	publish(o, t, "", 0, 1, true);
	leave_mqtt();
}

Test(mqttpub, comes_back_to_its_publisher, REQ("MQTTPUB-35"), TAGS("needs:broker"))
{
	const char *t = own("a");
	enter_subscribed(t, 1);
	for (int qos = 0; qos <= 2; qos++) {
		at(pub_line(t, "to myself", qos, 0), "OK");
		subrecv_text(t, "to myself");
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

/* ---- what may stand in topic and data ---- */

Test(mqttpub, takes_escaped_characters, REQ("MQTTPUB-23", "GENERAL-16"),
	TAGS("needs:broker issue:espressif/esp-at#446 issue:espressif/esp-at#647 "
	     "issue:espressif/esp-at#934"))
{
	static const char *const texts[] = { "a,b", "\"", "\\", ",", "{\"a\":1,\"b\":\"x\"}",
		"\\\\", "\"\"", "end\\", "\\\"", ",,,", "c:\\n\\r\\0" };
	const char *t = own("a");
	int o = enter_observed(t);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		at(pub_line(t, escaped(texts[i]), 1, 0), "OK");
		expect_text(o, t, texts[i]);
	}
	leave_mqtt();
}

Test(mqttpub, takes_escaped_characters_in_the_topic, REQ("MQTTPUB-23", "GENERAL-16"),
	TAGS("needs:broker"))
{
	static const char *const names[] = { "a,b", "say \"hi\"", "back\\slash", "\\\",", "," };
	int o = enter_observed(own("#"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *t = own(names[i]);
		at(pub_line(escaped(t), "test", 1, 0), "OK");
		expect_text(o, t, "test");
	}
	leave_mqtt();
}

Test(mqttpub, takes_utf_8, REQ("MQTTPUB-31"), TAGS("needs:broker"))
{
	static const char *const texts[] = { "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac 5",
		"\xf0\x9f\x92\xa5", "\xe4\xb8\xad\xe6\x96\x87" };
	int o = enter_observed(own("#"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		publishes(o, own("a"), texts[i]);
		publishes(o, own(texts[i]), "in the topic");
	}
	leave_mqtt();
}

Test(mqttpub, keeps_the_topic_as_given, REQ("MQTTPUB-32"), TAGS("needs:broker"))
{
	static const char *const names[] = { "a/b/c", "a/", "/a", "a//b", "a b", " a ",
		"UPPER/lower", "!$%&'()*-.:;<=>?@[]^_`{|}~", "0", "$a" };
	int o = enter_observed(own("#"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		publishes(o, own(names[i]), "test");
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, takes_topics_of_64_bytes, REQ("MQTTPUB-5", "MQTTPUB-19"), TAGS("needs:broker"))
{
	int o = enter_observed(own("#"));
	char name[TOPIC_MAX + 1];
	fill_topic(name, 'x');
	publishes(o, own(name), "the longest");
	publishes(o, own("x"), "a short one");
	leave_mqtt();
}

/* The reading of a NUL byte in a command line is open; that none is published is not. */
Test(mqttpub, sends_no_nul, REQ("MQTTPUB-24"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	char line[256];
	size_t ok, refused;
	int len = snprintf(line, sizeof(line), "AT+MQTTPUB=0,\"%s\",\"one@two\",1,0\r\n", t);
	*strchr(line, '@') = '\0';
	tolerate(true, "a NUL byte in a command");
	raw(line, (size_t)len);
	until_quiet(&ok, &refused);
	tolerate(false, "");
	any(pub_line(t, "one\\0two", 1, 0));
	any(pub_line(t, "one\\\\0two", 1, 0));
	at(pub_line(t, "last", 1, 0), "OK");
	for (const struct message *m; (m = message(o, patience_ms()));) {
		check(!memchr(m->payload, '\0', m->len), "a NUL byte was published");
		if (m->len == 4 && memcmp(m->payload, "last", 4) == 0)
			break;
	}
	still_there(o);
	leave_mqtt();
}

/* ---- the length of the command ---- */

/* The command has that many bytes, line end not counted. */
static const char *line_of(const char *t, size_t bytes, char *text, size_t size)
{
	size_t rest = strlen(pub_line(t, "", 1, 0));
	check(bytes > rest && bytes - rest < size, "no command of %zu bytes", bytes);
	memcpy(text, some_text(1, bytes - rest), bytes - rest + 1);
	return pub_line(t, text, 1, 0);
}

Test(mqttpub, takes_255_bytes, REQ("MQTTPUB-25"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	char text[512];
	for (size_t bytes = 240; bytes <= 253; bytes++) {
		at(line_of(t, bytes, text, sizeof(text)), "OK");
		expect_text(o, t, text);
	}
	leave_mqtt();
}

static void refuses_length(size_t bytes)
{
	const char *t = own("a");
	int o = enter_observed(t);
	char text[512], line[512];
	size_t ok, refused;
	snprintf(line, sizeof(line), "%s\r\n", line_of(t, bytes, text, sizeof(text)));
	tolerate(true, "a line that is too long");
	raw(line, strlen(line));
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 0 && refused > 0, "%zu OK and %zu ERROR", ok, refused);
	no_message(o, moment_ms());
	publishes(o, t, "as ever");
	leave_mqtt();
}

Test(mqttpub, refuses_257_bytes, REQ("MQTTPUB-26", "GENERAL-12"), TAGS("needs:broker"))
{
	refuses_length(257);
}

Test(mqttpub, refuses_400_bytes, REQ("MQTTPUB-26", "GENERAL-12"),
	TAGS("needs:broker issue:espressif/esp-at#494"))
{
	refuses_length(400);
}

/* ---- what is refused ---- */

Test(mqttpub, refuses_empty_places, REQ("MQTTPUB-18"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	at(fmt("AT+MQTTPUB=,\"%s\",\"test\",1,0", t), "ERROR");
	at("AT+MQTTPUB=0,,\"test\",1,0", "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",,1,0", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"test\",1,", t), "ERROR");
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, publishes_nothing_when_refused, REQ("MQTTPUB-33"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	at(fmt("AT+MQTTPUB=1,\"%s\",\"wrong\",1,0", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"wrong\",3,0", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"wrong\",1,2", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"wrong\",1", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",wrong,1,0", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"wrong\",1,0,0", t), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"wrong\",\"1\",0", t), "ERROR");
	no_message(o, moment_ms());
	publishes(o, t, "right");
	leave_mqtt();
}

Test(mqttpub, needs_a_connection, REQ("MQTTPUB-27"), TAGS("needs:broker"))
{
	int o = observer(NULL);
	const char *t = own("a");
	observe(o, t, 1);
	refused_unless_connected(refuse_line, pub_line(t, "test", 1, 0));
	no_message(o, moment_ms());
}

Test(mqttpub, is_refused_after_the_connection_was_lost, REQ("MQTTPUB-27"),
	TAGS("needs:broker needs:broker_control"))
{
	refused_after_loss(refuse_line, pub_line(own("a"), "test", 1, 0));
}

Test(mqttpub, is_answered_in_time_without_a_broker, REQ("MQTTPUB-28"),
	TAGS("needs:broker needs:broker_control"))
{
	const char *t = own("a");
	enter_connected(1);
	broker_kill();
	for (int qos = 2; qos >= 0; qos--)
		ends_in_time(pub_line(t, "test", qos, 0));
	leave_mqtt();
	broker_start();
}

Test(mqttpub, is_answered_in_time_by_a_mute_broker, REQ("MQTTPUB-28"),
	TAGS("needs:broker needs:peers"))
{
	enter_scripted();
	ends_in_time(pub_line(own("a"), "test", 1, 0));
	at("AT", "OK");
	leave_mqtt();
}

Test(mqttpub, reaches_nobody_without_permission, REQ("MQTTPUB-30"),
	TAGS("needs:broker needs:broker_users"))
{
	const char *denied = fmt("only/%s", own("a"));
	int o = observer(NULL);
	online();
	observe(o, "only/#", 2);
	for (int qos = 0; qos <= 2; qos++) {
		given(user_line(MQTT_TCP, client_id(), broker("other_username"),
			broker("other_password"), ""));
		connect_to("tcp", 0);
		ends_in_time(pub_line(denied, "denied", qos, 0));
		up_or_reported_down(o);
		leave_mqtt();
	}
	no_message(o, moment_ms());
	leave_mqtt();
}
