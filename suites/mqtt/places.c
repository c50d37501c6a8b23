/* SPDX-License-Identifier: MIT */
/* AT+MQTTCONN by name, without a network, and the three examples of the document as printed: their
 * hosts are places of the virtual air that lead to the broker and to servers of the tester. */
#include "../tcpip/services.h"

#include "mqtt.h"

#define EXAMPLE_HOST    "192.168.31.113"
#define EXAMPLE_TIME    "ntp1.aliyun.com"
#define EXAMPLE_NAME    "iot.eclipse.org"
#define EXAMPLE_ADDRESS "10.44.0.1"

enum { EXAMPLE_PORT = 1883, EXAMPLE_WSS_PORT = 443 };

/* ---- names ---- */

/* Configured, and a name server knows this name as the tester's own address: the peer. */
static int enter_named(const char *name)
{
	int peer = enter_names(fmt("{\"zone\":{\"%s\":[\"%s\"]}}", name, broker("host")));
	enter_configured(MQTT_TCP);
	return peer;
}

static void leave_named(void)
{
	leave_mqtt();
	leave_names();
}

Test(mqttconn, connects_by_name, REQ("MQTTCONN-37"), TAGS("nvs needs:broker needs:peers"))
{
	int names = enter_named("broker.example.org");
	at(conn_line("broker.example.org", broker_port("tcp"), 0), "OK");
	check(peer_requests(names) > 0, "the name server was not asked");
	expect_alive();
	struct mqtt_state s = read_mqtt();
	check(strcmp(s.host, "broker.example.org") == 0, "the host shown is \"%s\"", s.host);
	leave_named();
}

