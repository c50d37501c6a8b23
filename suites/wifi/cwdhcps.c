/* SPDX-License-Identifier: MIT */
/* AT+CWDHCPS: ranges that fit, ranges that do not, and the addresses that come of them. */
#include "wifi.h"

#define RANGE "AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.15\""

/* A SoftAP at 192.168.4.1 with DHCP and the range .10 to .15. */
static void enter_range(void)
{
	enter_softap(2);
	remember_softap_ip();
	given("AT+CIPAP=\"192.168.4.1\",\"192.168.4.1\",\"255.255.255.0\"");
	given("AT+CWDHCP=1,2");
	given(RANGE);
}

static void leave_range(void)
{
	given("AT+CWDHCP=1,2");
	given("AT+CWDHCPS=0");
	put_softap_ip_back();
	leave_softap();
}

static const char *range(void)
{
	ask("AT+CWDHCPS?");
	return fmt("%s %s %s", field("lease_time"), field("start_ip"), field("end_ip"));
}

static void expect_refused(const char *line)
{
	at(line, "ERROR");
	const char *now = range();
	check(strcmp(now, "3 192.168.4.10 192.168.4.15") == 0, "after \"%s\" the range is %s", line,
		now);
}

Test(cwdhcps, needs_the_range, REQ("CWDHCPS-17"), TAGS("nvs"))
{
	enter_range();
	expect_refused("AT+CWDHCPS=1");
	leave_range();
}

Test(cwdhcps, has_a_default, REQ("CWDHCPS-18"), TAGS("nvs"))
{
	enter_range();
	at("AT+CWDHCPS=0", "OK");
	const char *first = range();
	given("AT+CWDHCPS=1,60,\"192.168.4.71\",\"192.168.4.73\"");
	at("AT+CWDHCPS=0", "OK");
	const char *second = range();
	check(strcmp(first, second) == 0, "first %s, then %s", first, second);
	uint32_t start = ip_number(field("start_ip")), end = ip_number(field("end_ip"));
	uint32_t subnet = ip_number("192.168.4.0");
	check((start & 0xffffff00) == subnet && (end & 0xffffff00) == subnet && start <= end,
		"the range is %s", second);
	leave_range();
}

Test(cwdhcps, must_lie_in_the_network, REQ("CWDHCPS-19"), TAGS("nvs"))
{
	enter_range();
	expect_refused("AT+CWDHCPS=1,3,\"192.168.5.10\",\"192.168.5.15\"");
	expect_refused("AT+CWDHCPS=1,3,\"192.168.3.10\",\"192.168.4.15\"");
	expect_refused("AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.5.15\"");
	leave_range();
}

Test(cwdhcps, must_not_run_backwards, REQ("CWDHCPS-20"), TAGS("nvs"))
{
	enter_range();
	expect_refused("AT+CWDHCPS=1,3,\"192.168.4.15\",\"192.168.4.10\"");
	expect_refused("AT+CWDHCPS=1,3,\"192.168.4.16\",\"192.168.4.15\"");
	leave_range();
}

Test(cwdhcps, needs_a_softap, REQ("CWDHCPS-21"), TAGS("nvs"))
{
	enter_mode(1);
	at(RANGE, "ERROR");
	leave_mode();
}

Test(cwdhcps, needs_dhcp, REQ("CWDHCPS-22"), TAGS("nvs"))
{
	enter_range();
	given("AT+CWDHCP=0,2");
	at("AT+CWDHCPS=1,3,\"192.168.4.20\",\"192.168.4.25\"", "ERROR");
	leave_range();
}

Test(cwdhcps, gives_an_address_of_the_range, REQ("CWDHCPS-23"), TAGS("nvs needs:softap_client"))
{
	enter_range();
	given("AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.12\"");
	bench_station_joins();
	uint32_t ip = ip_number(clients[0].ip);
	check(ip >= ip_number("192.168.4.10") && ip <= ip_number("192.168.4.12"),
		"the station has %s", clients[0].ip);
	leave_range();
}

Test(cwdhcps, gives_the_one_address_there_is, REQ("CWDHCPS-23"), TAGS("nvs needs:softap_client"))
{
	enter_range();
	given("AT+CWDHCPS=1,3,\"192.168.4.77\",\"192.168.4.77\"");
	bench_station_joins();
	check(strcmp(clients[0].ip, "192.168.4.77") == 0, "the station has %s", clients[0].ip);
	leave_range();
}

Test(cwdhcps, outlives_the_power, REQ("CWDHCPS-25"), TAGS("nvs needs:power"))
{
	enter_range();
	given("AT+CWDHCPS=1,60,\"192.168.4.11\",\"192.168.4.20\"");
	power_cycle();
	const char *now = range();
	check(strcmp(now, "60 192.168.4.11 192.168.4.20") == 0, "the range is %s", now);
	leave_range();
}

Test(cwdhcps, has_no_empty_places, REQ("CWDHCPS-26"), TAGS("nvs"))
{
	enter_range();
	expect_refused("AT+CWDHCPS=1,,\"192.168.4.20\",\"192.168.4.25\"");
	expect_refused("AT+CWDHCPS=1,60,,\"192.168.4.25\"");
	expect_refused("AT+CWDHCPS=1,60,\"192.168.4.20\",");
	leave_range();
}
