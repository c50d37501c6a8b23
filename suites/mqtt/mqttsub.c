/* SPDX-License-Identifier: MIT */
/* AT+MQTTSUB: subscriptions as the module lists them, as the broker sees them, and as messages
 * show them. */
#include "traffic.h"

/* A subscription that is new: OK and nothing else. */
static void subscribes(const char *filter, int qos)
{
	at(sub_line(filter, qos), "OK");
}

/* ---- messages ---- */

Test(mqttsub, brings_the_messages_of_its_topic, REQ("MQTTSUB-18"), TAGS("needs:broker"))
{
	const char *t = own("a");
	enter_connected(0);
	int o = observer(NULL);
	for (int qos = 0; qos <= 2; qos++) {
		const char *one = own(fmt("qos%d", qos));
		subscribes(one, qos);
		receives(o, one, "after OK");
		receives(o, one, "and again");
	}
	publish_text(o, t, "not subscribed");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsub, brings_no_other_messages, REQ("MQTTSUB-24"), TAGS("needs:broker"))
{
	const char *t = own("a/b"),
		   *others[] = { own("a"), own("a/b/c"), own("A/b"), own("a/"), own("b") };
	int o = enter_subscribed(t, 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		publish_text(o, others[i], "another topic");
	receives(o, t, "its own");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsub, subscribes_to_several_topics, REQ("MQTTSUB-19"), TAGS("needs:broker"))
{
	enum { MANY = 10 };
	const char *topics[MANY];
	enter_connected(0);
	int o = observer(NULL);
	for (int i = 0; i < MANY; i++)
		subscribes(topics[i] = own(fmt("number/%d", i)), i % 3);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++)
			receives(o, topics[i], fmt("message of number %d", i));
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsub, takes_wildcards, REQ("MQTTSUB-23"), TAGS("needs:broker"))
{
	enter_connected(0);
	int o = observer(NULL);
	subscribes(own("one/+/end"), 1);
	subscribes(own("all/#"), 1);
	receives(o, own("one/a/end"), "one level");
	receives(o, own("one//end"), "an empty level");
	receives(o, own("all"), "the level itself");
	receives(o, own("all/x"), "one more");
	receives(o, own("all/x/y/z"), "three more");
	publish_text(o, own("one/a/b/end"), "two levels");
	publish_text(o, own("one/end"), "no level");
	publish_text(o, own("allx"), "another level");
	no_subrecv(moment_ms());
	leave_mqtt();
}

Test(mqttsub, takes_escaped_characters, REQ("MQTTSUB-32", "GENERAL-16"), TAGS("needs:broker"))
{
	static const char *const names[] = { "a,b", "back\\slash", "say \"hi\"" };
	enter_connected(0);
	int o = observer(NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *t = own(names[i]);
		subscribes(escaped(t), 1);
		publish_text(o, t, "escaped");
		const struct message *m = next_subrecv(patience_ms());
		check(m->len == 7 && memcmp(m->payload, "escaped", 7) == 0,
			"another message comes");
	}
	leave_mqtt();
}

Test(mqttsub, reaches_the_broker, REQ("MQTTSUB-20"), TAGS("needs:broker needs:broker_log"))
{
	enter_connected(0);
	for (int qos = 0; qos <= 2; qos++) {
		const char *t = own(fmt("qos%d", qos));
		subscribes(t, qos);
		broker_log(fmt("*%s (QoS %d)*", t, qos), 0);
	}
	leave_mqtt();
}

Test(mqttsub, takes_topics_of_64_bytes, REQ("MQTTSUB-5", "MQTTSUB-18"), TAGS("needs:broker"))
{
	char name[TOPIC_MAX + 1];
	enter_connected(0);
	int o = observer(NULL);
	fill_topic(name, 'x');
	subscribes(own(name), 1);
	receives(o, own(name), "the longest");
	listed_once(read_subscriptions(), own(name), 1);
	leave_mqtt();
}

/* ---- once more ---- */

Test(mqttsub, says_when_subscribed_already, REQ("MQTTSUB-21", "MQTTSUB-22"), TAGS("needs:broker"))
{
	const char *t = own("again");
	enter_connected(0);
	at(sub_line(t, 1), "OK");
	for (int i = 0; i < 3; i++)
		at(sub_line(t, 1), "ALREADY SUBSCRIBE", "OK");
	at(sub_line(own("new"), 1), "OK");
	at(sub_line(t, 1), "ALREADY SUBSCRIBE", "OK");
	leave_mqtt();
}

