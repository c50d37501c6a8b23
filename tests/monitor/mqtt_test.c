/* SPDX-License-Identifier: MIT */
/* The monitor and an MQTT connection: sessions of what is sent ("> …"), received ("< …"), and what
 * the line's broker and observers do: "= ready 127.0.0.2 1883", "= ended", "= others", "= pub 0 1 t
 * hello" (client, QoS, topic, payload), "= retain …", "= will …". Then the breaches: number and
 * text. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "monitor/monitor.h"
#include "monitor/mqtt-command.h"
#include "sessions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void broker_step(struct monitor *m, const char *step)
{
	char word[16] = "", topic[64] = "";
	int used = 0, client = 0, qos = 0;
	uint16_t ports[2] = { 0 };
	struct monitor_mqtt e = { .only = true, .ports = ports, .host = topic, .t_ns = 1 };
	cr_assert_eq(sscanf(step, "= %15s %n", word, &used), 1);
	const char *rest = step + used;
	if (strcmp(word, "ready") == 0) {
		cr_assert_eq(sscanf(rest, "%63s %hu", topic, &ports[0]), 2);
		e.what = MONITOR_MQTT_READY;
	} else if (strcmp(word, "ended") == 0) {
		e.what = MONITOR_MQTT_ENDED;
	} else if (strcmp(word, "others") == 0) {
		e.what = MONITOR_MQTT_OTHERS;
	} else {
		cr_assert_eq(sscanf(rest, "%d %d %63s%n", &client, &qos, topic, &used), 3);
		e.what = MONITOR_MQTT_PUBLISHED;
		e.client = client;
		e.qos = qos;
		e.topic = topic;
		e.payload = rest + used + (rest[used] == ' ');
		e.len = strlen(e.payload);
		e.retain = strcmp(word, "retain") == 0;
		e.will = strcmp(word, "will") == 0;
	}
	monitor_mqtt_event(m, &e);
}

static void step_of(struct monitor *m, const char *step)
{
	if (*step == '=')
		broker_step(m, step);
	else if (*step == '>')
		monitor_sent(m, step + 2, strlen(step + 2), 1);
	else if (*step == '<')
		monitor_received(m, step + 2, strlen(step + 2), 1);
	else
		monitor_end(m, 1);
}

static void session(const char *expected, const char *const *steps)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = sessions_spec();
	struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
	for (; *steps; steps++)
		step_of(m, *steps);
	monitor_end(m, 1);
	cr_expect_str_eq(buf_text(&breaches), expected);
	monitor_destroy(m);
	free(spec.urcs);
	free(spec.finals);
}

#define OK               "< \r\nOK\r\n"
#define CONNECT          "> AT+MQTTCONN=0,\"127.0.0.2\",1883,0\r\n"
#define CONNECTED        "< +MQTTCONNECTED:0,1,\"127.0.0.2\",1883,\"\",0\r\n\r\nOK\r\n"
#define GONE             "< +MQTTDISCONNECTED:0\r\n"
#define SUB(f, qos)      "> AT+MQTTSUB=0,\"" f "\"," qos "\r\n", OK
#define CAME(t, n, data) "< +MQTTSUBRECV:0,\"" t "\"," n "," data "\r\n"
#define breaks(expected, ...)                                                                      \
	session(expected, (const char *const[]){                                                   \
				  "= ready 127.0.0.2 1883", "> AT\r\n", OK, __VA_ARGS__, NULL })
#define keeps(...) breaks("", __VA_ARGS__)
#define subscribed(expected, qos, ...)                                                             \
	breaks(expected, CONNECT, CONNECTED, SUB("t", qos), __VA_ARGS__)

Test(mqtt, connections_come_and_go_in_order)
{
	keeps(CONNECT, CONNECTED, GONE, CONNECT, CONNECTED, "> AT+MQTTCLEAN=0\r\n", GONE, OK);
	keeps(CONNECT, CONNECTED, "> AT+MQTTCLEAN=0\r\n", OK, GONE);
	keeps(GONE);
	keeps(CONNECT, "< +MQTTDISCONNECTED:0\r\n\r\nERROR\r\n");
	breaks("15 +MQTTCONNECTED of a connection that had not ended", CONNECT, CONNECTED,
		"< +MQTTCONNECTED:0,1,\"127.0.0.2\",1883,\"\",0\r\n");
	breaks("15 +MQTTDISCONNECTED without a connection", CONNECT, CONNECTED, GONE, GONE);
	breaks("15 +MQTTSUBRECV without a connection", CONNECT, CONNECTED, GONE,
		CAME("t", "2", "hi"));
	breaks("15 +MQTTDISCONNECTED without a connection", "> AT+RST\r\n", OK, "< ready\r\n",
		GONE);
	/* What another case left is not known; leaving the access point may say nothing of it. */
	keeps(CONNECT, CONNECTED, "end", CONNECT, CONNECTED);
	keeps(CONNECT, CONNECTED, "< WIFI DISCONNECT\r\n", GONE, CONNECT, CONNECTED);
	keeps(CONNECT, CONNECTED, "> AT+CWQAP\r\n", OK, CONNECT, CONNECTED);
}

