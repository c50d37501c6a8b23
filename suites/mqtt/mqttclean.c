/* SPDX-License-Identifier: MIT */
/* AT+MQTTCLEAN: it ends the connection in order, in each state, and leaves nothing behind. */
#include "script.h"

enum { DISCONNECT_PACKET = 14, ROUNDS = 20 };

Test(mqttclean, closes_the_connection, REQ("MQTTCLEAN-6"), TAGS("needs:peers"))
{
	online();
	enter_user();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 0);
	at(MQTT_CLEAN, "OK");
	peer_wait_close(peer, PEER_LATEST, NULL, bench_ms("mqtt"));
	forget_urcs();
}

Test(mqttclean, closes_the_connection_to_the_broker, REQ("MQTTCLEAN-6"),
	TAGS("needs:broker needs:broker_log"))
{
	enter_connected(0);
	at(MQTT_CLEAN, "OK");
	broker_log(fmt("*Client %s disconnected*", client_id()), 0);
	forget_urcs();
}

Test(mqttclean, says_disconnect, REQ("MQTTCLEAN-7"), TAGS("needs:peers"))
{
	online();
	enter_user();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 0);
	at(MQTT_CLEAN, "OK");
	script_packet(peer, DISCONNECT_PACKET);
	forget_urcs();
}

Test(mqttclean, reports_the_end, REQ("MQTTCLEAN-8"), TAGS("needs:broker"))
{
	enter_connected(0);
	at(MQTT_CLEAN, "OK");
	urc(MQTT_ENDED, bench_ms("mqtt"));
	no_urc(MQTT_ENDED, bench_ms("silence"));
}

Test(mqttclean, reports_nothing_without_a_connection, REQ("MQTTCLEAN-9"))
{
	enter_user();
	at(MQTT_CLEAN, "OK");
	no_urc(MQTT_ENDED, bench_ms("silence"));
}

/* ---- states ---- */

