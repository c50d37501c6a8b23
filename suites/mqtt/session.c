/* SPDX-License-Identifier: MIT */
/* Connections that are lost, come back, or are taken over by another client, and what becomes of
 * subscriptions and messages by that. */
#include "traffic.h"

/* Long enough for a module that connects again to have done so. */
static int reconnection_ms(void)
{
	return 4 * bench_ms("mqtt");
}

/* The broker goes and comes back, and so does the module, which was told to. */
static void lose_and_regain(void)
{
	lose_broker();
	broker_start();
	urc(RE("\\+MQTTCONNECTED:0,1,.*,1"), reconnection_ms());
}

/* Kept by the broker: it comes whether the subscription is there already or only soon. */
static void receives_kept(int o, const char *t, const char *text)
{
	publish(o, t, text, strlen(text), 1, true);
	subrecv(t, text, strlen(text), patience_ms());
	publish(o, t, "", 0, 1, true);
	subrecv(t, "", 0, patience_ms());
}

/* ---- with automatic reconnection ---- */

Test(mqttconn, connects_again_by_itself, REQ("MQTTCONN-60", "MQTTCONN-56"),
	TAGS("needs:broker needs:broker_control"))
{
	const char *t = own("a");
	enter_connected(1);
	for (int i = 0; i < 2; i++) {
		lose_and_regain();
		expect_connected();
		int o = observer(NULL);
		observe(o, t, 1);
		publishes(o, t, "back again");
	}
	leave_mqtt();
}

Test(mqttsub, subscribes_again_after_reconnection, REQ("MQTTSUB-28"),
	TAGS("needs:broker needs:broker_control"))
{
	const char *a = own("a"), *b = own("b/+");
	enter_connected(1);
	given(sub_line(a, 1));
	given(sub_line(b, 2));
	for (int i = 0; i < 2; i++) {
		lose_and_regain();
		int o = observer(NULL);
		receives_kept(o, a, "first");
		receives_kept(o, own("b/x"), "second");
		receives(o, a, "third");
	}
	const struct listed *l = read_subscriptions();
	check(l->count == 2, "%zu are listed", l->count);
	listed_once(l, a, 1);
	listed_once(l, b, 2);
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsub, subscribes_again_with_the_same_qos, REQ("MQTTSUB-28"),
	TAGS("needs:broker needs:broker_control needs:broker_log"))
{
	const char *topics[3];
	enter_connected(1);
	for (int qos = 0; qos <= 2; qos++)
		given(sub_line(topics[qos] = own(fmt("qos%d", qos)), qos));
	lose_broker();
	broker_forget();
	broker_start();
	urc(RE("\\+MQTTCONNECTED:0,1,.*,1"), reconnection_ms());
	for (int qos = 0; qos <= 2; qos++)
		broker_log(fmt("*%s (QoS %d)*", topics[qos], qos), 0);
	leave_mqtt();
}

Test(mqttunsub, stays_in_force_after_reconnection, REQ("MQTTUNSUB-22"),
	TAGS("needs:broker needs:broker_control"))
{
	const char *gone = own("gone"), *here = own("here");
	enter_connected(1);
	given(sub_line(gone, 1));
	given(sub_line(here, 1));
	given(unsub_line(gone));
	lose_and_regain();
	int o = observer(NULL);
	receives_kept(o, here, "subscribed");
	publish_text(o, gone, "not subscribed");
	receives(o, here, "still subscribed");
	no_subrecv(moment_ms());
	not_listed(read_subscriptions(), gone);
	leave_mqtt();
}

Test(mqttconn, ends_with_mqttclean_while_it_tries_again, REQ("MQTTCONN-64"),
	TAGS("slow needs:broker needs:broker_control"))
{
	enter_connected(1);
	lose_broker();
	expect_state(MQTT_LOST);
	given(MQTT_CLEAN);
	broker_start();
	no_urc(RE("\\+MQTTCONNECTED:.*"), bench_ms("mqtt") / 3);
	expect_state(MQTT_NOTHING);
	enter_connected(0);
	expect_connected();
	leave_mqtt();
}