Test(mqtt, messages_were_published)
{
	subscribed("", "1", "= pub 0 1 t hello", CAME("t", "5", "hello"));
	subscribed("", "1", "= pub 0 1 t", CAME("t", "0", ""));
	subscribed(
		"", "1", "> AT+MQTTPUB=0,\"t\",\"me, too\",1,0\r\n", CAME("t", "7", "me, too"), OK);
	subscribed("", "1", "> AT+MQTTPUBRAW=0,\"t\",3,1,0\r\n", "< OK\r\n>", "> a", "> bc",
		CAME("t", "3", "abc"), "< +MQTTPUB:OK\r\n");
	subscribed("16 topic \"t\", 5 bytes \"jello\": nobody published this", "1",
		"= pub 0 1 t hello", CAME("t", "5", "jello"));
	subscribed("16 topic \"u\", 5 bytes \"hello\": nobody published this", "1",
		"= pub 0 1 t hello", CAME("u", "5", "hello"));
	subscribed("16 topic \"t\", 0 bytes \"\": nobody published this", "1", "= pub 0 1 t x",
		CAME("t", "0", ""));
}

Test(mqtt, is_silent_about_what_it_cannot_know)
{
	/* another broker, a client that is not known, escapes, a session of an earlier time */
	keeps("> AT+MQTTCONN=0,\"127.0.0.2\",1884,0\r\n", CONNECTED, CAME("t", "2", "hi"));
	keeps("> AT+MQTTCONN=0,\"127.0.0.3\",1883,0\r\n", CONNECTED, CAME("t", "2", "hi"));
	subscribed("", "1", "= others", CAME("t", "2", "hi"));
	subscribed("", "1", "> AT+MQTTPUB=0,\"t\",\"a\\,b\",1,0\r\n", OK, CAME("t", "3", "a,b"));
	keeps("> AT+MQTTCONNCFG=0,60,1,\"\",\"\",0,0\r\n", OK, CONNECT, CONNECTED,
		CAME("t", "2", "hi"));
	keeps("> AT+MQTTCONNCFG=0,60,0,\"w\",\"gone\",0,1\r\n", OK, CONNECT, CONNECTED,
		CAME("w", "4", "gone"), CAME("w", "4", "gone"));
	subscribed("", "0", CAME("$SYS/x", "1", "1"));
	subscribed("", "1", "= will 0 0 w gone", CAME("w", "4", "gone"));
	/* retained in an earlier case */
	keeps("= retain 0 1 t kept", "end", CONNECT, CONNECTED, SUB("t", "1"),
		CAME("t", "4", "kept"), SUB("t", "1"), CAME("t", "4", "kept"));
}

