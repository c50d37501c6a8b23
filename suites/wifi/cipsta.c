/* SPDX-License-Identifier: MIT */
/* AT+CIPSTA: the address in use, which can only be asked for while joined. */
#include "wifi.h"

static void expect_ip(uint32_t ip)
{
	uint32_t now = leased_ip();
	check(now == ip, "the address is %s, not %s", ip_text(now), ip_text(ip));
}

/* Joined with a static address of the access point's network. */
static uint32_t enter_static(void)
{
	enter_leased();
	uint32_t ip = free_ip();
	at(static_line(ip), "OK");
	return ip;
}

Test(cipsta, shows_the_address_that_was_set, REQ("CIPSTA-13"), TAGS("nvs needs:access_point"))
{
	uint32_t ip = enter_static();
	expect_ip(ip);
	leave_leased();
}

Test(cipsta, survives_a_restart, REQ("CIPSTA-14"), TAGS("nvs needs:access_point"))
{
	uint32_t ip = enter_static();
	restart();
	if (!becomes_joined(true, soon_ms()))
		inconclusive("not joined again after the restart");
	expect_ip(ip);
	leave_leased();
}

Test(cipsta, outlives_the_power, REQ("CIPSTA-15"), TAGS("nvs needs:access_point needs:power"))
{
	uint32_t ip = enter_static();
	power_cycle();
	if (!becomes_joined(true, soon_ms()))
		inconclusive("not joined again after the power was off");
	expect_ip(ip);
	leave_leased();
}

Test(cipsta, is_taken_away_by_a_restore, REQ("CIPSTA-16"),
	TAGS("nvs destructive needs:access_point"))
{
	uint32_t ip = enter_static();
	given("AT+RESTORE");
	wait_restart();
	given("AT+CWMODE=1");
	join("access_point");
	uint32_t now = leased_ip();
	check(now != ip && now != 0, "the address is %s", ip_text(now));
	leave_leased();
}

Test(cipsta, turns_dhcp_off, REQ("CIPSTA-17"), TAGS("nvs"))
{
	enter_mode(1);
	given("AT+CWDHCP=1,3");
	at("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"", "OK");
	check(!(dhcp_state() & 1), "the state is %s", field("state"));
	given("AT+CWDHCP=1,3");
	leave_mode();
}

Test(cipsta, ends_with_dhcp, REQ("CIPSTA-18"), TAGS("nvs needs:access_point"))
{
	uint32_t ip = enter_static();
	at("AT+CWDHCP=1,1", "OK");
	check(dhcp_state() & 1, "the state is %s", field("state"));
	join("access_point");
	uint32_t now = leased_ip();
	check(now != ip && now != 0, "the address is %s", ip_text(now));
	leave_leased();
}

Test(cipsta, wins_when_it_comes_last, REQ("CIPSTA-19"), TAGS("nvs needs:access_point"))
{
	uint32_t ip = enter_static();
	at("AT+CWDHCP=1,1", "OK");
	at(static_line(ip), "OK");
	expect_ip(ip);
	restart();
	if (!becomes_joined(true, soon_ms()))
		inconclusive("not joined again after the restart");
	expect_ip(ip);
	check(!(dhcp_state() & 1), "the state is %s", field("state"));
	leave_leased();
}

Test(cipsta, loses_when_dhcp_comes_last, REQ("CIPSTA-19"), TAGS("nvs needs:access_point"))
{
	uint32_t ip = enter_static();
	at("AT+CWDHCP=1,1", "OK");
	restart();
	if (!becomes_joined(true, soon_ms()))
		inconclusive("not joined again after the restart");
	uint32_t now = leased_ip();
	check(now != ip && now != 0, "the address is %s", ip_text(now));
	check(dhcp_state() & 1, "the state is %s", field("state"));
	leave_leased();
}

Test(cipsta, shows_the_address_of_the_lease, REQ("CIPSTA-21"), TAGS("nvs needs:access_point"))
{
	enter_leased();
	check(leased_ip() != 0, "the address is 0.0.0.0 after %d ms", bench_ms("lease"));
	leave_leased();
}

Test(cipsta, leaves_the_softap_alone, REQ("CIPSTA-22"), TAGS("nvs"))
{
	enter_mode(3);
	set_dhcp(3);
	at("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"", "OK");
	check(dhcp_state() & 2, "with the SoftAP's DHCP on the state becomes %s", field("state"));
	set_dhcp(1);
	at("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"", "OK");
	check(!(dhcp_state() & 2), "with the SoftAP's DHCP off it becomes %s", field("state"));
	given("AT+CWDHCP=1,3");
	leave_mode();
}

Test(cipsta, leaves_dhcp_when_refused, REQ("CIPSTA-23"), TAGS("nvs"))
{
	enter_mode(1);
	given("AT+CWDHCP=1,3");
	at("AT+CIPSTA=\"256.168.6.1\"", "ERROR");
	at("AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\"", "ERROR");
	check(dhcp_state() & 1, "the state is %s", field("state"));
	leave_mode();
}