Test(mqttconn, fails_with_an_unknown_name, REQ("MQTTCONN-38"), TAGS("nvs needs:broker needs:peers"))
{
	enter_named("broker.example.org");
	at(conn_line("nowhere.example.org", broker_port("tcp"), 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	leave_named();
}

/* A name of that many bytes, in parts of at most 63. */
static const char *name_of(size_t len)
{
	static char name[200];
	for (size_t i = 0; i < len; i++)
		name[i] = (char)(i % 40 == 39 && i + 1 < len ? '.' : 'a' + i % 26);
	name[len] = '\0';
	return name;
}

static void connects_by_a_name_of(size_t len)
{
	enter_named(name_of(len));
	at(conn_line(name_of(len), broker_port("tcp"), 0), "OK");
	struct mqtt_state s = read_mqtt();
	check(strcmp(s.host, name_of(len)) == 0, "the host shown has %zu bytes", strlen(s.host));
	leave_named();
}

Test(mqttconn, connects_by_a_name_of_1_byte, REQ("MQTTCONN-4"),
	TAGS("nvs needs:broker needs:peers"))
{
	connects_by_a_name_of(1);
}

Test(mqttconn, connects_by_a_name_of_128_bytes, REQ("MQTTCONN-4"),
	TAGS("nvs needs:broker needs:peers"))
{
	connects_by_a_name_of(128);
}

Test(mqttconn, asks_for_no_name_of_129_bytes, REQ("MQTTCONN-5"),
	TAGS("nvs needs:broker needs:peers"))
{
	int names = enter_named(name_of(129));
	at(conn_line(name_of(129), broker_port("tcp"), 0), "ERROR");
	check(peer_requests(names) == 0, "the name server is asked for \"%s\"",
		peer_state(names, "requests.0.name"));
	leave_named();
}

Test(mqttconn, is_refused_without_a_network, REQ("MQTTCONN-33"), TAGS("nvs needs:broker"))
{
	enter_offline();
	given(user_line(MQTT_TCP, client_id(), broker("username"), broker("password"), ""));
	at(broker_line("tcp", 0), "ERROR");
	no_urc(MQTT_ANY_CONNECTED, bench_ms("silence"));
	leave_mqtt();
	leave_offline();
}

/* ---- examples ---- */

/* The client id of the examples is not this case's own, and the topic neither. */
static int enter_example(void)
{
	online();
	int o = observer(NULL);
	observe(o, "topic", 2);
	return o;
}

static void leave_example(void)
{
	forget_urcs();
	peer_forget_routes();
}

/* The message of the example comes to the observer, and back to the module. */
static void expect_example(int o)
{
	expect_message(o, "topic", "test", 4, 1, false, bench_ms("mqtt"));
	subrecv("topic", "test", 4, bench_ms("mqtt"));
}

Test(mqttconn, runs_example_1, REQ("MQTTCONN-43"),
	TAGS("needs:broker needs:broker_users needs:air"))
{
	int o = enter_example();
	broker_as(EXAMPLE_HOST, EXAMPLE_PORT, "tcp");
	at("AT+MQTTUSERCFG=0,1,\"ESP\",\"espressif\",\"1234567890\",0,0,\"\"", "OK");
	at("AT+MQTTCONN=0,\"192.168.31.113\",1883,0", "OK");
	at("AT+MQTTSUB=0,\"topic\",1", "OK");
	at("AT+MQTTPUB=0,\"topic\",\"test\",1,0", "OK");
	expect_example(o);
	at("AT+MQTTCLEAN=0", "OK");
	leave_example();
}

/* The lines about time are those of other commands, in the way that these examples write them. */
static void set_example_time(void)
{
	int names = peer_open("dns", "{\"zone\":{\"" EXAMPLE_TIME "\":[\"" TIME_1
				     "\"],\"" EXAMPLE_NAME "\":[\"" EXAMPLE_ADDRESS "\"]}}");
	peer_as(names, NAMES_1, 53);
	given("AT+CIPDNS=1,\"" NAMES_1 "\",\"" NAMES_2 "\",\"" NAMES_3 "\"");
	int64_t now = 1577404800;
	time_server(TIME_1, fmt("{\"time\":%lld}", (long long)now));
	int64_t since = clock_ms();
	given("AT+CIPSNTPCFG=1,8,\"ntp1.aliyun.com\"");
	enum { ZONE_S = 8 * 3600 };
	check(time_becomes(now + ZONE_S, since), "AT+CIPSNTPTIME? shows another time");
}

static void forget_example_time(void)
{
	clear_time();
	given("AT+CIPDNS=0");
}

Test(mqttconn, runs_example_2, REQ("MQTTCONN-44"),
	TAGS("nvs needs:broker needs:broker_users needs:broker_tls needs:air needs:peers"))
{
	int o = enter_example();
	set_example_time();
	broker_as(EXAMPLE_HOST, EXAMPLE_PORT, "tls");
	at("AT+MQTTUSERCFG=0,3,\"ESP\",\"espressif\",\"1234567890\",0,0,\"\"", "OK");
	at("AT+MQTTCONNCFG=0,0,0,\"lwtt\",\"lwtm\",0,0", "OK");
	at("AT+MQTTCONN=0,\"192.168.31.113\",1883,0", "OK");
	at("AT+MQTTSUB=0,\"topic\",1", "OK");
	any("AT+MQTTSUB=0,\"topic\",1");
	check(said("OK"), "the second AT+MQTTSUB is not answered with OK");
	at("AT+MQTTPUB=0,\"topic\",\"test\",1,0", "OK");
	expect_example(o);
	at("AT+MQTTCLEAN=0", "OK");
	forget_example_time();
	leave_example();
}

Test(mqttconn, runs_example_3, REQ("MQTTCONN-45"),
	TAGS("nvs needs:broker needs:broker_users needs:broker_wss needs:air needs:peers"))
{
	int o = enter_example();
	set_example_time();
	broker_as(EXAMPLE_NAME, EXAMPLE_WSS_PORT, "wss");
	at("AT+MQTTUSERCFG=0,7,\"ESP\",\"espressif\",\"1234567890\",0,0,\"wss\"", "OK");
	at("AT+MQTTCONN=0,\"iot.eclipse.org\",443,0", "OK");
	at("AT+MQTTSUB=0,\"topic\",1", "OK");
	at("AT+MQTTPUB=0,\"topic\",1", "ERROR");
	at("AT+MQTTPUB=0,\"topic\",\"test\",1,0", "OK");
	expect_example(o);
	at("AT+MQTTCLEAN=0", "OK");
	forget_example_time();
	leave_example();
}
