/* SPDX-License-Identifier: MIT */
/* AT+MDNS: what a query on the network is answered with. */
#include "wifi.h"

#define SERVICE "_iot._tcp.local"

static void leave_mdns(void)
{
	given("AT+MDNS=0");
	leave_station();
}

/* Joined, with an address where the tester can reach the module. */
static const char *enter_mdns(void)
{
	enter_joined();
	uint32_t ip = leased_ip();
	if (has("control"))
		return network("module_address");
	return ip_text(ip);
}

Test(mdns, needs_all_three, REQ("MDNS-12"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+MDNS=1", "ERROR");
	leave_mdns();
}

Test(mdns, announces_the_service, REQ("MDNS-13"), TAGS("nvs needs:access_point needs:host_address"))
{
	const char *address = enter_mdns();
	at("AT+MDNS=1,\"espressif\",\"_iot\",8080", "OK");
	check(mdns_query(address, SERVICE, 3 * bench_ms("answer")), "%s does not answer", address);
	check(strcmp(mdns("port"), "8080") == 0, "the port is \"%s\"", mdns("port"));
	check(strcasecmp(mdns("host"), "espressif.local") == 0, "the host is \"%s\"", mdns("host"));
	leave_mdns();
}

Test(mdns, announces_nothing_when_off, REQ("MDNS-14"),
	TAGS("nvs needs:access_point needs:host_address"))
{
	const char *address = enter_mdns();
	given("AT+MDNS=1,\"espressif\",\"_iot\",8080");
	at("AT+MDNS=0", "OK");
	check(!mdns_query(address, SERVICE, 5 * bench_ms("silence")), "%s answers", address);
	leave_mdns();
}

Test(mdns, has_no_empty_values, REQ("MDNS-15"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+MDNS=1,\"\",\"_iot\",8080", "ERROR");
	at("AT+MDNS=1,\"espressif\",\"\",8080", "ERROR");
	at("AT+MDNS=1,\"espressif\",\"_iot\",", "ERROR");
	at("AT+MDNS=1,,\"_iot\",8080", "ERROR");
	at("AT+MDNS=1,\"espressif\",,8080", "ERROR");
	leave_mdns();
}

Test(mdns, does_not_forget_a_second_command, REQ("MDNS-16"),
	TAGS("nvs needs:access_point needs:host_address"))
{
	const char *address = enter_mdns();
	at("AT+MDNS=1,\"espressif\",\"_iot\",8080", "OK");
	any("AT+MDNS=1,\"espressif\",\"_iot\",9090");
	const char *port = said("OK") ? "9090" : "8080";
	check(mdns_query(address, SERVICE, 3 * bench_ms("answer")), "%s does not answer", address);
	check(strcmp(mdns("port"), port) == 0, "the port is \"%s\", not %s", mdns("port"), port);
	leave_mdns();
}
