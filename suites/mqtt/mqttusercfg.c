/* SPDX-License-Identifier: MIT */
/* AT+MQTTUSERCFG: what of it reaches the broker, how long it may be, and the ten schemes with
 * right, wrong and missing certificates. */
#include "mqtt.h"
#include "script.h"

enum { COMMAND_MAX = 255, LINE_END = 2 };

/* A text of that many bytes. */
static const char *text_of(size_t len)
{
	static char text[400];
	check(len < sizeof(text), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + i % 26);
	text[len] = '\0';
	return text;
}

/* A client id that makes the command, with CR LF, this long. */
static const char *long_id(size_t command_len)
{
	return text_of(command_len - LINE_END -
		       strlen(user_line(MQTT_TCP, "", broker("username"), broker("password"), "")));
}

/* ---- what reaches the broker ---- */

Test(mqttusercfg, tells_the_broker_its_client_id, REQ("MQTTUSERCFG-22"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_TCP, "one of a kind", "user", "secret", ""));
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.id, "one of a kind") == 0, "the client ID is \"%s\"", c.id);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_its_user_name, REQ("MQTTUSERCFG-23"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_TCP, "atconform", "somebody", "secret", ""));
	struct connect c = script_accept(peer, 0);
	check(c.has_user && strcmp(c.user, "somebody") == 0, "the user name is \"%s\"", c.user);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_its_password, REQ("MQTTUSERCFG-24"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_TCP, "atconform", "somebody", "12345 67890", ""));
	struct connect c = script_accept(peer, 0);
	check(c.has_password && strcmp(c.password, "12345 67890") == 0, "the password is \"%s\"",
		c.password);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_escaped_texts, REQ("MQTTUSERCFG-28"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	at(user_line(MQTT_TCP, "a,b\"c\\d", "e,\"f\\\\", ",\"g\"", ""), "OK");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.id, "a,b\"c\\d") == 0, "the client ID is \"%s\"", c.id);
	check(strcmp(c.user, "e,\"f\\\\") == 0, "the user name is \"%s\"", c.user);
	check(strcmp(c.password, ",\"g\"") == 0, "the password is \"%s\"", c.password);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_long_names, REQ("MQTTUSERCFG-29"), TAGS("needs:peers"))
{
	char name[65], password[65];
	memcpy(name, text_of(64), sizeof(name));
	memset(password, 'p', 63);
	memcpy(password + 63, "!", 2);
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_TCP, "atconform", name, password, ""));
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.user, name) == 0, "the user name has %zu bytes", strlen(c.user));
	check(strcmp(c.password, password) == 0, "the password has %zu bytes", strlen(c.password));
	leave_mqtt();
}

Test(mqttusercfg, is_logged_by_the_broker, REQ("MQTTUSERCFG-22", "MQTTUSERCFG-23"),
	TAGS("needs:broker needs:broker_log"))
{
	enter_configured(MQTT_TCP);
	at(broker_line("tcp", 0), "OK");
	broker_log(fmt("*New client connected from * as %s (*u'%s')*", client_id(),
			   broker("username")),
		0);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_its_path, REQ("MQTTUSERCFG-25"), TAGS("needs:peers"))
{
	static const char get[] = "GET /one/of/a/kind HTTP/1.1\r\n";
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_WS, "atconform", "user", "secret", "one/of/a/kind"));
	script_dial(peer, 0);
	peer_wait_connect(peer, 1, bench_ms("mqtt"));
	peer_expect(peer, get, sizeof(get) - 1, bench_ms("mqtt"));
	peer_close(peer, PEER_LATEST, "fin");
	response("ERROR");
	leave_mqtt();
}

/* ---- lengths ---- */

Test(mqttusercfg, takes_a_command_of_255_bytes, REQ("MQTTUSERCFG-20"), TAGS("needs:broker"))
{
	online();
	const char *id = long_id(COMMAND_MAX);
	at(user_line(MQTT_TCP, id, broker("username"), broker("password"), ""), "OK");
	connect_to("tcp", 0);
	if (has("broker_log"))
		broker_log(fmt("*New client connected from * as %s (*", id), 0);
	leave_mqtt();
}

Test(mqttusercfg, tells_the_broker_a_long_client_id, REQ("MQTTUSERCFG-20"), TAGS("needs:peers"))
{
	char id[COMMAND_MAX];
	online();
	int peer = peer_open("tcp", NULL);
	const char *empty = user_line(MQTT_TCP, "", "u", "p", "");
	snprintf(id, sizeof(id), "%s", text_of(COMMAND_MAX - LINE_END - strlen(empty)));
	at(user_line(MQTT_TCP, id, "u", "p", ""), "OK");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.id, id) == 0, "the client ID has %zu of %zu bytes", strlen(c.id),
		strlen(id));
	leave_mqtt();
}