Test(mqtt, none_comes_twice)
{
	static const char again[] = "16 topic \"t\", 2 bytes \"hi\": it came a second time";
	subscribed(again, "2", "= pub 0 2 t hi", CAME("t", "2", "hi"), CAME("t", "2", "hi"));
	subscribed(again, "2", "= pub 0 0 t hi", CAME("t", "2", "hi"), CAME("t", "2", "hi"));
	subscribed("", "1", "= pub 0 2 t hi", CAME("t", "2", "hi"), CAME("t", "2", "hi"));
	subscribed("", "2", "= pub 0 2 t hi", "= pub 1 2 t hi", CAME("t", "2", "hi"),
		CAME("t", "2", "hi"));
	/* over a new connection, and by two subscriptions, it may */
	subscribed("", "2", "= pub 0 2 t hi", CAME("t", "2", "hi"), GONE, CONNECT, CONNECTED,
		CAME("t", "2", "hi"));
	subscribed("", "2", SUB("#", "2"), "= pub 0 2 t hi", CAME("t", "2", "hi"),
		CAME("t", "2", "hi"));
}

Test(mqtt, none_is_left_out)
{
	static const char lost[] = "16 topic \"t\", 1 bytes \"a\": it is lost or late: a later "
				   "message of its sender came";
	subscribed(lost, "1", "= pub 0 1 t a", "= pub 0 1 t b", CAME("t", "1", "b"));
	subscribed(lost, "2", "= pub 0 2 t a", "= pub 0 2 t b", CAME("t", "1", "b"),
		CAME("t", "1", "a"));
	subscribed("", "1", "= pub 0 0 t a", "= pub 0 0 t b", CAME("t", "1", "b"));
	subscribed("16 topic \"t\", 1 bytes \"a\": a later message of its sender came before it",
		"1", "= pub 0 0 t a", "= pub 0 0 t b", CAME("t", "1", "b"), CAME("t", "1", "a"));
	/* another sender, QoS or topic has an order of its own */
	subscribed("", "1", "= pub 0 1 t a", "= pub 1 1 t b", CAME("t", "1", "b"));
	subscribed("", "2", "= pub 0 1 t a", "= pub 0 2 t b", CAME("t", "1", "b"));
	subscribed("", "1", SUB("u", "1"), "= pub 0 1 u a", "= pub 0 1 t b", CAME("t", "1", "b"));
	/* what the module could not publish, and what it is about to give up */
	subscribed("", "1", "> AT+MQTTPUB=0,\"t\",\"a\",1,0\r\n", "< \r\nERROR\r\n",
		"> AT+MQTTPUB=0,\"t\",\"b\",1,0\r\n", OK, CAME("t", "1", "b"));
	subscribed("", "1", "= pub 0 1 t a", "> AT+MQTTUNSUB=0,\"t\"\r\n", OK, SUB("t", "1"),
		"= pub 0 1 t b", CAME("t", "1", "b"));
	subscribed("", "1", "= pub 0 1 t a", "= ended", "= ready 127.0.0.2 1883", "= pub 0 1 t b",
		CAME("t", "1", "b"));
	/* before there was a subscription */
	keeps(CONNECT, CONNECTED, "= pub 0 1 t a", SUB("t", "1"), "= pub 0 1 t b",
		CAME("t", "1", "b"));
}

Test(mqtt, result_of_publishing_needs_data)
{
	breaks("6 +MQTTPUB:OK without data behind a prompt", "> AT+MQTTPUBRAW=0,\"t\",2,0,0\r\n",
		"< +MQTTPUB:OK\r\n");
}

Test(mqtt, messages_end_with_a_line_end)
{
	static const char none[] = "8 no line end behind +MQTTSUBRECV, but ";
	char expected[128];
	keeps("< +MQTTSUBRECV:0,\"t\",2,hi\r\n+MQTTSUBRECV:0,\"t\",0,\r\n", "> AT\r\n", OK);
	snprintf(expected, sizeof(expected), "%s+MQTTSUBRECV:0,\"t\",0,", none);
	breaks(expected, "< +MQTTSUBRECV:0,\"t\",2,hi+MQTTSUBRECV:0,\"t\",0,\r\n");
	snprintf(expected, sizeof(expected), "%sOK", none);
	breaks(expected, "> AT\r\n", "< +MQTTSUBRECV:0,\"t\",0,OK\r\n");
	keeps(CAME("t", "1", "x"), "> AT+CIPRECVDATA=2\r\n", "< +CIPRECVDATA:2,hiOK\r\n");
	/* what is more than was announced is told as such */
	breaks("7 more bytes than announced: ho", "< +MQTTSUBRECV:0,\"t\",2,hiho\r\n");
}