Test(mqttsub, brings_a_message_once_when_subscribed_twice, REQ("MQTTSUB-22"), TAGS("needs:broker"))
{
	const char *t = own("again");
	int o = enter_subscribed(t, 1);
	any(sub_line(t, 1));
	check(said("OK"), "a topic can't be subscribed to again");
	any(sub_line(t, 1));
	receives(o, t, "just once");
	no_subrecv(moment_ms());
	listed_once(read_subscriptions(), t, 1);
	check(read_subscriptions()->count == 1, "%zu are listed", read_subscriptions()->count);
	leave_mqtt();
}

/* ---- the list ---- */

Test(mqttsub, lists_what_is_subscribed, REQ("MQTTSUB-15", "MQTTSUB-14", "MQTTSUB-16"),
	TAGS("needs:broker"))
{
	enum { MANY = 8 };
	const char *topics[MANY];
	enter_connected(0);
	for (int i = 0; i < MANY; i++) {
		subscribes(topics[i] = own(fmt("number/%d", i)), i % 3);
		const struct listed *l = read_subscriptions();
		check(l->count == (size_t)i + 1, "%zu are listed, not %d", l->count, i + 1);
		for (int k = 0; k <= i; k++) {
			listed_once(l, topics[k], k % 3);
			check(l->items[k].state == MQTT_SUBSCRIBED, "the state is %d",
				l->items[k].state);
		}
	}
	any(sub_line(topics[0], 0));
	listed_once(read_subscriptions(), topics[0], 0);
	leave_mqtt();
}

Test(mqttsub, lists_with_the_state_of_a_subscription, REQ("MQTTSUB-16"), TAGS("needs:broker"))
{
	enter_connected(0);
	for (size_t i = 1; i <= 3; i++) {
		subscribes(own(fmt("several/%zu", i)), 1);
		const struct listed *l = read_subscriptions();
		for (size_t k = 0; k < l->count; k++)
			check(l->items[k].state == MQTT_SUBSCRIBED, "the state is %d",
				l->items[k].state);
		check(l->count == i, "%zu topics are listed, not %zu", l->count, i);
	}
	leave_mqtt();
}

Test(mqttsub, lists_in_the_documented_form, REQ("MQTTSUB-14", "MQTTSUB-16"), TAGS("needs:broker"))
{
	enter_connected(0);
	for (int qos = 0; qos <= 2; qos++) {
		const char *t = own(fmt("qos%d", qos));
		subscribes(t, qos);
		at("AT+MQTTSUB?", fmt("+MQTTSUB:0,6,\"%s\",%d", t, qos), "OK");
		at(unsub_line(t), "OK");
	}
	for (size_t i = 1; i <= 3; i++) {
		subscribes(own(fmt("several/%zu", i)), 1);
		check(read_subscriptions()->count == i && line_count() == i,
			"%zu lines for %zu topics", line_count(), i);
	}
	leave_mqtt();
}

Test(mqttsub, lists_wildcards_as_given, REQ("MQTTSUB-15", "MQTTSUB-23"), TAGS("needs:broker"))
{
	enter_connected(0);
	int o = observer(NULL);
	subscribes(own("+/x"), 0);
	subscribes(own("y/#"), 2);
	receives(o, own("a/x"), "one");
	receives(o, own("y/a/b"), "two");
	const struct listed *l = read_subscriptions();
	check(l->count == 2, "%zu are listed", l->count);
	listed_once(l, own("+/x"), 0);
	listed_once(l, own("y/#"), 2);
	leave_mqtt();
}

Test(mqttsub, lists_nothing_without_a_subscription, REQ("MQTTSUB-17"), TAGS("needs:broker"))
{
	enter_connected(0);
	check(read_subscriptions()->count == 0, "there is a topic");
	check(line_count() <= 1, "%zu lines", line_count());
	subscribes(own("a"), 1);
	at(unsub_line(own("a")), "OK");
	check(read_subscriptions()->count == 0, "there is a topic");
	check(line_count() <= 1, "%zu lines", line_count());
	leave_mqtt();
}

