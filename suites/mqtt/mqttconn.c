/* SPDX-License-Identifier: MIT */
/* AT+MQTTCONN: who is connected to, what is said about it, what the query shows in which state,
 * reconnection, and how long commands may take. */
#include "../wifi/wifi.h"
#include "script.h"

/* ---- where to ---- */

static void leads_to_port(int port)
{
	enter_configured(MQTT_TCP);
	broker_as("192.168.31.113", port, "tcp");
	at(conn_line("192.168.31.113", port, 0), "OK");
	expect_alive();
	leave_mqtt();
	peer_forget_routes();
}

Test(mqttconn, leads_to_the_lowest_port, REQ("MQTTCONN-6"), TAGS("needs:broker needs:air"))
{
	leads_to_port(1);
}

Test(mqttconn, leads_to_the_highest_port, REQ("MQTTCONN-6"), TAGS("needs:broker needs:air"))
{
	leads_to_port(65535);
}

Test(mqttconn, leads_to_the_peer_of_the_port, REQ("MQTTCONN-6"), TAGS("needs:peers"))
{
	enter_for_script();
	int wrong = peer_open("tcp", NULL), right = peer_open("tcp", NULL);
	script_accept(right, 0);
	check(!peer_connected(wrong, 1, bench_ms("silence")), "the other peer is connected to");
	leave_mqtt();
}

/* ---- what is said ---- */

/* The broker as +MQTTCONNECTED and AT+MQTTCONN? show it. */
static const char *shown(const char *start, int scheme, const char *kind, int reconnect)
{
	return fmt("%s%d,\"%s\",%d,\"%s\",%d", start, scheme, broker("host"), broker_port(kind),
		scheme_path(scheme), reconnect);
}

