/* SPDX-License-Identifier: MIT */
/* +MQTTSUBRECV: messages as the module hands them out, in quiet and at the worst of moments. */
#include "base/pattern.h"
#include "traffic.h"

/* ---- the message ---- */

static void expect_link(const char *t, size_t len)
{
	const struct message *m = next_subrecv(patience_ms());
	(void)t;
	(void)len;
	check(m->link == 0, "the link ID is %d", m->link);
}

static void expect_length(const char *t, size_t len)
{
	const struct message *m = next_subrecv(patience_ms());
	(void)t;
	check(m->len == len, "the length is %zu, not %zu", m->len, len);
}

static void expect_fields(const char *t, size_t len)
{
	const struct message *m = next_subrecv(patience_ms());
	check(m->link == 0, "the link ID is %d", m->link);
	check(strcmp(m->topic, t) == 0, "the topic is \"%s\"", m->topic);
	check(m->len == len, "the length is %zu, not %zu", m->len, len);
}

static void hands_out_lengths(void (*expect)(const char *t, size_t len))
{
	static const size_t lengths[] = { 1, 9, 10, 99, 100, 999, 1000 };
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		publish(o, t, some_text(1, lengths[i]), lengths[i], 1, false);
		expect(t, lengths[i]);
		at("AT", "OK");
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, has_link_id_topic_length_and_data, REQ("MQTTSUBRECV-1"), TAGS("needs:broker"))
{
	hands_out_lengths(expect_fields);
}

Test(mqttsubrecv, has_link_id_0, REQ("MQTTSUBRECV-2"), TAGS("needs:broker"))
{
	hands_out_lengths(expect_link);
}

