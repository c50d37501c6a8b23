/* SPDX-License-Identifier: MIT */
/* AT+CIPDNS: which servers are kept, and which are asked. */
#include "services.h"

#define THREE "AT+CIPDNS=1,\"" NAMES_1 "\",\"" NAMES_2 "\",\"" NAMES_3 "\""

/* Each server gives another address for the same name, so that the answer tells who was asked. */
#define NAME      "www.atconform.test"
#define ZONE(ip_) "\"zone\":{\"" NAME "\":[\"" ip_ "\"]}"

static const char *servers(void)
{
	ask("AT+CIPDNS?");
	return fmt("%s", line_text(0));
}

static void expect_refused(const char *line)
{
	const char *before = servers();
	at(line, "ERROR");
	const char *now = servers();
	check(strcmp(now, before) == 0, "after \"%s\" the servers are %s", line, now);
}

static void expect_asked(const char *ip)
{
	const char *address = address_of(NAME);
	check(strcmp(address, ip) == 0, "the answer is \"%s\", not \"%s\"", address, ip);
}

Test(cipdns, is_set_by_hand, REQ("CIPDNS-2"), TAGS("nvs"))
{
	at(THREE, "OK");
	given("AT+CIPDNS=0");
}

Test(cipdns, takes_any_address_in_any_place, REQ("CIPDNS-4"), TAGS("nvs"))
{
	at("AT+CIPDNS=1,\"1.0.0.1\",\"192.168.1.1\",\"223.255.255.254\"", "OK");
	at("AT+CIPDNS=1,\"223.255.255.254\",\"1.0.0.1\",\"192.168.1.1\"", "OK");
	given("AT+CIPDNS=0");
}

Test(cipdns, shows_three_servers, REQ("CIPDNS-1"), TAGS("nvs"))
{
	any(THREE);
	at("AT+CIPDNS?", LIKE("+CIPDNS:<enable>,\"<dns_ip1>\",\"<dns_ip2>\",\"<dns_ip3>\""), "OK");
	any("AT+CIPDNS=0");
}

Test(cipdns, has_a_default_server, REQ("CIPDNS-7"), TAGS("nvs"))
{
	at("AT+CIPDNS=1", "OK");
	at("AT+CIPDNS?",
		LIKE("+CIPDNS:<enable>,\"222.222.67.208\"[,\"<dns_ip2>\"[,\"<dns_ip3>\"]]"), "OK");
	given("AT+CIPDNS=0");
}

Test(cipdns, needs_a_switch, REQ("CIPDNS-8"), TAGS("nvs"))
{
	given(THREE);
	expect_refused("AT+CIPDNS=");
	given("AT+CIPDNS=0");
}

Test(cipdns, takes_no_server_three_times, REQ("CIPDNS-15"), TAGS("nvs"))
{
	given(THREE);
	expect_refused("AT+CIPDNS=1,\"8.8.8.8\",\"8.8.8.8\",\"8.8.8.8\"");
	given("AT+CIPDNS=0");
}

Test(cipdns, takes_no_server_twice, REQ("CIPDNS-16"), TAGS("nvs"))
{
	given(THREE);
	expect_refused("AT+CIPDNS=1,\"8.8.8.8\",\"8.8.8.8\",\"114.114.114.114\"");
	expect_refused("AT+CIPDNS=1,\"8.8.8.8\",\"114.114.114.114\",\"8.8.8.8\"");
	expect_refused("AT+CIPDNS=1,\"114.114.114.114\",\"8.8.8.8\",\"8.8.8.8\"");
	given("AT+CIPDNS=0");
}

Test(cipdns, is_restored, REQ("CIPDNS-13"), TAGS("nvs destructive"))
{
	given("AT+RESTORE");
	wait_restart();
	const char *factory = servers();
	given("AT+CIPDNS=1,\"10.53.9.1\",\"10.53.9.2\",\"10.53.9.3\"");
	check(strcmp(servers(), factory) != 0, "the servers do not change");
	given("AT+RESTORE");
	wait_restart();
	const char *restored = servers();
	check(strcmp(restored, factory) == 0, "after AT+RESTORE %s, later %s", factory, restored);
}

Test(cipdns, outlives_the_power, REQ("CIPDNS-14"), TAGS("nvs needs:power"))
{
	given(THREE);
	const char *before = servers();
	power_cycle();
	const char *after = servers();
	check(strcmp(after, before) == 0, "the servers are %s", after);
	given("AT+CIPDNS=0");
}