Test(mqttconn, announces_the_connection, REQ("MQTTCONN-14"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	at(broker_line("tcp", 0), shown("+MQTTCONNECTED:0,", MQTT_TCP, "tcp", 0), "OK");
	leave_mqtt();
}

Test(mqttconn, announces_reconnection, REQ("MQTTCONN-14"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	at(broker_line("tcp", 1), shown("+MQTTCONNECTED:0,", MQTT_TCP, "tcp", 1), "OK");
	leave_mqtt();
}

Test(mqttconn, announces_scheme_and_path, REQ("MQTTCONN-14"), TAGS("needs:broker needs:broker_wss"))
{
	enter_configured(MQTT_WSS);
	at(broker_line("wss", 0), shown("+MQTTCONNECTED:0,", MQTT_WSS, "wss", 0), "OK");
	leave_mqtt();
}

/* The line is ahead of OK in what came, whatever its form. */
static void expect_ahead(const char *start)
{
	size_t len;
	const char *wire = received(&len), *line = strstr(wire, start),
		   *ok = strstr(wire, "OK\r\n");
	check(line, "%s did not come with the answer", start);
	check(ok && line < ok, "%s comes behind OK", start);
}

Test(mqttconn, announces_ahead_of_ok, REQ("MQTTCONN-13"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	given(broker_line("tcp", 0));
	expect_ahead("+MQTTCONNECTED:0,");
	leave_mqtt();
}

Test(mqttconn, announces_once, REQ("MQTTCONN-15"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	given(broker_line("tcp", 0));
	urc(MQTT_ANY_CONNECTED, 0);
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	expect_alive();
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	leave_mqtt();
}

Test(mqttconn, reports_the_end, REQ("MQTTCONN-16"), TAGS("needs:broker"))
{
	enter_connected(0);
	throw_out(client_id());
	urc(MQTT_ENDED, bench_ms("mqtt"));
	leave_mqtt();
}

Test(mqttconn, reports_the_end_once, REQ("MQTTCONN-17"), TAGS("needs:broker"))
{
	enter_connected(0);
	no_urc(MQTT_ENDED, bench_ms("silence"));
	throw_out(client_id());
	urc(MQTT_ENDED, bench_ms("mqtt"));
	no_urc(MQTT_ENDED, bench_ms("silence"));
	any(MQTT_CLEAN);
	no_urc(MQTT_ENDED, bench_ms("silence"));
}

Test(mqttconn, reports_a_broker_that_stops, REQ("MQTTCONN-18"),
	TAGS("needs:broker needs:broker_control"))
{
	enter_connected(0);
	broker_stop();
	urc(MQTT_ENDED, bench_ms("mqtt"));
	expect_state(MQTT_LOST);
	leave_mqtt();
}

Test(mqttconn, reports_a_broker_that_dies, REQ("MQTTCONN-18"),
	TAGS("needs:broker needs:broker_control"))
{
	enter_connected(0);
	broker_kill();
	urc(MQTT_ENDED, bench_ms("mqtt"));
	expect_state(MQTT_LOST);
	leave_mqtt();
}

static void reports_a_close(const char *how)
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 0);
	forget_urcs();
	peer_close(peer, PEER_LATEST, how);
	urc(MQTT_ENDED, bench_ms("mqtt"));
	expect_state(MQTT_LOST);
	leave_mqtt();
}

Test(mqttconn, reports_a_close, REQ("MQTTCONN-18"), TAGS("needs:peers"))
{
	reports_a_close("fin");
}

Test(mqttconn, reports_a_reset, REQ("MQTTCONN-18"), TAGS("needs:peers"))
{
	reports_a_close("rst");
}

Test(mqttconn, reports_the_end_without_an_access_point, REQ("MQTTCONN-48"),
	TAGS("nvs needs:broker"))
{
	enter_mode(1);
	enter_connected(0);
	given("AT+CWQAP");
	urc(MQTT_ENDED, bench_ms("mqtt"));
	expect_not_connected();
	leave_mqtt();
	online();
	leave_mode();
}

/* ---- the query ---- */

Test(mqttconn, shows_the_connection, REQ("MQTTCONN-20"), TAGS("needs:broker"))
{
	enter_connected(1);
	struct mqtt_state s = read_mqtt();
	check(s.scheme == MQTT_TCP, "the scheme is %d", s.scheme);
	check(strcmp(s.host, broker("host")) == 0, "the host is \"%s\"", s.host);
	check(s.port == broker_port("tcp"), "the port is %d", s.port);
	check(!*s.path, "the path is \"%s\"", s.path);
	check(s.reconnect == 1, "reconnect is %d", s.reconnect);
	leave_mqtt();
}

Test(mqttconn, shows_scheme_and_path, REQ("MQTTCONN-20"), TAGS("needs:broker needs:broker_ws"))
{
	enter_configured(MQTT_WS);
	connect_to("ws", 0);
	struct mqtt_state s = read_mqtt();
	check(s.scheme == MQTT_WS, "the scheme is %d", s.scheme);
	check(s.port == broker_port("ws"), "the port is %d", s.port);
	check(strcmp(s.path, broker("path")) == 0, "the path is \"%s\"", s.path);
	check(s.reconnect == 0, "reconnect is %d", s.reconnect);
	leave_mqtt();
}

Test(mqttconn, has_state_0_at_first, REQ("MQTTCONN-21"))
{
	expect_state(MQTT_NOTHING);
}

Test(mqttconn, has_state_1_when_configured, REQ("MQTTCONN-22"))
{
	enter_user();
	expect_state(MQTT_USER);
	leave_mqtt();
}

Test(mqttconn, has_state_2_when_the_connection_is_configured, REQ("MQTTCONN-23"))
{
	enter_user();
	given("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0");
	expect_state(MQTT_CONFIGURED);
	leave_mqtt();
}

Test(mqttconn, has_state_3_when_the_connection_was_lost, REQ("MQTTCONN-24"), TAGS("needs:broker"))
{
	enter_connected(0);
	throw_out(client_id());
	urc(MQTT_ENDED, bench_ms("mqtt"));
	expect_state(MQTT_LOST);
	leave_mqtt();
}

static void expect_bare(void)
{
	int state = read_mqtt().state;
	check(state == MQTT_UP || state == MQTT_BARE, "the state is %d", state);
}

Test(mqttconn, has_state_4_or_5_when_connected, REQ("MQTTCONN-25"), TAGS("needs:broker"))
{
	enter_connected(0);
	expect_bare();
	leave_mqtt();
}

Test(mqttconn, has_state_6_when_subscribed, REQ("MQTTCONN-26"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")));
	expect_state(MQTT_SUBSCRIBED);
	leave_mqtt();
}

Test(mqttconn, has_state_4_or_5_without_subscriptions, REQ("MQTTCONN-27"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(fmt("AT+MQTTSUB=0,\"%s\",1", topic("a")));
	given(fmt("AT+MQTTSUB=0,\"%s\",0", topic("b")));
	given(fmt("AT+MQTTUNSUB=0,\"%s\"", topic("a")));
	expect_state(MQTT_SUBSCRIBED);
	given(fmt("AT+MQTTUNSUB=0,\"%s\"", topic("b")));
	expect_bare();
	leave_mqtt();
}

Test(mqttconn, has_state_0_when_cleaned, REQ("MQTTCONN-28"), TAGS("needs:broker"))
{
	enter_connected(0);
	given(MQTT_CLEAN);
	expect_state(MQTT_NOTHING);
	forget_urcs();
}

Test(mqttconn, is_not_changed_by_the_query, REQ("MQTTCONN-54"), TAGS("needs:broker"))
{
	enter_connected(0);
	for (int i = 0; i < 10; i++)
		expect_bare();
	expect_alive();
	leave_mqtt();
}

/* ---- reconnection ---- */

Test(mqttconn, stays_away_without_reconnection, REQ("MQTTCONN-49"), TAGS("slow needs:peers"))
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 0);
	forget_urcs();
	peer_close(peer, PEER_LATEST, "fin");
	urc(MQTT_ENDED, bench_ms("mqtt"));
	check(!peer_connected(peer, 2, bench_ms("mqtt") / 4), "it connects again");
	leave_mqtt();
}

Test(mqttconn, comes_back_with_reconnection, REQ("MQTTCONN-50"), TAGS("needs:peers"))
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 1);
	forget_urcs();
	peer_close(peer, PEER_LATEST, "fin");
	peer_wait_connect(peer, 2, bench_ms("mqtt"));
	struct connect c = script_connect(peer);
	check(strcmp(c.id, "atconform") == 0, "the client ID is \"%s\"", c.id);
	check(strcmp(c.user, "user") == 0, "the user name is \"%s\"", c.user);
	check(strcmp(c.password, "secret") == 0, "the password is \"%s\"", c.password);
	leave_mqtt();
}

