/* SPDX-License-Identifier: MIT */
/* AT+MQTTPUBRAW: bytes of every kind and length, prompt and result, and what becomes of data that
 * are too few, too many, or can't be published any more. */
#include "traffic.h"

/* Publishes bytes that an observer gets. */
static void publishes_raw(int o, const char *t, const void *bytes, size_t len)
{
	publish_raw(raw_line(t, len, 1, 0), bytes, len);
	expect_message(o, t, bytes, len, 1, false, patience_ms());
}

/* ---- the bytes ---- */

Test(mqttpubraw, publishes_what_was_given, REQ("MQTTPUBRAW-20", "MQTTPUBRAW-8"),
	TAGS("needs:broker"))
{
	static const size_t lengths[] = { 1, 2, 11, 13, 15, 127, 128, 255, 256, 1000, 1023, 1024 };
	const char *t = own("a");
	int o = enter_observed(t);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		publishes_raw(o, t, some_bytes((unsigned)i, lengths[i]), lengths[i]);
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpubraw, publishes_every_byte_value, REQ("MQTTPUBRAW-20", "MQTTPUBRAW-23"),
	TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		publishes_raw(o, t, &byte, 1);
	}
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpubraw, takes_nothing_in_the_data_for_a_command, REQ("MQTTPUBRAW-23"),
	TAGS("needs:broker"))
{
	static const char text[] =
		"\r\nAT+RST\r\n+++\r\nATE0\r\n\r\nOK\r\n>+MQTTPUB:OK\\0\\\\0\\,\\\""
		"\0\0+MQTTSUBRECV:0,\"a\",4,abcd\r\nERROR\r\nAT+MQTTCLEAN=0\r\n"
		"\n\r\x1b\x03\x04\x11\x13";
	const size_t len = sizeof(text) - 1;
	const char *t = own("a");
	int o = enter_observed(t);
	publishes_raw(o, t, text, len);
	data_prompt(raw_line(t, len, 1, 0));
	for (size_t done = 0; done < len; done += 11) {
		listen_for(1);
		raw(text + done, len - done < 11 ? len - done : 11);
	}
	response("+MQTTPUB:OK");
	expect_message(o, t, text, len, 1, false, patience_ms());
	no_message(o, moment_ms());
	at("AT", "OK");
	check(echoed() == bench_echo(), "the echo has changed");
	leave_mqtt();
}