Test(mqttsubrecv, has_the_length_of_the_message, REQ("MQTTSUBRECV-4"), TAGS("needs:broker"))
{
	hands_out_lengths(expect_length);
}
Test(mqttsubrecv, has_the_topic_of_the_message, REQ("MQTTSUBRECV-3"), TAGS("needs:broker"))
{
	static const char *const names[] = { "a", "a/b", "a/", "/a", "a//b", "a b", "UPPER",
		"1,2,3", "!$%&'()*-.:;<=>?@[]^_`{|}~", "gr\xc3\xbc\xc3\x9f" };
	int o = enter_subscribed(own("#"), 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		receives(o, own(names[i]), "test");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, has_topics_of_64_bytes, REQ("MQTTSUBRECV-24"), TAGS("needs:broker"))
{
	char name[TOPIC_MAX + 1];
	int o = enter_subscribed(own("#"), 1);
	fill_topic(name, 'y');
	receives(o, own(name), "the longest topic");
	receives(o, own("a//b/"), "several levels");
	receives(o, own(" !$%&'()*-.:;<=>?@[]^_`{|}~"), "blanks and signs");
	leave_mqtt();
}

Test(mqttsubrecv, comes_without_being_asked_for, REQ("MQTTSUBRECV-6"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (int i = 0; i < 5; i++)
		receives(o, t, "by itself");
	leave_mqtt();
}

Test(mqttsubrecv, comes_once_at_every_qos, REQ("MQTTSUBRECV-8", "MQTTSUBRECV-16"),
	TAGS("needs:broker"))
{
	enter_connected(0);
	int o = observer(NULL);
	for (int granted = 0; granted <= 2; granted++) {
		const char *t = own(fmt("granted%d", granted));
		given(sub_line(t, granted));
		for (int qos = 0; qos <= 2; qos++) {
			const char *text = fmt("published with %d", qos);
			publish(o, t, text, strlen(text), qos, false);
			subrecv(t, text, strlen(text), patience_ms());
		}
		no_subrecv(moment_ms());
	}
	leave_mqtt();
}

Test(mqttsubrecv, is_acknowledged, REQ("MQTTSUBRECV-16"), TAGS("needs:broker needs:broker_log"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 2);
	for (int i = 0; i < 3; i++) {
		broker_forget();
		publish(o, t, "once", 4, 1, false);
		subrecv(t, "once", 4, patience_ms());
		broker_log(fmt("Received PUBACK from %s *", client_id()), 0);
		publish(o, t, "twice", 5, 2, false);
		subrecv(t, "twice", 5, patience_ms());
		broker_log(fmt("Received PUBREC from %s *", client_id()), 0);
		broker_log(fmt("Received PUBCOMP from %s *", client_id()), 0);
	}
	leave_mqtt();
}

/* ---- the data ---- */

Test(mqttsubrecv, hands_out_every_byte_value, REQ("MQTTSUBRECV-5"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (int value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		publish(o, t, &byte, 1, 0, false);
	}
	for (int value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		subrecv(t, &byte, 1, patience_ms());
	}
	for (unsigned seed = 0; seed < 4; seed++) {
		publish(o, t, some_bytes(seed, 512), 512, 1, false);
		subrecv(t, some_bytes(seed, 512), 512, patience_ms());
	}
	leave_mqtt();
}

Test(mqttsubrecv, hands_out_every_short_length, REQ("MQTTSUBRECV-20", "MQTTSUBRECV-4"),
	TAGS("needs:broker issue:espressif/esp-at#287"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (size_t len = 1; len <= 64; len++) {
		publish(o, t, some_bytes((unsigned)len, len), len, (int)len % 3, false);
		subrecv(t, some_bytes((unsigned)len, len), len, patience_ms());
	}
	no_urc("ready", 0);
	still_there(o);
	leave_mqtt();
}

Test(mqttsubrecv, hands_out_an_empty_message, REQ("MQTTSUBRECV-14"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (int qos = 0; qos <= 2; qos++) {
		publish(o, t, "", 0, qos, false);
		subrecv(t, "", 0, patience_ms());
		receives(o, t, "and afterwards");
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, hands_out_long_messages, REQ("MQTTSUBRECV-15"), TAGS("needs:broker"))
{
	static const size_t lengths[] = { 127, 128, 129, 255, 256, 512, 900, 1000, 1023, 1024 };
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		publish(o, t, some_bytes((unsigned)i, lengths[i]), lengths[i], 1, false);
		subrecv(t, some_bytes((unsigned)i, lengths[i]), lengths[i], patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, hands_out_data_that_look_like_something_else, REQ("MQTTSUBRECV-13"),
	TAGS("needs:broker"))
{
	static const char *const texts[] = { "\r\nOK\r\n", "\r\nERROR\r\n", "OK\r\n>", ">", "\r",
		"\n", "\r\n", "+MQTTPUB:OK\r\n", "\r\n+MQTTPUB:FAIL\r\n", "+MQTTDISCONNECTED:0\r\n",
		"+MQTTSUBRECV:0,\"a\",4,abcd", "\r\n+MQTTSUBRECV:0,\"a\",9999,abcd", "\"", "\",1,x",
		",", ",,\"\",0,", "\r\nready\r\n", "busy p...\r\n", "AT\r\n", "+IPD,5:hello",
		"\\\"\\,\\\\", "ALREADY SUBSCRIBE\r\n", "{\"a\":[1,2],\"b\":\"c\"}" };
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	observe(o, own("out"), 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		publish_text(o, t, texts[i]);
		publishes(o, own("out"), "meanwhile");
		subrecv(t, texts[i], strlen(texts[i]), patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

/* ---- many ---- */

Test(mqttsubrecv, keeps_the_order, REQ("MQTTSUBRECV-7"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 2);
	for (int qos = 0; qos <= 2; qos++) {
		publish_pattern(o, t, (uint64_t)qos + 1, 100, 150, qos);
		subrecv_pattern(t, (uint64_t)qos + 1, 100, 150, patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, survives_messages_close_together, REQ("MQTTSUBRECV-19"),
	TAGS("needs:broker issue:espressif/esp-at#531"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (uint64_t round = 0; round < 15; round++) {
		publish_pattern(o, t, round + 1, 20 + 30 * round, 2, 0);
		subrecv_pattern(t, round + 1, 20 + 30 * round, 2, patience_ms());
		at("AT", "OK");
	}
	receives(o, t, "later");
	still_there(o);
	leave_mqtt();
}

Test(mqttsubrecv, is_never_split_or_overlaid, REQ("MQTTSUBRECV-19", "MQTTSUBRECV-13"),
	TAGS("needs:broker issue:espressif/esp-at#686"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	observe(o, own("out"), 0);
	for (uint64_t round = 0; round < 10; round++) {
		publish_pattern(o, t, round + 1, 700, 6, 0);
		for (int i = 0; i < 3; i++)
			at(pub_line(own("out"), "meanwhile", 0, 0), "OK");
		any("AT+MQTTSUB?");
		subrecv_pattern(t, round + 1, 700, 6, patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, pours_in_while_commands_are_answered, REQ("MQTTSUBRECV-18"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	publish_pattern(o, t, 9, 500, 300, 0);
	for (int i = 0; i < 10; i++) {
		at("AT+CIPMUX?", "+CIPMUX:0", "OK");
		at("AT+MQTTFAKE", "ERROR");
		at(pub_line(own("out"), "meanwhile", 1, 0), "OK");
	}
	subrecv_pattern(t, 9, 500, 300, patience_ms());
	at("AT+CIPMUX?", "+CIPMUX:0", "OK");
	leave_mqtt();
}

/* ---- at inconvenient moments ---- */

Test(mqttsubrecv, comes_while_a_command_is_typed, REQ("MQTTSUBRECV-9"), TAGS("needs:broker"))
{
	static const char command[] = "AT+CIPMUX?\r\n";
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	for (size_t cut = 1; cut < sizeof(command) - 1; cut++) {
		raw(command, cut);
		publish_text(o, t, "meanwhile");
		check(come(1, patience_ms()), "the message does not come");
		raw(command + cut, sizeof(command) - 1 - cut);
		response("+CIPMUX:0", "OK");
		subrecv_text(t, "meanwhile");
	}
	leave_mqtt();
}

Test(mqttsubrecv, comes_while_a_message_is_typed, REQ("MQTTSUBRECV-9"), TAGS("needs:broker"))
{
	const char *t = own("a"), *out = own("out");
	int o = enter_subscribed(t, 1);
	observe(o, out, 1);
	for (size_t cut = 5; cut < 40; cut += 7) {
		const char *line = fmt("%s\r\n", pub_line(out, "typed slowly", 1, 0));
		char copy[256];
		snprintf(copy, sizeof(copy), "%s", line);
		raw(copy, cut);
		publish(o, t, some_bytes(1, 300), 300, 1, false);
		check(come(1, patience_ms()), "the message does not come");
		raw(copy + cut, strlen(copy) - cut);
		response("OK");
		subrecv(t, some_bytes(1, 300), 300, patience_ms());
		expect_text(o, out, "typed slowly");
	}
	leave_mqtt();
}

/* Each round publishes while the command is being answered; at what place the message comes is up
 * to the module. */
Test(mqttsubrecv, comes_between_ok_and_prompt, REQ("MQTTSUBRECV-10"),
	TAGS("needs:broker issue:espressif/esp-at#539"))
{
	const char *t = own("a"), *out = own("out");
	int o = enter_subscribed(t, 1);
	observe(o, out, 2);
	for (int round = 0; round < 30; round++) {
		const uint8_t *bytes = some_bytes((unsigned)round, 64);
		raw_text(fmt("%s\r\n", raw_line(out, 64, 1, 0)));
		for (int i = 0; i < 3; i++)
			publish(o, t, fmt("message %d", i), 9, 0, false);
		response("OK");
		prompt();
		raw(bytes, 64);
		response("+MQTTPUB:OK");
		expect_message(o, out, bytes, 64, 1, false, patience_ms());
		for (int i = 0; i < 3; i++)
			subrecv(t, fmt("message %d", i), 9, patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, pours_in_while_prompts_come, REQ("MQTTSUBRECV-10"),
	TAGS("needs:broker issue:espressif/esp-at#539"))
{
	const char *t = own("a"), *out = own("out");
	int o = enter_subscribed(t, 1);
	observe(o, out, 2);
	for (uint64_t round = 0; round < 20; round++) {
		publish_pattern(o, t, round + 1, 30, 8, 0);
		for (int i = 0; i < 2; i++) {
			publish_raw(raw_line(out, 64, 1, 0), some_bytes(1, 64), 64);
			expect_message(o, out, some_bytes(1, 64), 64, 1, false, patience_ms());
		}
		subrecv_pattern(t, round + 1, 30, 8, patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, comes_before_the_end_of_data, REQ("MQTTSUBRECV-11"),
	TAGS("needs:broker issue:espressif/esp-at#539"))
{
	const char *t = own("a"), *out = own("out");
	int o = enter_subscribed(t, 1);
	observe(o, out, 2);
	for (size_t cut = 0; cut < 100; cut += 33) {
		data_prompt(raw_line(out, 100, 1, 0));
		raw(some_bytes(2, 100), cut);
		publish_text(o, t, "meanwhile");
		publish(o, t, some_bytes(3, 1000), 1000, 1, false);
		listen_for(20);
		raw(some_bytes(2, 100) + cut, 100 - cut);
		response("+MQTTPUB:OK");
		expect_message(o, out, some_bytes(2, 100), 100, 1, false, patience_ms());
		subrecv_text(t, "meanwhile");
		subrecv(t, some_bytes(3, 1000), 1000, patience_ms());
		receives(o, t, "and afterwards");
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

/* An address of the block for documentation, where nobody is. */
#define NOBODY "192.0.2.1"

Test(mqttsubrecv, comes_while_a_command_is_executed, REQ("MQTTSUBRECV-12"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	raw_text("AT+CIPSTART=\"TCP\",\"" NOBODY "\",80\r\n");
	publish_text(o, t, "meanwhile");
	publish(o, t, some_bytes(1, 1000), 1000, 1, false);
	response("ERROR");
	subrecv_text(t, "meanwhile");
	subrecv(t, some_bytes(1, 1000), 1000, patience_ms());
	leave_mqtt();
}

/* ---- at the beginning and the end ---- */

Test(mqttsubrecv, hands_out_what_was_kept, REQ("MQTTSUBRECV-17"), TAGS("needs:broker"))
{
	int o = observer(NULL);
	enter_connected(0);
	for (int qos = 0; qos <= 2; qos++) {
		const char *t = own(fmt("kept%d", qos));
		publish(o, t, "kept", 4, qos, true);
		no_subrecv(0);
		given(sub_line(t, qos));
		subrecv(t, "kept", 4, patience_ms());
		receives(o, t, "fresh");
		publish(o, t, "", 0, 1, true);
		subrecv(t, "", 0, patience_ms());
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsubrecv, hands_out_all_that_was_kept_below_a_wildcard, REQ("MQTTSUBRECV-17"),
	TAGS("needs:broker"))
{
	enum { MANY = 12 };
	const char *topics[MANY];
	bool seen[MANY] = { false };
	int o = observer(NULL);
	enter_connected(0);
	for (int i = 0; i < MANY; i++)
		publish(o, topics[i] = own(fmt("kept/%d", i)), some_bytes((unsigned)i, 200), 200, 1,
			true);
	given(sub_line(own("kept/#"), 1));
	for (int n = 0; n < MANY; n++) {
		const struct message *m = next_subrecv(patience_ms());
		int i = 0;
		while (i < MANY && strcmp(m->topic, topics[i]) != 0)
			i++;
		check(i < MANY && !seen[i], "\"%s\" comes", m->topic);
		check(m->len == 200 && memcmp(m->payload, some_bytes((unsigned)i, 200), 200) == 0,
			"other bytes come");
		seen[i] = true;
	}
	no_subrecv(moment_ms());
	given(unsub_line(own("kept/#")));
	for (int i = 0; i < MANY; i++)
		publish(o, topics[i], "", 0, 1, true);
	leave_mqtt();
}

Test(mqttsubrecv, ends_with_mqttclean, REQ("MQTTSUBRECV-21"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 0);
	publish_pattern(o, t, 1, 200, 300, 0);
	check(come(2, patience_ms()), "nothing comes");
	given(MQTT_CLEAN);
	size_t then = subrecv_count();
	publish_pattern(o, t, 1, 200, 20, 0);
	listen_for(moment_ms());
	check(subrecv_count() == then, "messages come after the connection was closed");
	while (subrecv_count() > 0)
		next_subrecv(0);
	forget_urcs();
}
