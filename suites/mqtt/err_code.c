/* SPDX-License-Identifier: MIT */
/* The error codes of MQTT that tell of the state, and how codes are printed: with AT+SYSLOG=1 each
 * command here has one fault, and its code is asked for. The commands about topics are sent while
 * connected, so that the state is no second fault. */
#include "codes.h"

/* ---- state and number of parameters ---- */

Test(err_code, no_configured, REQ("ERR_CODE-1"))
{
	enter_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0", 0x6001);
	refused("AT+MQTTCLIENTID=0,\"id\"", 0x6001);
	refused("AT+MQTTUSERNAME=0,\"user\"", 0x6001);
	refused("AT+MQTTPASSWORD=0,\"secret\"", 0x6001);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883,0", 0x6001);
	leave_codes();
}

Test(err_code, not_in_configured_state, REQ("ERR_CODE-2"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0", 0x6002);
	refused("AT+MQTTCLIENTID=0,\"id\"", 0x6002);
	refused("AT+MQTTUSERNAME=0,\"user\"", 0x6002);
	refused("AT+MQTTPASSWORD=0,\"secret\"", 0x6002);
	leave_codes();
}

Test(err_code, uninitiated_or_already_clean, REQ("ERR_CODE-3"))
{
	enter_codes();
	refused("AT+MQTTCLEAN=0", 0x6003);
	leave_codes();
}

Test(err_code, null_link, REQ("ERR_CODE-6"))
{
	enter_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",0,0", 0x6006);
	refused("AT+MQTTPUBRAW=0,\"a/b\",4,0,0", 0x6006);
	refused("AT+MQTTSUB=0,\"a/b\",0", 0x6006);
	refused("AT+MQTTUNSUB=0,\"a/b\"", 0x6006);
	leave_codes();
}

Test(err_code, parameter_counts_is_wrong, REQ("ERR_CODE-8"))
{
	enter_user_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,0", 0x6008);
	refused("AT+MQTTCLIENTID=0", 0x6008);
	refused("AT+MQTTCONN=", 0x6008);
	refused("AT+MQTTUSERNAME=0", 0x6008);
	refused("AT+MQTTPASSWORD=0,\"a\",\"b\"", 0x6008);
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0", 0x6008);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883", 0x6008);
	refused("AT+MQTTCLEAN=0,0", 0x6008);
	leave_codes();
}

Test(err_code, parameter_counts_is_wrong_when_connected, REQ("ERR_CODE-8"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"topic\",1", 0x6008);
	refused("AT+MQTTPUBRAW=0,\"topic\",1,0", 0x6008);
	refused("AT+MQTTSUB=0,\"topic\"", 0x6008);
	refused("AT+MQTTUNSUB=0,\"topic\",1", 0x6008);
	leave_codes();
}

Test(err_code, uninitiated_or_already_clean_a_second_time, REQ("ERR_CODE-3"))
{
	enter_user_codes();
	given(MQTT_CLEAN);
	refused(MQTT_CLEAN, 0x6003);
	leave_codes();
}

Test(err_code, already_connected, REQ("ERR_CODE-4"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused(broker_line("tcp", 0), 0x6004);
	expect_alive();
	leave_codes();
}

/* ---- what fails on the way ---- */

Test(err_code, client_start_failed_where_nobody_listens, REQ("ERR_CODE-11"), TAGS("needs:peers"))
{
	enter_user_codes();
	online();
	int peer = peer_open("tcp", NULL);
	peer_stop_listening(peer);
	refused(conn_line(peer_address(peer), peer_port(peer), 0), 0x600B);
	leave_codes();
}

Test(err_code, client_start_failed_with_a_wrong_password, REQ("ERR_CODE-11"), TAGS("needs:broker"))
{
	enter_codes();
	online();
	given(user_line(MQTT_TCP, client_id(), broker("username"), "wrong", ""));
	refused(broker_line("tcp", 0), 0x600B);
	leave_codes();
}

Test(err_code, client_start_failed_with_a_wrong_certificate, REQ("ERR_CODE-11"),
	TAGS("needs:broker needs:broker_other"))
{
	enter_codes();
	enter_configured(MQTT_TLS_CHECKED);
	refused(broker_line("tls_other", 0), 0x600B);
	leave_codes();
}

Test(err_code, client_start_failed_without_an_answer, REQ("ERR_CODE-11"), TAGS("needs:peers"))
{
	enter_user_codes();
	online();
	int peer = peer_open("tcp", NULL);
	refused(conn_line(peer_address(peer), peer_port(peer), 0), 0x600B);
	leave_codes();
}

/* Connected, and the connection is lost. */
static void enter_lost_codes(void)
{
	enter_connected_codes();
	throw_out(client_id());
	urc(MQTT_ENDED, bench_ms("mqtt"));
}

Test(err_code, client_publish_failed, REQ("ERR_CODE-12"), TAGS("needs:broker"))
{
	enter_lost_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",1,0", 0x600C);
	leave_codes();
}

Test(err_code, client_subscribe_failed, REQ("ERR_CODE-13"), TAGS("needs:broker"))
{
	enter_lost_codes();
	refused("AT+MQTTSUB=0,\"a/b\",1", 0x600D);
	leave_codes();
}

Test(err_code, client_unsubscribe_failed, REQ("ERR_CODE-14"), TAGS("needs:broker"))
{
	enter_lost_codes();
	refused("AT+MQTTUNSUB=0,\"a/b\"", 0x600E);
	leave_codes();
}

/* ---- how codes are printed ---- */

/* ERR CODE lines of the last response that fit the pattern. */
static int count_codes(const char *pattern)
{
	int count = 0;
	for (size_t i = 0; i < line_count(); i++)
		count += line_like(i, pattern);
	return count;
}

Test(err_code, has_eight_digits_ahead_of_error, REQ("ERR_CODE-80"))
{
	enter_codes();
	at(MQTT_CLEAN, RE("ERR CODE: ?0x[0-9a-fA-F]{8}"), "ERROR");
	leave_codes();
}

Test(err_code, is_not_printed_when_switched_off, REQ("ERR_CODE-81"))
{
	given("AT+SYSLOG=0");
	at(MQTT_CLEAN, "ERROR");
	check(count_codes(RE("ERR CODE.*")) == 0, "there is \"%s\"", line_text(0));
}

Test(err_code, is_not_printed_with_ok, REQ("ERR_CODE-82"), TAGS("needs:broker"))
{
	enter_codes();
	online();
	at(user_line(MQTT_TCP, client_id(), broker("username"), broker("password"), ""), "OK");
	at("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,0", "OK");
	at(broker_line("tcp", 0), "OK");
	at(MQTT_CLEAN, "OK");
	leave_codes();
}

Test(err_code, is_the_only_one_of_the_table, REQ("ERR_CODE-83"))
{
	enter_codes();
	any("AT+MQTTUSERCFG=1,11,word,word,word,1,1,word");
	check(said("ERROR"), "a command full of mistakes is not refused");
	int count = count_codes(RE("ERR CODE: ?0x[0-9a-fA-F]{4}60[0-9a-fA-F]{2}"));
	check(count == 1, "it has %d codes of MQTT", count);
	leave_codes();
}
