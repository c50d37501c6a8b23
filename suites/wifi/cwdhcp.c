/* SPDX-License-Identifier: MIT */
/* AT+CWDHCP: the state that operations add up to, and its strife with static addresses. */
#include "wifi.h"

#define SOFTAP_STATIC "AT+CIPAP=\"192.168.5.1\",\"192.168.5.1\",\"255.255.255.0\""

/* Both interfaces, all DHCP on. */
static void enter_both(void)
{
	enter_mode(3);
	remember_softap_ip();
	given("AT+CWDHCP=1,3");
}

static void leave_both(void)
{
	put_softap_ip_back();
	leave_mode();
}

static void expect_state(int state, const char *when)
{
	int now = dhcp_state();
	check(now == state, "the state is %d, not %d, %s", now, state, when);
}

Test(cwdhcp, enabling_adds, REQ("CWDHCP-12"), TAGS("nvs"))
{
	enter_both();
	given("AT+CWDHCP=0,1");
	expect_state(2, "before");
	at("AT+CWDHCP=1,1", "OK");
	expect_state(3, "after");
	leave_both();
}

Test(cwdhcp, disabling_takes_away, REQ("CWDHCP-13"), TAGS("nvs"))
{
	enter_both();
	at("AT+CWDHCP=0,2", "OK");
	expect_state(1, "after");
	leave_both();
}

Test(cwdhcp, every_operation_has_its_effect, REQ("CWDHCP-14"), TAGS("nvs"))
{
	enter_both();
	for (int before = 0; before <= 3; before++) {
		for (int mask = 1; mask <= 3; mask++) {
			set_dhcp(before);
			at(fmt("AT+CWDHCP=1,%d", mask), "OK");
			expect_state(before | mask, fmt("from %d after 1,%d", before, mask));
			set_dhcp(before);
			at(fmt("AT+CWDHCP=0,%d", mask), "OK");
			expect_state(before & ~mask, fmt("from %d after 0,%d", before, mask));
		}
	}
	leave_both();
}

Test(cwdhcp, survives_a_restart, REQ("CWDHCP-15"), TAGS("nvs"))
{
	enter_both();
	for (int state = 0; state <= 2; state++) {
		set_dhcp(state);
		restart();
		expect_state(state, "after the restart");
	}
	leave_both();
}

Test(cwdhcp, outlives_the_power, REQ("CWDHCP-16"), TAGS("nvs needs:power"))
{
	enter_both();
	set_dhcp(1);
	power_cycle();
	expect_state(1, "after the power was off");
	leave_both();
}

Test(cwdhcp, ends_a_static_station_address, REQ("CWDHCP-17"), TAGS("nvs needs:access_point"))
{
	enter_leased();
	uint32_t ip = free_ip();
	given(static_line(ip));
	at("AT+CWDHCP=1,1", "OK");
	int64_t end = clock_ms() + bench_ms("lease");
	uint32_t now;
	while (((now = shown_ip("AT+CIPSTA?")) == ip || now == 0) && clock_ms() < end)
		look_again(5);
	check(now != ip && now != 0, "the address is %s", ip_text(now));
	leave_leased();
}

Test(cwdhcp, ends_with_a_static_station_address, REQ("CWDHCP-18"), TAGS("nvs"))
{
	enter_both();
	given("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"");
	check(!(dhcp_state() & 1), "the state is %s", field("state"));
	leave_both();
}

Test(cwdhcp, ends_by_interface, REQ("CWDHCP-19"), TAGS("nvs"))
{
	enter_both();
	given(SOFTAP_STATIC);
	expect_state(1, "after a static SoftAP address");
	given("AT+CWDHCP=1,3");
	given("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"");
	expect_state(2, "after a static station address");
	leave_both();
}

Test(cwdhcp, the_last_configuration_wins, REQ("CWDHCP-20"), TAGS("nvs needs:access_point"))
{
	enter_leased();
	uint32_t ip = free_ip();
	given(static_line(ip));
	given("AT+CWDHCP=1,1");
	given(static_line(ip));
	check(!(dhcp_state() & 1), "the state is %s", field("state"));
	uint32_t now = leased_ip();
	check(now == ip, "the address is %s, not %s", ip_text(now), ip_text(ip));
	leave_leased();
}

Test(cwdhcp, gives_stations_an_address, REQ("CWDHCP-21"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	at("AT+CWDHCP=1,2", "OK");
	bench_station_joins();
	check(ip_number(clients[0].ip) != 0, "its address is %s", clients[0].ip);
	leave_softap();
}

Test(cwdhcp, gives_stations_no_address_when_off, REQ("CWDHCP-21"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	at("AT+CWDHCP=0,2", "OK");
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join");
	listen_for(bench_ms("silence"));
	control("{\"get\":\"stations\"}");
	const char *ip = told("stations.0.ip");
	check(ip_number(ip) == 0, "the station has %s", ip);
	list_clients();
	for (size_t i = 0; i < client_count; i++)
		check(ip_number(clients[i].ip) == 0, "the list has %s", clients[i].ip);
	given("AT+CWDHCP=1,2");
	leave_softap();
}