Test(mqttsub, forgets_all_with_mqttclean, REQ("MQTTSUB-30"), TAGS("needs:broker"))
{
	const char *t = own("a");
	int o = enter_subscribed(t, 1);
	receives(o, t, "before");
	given(MQTT_CLEAN);
	enter_connected(0);
	publish_text(o, t, "nobody asked");
	no_subrecv(moment_ms());
	check(read_subscriptions()->count == 0, "a topic is still listed");
	subscribes(t, 1);
	receives(o, t, "after");
	leave_mqtt();
}

/* ---- what is refused ---- */

Test(mqttsub, subscribes_to_nothing_when_refused, REQ("MQTTSUB-31"), TAGS("needs:broker"))
{
	const char *t = own("a");
	enter_connected(0);
	int o = observer(NULL);
	at(fmt("AT+MQTTSUB=1,\"%s\",1", t), "ERROR");
	at(fmt("AT+MQTTSUB=0,\"%s\",3", t), "ERROR");
	at(fmt("AT+MQTTSUB=0,\"%s\",-1", t), "ERROR");
	at(fmt("AT+MQTTSUB=0,\"%s\"", t), "ERROR");
	at(fmt("AT+MQTTSUB=0,%s,1", t), "ERROR");
	at(fmt("AT+MQTTSUB=0,\"%s\",1,1", t), "ERROR");
	publish_text(o, t, "nobody asked");
	no_subrecv(moment_ms());
	check(read_subscriptions()->count == 0, "a topic is listed");
	still_there(o);
	leave_mqtt();
}

Test(mqttsub, is_refused_with_the_brokers_refusal, REQ("MQTTSUB-25"),
	TAGS("needs:broker needs:peers"))
{
	int peer = enter_scripted();
	uint8_t id[2];
	for (int i = 0; i < 2; i++) {
		raw_text(fmt("%s\r\n", sub_line("granted", i)));
		scripted_packet(peer, 0x82, id);
		peer_send(peer, ((uint8_t[]){ 0x90, 3, id[0], id[1], (uint8_t)i }), 5);
		any_response();
		check(said("OK"), "a subscription that the broker grants is refused");
		raw_text(fmt("%s\r\n", sub_line("refused", 1)));
		scripted_packet(peer, 0x82, id);
		peer_send(peer, ((uint8_t[]){ 0x90, 3, id[0], id[1], 0x80 }), 5);
		response("ERROR");
		const struct listed *l = read_subscriptions();
		listed_once(l, "granted", i);
		not_listed(l, "refused");
		raw_text(fmt("%s\r\n", unsub_line("granted")));
		scripted_packet(peer, 0xa2, id);
		peer_send(peer, ((uint8_t[]){ 0xb0, 2, id[0], id[1] }), 4);
		any_response();
	}
	leave_mqtt();
}

Test(mqttsub, needs_a_connection, REQ("MQTTSUB-26"), TAGS("needs:broker"))
{
	refused_unless_connected(refuse_line, sub_line(own("a"), 1));
}

Test(mqttsub, is_refused_after_the_connection_was_lost, REQ("MQTTSUB-26"),
	TAGS("needs:broker needs:broker_control"))
{
	refused_after_loss(refuse_line, sub_line(own("a"), 1));
}

Test(mqttsub, is_answered_in_time_by_a_mute_broker, REQ("MQTTSUB-27"),
	TAGS("needs:broker needs:peers"))
{
	enter_scripted();
	ends_in_time(sub_line(own("a"), 1));
	at("AT", "OK");
	leave_mqtt();
}

Test(mqttsub, does_not_end_the_connection, REQ("MQTTSUB-33"),
	TAGS("needs:broker issue:espressif/esp-at#478"))
{
	const char *t = own("a");
	enter_connected(0);
	int o = observer(NULL);
	for (int i = 0; i < 20; i++) {
		subscribes(t, i % 3);
		receives(o, t, fmt("message %d", i));
		at(unsub_line(t), "OK");
	}
	no_urc("+MQTTDISCONNECTED:0", 0);
	check(read_mqtt().state >= MQTT_UP, "the connection is gone");
	still_there(o);
	leave_mqtt();
}
