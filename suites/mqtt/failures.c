/* SPDX-License-Identifier: MIT */
/* AT+MQTTCONN where it can't connect, or must not: brokers that don't want the module, don't answer
 * or aren't there, and a module that is not configured or connected already. */
#include "script.h"

/* AT+MQTTCONN to a peer of these options gets ERROR, and is no connection. */
static void fails_with(const char *kind, const char *options)
{
	enter_for_script();
	int peer = peer_open(kind, options);
	at(conn_line(peer_address(peer), peer_port(peer), 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	expect_not_connected();
	leave_mqtt();
}

/* Refused by the broker of the bench. */
static void is_turned_away(const char *user, const char *password)
{
	online();
	given(user_line(MQTT_TCP, client_id(), user, password, ""));
	at(broker_line("tcp", 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	expect_not_connected();
	leave_mqtt();
}

Test(mqttconn, fails_with_a_wrong_password, REQ("MQTTCONN-29"), TAGS("needs:broker"))
{
	is_turned_away(broker("username"), "wrong");
}

Test(mqttconn, fails_with_the_password_of_another, REQ("MQTTCONN-29"),
	TAGS("needs:broker needs:broker_users"))
{
	is_turned_away(broker("username"), broker("other_password"));
}

Test(mqttconn, fails_with_an_unknown_user, REQ("MQTTCONN-30"), TAGS("needs:broker"))
{
	is_turned_away("nobody", broker("password"));
}

Test(mqttconn, fails_without_a_user, REQ("MQTTCONN-30"), TAGS("needs:broker needs:broker_users"))
{
	is_turned_away("", "");
}

Test(mqttconn, fails_where_nobody_listens, REQ("MQTTCONN-31"), TAGS("needs:peers"))
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	peer_stop_listening(peer);
	at(conn_line(peer_address(peer), peer_port(peer), 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	at("AT", "OK");
	leave_mqtt();
}

Test(mqttconn, fails_where_the_broker_stopped, REQ("MQTTCONN-31"),
	TAGS("needs:broker needs:broker_control"))
{
	enter_configured(MQTT_TCP);
	broker_stop();
	at(broker_line("tcp", 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	leave_mqtt();
}

Test(mqttconn, fails_where_the_host_is_out_of_reach, REQ("MQTTCONN-32"), TAGS("needs:access_point"))
{
	enter_for_script();
	at(conn_line("192.0.2.1", 1883, 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	at("AT", "OK");
	leave_mqtt();
}

Test(mqttconn, is_refused_before_the_configuration, REQ("MQTTCONN-34"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	at(conn_line(peer_address(peer), peer_port(peer), 0), "ERROR");
	check(!peer_connected(peer, 1, bench_ms("silence")), "the broker is connected to");
	expect_state(MQTT_NOTHING);
}

Test(mqttconn, is_refused_while_connected, REQ("MQTTCONN-35"), TAGS("needs:broker"))
{
	enter_connected(0);
	at(broker_line("tcp", 0), "ERROR");
	no_urc(MQTT_ENDED, bench_ms("silence"));
	expect_alive();
	leave_mqtt();
}

Test(mqttconn, opens_no_second_connection, REQ("MQTTCONN-35"), TAGS("needs:broker needs:peers"))
{
	enter_connected(0);
	int peer = peer_open("tcp", NULL);
	at(conn_line(peer_address(peer), peer_port(peer), 0), "ERROR");
	check(!peer_connected(peer, 1, bench_ms("silence")), "the second broker is connected to");
	struct mqtt_state s = read_mqtt();
	check(s.port == broker_port("tcp"), "the port shown is %d", s.port);
	leave_mqtt();
}

Test(mqttconn, opens_nothing_when_refused, REQ("MQTTCONN-55"), TAGS("needs:peers"))
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	const char *address = peer_address(peer);
	int port = peer_port(peer);
	at(fmt("AT+MQTTCONN=1,\"%s\",%d,0", address, port), "ERROR");
	at(fmt("AT+MQTTCONN=0,%s,%d,0", address, port), "ERROR");
	at(fmt("AT+MQTTCONN=0,\"%s\",%d,2", address, port), "ERROR");
	at(fmt("AT+MQTTCONN=0,\"%s\",%d,0", address, port + 65536), "ERROR");
	at(fmt("AT+MQTTCONN=0,\"%s\",%d", address, port), "ERROR");
	at(fmt("AT+MQTTCONN=0,\"%s\",%d,0,0", address, port), "ERROR");
	check(!peer_connected(peer, 1, bench_ms("silence")), "the broker is connected to");
	expect_state(MQTT_USER);
	leave_mqtt();
}

Test(mqttconn, needs_no_connection_settings, REQ("MQTTCONN-36"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	at(broker_line("tcp", 0), "OK");
	expect_alive();
	leave_mqtt();
}

Test(mqttconn, fails_when_turned_down, REQ("MQTTCONN-39"), TAGS("needs:peers"))
{
	for (int code = CONNACK_LEVEL; code <= CONNACK_NOT_ALLOWED; code++) {
		enter_for_script();
		int peer = peer_open("tcp", NULL);
		script_dial(peer, 0);
		script_connect(peer);
		script_answer(peer, code);
		response("ERROR");
		no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
		leave_mqtt();
	}
}

Test(mqttconn, fails_with_a_broker_that_never_answers, REQ("MQTTCONN-40"), TAGS("needs:peers"))
{
	fails_with("tcp", NULL);
	at("AT", "OK");
}

Test(mqttconn, fails_with_a_broker_that_closes, REQ("MQTTCONN-41"), TAGS("needs:peers"))
{
	fails_with("tcp", "{\"close_after\":0}");
}

Test(mqttconn, fails_with_a_broker_that_resets, REQ("MQTTCONN-41"), TAGS("needs:peers"))
{
	fails_with("tcp", "{\"close_after\":1,\"close_how\":\"rst\"}");
}

Test(mqttconn, fails_with_something_that_is_not_mqtt, REQ("MQTTCONN-41"), TAGS("needs:peers"))
{
	fails_with("tcp", "{\"greeting\":\"220 mail.example.org ESMTP\\r\\n\"}");
}

Test(mqttconn, is_not_connected_after_a_failure, REQ("MQTTCONN-53"), TAGS("needs:broker"))
{
	online();
	given(user_line(MQTT_TCP, client_id(), broker("username"), "wrong", ""));
	any(broker_line("tcp", 0));
	check(said("ERROR"), "a wrong password is not refused");
	no_urc(MQTT_ANY_CONNECTED, 2 * bench_ms("silence"));
	expect_not_connected();
	leave_mqtt();
}

Test(mqttconn, works_after_a_failure, REQ("MQTTCONN-42"), TAGS("needs:broker"))
{
	online();
	for (int i = 0; i < 3; i++) {
		given(user_line(MQTT_TCP, client_id(), broker("username"), "wrong", ""));
		any(broker_line("tcp", 1));
		at(MQTT_CLEAN, "OK");
		forget_urcs();
		enter_configured(MQTT_TCP);
		at(broker_line("tcp", 0), "OK");
		leave_mqtt();
	}
}