Test(cipdns, asks_the_first_server, REQ("CIPDNS-19"), TAGS("nvs needs:access_point needs:air"))
{
	int first = enter_names("{" ZONE("192.0.2.1") "}");
	int second = name_server(NAMES_2, "{" ZONE("192.0.2.2") "}");
	int third = name_server(NAMES_3, "{" ZONE("192.0.2.3") "}");
	expect_asked("192.0.2.1");
	check(peer_requests(first) > 0, "the first server was not asked");
	check(peer_requests(second) == 0 && peer_requests(third) == 0,
		"the second server was asked %d times, the third %d", peer_requests(second),
		peer_requests(third));
	leave_names();
}

Test(cipdns, asks_the_one_server_there_is, REQ("CIPDNS-19"),
	TAGS("nvs needs:access_point needs:peers"))
{
	int names = enter_names("{" ZONE("192.0.2.9") "}");
	expect_asked("192.0.2.9");
	check(peer_requests(names) > 0, "the server was not asked");
	leave_names();
}

Test(cipdns, passes_over_a_silent_server, REQ("CIPDNS-20"),
	TAGS("nvs needs:access_point needs:air"))
{
	int first = enter_names("{" ZONE("192.0.2.1") ",\"mode\":\"silent\"}");
	name_server(NAMES_2, "{" ZONE("192.0.2.2") "}");
	int third = name_server(NAMES_3, "{" ZONE("192.0.2.3") "}");
	expect_asked("192.0.2.2");
	check(peer_requests(first) > 0, "the first server was not asked");
	check(peer_requests(third) == 0, "the third server was asked, too");
	leave_names();
}

Test(cipdns, passes_over_two_silent_servers, REQ("CIPDNS-20"),
	TAGS("nvs needs:access_point needs:air"))
{
	int first = enter_names("{" ZONE("192.0.2.1") ",\"mode\":\"silent\"}");
	int second = name_server(NAMES_2, "{" ZONE("192.0.2.2") ",\"mode\":\"silent\"}");
	name_server(NAMES_3, "{" ZONE("192.0.2.3") "}");
	expect_asked("192.0.2.3");
	check(peer_requests(first) > 0 && peer_requests(second) > 0,
		"the first server was asked %d times, the second %d", peer_requests(first),
		peer_requests(second));
	leave_names();
}

Test(cipdns, takes_new_servers_at_once, REQ("CIPDNS-24"), TAGS("nvs needs:access_point needs:air"))
{
	int first = enter_names("{" ZONE("192.0.2.1") "}");
	name_server(NAMES_2, "{" ZONE("192.0.2.2") "}");
	expect_asked("192.0.2.1");
	int before = peer_requests(first);
	given("AT+CIPDNS=1,\"" NAMES_2 "\",\"" NAMES_1 "\",\"" NAMES_3 "\"");
	given("AT+CIPDOMAIN=\"" NAME "\"");
	check(line_like(0, RE("\\+CIPDOMAIN:\"?192\\.0\\.2\\.2\"?")), "the answer is \"%s\"",
		line_text(0));
	check(peer_requests(first) == before, "the server that was replaced was asked");
	leave_names();
}

/* Set to 0, and joined again: the server set by hand, and another one at the address shown. */
static int enter_leased(void)
{
	int manual = enter_names("{" ZONE("192.0.2.1") "}");
	at("AT+CIPDNS=0", "OK");
	online_again();
	ask("AT+CIPDNS?");
	check(field_int("enable") == 0, "the query shows %s", line_text(0));
	const char *leased = field("dns_ip1");
	check(strcmp(leased, NAMES_1) != 0, "the query still shows %s", leased);
	name_server(leased, "{" ZONE("192.0.2.53") "}");
	return manual;
}

Test(cipdns, asks_the_server_of_the_lease, REQ("CIPDNS-21"),
	TAGS("nvs needs:access_point needs:air"))
{
	int manual = enter_leased();
	expect_asked("192.0.2.53");
	check(peer_requests(manual) == 0, "the server set by hand was asked");
	leave_names();
}

Test(cipdns, shows_the_server_of_the_lease, REQ("CIPDNS-22"),
	TAGS("nvs needs:access_point needs:air"))
{
	enter_leased();
	expect_asked("192.0.2.53");
	leave_names();
}

Test(cipdns, asks_the_saved_server_after_a_restart, REQ("CIPDNS-23"),
	TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE("192.0.2.7") "}");
	restart();
	online();
	expect_asked("192.0.2.7");
	leave_names();
}