/* ---- without it ---- */

Test(mqttconn, does_not_connect_again_by_itself, REQ("MQTTCONN-61", "MQTTCONN-64"),
	TAGS("slow needs:broker needs:broker_control"))
{
	const char *t = own("a");
	enter_subscribed(t, 1);
	lose_broker();
	expect_state(MQTT_LOST);
	broker_start();
	no_urc(RE("\\+MQTTCONNECTED:.*"), bench_ms("mqtt") / 3);
	expect_state(MQTT_LOST);
	given(MQTT_CLEAN);
	expect_state(MQTT_NOTHING);
	int o = enter_subscribed(t, 1);
	receives(o, t, "anew");
	leave_mqtt();
}

Test(mqttsub, brings_nothing_after_a_loss, REQ("MQTTSUB-29"),
	TAGS("slow needs:broker needs:broker_control"))
{
	const char *t = own("a");
	enter_subscribed(t, 1);
	lose_broker();
	broker_start();
	listen_for(bench_ms("mqtt") / 3);
	publish_text(observer(NULL), t, "nobody there");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttconn, is_reported_lost_once, REQ("MQTTCONN-62"), TAGS("needs:broker needs:broker_control"))
{
	enter_connected(0);
	lose_broker();
	no_urc("+MQTTDISCONNECTED:0", moment_ms());
	given(MQTT_CLEAN);
	no_urc("+MQTTDISCONNECTED:0", moment_ms());
	broker_start();
	enter_connected(0);
	broker_stop();
	urc("+MQTTDISCONNECTED:0", patience_ms());
	no_urc("+MQTTDISCONNECTED:0", moment_ms());
	leave_mqtt();
	broker_start();
}

/* ---- two clients with one client id ---- */

Test(mqttconn, is_taken_over_by_its_client_id, REQ("MQTTCONN-63", "MQTTCONN-62"),
	TAGS("slow needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	receives(o, t, "before");
	throw_out(client_id());
	urc("+MQTTDISCONNECTED:0", patience_ms());
	no_urc(RE("\\+MQTTCONNECTED:.*"), bench_ms("mqtt") / 3);
	no_urc("+MQTTDISCONNECTED:0", 0);
	expect_state(MQTT_LOST);
	at(pub_line(t, "test", 1, 0), "ERROR");
	leave_mqtt();
}

Test(mqttsubrecv, ends_with_a_takeover, REQ("MQTTSUBRECV-22"), TAGS("slow needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	throw_out(client_id());
	urc("+MQTTDISCONNECTED:0", patience_ms());
	listen_for(bench_ms("mqtt") / 3);
	publish_text(o, t, "for the other one");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttconn, takes_over_by_its_client_id, REQ("MQTTCONN-63"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int other = throw_out(client_id());
	observe(other, t, 1);
	int o = enter_subscribed(t, 1);
	receives(o, t, "mine");
	no_message(other, moment_ms());
	expect_connected();
	leave_mqtt();
}

/* ---- a session that is not clean ---- */

static void enter_kept_session(void)
{
	enter_configured(MQTT_TCP);
	given("AT+MQTTCONNCFG=0,120,1,\"\",\"\",0,0");
	connect_to("tcp", 0);
}

/* The broker may hand out messages of different QoS in an order of its own. */
Test(mqttsubrecv, hands_out_what_was_missed, REQ("MQTTSUBRECV-23"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = observer(NULL);
	enter_kept_session();
	given(sub_line(t, 2));
	for (int qos = 1; qos <= 2; qos++) {
		given(MQTT_CLEAN);
		for (int i = 0; i < 4; i++)
			publish(o, t, fmt("missed %d", i), 8, qos, false);
		enter_kept_session();
		for (int i = 0; i < 4; i++)
			subrecv(t, fmt("missed %d", i), 8, patience_ms());
		receives(o, t, "not missed");
		no_subrecv(moment_ms());
	}
	given(MQTT_CLEAN);
	enter_connected(0); /* a clean session ends the kept one */
	leave_mqtt();
}
