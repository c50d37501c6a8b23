/* SPDX-License-Identifier: MIT */
/* AT+MQTTCONNCFG: keep-alive time, session and last will, as the broker gets them, as its log tells
 * them, and as another client sees them. */
#include "script.h"

/* Escapes topic and message. */
static const char *config_line(
	int keepalive, int session, const char *topic_, const char *message_, int qos, int retain)
{
	return fmt("AT+MQTTCONNCFG=0,%d,%d,\"%s\",\"%s\",%d,%d", keepalive, session,
		escaped(topic_), escaped(message_), qos, retain);
}

/* Online and configured for a broker of the tester: the peer. */
static int enter_scripted(void)
{
	online();
	enter_user();
	return peer_open("tcp", NULL);
}

/* ---- keep-alive time ---- */

static void expect_keepalive(int keepalive, int expected)
{
	int peer = enter_scripted();
	at(config_line(keepalive, 0, "", "", 0, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(c.keepalive == expected, "the broker gets %d seconds", c.keepalive);
	leave_mqtt();
}

Test(mqttconncfg, tells_the_broker_the_keepalive, REQ("MQTTCONNCFG-20"), TAGS("needs:peers"))
{
	expect_keepalive(61, 61);
}

Test(mqttconncfg, tells_the_broker_the_shortest_keepalive, REQ("MQTTCONNCFG-20"),
	TAGS("needs:peers"))
{
	expect_keepalive(60, 60);
}

Test(mqttconncfg, tells_the_broker_the_longest_keepalive, REQ("MQTTCONNCFG-20"),
	TAGS("needs:peers"))
{
	expect_keepalive(7200, 7200);
}

Test(mqttconncfg, is_logged_by_the_broker, REQ("MQTTCONNCFG-20"),
	TAGS("needs:broker needs:broker_log"))
{
	enter_configured(MQTT_TCP);
	at(config_line(300, 0, "", "", 0, 0), "OK");
	connect_to("tcp", 0);
	broker_log(fmt("*New client connected from * as %s (p2, c1, k300, u'%s')*", client_id(),
			   broker("username")),
		0);
	leave_mqtt();
}

Test(mqttconncfg, has_a_default_keepalive, REQ("MQTTCONNCFG-21"), TAGS("needs:peers"))
{
	struct connect c = script_accept(enter_scripted(), 0);
	check(c.keepalive == 120, "the broker gets %d seconds", c.keepalive);
	leave_mqtt();
}

Test(mqttconncfg, accepts_a_keepalive_of_0, REQ("MQTTCONNCFG-6"))
{
	enter_user();
	at("AT+MQTTCONNCFG=0,0,0,\"lwtt\",\"lwtm\",0,0", "OK");
	expect_state(MQTT_CONFIGURED);
	leave_mqtt();
}

Test(mqttconncfg, takes_0_for_the_default, REQ("MQTTCONNCFG-22"), TAGS("needs:peers"))
{
	expect_keepalive(0, 120);
}

/* ---- session ---- */

static void expect_clean(int session, bool clean)
{
	int peer = enter_scripted();
	at(config_line(120, session, "", "", 0, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(c.clean == clean, "the clean session flag is %d", c.clean);
	leave_mqtt();
}

Test(mqttconncfg, asks_for_a_clean_session, REQ("MQTTCONNCFG-23"), TAGS("needs:peers"))
{
	expect_clean(0, true);
}

Test(mqttconncfg, asks_for_the_session_to_stay, REQ("MQTTCONNCFG-24"), TAGS("needs:peers"))
{
	expect_clean(1, false);
}

Test(mqttconncfg, asks_for_a_clean_session_by_default, REQ("MQTTCONNCFG-25"), TAGS("needs:peers"))
{
	struct connect c = script_accept(enter_scripted(), 0);
	check(c.clean, "the clean session flag is not set");
	leave_mqtt();
}

/* Subscribes with that session, and ends the connection. */
static void enter_left(int session)
{
	enter_configured(MQTT_TCP);
	given(config_line(120, session, "", "", 0, 0));
	connect_to("tcp", 0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("kept")));
	given(MQTT_CLEAN);
	publish_text(observer(NULL), topic("kept"), "meanwhile");
	enter_configured(MQTT_TCP);
	given(config_line(120, session, "", "", 0, 0));
}

/* A client that takes the session over, so that the broker forgets it. */
static void forget_session(void)
{
	leave_mqtt();
	observer_leave(observer(fmt("{\"client_id\":\"%s\",\"clean\":true}", client_id())), "mqtt");
}

Test(mqttconncfg, keeps_the_session, REQ("MQTTCONNCFG-26"), TAGS("needs:broker"))
{
	enter_left(1);
	connect_to("tcp", 0);
	subrecv(topic("kept"), "meanwhile", 9, bench_ms("mqtt"));
	forget_session();
}

Test(mqttconncfg, drops_the_session, REQ("MQTTCONNCFG-27"), TAGS("needs:broker"))
{
	enter_left(0);
	connect_to("tcp", 0);
	no_subrecv(bench_ms("silence"));
	publish_text(observer(NULL), topic("kept"), "afterwards");
	no_subrecv(bench_ms("silence"));
	leave_mqtt();
}

/* ---- last will: what the broker gets ---- */

Test(mqttconncfg, tells_the_broker_the_will, REQ("MQTTCONNCFG-28"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	at(config_line(120, 0, "a/b", "gone away", 0, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(c.has_will && strcmp(c.will_topic, "a/b") == 0, "the topic is \"%s\"", c.will_topic);
	check(strcmp(c.will_message, "gone away") == 0, "the message is \"%s\"", c.will_message);
	check(c.will_qos == 0 && !c.will_retain, "QoS %d, retain %d", c.will_qos, c.will_retain);
	leave_mqtt();
}

Test(mqttconncfg, tells_the_broker_the_qos, REQ("MQTTCONNCFG-29"), TAGS("needs:peers"))
{
	for (int qos = 0; qos <= 2; qos++) {
		int peer = enter_scripted();
		at(config_line(120, 0, "a/b", "gone", qos, 0), "OK");
		struct connect c = script_accept(peer, 0);
		check(c.has_will && c.will_qos == qos, "for QoS %d the broker gets %d", qos,
			c.will_qos);
		leave_mqtt();
	}
}

Test(mqttconncfg, tells_the_broker_to_retain, REQ("MQTTCONNCFG-30"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	at(config_line(120, 0, "a/b", "gone", 0, 1), "OK");
	struct connect c = script_accept(peer, 0);
	check(c.has_will && c.will_retain, "the broker gets no retain flag");
	leave_mqtt();
}

/* Left as it was where the empty place is refused: without a will. */
static struct connect with_empty_place(const char *qos_and_retain)
{
	int peer = enter_scripted();
	any(fmt("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",%s", qos_and_retain));
	bool taken = said("OK");
	struct connect c = script_accept(peer, 0);
	check(c.has_will == taken, "a will that was %s",
		taken ? "accepted is missing" : "refused is there");
	leave_mqtt();
	return c;
}

Test(mqttconncfg, leaves_a_will_of_qos_0_by_default, REQ("MQTTCONNCFG-42"), TAGS("needs:peers"))
{
	struct connect c = with_empty_place(",1");
	check(c.will_qos == 0, "without a QoS the broker gets %d", c.will_qos);
}

Test(mqttconncfg, retains_no_will_by_default, REQ("MQTTCONNCFG-43"), TAGS("needs:peers"))
{
	struct connect c = with_empty_place("1,");
	check(!c.will_retain, "without a retain flag the broker is to keep the will");
}

Test(mqttconncfg, has_no_will_by_default, REQ("MQTTCONNCFG-32"), TAGS("needs:peers"))
{
	struct connect c = script_accept(enter_scripted(), 0);
	check(!c.has_will, "there is a will: \"%s\"", c.will_topic);
	leave_mqtt();
}

Test(mqttconncfg, has_no_will_without_a_topic, REQ("MQTTCONNCFG-33"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	at(config_line(120, 0, "", "", 0, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(!c.has_will, "there is a will: \"%s\"", c.will_topic);
	leave_mqtt();
}

Test(mqttconncfg, tells_the_broker_a_long_will, REQ("MQTTCONNCFG-34"), TAGS("needs:peers"))
{
	char where[65], what[65];
	for (int i = 0; i < 64; i++) {
		where[i] = (char)('a' + i % 26);
		what[i] = (char)('0' + i % 10);
	}
	where[64] = what[64] = '\0';
	int peer = enter_scripted();
	at(config_line(7200, 1, where, what, 2, 1), "OK");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.will_topic, where) == 0, "the topic is \"%s\"", c.will_topic);
	check(strcmp(c.will_message, what) == 0, "the message is \"%s\"", c.will_message);
	leave_mqtt();
}

Test(mqttconncfg, tells_the_broker_an_escaped_will, REQ("MQTTCONNCFG-38"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	at(config_line(120, 0, "a,b/\"c\"", "\\d,\"e\"", 0, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.will_topic, "a,b/\"c\"") == 0, "the topic is \"%s\"", c.will_topic);
	check(strcmp(c.will_message, "\\d,\"e\"") == 0, "the message is \"%s\"", c.will_message);
	leave_mqtt();
}

Test(mqttconncfg, has_its_will_logged, REQ("MQTTCONNCFG-28"), TAGS("needs:broker needs:broker_log"))
{
	enter_configured(MQTT_TCP);
	at(config_line(120, 0, topic("will"), "gone", 1, 1), "OK");
	connect_to("tcp", 0);
	broker_log("*Will message specified (4 bytes) (r1, q1)*", 0);
	broker_log(fmt("*%s*", topic("will")), 0);
	leave_mqtt();
}

/* ---- last will: what another client sees ---- */

/* The connection is lost: the observer that sees the will, which it must get next. */
static void expect_will(int qos, int retain)
{
	int o = observer(NULL);
	observe(o, topic("will"), 2);
	enter_configured(MQTT_TCP);
	given(config_line(120, 0, topic("will"), "gone away", qos, retain));
	connect_to("tcp", 0);
	throw_out(client_id());
	expect_message(o, topic("will"), "gone away", 9, qos, false, bench_ms("mqtt"));
	leave_mqtt();
}

Test(mqttconncfg, leaves_a_will, REQ("MQTTCONNCFG-28"), TAGS("needs:broker"))
{
	expect_will(0, 0);
}

Test(mqttconncfg, leaves_a_will_of_qos_1, REQ("MQTTCONNCFG-29"), TAGS("needs:broker"))
{
	expect_will(1, 0);
}

Test(mqttconncfg, leaves_a_will_of_qos_2, REQ("MQTTCONNCFG-29"), TAGS("needs:broker"))
{
	expect_will(2, 0);
}

/* Retained messages are for those who come later; an empty one deletes it. */
Test(mqttconncfg, leaves_a_will_that_stays, REQ("MQTTCONNCFG-30"), TAGS("needs:broker"))
{
	expect_will(1, 1);
	int late = observer(NULL);
	observe(late, topic("will"), 1);
	expect_message(late, topic("will"), "gone away", 9, 1, true, 0);
	publish(late, topic("will"), "", 0, 1, true);
}

Test(mqttconncfg, leaves_a_will_that_does_not_stay, REQ("MQTTCONNCFG-30"), TAGS("needs:broker"))
{
	expect_will(1, 0);
	int late = observer(NULL);
	observe(late, topic("will"), 1);
	no_message(late, bench_ms("silence"));
}

Test(mqttconncfg, leaves_no_will_in_order, REQ("MQTTCONNCFG-31"), TAGS("needs:broker"))
{
	int o = observer(NULL);
	observe(o, topic("will"), 2);
	enter_configured(MQTT_TCP);
	given(config_line(120, 0, topic("will"), "gone away", 1, 0));
	connect_to("tcp", 0);
	given(MQTT_CLEAN);
	no_message(o, 2 * bench_ms("silence"));
	forget_urcs();
}

/* ---- order ---- */

Test(mqttconncfg, refuses_empty_places, REQ("MQTTCONNCFG-19"))
{
	enter_user();
	at("AT+MQTTCONNCFG=,120,0,\"a/b\",\"gone\",0,0", "ERROR");
	at("AT+MQTTCONNCFG=0,,0,\"a/b\",\"gone\",0,0", "ERROR");
	at("AT+MQTTCONNCFG=0,120,,\"a/b\",\"gone\",0,0", "ERROR");
	at("AT+MQTTCONNCFG=0,120,0,,\"gone\",0,0", "ERROR");
	at("AT+MQTTCONNCFG=0,120,0,\"a/b\",,0,0", "ERROR");
	expect_state(MQTT_USER);
	leave_mqtt();
}

Test(mqttconncfg, is_refused_before_the_configuration, REQ("MQTTCONNCFG-35"))
{
	at(config_line(120, 0, "a/b", "gone", 0, 0), "ERROR");
	expect_state(MQTT_NOTHING);
}

Test(mqttconncfg, is_refused_while_connected, REQ("MQTTCONNCFG-36"), TAGS("needs:broker"))
{
	enter_connected(0);
	at(config_line(300, 0, "a/b", "gone", 0, 0), "ERROR");
	expect_connected();
	expect_alive();
	leave_mqtt();
}

static const char *const refusals[] = {
	"AT+MQTTCONNCFG=1,300,1,\"wrong\",\"wrong\",2,1",
	"AT+MQTTCONNCFG=0,7201,1,\"wrong\",\"wrong\",2,1",
	"AT+MQTTCONNCFG=0,300,1,\"wrong\",\"wrong\",3,1",
	"AT+MQTTCONNCFG=0,300,1,\"wrong\",\"wrong\",2,2",
	"AT+MQTTCONNCFG=0,300,1,\"wrong\",\"wrong\",2",
};

Test(mqttconncfg, changes_nothing_when_refused, REQ("MQTTCONNCFG-37"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	given(config_line(200, 0, "right", "words", 1, 0));
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		at(refusals[i], "ERROR");
	struct connect c = script_accept(peer, 0);
	check(c.keepalive == 200 && c.clean, "%d seconds, clean session %d", c.keepalive, c.clean);
	check(c.has_will && strcmp(c.will_topic, "right") == 0, "the topic is \"%s\"",
		c.will_topic);
	check(strcmp(c.will_message, "words") == 0, "the message is \"%s\"", c.will_message);
	check(c.will_qos == 1 && !c.will_retain, "QoS %d, retain %d", c.will_qos, c.will_retain);
	leave_mqtt();
}

Test(mqttconncfg, configures_nothing_when_refused, REQ("MQTTCONNCFG-37"))
{
	enter_user();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		at(refusals[i], "ERROR");
		expect_state(MQTT_USER);
	}
	leave_mqtt();
}

Test(mqttconncfg, counts_last, REQ("MQTTCONNCFG-39"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	given(config_line(200, 1, "first/topic", "first message", 2, 1));
	at(config_line(100, 0, "last", "words", 1, 0), "OK");
	struct connect c = script_accept(peer, 0);
	check(c.keepalive == 100 && c.clean, "%d seconds, clean session %d", c.keepalive, c.clean);
	check(c.has_will && strcmp(c.will_topic, "last") == 0, "the topic is \"%s\"", c.will_topic);
	check(strcmp(c.will_message, "words") == 0, "the message is \"%s\"", c.will_message);
	check(c.will_qos == 1 && !c.will_retain, "QoS %d, retain %d", c.will_qos, c.will_retain);
	leave_mqtt();
}

Test(mqttconncfg, leaves_the_user_alone, REQ("MQTTCONNCFG-40"), TAGS("needs:peers"))
{
	int peer = enter_scripted();
	at(config_line(200, 1, "a/b", "gone", 2, 1), "OK");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.id, "atconform") == 0, "the client ID is \"%s\"", c.id);
	check(strcmp(c.user, "user") == 0, "the user name is \"%s\"", c.user);
	check(strcmp(c.password, "secret") == 0, "the password is \"%s\"", c.password);
	leave_mqtt();
}