Test(mqttclean, is_answered_when_the_user_is_configured, REQ("MQTTCLEAN-10"))
{
	enter_user();
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_answered_when_configured, REQ("MQTTCLEAN-10"))
{
	enter_user();
	given("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0");
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_answered_when_the_connection_was_lost, REQ("MQTTCLEAN-10"), TAGS("needs:broker"))
{
	enter_connected(0);
	throw_out(client_id());
	urc(MQTT_ENDED, bench_ms("mqtt"));
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_answered_when_connected, REQ("MQTTCLEAN-10"), TAGS("needs:broker"))
{
	enter_connected(0);
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

Test(mqttclean, is_answered_when_subscribed, REQ("MQTTCLEAN-10"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")));
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

Test(mqttclean, is_answered_when_no_subscription_is_left, REQ("MQTTCLEAN-10"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")));
	given(fmt("AT+MQTTUNSUB=0,\"%s\"", topic("a")));
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

Test(mqttclean, is_answered_after_a_failure, REQ("MQTTCLEAN-10"), TAGS("needs:peers"))
{
	online();
	enter_user();
	int peer = peer_open("tcp", NULL);
	peer_stop_listening(peer);
	any(conn_line(peer_address(peer), peer_port(peer), 0));
	at(MQTT_CLEAN, "OK");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_refused_without_a_configuration, REQ("MQTTCLEAN-11"))
{
	expect_state(MQTT_NOTHING);
	at(MQTT_CLEAN, "ERROR");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_refused_a_second_time, REQ("MQTTCLEAN-12"))
{
	enter_user();
	given(MQTT_CLEAN);
	at(MQTT_CLEAN, "ERROR");
	expect_state(MQTT_NOTHING);
}

Test(mqttclean, is_refused_a_second_time_after_a_connection, REQ("MQTTCLEAN-12"),
	TAGS("needs:broker"))
{
	enter_connected(0);
	given(MQTT_CLEAN);
	at(MQTT_CLEAN, "ERROR");
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

/* ---- what is left ---- */

Test(mqttclean, leaves_no_configuration, REQ("MQTTCLEAN-13"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(MQTT_CLEAN);
	at("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0", "ERROR");
	at("AT+MQTTCLIENTID=0,\"other\"", "ERROR");
	at("AT+MQTTUSERNAME=0,\"other\"", "ERROR");
	at("AT+MQTTPASSWORD=0,\"other\"", "ERROR");
	at(broker_line("tcp", 0), "ERROR");
	at(fmt("AT+MQTTPUB=0,\"%s\",\"nothing\",0,0", topic("a")), "ERROR");
	at(fmt("AT+MQTTSUB=0,\"%s\",0", topic("a")), "ERROR");
	at(fmt("AT+MQTTUNSUB=0,\"%s\"", topic("a")), "ERROR");
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

Test(mqttclean, leaves_no_setting, REQ("MQTTCLEAN-14"), TAGS("needs:peers"))
{
	online();
	enter_user();
	int peer = peer_open("tcp", NULL);
	given("AT+MQTTCONNCFG=0,300,1,\"a/b\",\"gone\",2,1");
	given("AT+MQTTCLIENTID=0,\"other id\"");
	given("AT+MQTTUSERNAME=0,\"other name\"");
	given("AT+MQTTPASSWORD=0,\"other word\"");
	at(MQTT_CLEAN, "OK");
	enter_user();
	struct connect c = script_accept(peer, 0);
	check(c.keepalive == 120 && c.clean, "%d seconds, clean session %d", c.keepalive, c.clean);
	check(!c.has_will, "there is a will: \"%s\"", c.will_topic);
	check(strcmp(c.id, "atconform") == 0, "the client ID is \"%s\"", c.id);
	check(strcmp(c.user, "user") == 0, "the user name is \"%s\"", c.user);
	check(strcmp(c.password, "secret") == 0, "the password is \"%s\"", c.password);
	leave_mqtt();
}

Test(mqttclean, leaves_no_subscription, REQ("MQTTCLEAN-15"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")));
	at(MQTT_CLEAN, "OK");
	forget_urcs();
	enter_connected(0);
	int state = read_mqtt().state;
	check(state == MQTT_UP || state == MQTT_BARE, "the state is %d", state);
	publish_text(observer(NULL), topic("a"), "for nobody");
	no_subrecv(bench_ms("silence"));
	leave_mqtt();
}

Test(mqttclean, releases_the_resources, REQ("MQTTCLEAN-16"), TAGS("needs:broker"))
{
	online();
	for (int i = 0; i < ROUNDS; i++) {
		at(user_line(MQTT_TCP, client_id(), broker("username"), broker("password"), ""),
			"OK");
		at(broker_line("tcp", i % 2), "OK");
		at(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")), "OK");
		at(MQTT_CLEAN, "OK");
	}
	enter_connected(0);
	expect_alive();
	leave_mqtt();
}

Test(mqttclean, ends_the_reconnection, REQ("MQTTCLEAN-17"), TAGS("slow needs:peers"))
{
	online();
	enter_user();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 1);
	at(MQTT_CLEAN, "OK");
	peer_wait_close(peer, PEER_LATEST, NULL, bench_ms("mqtt"));
	check(!peer_connected(peer, 2, bench_ms("mqtt") / 4), "it connects again");
	forget_urcs();
}

Test(mqttclean, closes_nothing_when_refused, REQ("MQTTCLEAN-18"), TAGS("needs:broker"))
{
	enter_connected(0);
	at("AT+MQTTCLEAN=1", "ERROR");
	at("AT+MQTTCLEAN=0,0", "ERROR");
	at("AT+MQTTCLEAN=\"0\"", "ERROR");
	no_urc(MQTT_ENDED, bench_ms("silence"));
	expect_alive();
	leave_mqtt();
}