Test(mqtt, filters)
{
	cr_expect(mqtt_filter_takes("a/b", "a/b"));
	cr_expect(mqtt_filter_takes("#", "a/b"));
	cr_expect(mqtt_filter_takes("a/#", "a"));
	cr_expect(mqtt_filter_takes("a/#", "a/b/c"));
	cr_expect(mqtt_filter_takes("+/b", "a/b"));
	cr_expect(mqtt_filter_takes("a/+", "a/"));
	cr_expect(mqtt_filter_takes("+/+", "/x"));
	cr_expect_not(mqtt_filter_takes("a/+", "a"));
	cr_expect_not(mqtt_filter_takes("a", "a/b"));
	cr_expect_not(mqtt_filter_takes("a/b", "a"));
	cr_expect_not(mqtt_filter_takes("a/+", "a/b/c"));
	cr_expect_not(mqtt_filter_takes("#", "$SYS/x"));
	cr_expect_not(mqtt_filter_takes("+/x", "$SYS/x"));
	cr_expect(mqtt_filter_takes("$SYS/#", "$SYS/x"));
}

/* Whatever comes in whatever order: nothing breaks. */
Test(mqtt, takes_anything)
{
	static const char *const words[] = { CONNECT, "> AT+MQTTCONN?\r\n", "> AT+MQTTCONN=\r\n",
		"> AT+MQTTCONNCFG=0,60,1,\"w\",\"gone\",1,1\r\n", "> AT+MQTTSUB=0,\"t\",1\r\n",
		"> AT+MQTTSUB=0,\"#\",2\r\n", "> AT+MQTTUNSUB=0,\"t\"\r\n", "> AT+MQTTCLEAN=0\r\n",
		"> AT+MQTTPUB=0,\"t\",\"data\",1,0\r\n", "> AT+MQTTPUB=0,\"t\r\n",
		"> AT+MQTTPUB=,,,,,,,,,,,,\"\",\r\n", "> AT+MQTTPUBRAW=0,\"t\",4,2,1\r\n", "> data",
		"> AT+CWQAP\r\n", "> AT+RST\r\n", OK, "< OK\r\n>", "< \r\nERROR\r\n",
		"< +MQTTPUB:OK\r\n", "< +MQTTPUB:FAIL\r\n", CONNECTED, GONE,
		"< WIFI DISCONNECT\r\n", "< ready\r\n", CAME("t", "4", "data"), CAME("t", "0", ""),
		"< +MQTTSUBRECV:0,\"t\",9,", "< +MQTTSUBRECV:0,\"\",1,x", "= ready 127.0.0.2 1883",
		"= ended", "= others", "= pub 0 1 t data", "= pub 1 2 t data",
		"= retain 0 1 t data", "= will 0 0 t gone" };
	sessions_at_random(words, sizeof(words) / sizeof(words[0]), 3000, broker_step);
}

Test(mqtt, a_flood_is_bounded)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = sessions_spec();
	struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
	broker_step(m, "= ready 127.0.0.2 1883");
	step_of(m, CONNECT);
	step_of(m, CONNECTED);
	for (int i = 0; i < 20000; i++)
		monitor_mqtt_event(m, &(struct monitor_mqtt){ .what = MONITOR_MQTT_PUBLISHED,
					      .topic = "t",
					      .payload = &i,
					      .len = sizeof(i),
					      .retain = true,
					      .t_ns = 1 });
	for (int i = 0; i < 200; i++) {
		char text[64];
		snprintf(text, sizeof(text), "> AT+MQTTSUB=0,\"%d\",1\r\n", i);
		step_of(m, text);
		step_of(m, OK);
	}
	step_of(m, CAME("t", "2", "hi"));
	step_of(m, "end");
	cr_expect_str_eq(buf_text(&breaches), "");
	monitor_destroy(m);
	free(spec.urcs);
	free(spec.finals);
}