/* The connection is lost and comes back, several times; `end` is said ahead of each new one. */
static void comes_back_with(const char *end)
{
	enter_for_script();
	int peer = peer_open("tcp", NULL);
	script_accept(peer, 1);
	forget_urcs();
	for (int i = 2; i < 5; i++) {
		peer_close(peer, PEER_LATEST, "fin");
		peer_wait_connect(peer, i, bench_ms("mqtt"));
		script_connect(peer);
		script_answer(peer, CONNACK_ACCEPTED);
		if (end)
			urcs(bench_ms("mqtt"), end, MQTT_ANY_CONNECTED);
		else
			urc(MQTT_ANY_CONNECTED, bench_ms("mqtt"));
	}
	leave_mqtt();
}

Test(mqttconn, announces_each_connection, REQ("MQTTCONN-51"), TAGS("needs:peers"))
{
	comes_back_with(NULL);
}

Test(mqttconn, reports_the_end_before_it_connects_again, REQ("MQTTCONN-56"), TAGS("needs:peers"))
{
	comes_back_with(MQTT_ENDED);
}

/* ---- time ---- */

/* A broker that took the connection and then says nothing more. */
static void enter_mute(void)
{
	enter_for_script();
	script_accept(peer_open("tcp", NULL), 0);
	forget_urcs();
}

static void answered_in_time(const char *command)
{
	enum { LIMIT_MS = 10000, MARGIN_MS = 500 };
	any(command);
	check(answer_ms() <= LIMIT_MS + MARGIN_MS, "%s takes %lld ms", command,
		(long long)answer_ms());
}

Test(mqttconn, has_publishing_answered_in_time, REQ("MQTTCONN-46"), TAGS("needs:peers"))
{
	enter_mute();
	answered_in_time("AT+MQTTPUB=0,\"a\",\"b\",1,0");
	leave_mqtt();
}

Test(mqttconn, has_subscribing_answered_in_time, REQ("MQTTCONN-46"), TAGS("needs:peers"))
{
	enter_mute();
	answered_in_time("AT+MQTTSUB=0,\"a\",1");
	leave_mqtt();
}

Test(mqttconn, has_unsubscribing_answered_in_time, REQ("MQTTCONN-46"), TAGS("needs:peers"))
{
	enter_mute();
	answered_in_time("AT+MQTTUNSUB=0,\"a\"");
	leave_mqtt();
}

Test(mqttconn, has_cleaning_answered_in_time, REQ("MQTTCONN-46"), TAGS("needs:peers"))
{
	enter_mute();
	answered_in_time(MQTT_CLEAN);
	check(said("OK"), "AT+MQTTCLEAN is answered with \"%s\"", "ERROR");
	forget_urcs();
}
