/* SPDX-License-Identifier: MIT */
/* AT+MQTTUNSUB: what ends with it, what goes on, and a topic that was never subscribed. */
#include "traffic.h"

static void subscribes(int o, const char *filter)
{
	at(sub_line(filter, 1), "OK");
	receives(o, filter, "subscribed");
}

static int enter(void)
{
	enter_connected(0);
	return observer(NULL);
}

/* ---- what ends ---- */

Test(mqttunsub, ends_the_messages_of_its_topic, REQ("MQTTUNSUB-11"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter();
	subscribes(o, t);
	at(unsub_line(t), "OK");
	for (int qos = 0; qos <= 2; qos++)
		publish(o, t, "too late", 8, qos, false);
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttunsub, ends_one_topic_after_another, REQ("MQTTUNSUB-12", "MQTTUNSUB-13"),
	TAGS("needs:broker"))
{
	enum { MANY = 6 };
	const char *topics[MANY];
	int o = enter();
	for (int i = 0; i < MANY; i++)
		subscribes(o, topics[i] = own(fmt("number/%d", i)));
	for (int i = 0; i < MANY; i++) {
		at(unsub_line(topics[i * 5 % MANY]), "OK");
		for (int k = 0; k < MANY; k++)
			publish_text(o, topics[k * 5 % MANY], fmt("message of %d", k));
		for (int k = i + 1; k < MANY; k++)
			subrecv_text(topics[k * 5 % MANY], fmt("message of %d", k));
	}
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttunsub, leaves_other_subscriptions_alone, REQ("MQTTUNSUB-13"), TAGS("needs:broker"))
{
	const char *gone = own("gone"), *here = own("here");
	int o = enter();
	subscribes(o, here);
	subscribes(o, gone);
	at(unsub_line(gone), "OK");
	receives(o, here, "still there");
	listed_once(read_subscriptions(), here, 1);
	leave_mqtt();
}

Test(mqttunsub, takes_the_topic_off_the_list, REQ("MQTTUNSUB-16", "MQTTUNSUB-13"),
	TAGS("needs:broker"))
{
	const char *a = own("a"), *b = own("b");
	int o = enter();
	subscribes(o, a);
	subscribes(o, b);
	at(unsub_line(a), "OK");
	not_listed(read_subscriptions(), a);
	listed_once(read_subscriptions(), b, 1);
	check(read_subscriptions()->count == 1, "%zu are listed", read_subscriptions()->count);
	for (int i = 0; i < 3; i++) {
		subscribes(o, a);
		listed_once(read_subscriptions(), a, 1);
		at(unsub_line(a), "OK");
		not_listed(read_subscriptions(), a);
	}
	receives(o, b, "still there");
	leave_mqtt();
}

Test(mqttunsub, reaches_the_broker, REQ("MQTTUNSUB-21"), TAGS("needs:broker needs:broker_log"))
{
	const char *t = own("a");
	int o = enter();
	subscribes(o, t);
	broker_forget();
	at(unsub_line(t), "OK");
	broker_log(fmt("Received UNSUBSCRIBE from %s", client_id()), 0);
	broker_log(fmt("%s %s", client_id(), t), 0);
	leave_mqtt();
}

Test(mqttunsub, shows_in_the_state, REQ("MQTTUNSUB-19"), TAGS("needs:broker"))
{
	int o = enter();
	subscribes(o, own("a"));
	subscribes(o, own("b"));
	expect_state(MQTT_SUBSCRIBED);
	at(unsub_line(own("b")), "OK");
	expect_state(MQTT_SUBSCRIBED);
	at(unsub_line(own("a")), "OK");
	int state = read_mqtt().state;
	check(state == MQTT_UP || state == MQTT_BARE, "the state is %d", state);
	subscribes(o, own("a"));
	expect_state(MQTT_SUBSCRIBED);
	leave_mqtt();
}

Test(mqttunsub, takes_wildcards_as_text, REQ("MQTTUNSUB-20"), TAGS("needs:broker"))
{
	const char *plus = own("one/+"), *all = own("all/#");
	int o = enter();
	at(sub_line(plus, 1), "OK");
	at(sub_line(all, 1), "OK");
	any(unsub_line(own("one/a")));
	any(unsub_line(own("all/a")));
	receives(o, own("one/a"), "covered by plus");
	receives(o, own("all/a"), "covered by number sign");
	at(unsub_line(plus), "OK");
	publish_text(o, own("one/a"), "too late");
	receives(o, own("all/a"), "still covered");
	at(unsub_line(all), "OK");
	publish_text(o, own("all/a"), "too late");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttunsub, takes_topics_of_64_bytes, REQ("MQTTUNSUB-5", "MQTTUNSUB-11"), TAGS("needs:broker"))
{
	char name[TOPIC_MAX + 1];
	int o = enter();
	fill_topic(name, 'x');
	subscribes(o, own(name));
	at(unsub_line(own(name)), "OK");
	publish_text(o, own(name), "too late");
	no_subrecv(moment_ms());
	leave_mqtt();
}

/* ---- what was not subscribed ---- */

Test(mqttunsub, says_when_not_subscribed, REQ("MQTTUNSUB-14", "MQTTUNSUB-15"), TAGS("needs:broker"))
{
	int o = enter();
	at(unsub_line(own("never")), RE("NO[_ ]UNSUBSCRIBE"), "OK");
	subscribes(o, own("a"));
	at(unsub_line(own("never")), RE("NO[_ ]UNSUBSCRIBE"), "OK");
	receives(o, own("a"), "still there");
	at(unsub_line(own("a")), "OK");
	at(unsub_line(own("never/again")), RE("NO[_ ]UNSUBSCRIBE"), "OK");
	leave_mqtt();
}

Test(mqttunsub, ends_nothing_when_not_subscribed, REQ("MQTTUNSUB-15", "MQTTUNSUB-13"),
	TAGS("needs:broker"))
{
	int o = enter();
	subscribes(o, own("a"));
	for (int i = 0; i < 3; i++) {
		any(unsub_line(own(fmt("never%d", i))));
		check(said("OK"), "a topic that is not subscribed is refused");
		receives(o, own("a"), "still there");
	}
	any(unsub_line(own("a")));
	any(unsub_line(own("a")));
	check(said("OK"), "a topic that is not subscribed any more is refused");
	leave_mqtt();
}

/* ---- what is refused ---- */

Test(mqttunsub, ends_nothing_when_refused, REQ("MQTTUNSUB-23"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter();
	subscribes(o, t);
	at(fmt("AT+MQTTUNSUB=1,\"%s\"", t), "ERROR");
	at(fmt("AT+MQTTUNSUB=0,%s", t), "ERROR");
	at(fmt("AT+MQTTUNSUB=0,\"%s\",1", t), "ERROR");
	at("AT+MQTTUNSUB=0", "ERROR");
	receives(o, t, "still there");
	listed_once(read_subscriptions(), t, 1);
	leave_mqtt();
}

Test(mqttunsub, needs_a_connection, REQ("MQTTUNSUB-17"), TAGS("needs:broker"))
{
	refused_unless_connected(refuse_line, unsub_line(own("a")));
}

Test(mqttunsub, is_refused_after_the_connection_was_lost, REQ("MQTTUNSUB-17"),
	TAGS("needs:broker needs:broker_control"))
{
	const char *t = own("a");
	int o = enter();
	subscribes(o, t);
	lose_broker();
	at(unsub_line(t), "ERROR");
	leave_mqtt();
	broker_start();
}

Test(mqttunsub, is_answered_in_time_by_a_mute_broker, REQ("MQTTUNSUB-18"),
	TAGS("needs:broker needs:peers"))
{
	int peer = enter_scripted();
	uint8_t id[2];
	raw_text(fmt("%s\r\n", sub_line("granted", 1)));
	scripted_packet(peer, 0x82, id);
	peer_send(peer, ((uint8_t[]){ 0x90, 3, id[0], id[1], 1 }), 5);
	any_response();
	ends_in_time(unsub_line("granted"));
	at("AT", "OK");
	leave_mqtt();
}