Test(mqttpubraw, takes_data_in_any_pieces, REQ("MQTTPUBRAW-22"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	const uint8_t *bytes = some_bytes(2, 200);
	data_prompt(raw_line(t, 200, 1, 0));
	for (size_t done = 0, piece = 1; done < 200; done += piece, piece = piece % 7 + 1) {
		if (piece < 3 && done > 0)
			listen_for(2);
		raw(bytes + done, 200 - done < piece ? 200 - done : piece);
	}
	response("+MQTTPUB:OK");
	expect_message(o, t, bytes, 200, 1, false, patience_ms());
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpubraw, takes_topics_of_64_bytes, REQ("MQTTPUBRAW-5", "MQTTPUBRAW-20"),
	TAGS("needs:broker"))
{
	int o = enter_observed(own("#"));
	char name[TOPIC_MAX + 1];
	fill_topic(name, 'x');
	publishes_raw(o, own(name), "the longest", 11);
	publishes_raw(o, own("x"), "a short one", 11);
	leave_mqtt();
}

Test(mqttpubraw, has_qos_0_by_default, REQ("MQTTPUBRAW-35"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	any(fmt("AT+MQTTPUBRAW=0,\"%s\",4,,0", t));
	if (said("OK")) {
		prompt();
		raw("data", 4);
		response("+MQTTPUB:OK");
		expect_message(o, t, "data", 4, 0, false, patience_ms());
	}
	no_message(o, moment_ms());
	leave_mqtt();
}

/* ---- prompt and result ---- */

Test(mqttpubraw, has_its_prompt_behind_ok, REQ("MQTTPUBRAW-32"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int i = 0; i < 10; i++) {
		data_prompt(raw_line(t, 4, 1, 0));
		size_t len;
		const char *wire = received(&len), *ok = strstr(wire, "\nOK\r\n");
		const char *sign = ok ? strstr(ok, "\n>") : NULL;
		check(sign, "the prompt is not on a line of its own behind OK");
		raw("data", 4);
		response("+MQTTPUB:OK");
		expect_text(o, t, "data");
	}
	leave_mqtt();
}

Test(mqttpubraw, has_one_result, REQ("MQTTPUBRAW-29"), TAGS("needs:broker"))
{
	const char *t = own("a");
	enter_connected(0);
	for (int qos = 0; qos <= 2; qos++) {
		publish_raw(raw_line(t, 4, qos, 0), "data", 4);
		silence(0);
	}
	leave_mqtt();
}

/* As long as it takes: the document knows no end of the waiting. What came meanwhile is data. */
Test(mqttpubraw, waits_for_the_last_byte, REQ("MQTTPUBRAW-21"),
	TAGS("needs:broker issue:espressif/esp-at#1027"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	const uint8_t *bytes = some_bytes(1, MESSAGE_MAX);
	data_prompt(raw_line(t, MESSAGE_MAX, 1, 0));
	raw(bytes, 500);
	unanswered(2 * moment_ms());
	raw(bytes + 500, MESSAGE_MAX - 501);
	unanswered(2 * moment_ms());
	no_message(o, 0);
	raw(bytes + MESSAGE_MAX - 1, 1);
	response("+MQTTPUB:OK");
	expect_message(o, t, bytes, MESSAGE_MAX, 1, false, patience_ms());
	still_there(o);
	leave_mqtt();
}

/* Whether the surplus is dropped or taken for a (wrong) command line is open. */
static void send_surplus(size_t len)
{
	const char *t = own("a");
	int o = enter_observed(t);
	char bytes[MESSAGE_MAX + 16];
	size_t ok, refused;
	memcpy(bytes, some_text(3, len), len);
	memcpy(bytes + len, "SURPLUS\r\n", 10);
	data_prompt(raw_line(t, len, 1, 0));
	tolerate(true, "more bytes than announced");
	raw(bytes, len + 9);
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 1, "+MQTTPUB:OK came %zu times", ok);
	expect_message(o, t, bytes, len, 1, false, patience_ms());
	no_message(o, moment_ms());
	still_there(o);
	leave_mqtt();
}

Test(mqttpubraw, keeps_surplus_bytes_out, REQ("MQTTPUBRAW-24"), TAGS("needs:broker"))
{
	send_surplus(4);
}

Test(mqttpubraw, keeps_the_1025th_byte_out, REQ("MQTTPUBRAW-24"), TAGS("needs:broker"))
{
	send_surplus(MESSAGE_MAX);
}

Test(mqttpubraw, refuses_1025_bytes_and_goes_on, REQ("MQTTPUBRAW-9", "MQTTPUBRAW-33"),
	TAGS("needs:broker issue:espressif/esp-at#377"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int i = 0; i < 3; i++) {
		send_refused(raw_line(t, MESSAGE_MAX + 1, 1, 0));
		publishes_raw(o, t, some_bytes(1, MESSAGE_MAX), MESSAGE_MAX);
	}
	send_refused(raw_line(t, 0, 1, 0));
	publishes_raw(o, t, "a", 1);
	no_message(o, moment_ms());
	leave_mqtt();
}

/* ---- QoS and retain flag ---- */

Test(mqttpubraw, has_the_qos_given, REQ("MQTTPUBRAW-25"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int round = 0; round < 2; round++) {
		for (int qos = 0; qos <= 2; qos++) {
			publish_raw(raw_line(t, 100, qos, 0), some_bytes(1, 100), 100);
			expect_message(o, t, some_bytes(1, 100), 100, qos, false, patience_ms());
		}
	}
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpubraw, is_kept_with_retain_flag, REQ("MQTTPUBRAW-26"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	for (int qos = 0; qos <= 2; qos++) {
		const uint8_t *bytes = some_bytes((unsigned)qos, 300);
		publish_raw(raw_line(t, 300, qos, 1), bytes, 300);
		expect_message(o, t, bytes, 300, qos, false, patience_ms());
		int later = observer(NULL);
		observe(later, t, 2);
		expect_message(later, t, bytes, 300, qos, true, patience_ms());
	}
	publish(o, t, "", 0, 1, true);
	leave_mqtt();
}

Test(mqttpubraw, is_not_kept_without_retain_flag, REQ("MQTTPUBRAW-26"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	publishes_raw(o, t, "gone", 4);
	int later = observer(NULL);
	observe(later, t, 2);
	no_message(later, moment_ms());
	leave_mqtt();
}

/* ---- when it can't be published ---- */

Test(mqttpubraw, fails_when_the_connection_is_lost_meanwhile, REQ("MQTTPUBRAW-27", "MQTTPUBRAW-29"),
	TAGS("needs:broker needs:broker_control"))
{
	enter_connected(0);
	data_prompt(raw_line(own("a"), 10, 1, 0));
	raw("hello", 5);
	broker_kill();
	listen_for(2 * moment_ms());
	raw("world", 5);
	response("+MQTTPUB:FAIL");
	at("AT", "OK");
	silence(0);
	leave_mqtt();
	broker_start();
}

Test(mqttpubraw, needs_a_connection, REQ("MQTTPUBRAW-28"), TAGS("needs:broker"))
{
	refused_unless_connected(refuse_data, raw_line(own("a"), 4, 1, 0));
}

Test(mqttpubraw, is_refused_after_the_connection_was_lost, REQ("MQTTPUBRAW-28"),
	TAGS("needs:broker needs:broker_control"))
{
	refused_after_loss(refuse_data, raw_line(own("a"), 4, 1, 0));
}

Test(mqttpubraw, is_answered_in_time_by_a_mute_broker, REQ("MQTTPUBRAW-30"),
	TAGS("needs:broker needs:peers"))
{
	enter_scripted();
	data_prompt(raw_line(own("a"), 4, 1, 0));
	raw("data", 4);
	any_response();
	check(said("+MQTTPUB:OK") || said("+MQTTPUB:FAIL"), "another result comes");
	check(answer_ms() <= 10000, "the result took %lld ms", (long long)answer_ms());
	at("AT", "OK");
	leave_mqtt();
}

/* ---- what is refused ---- */

Test(mqttpubraw, refuses_empty_places, REQ("MQTTPUBRAW-19"), TAGS("needs:broker"))
{
	const char *t = own("a");
	enter_connected(0);
	send_refused(fmt("AT+MQTTPUBRAW=,\"%s\",4,1,0", t));
	send_refused("AT+MQTTPUBRAW=0,,4,1,0");
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",,1,0", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",4,1,", t));
	leave_mqtt();
}

Test(mqttpubraw, publishes_nothing_when_refused, REQ("MQTTPUBRAW-33"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_observed(t);
	send_refused(fmt("AT+MQTTPUBRAW=1,\"%s\",4,1,0", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",4,3,0", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",4,1,2", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",-1,1,0", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",4,1", t));
	send_refused(fmt("AT+MQTTPUBRAW=0,\"%s\",\"4\",1,0", t));
	no_message(o, moment_ms());
	publishes_raw(o, t, "right", 5);
	leave_mqtt();
}

Test(mqttpubraw, reaches_nobody_without_permission, REQ("MQTTPUBRAW-34"),
	TAGS("needs:broker needs:broker_log"))
{
	int o = observer(NULL);
	for (int qos = 0; qos <= 2; qos++) {
		enter_connected(0);
		data_prompt(fmt("AT+MQTTPUBRAW=0,\"denied/%d\",6,%d,0", qos, qos));
		raw("denied", 6);
		any_response();
		check(said("+MQTTPUB:OK") || said("+MQTTPUB:FAIL"), "another result comes");
		broker_log(fmt("Denied PUBLISH from %s *'denied/%d'*", client_id(), qos), 0);
		up_or_reported_down(o);
		leave_mqtt();
	}
}