/* A line of that many bytes without its end: refused, and nothing is configured. */
static void refuse_line_of(size_t len)
{
	size_t ok, refusals;
	const char *empty = user_line(MQTT_TCP, "", "u", "p", "");
	const char *line =
		fmt("%s\r\n", user_line(MQTT_TCP, text_of(len - strlen(empty)), "u", "p", ""));
	tolerate(true, "a line that is too long");
	raw(line, strlen(line));
	until_quiet(&ok, &refusals);
	tolerate(false, "");
	check(ok == 0 && refusals > 0, "%zu OK and %zu ERROR", ok, refusals);
	at(MQTT_CLEAN, "ERROR");
}

Test(mqttusercfg, refuses_a_command_of_more_than_256_bytes, REQ("MQTTUSERCFG-21"))
{
	refuse_line_of(257);
}

Test(mqttusercfg, refuses_a_command_of_300_bytes, REQ("MQTTUSERCFG-21"))
{
	refuse_line_of(300);
}

/* ---- order ---- */

Test(mqttusercfg, changes_nothing_when_refused, REQ("MQTTUSERCFG-26"))
{
	static const char *const wrong[] = {
		"AT+MQTTUSERCFG=0,11,\"other\",\"other\",\"other\",0,0,\"other\"",
		"AT+MQTTUSERCFG=0,7,\"other\",\"other\",\"other\",0,1,\"other\"",
		"AT+MQTTUSERCFG=0,7,\"other\",\"other\",\"other\",0,0",
		"AT+MQTTUSERCFG=0,7,\"a\",\"b\",\"c\",0,0,\"012345678901234567890123456789abc\"",
	};
	given(user_line(MQTT_WS, "atconform", "user", "secret", "here"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		at(wrong[i], "ERROR");
		struct mqtt_state s = read_mqtt();
		check(s.state == MQTT_USER, "the state is %d", s.state);
		check(s.scheme == MQTT_WS, "the scheme is %d", s.scheme);
		check(strcmp(s.path, "here") == 0, "the path is \"%s\"", s.path);
	}
	leave_mqtt();
}

Test(mqttusercfg, configures_nothing_when_refused, REQ("MQTTUSERCFG-26"))
{
	at("AT+MQTTUSERCFG=0,1,\"atconform\",\"user\",\"secret\",0,1,\"\"", "ERROR");
	expect_state(MQTT_NOTHING);
	at(MQTT_CLEAN, "ERROR");
}

Test(mqttusercfg, keeps_the_names_when_refused, REQ("MQTTUSERCFG-26"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	given(user_line(MQTT_TCP, "right id", "right name", "right word", ""));
	at("AT+MQTTUSERCFG=0,1,\"wrong id\",\"wrong name\",\"wrong word\",0,1,\"\"", "ERROR");
	struct connect c = script_accept(peer, 0);
	check(strcmp(c.id, "right id") == 0, "the client ID is \"%s\"", c.id);
	check(strcmp(c.user, "right name") == 0, "the user name is \"%s\"", c.user);
	check(strcmp(c.password, "right word") == 0, "the password is \"%s\"", c.password);
	leave_mqtt();
}

Test(mqttusercfg, is_refused_while_connected, REQ("MQTTUSERCFG-27"), TAGS("needs:broker"))
{
	enter_connected(0);
	at(user_line(MQTT_TCP, "other", "other", "other", ""), "ERROR");
	expect_alive();
	leave_mqtt();
}

/* ---- schemes: to whom they connect ---- */

/* Connects by this scheme to that listener, and messages go both ways. */
static void connects(int scheme, const char *kind)
{
	enter_configured(scheme);
	at(broker_line(kind, 0), "OK");
	expect_alive();
	struct mqtt_state s = read_mqtt();
	check(s.scheme == scheme, "the scheme shown is %d", s.scheme);
	leave_mqtt();
}

/* By this scheme that listener is not connected to. */
static void stays_away(int scheme, const char *kind)
{
	enter_configured(scheme);
	at(broker_line(kind, 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	expect_not_connected();
	leave_mqtt();
}

Test(mqttusercfg, connects_over_tcp, REQ("MQTTUSERCFG-30"), TAGS("needs:broker"))
{
	connects(MQTT_TCP, "tcp");
}

Test(mqttusercfg, connects_over_tls, REQ("MQTTUSERCFG-31"), TAGS("needs:broker needs:broker_tls"))
{
	connects(MQTT_TLS, "tls");
}

Test(mqttusercfg, takes_any_certificate_over_tls, REQ("MQTTUSERCFG-31"),
	TAGS("needs:broker needs:broker_other"))
{
	connects(MQTT_TLS, "tls_other");
	connects(MQTT_TLS, "tls_expired");
}

Test(mqttusercfg, connects_over_checked_tls, REQ("MQTTUSERCFG-32"),
	TAGS("needs:broker needs:broker_tls"))
{
	connects(MQTT_TLS_CHECKED, "tls");
}

Test(mqttusercfg, checks_the_ca_over_tls, REQ("MQTTUSERCFG-33"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_TLS_CHECKED, "tls_other");
}

Test(mqttusercfg, checks_the_time_over_tls, REQ("MQTTUSERCFG-34"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_TLS_CHECKED, "tls_expired");
}

Test(mqttusercfg, sends_its_certificate_over_tls, REQ("MQTTUSERCFG-35"),
	TAGS("needs:broker needs:broker_tls_client"))
{
	connects(MQTT_TLS_OWN, "tls_client");
}

Test(mqttusercfg, does_not_check_with_its_own_over_tls, REQ("MQTTUSERCFG-36"),
	TAGS("needs:broker needs:broker_other"))
{
	connects(MQTT_TLS_OWN, "tls_other");
}

Test(mqttusercfg, does_both_over_tls, REQ("MQTTUSERCFG-37"),
	TAGS("needs:broker needs:broker_tls_client"))
{
	connects(MQTT_TLS_BOTH, "tls_client");
}

Test(mqttusercfg, checks_the_ca_with_its_own_over_tls, REQ("MQTTUSERCFG-38"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_TLS_BOTH, "tls_other");
}

Test(mqttusercfg, checks_the_time_with_its_own_over_tls, REQ("MQTTUSERCFG-39"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_TLS_BOTH, "tls_expired");
}

Test(mqttusercfg, sends_no_certificate_over_tls, REQ("MQTTUSERCFG-40"),
	TAGS("needs:broker needs:broker_tls_client"))
{
	stays_away(MQTT_TLS, "tls_client");
	stays_away(MQTT_TLS_CHECKED, "tls_client");
}

Test(mqttusercfg, connects_over_websocket, REQ("MQTTUSERCFG-41"),
	TAGS("needs:broker needs:broker_ws"))
{
	connects(MQTT_WS, "ws");
}

Test(mqttusercfg, connects_over_secure_websocket, REQ("MQTTUSERCFG-42"),
	TAGS("needs:broker needs:broker_wss"))
{
	connects(MQTT_WSS, "wss");
}

Test(mqttusercfg, takes_any_certificate_over_secure_websocket, REQ("MQTTUSERCFG-42"),
	TAGS("needs:broker needs:broker_other"))
{
	connects(MQTT_WSS, "wss_other");
	connects(MQTT_WSS, "wss_expired");
}

Test(mqttusercfg, connects_over_checked_websocket, REQ("MQTTUSERCFG-43"),
	TAGS("needs:broker needs:broker_wss"))
{
	connects(MQTT_WSS_CHECKED, "wss");
}

Test(mqttusercfg, checks_the_ca_over_websocket, REQ("MQTTUSERCFG-44"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_WSS_CHECKED, "wss_other");
}

Test(mqttusercfg, checks_the_time_over_websocket, REQ("MQTTUSERCFG-45"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_WSS_CHECKED, "wss_expired");
}

Test(mqttusercfg, sends_its_certificate_over_websocket, REQ("MQTTUSERCFG-46"),
	TAGS("needs:broker needs:broker_wss_client"))
{
	connects(MQTT_WSS_OWN, "wss_client");
}

Test(mqttusercfg, does_not_check_with_its_own_over_websocket, REQ("MQTTUSERCFG-47"),
	TAGS("needs:broker needs:broker_other"))
{
	connects(MQTT_WSS_OWN, "wss_other");
}

Test(mqttusercfg, does_both_over_websocket, REQ("MQTTUSERCFG-48"),
	TAGS("needs:broker needs:broker_wss_client"))
{
	connects(MQTT_WSS_BOTH, "wss_client");
}

Test(mqttusercfg, checks_the_ca_with_its_own_over_websocket, REQ("MQTTUSERCFG-49"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_WSS_BOTH, "wss_other");
}

Test(mqttusercfg, checks_the_time_with_its_own_over_websocket, REQ("MQTTUSERCFG-50"),
	TAGS("needs:broker needs:broker_other"))
{
	stays_away(MQTT_WSS_BOTH, "wss_expired");
}

Test(mqttusercfg, sends_no_certificate_over_websocket, REQ("MQTTUSERCFG-51"),
	TAGS("needs:broker needs:broker_wss_client"))
{
	stays_away(MQTT_WSS, "wss_client");
	stays_away(MQTT_WSS_CHECKED, "wss_client");
}

/* ---- schemes: the listener speaks something else ---- */

Test(mqttusercfg, fails_without_tls_where_it_is_spoken, REQ("MQTTUSERCFG-52"),
	TAGS("needs:broker needs:broker_tls"))
{
	stays_away(MQTT_TCP, "tls");
}

Test(mqttusercfg, fails_with_tls_where_none_is_spoken, REQ("MQTTUSERCFG-52"), TAGS("needs:broker"))
{
	stays_away(MQTT_TLS, "tcp");
}

Test(mqttusercfg, fails_with_websocket_where_none_is_spoken, REQ("MQTTUSERCFG-52"),
	TAGS("needs:broker"))
{
	stays_away(MQTT_WS, "tcp");
}

Test(mqttusercfg, fails_without_websocket_where_it_is_spoken, REQ("MQTTUSERCFG-52"),
	TAGS("needs:broker needs:broker_ws"))
{
	stays_away(MQTT_TCP, "ws");
}
