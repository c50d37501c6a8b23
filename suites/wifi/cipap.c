/* SPDX-License-Identifier: MIT */
/* AT+CIPAP: the SoftAP's address against its DHCP, and what moves along with it. */
#include "wifi.h"

#define STATIC "AT+CIPAP=\"192.168.5.1\",\"192.168.5.1\",\"255.255.255.0\""

static void enter_address(int mode)
{
	enter_mode(mode);
	remember_softap_ip();
	given("AT+CWDHCP=1,3");
}

static void leave_address(void)
{
	put_softap_ip_back();
	leave_mode();
}

Test(cipap, outlives_the_power, REQ("CIPAP-15"), TAGS("nvs needs:power"))
{
	enter_address(2);
	at(STATIC, "OK");
	power_cycle();
	uint32_t now = shown_ip("AT+CIPAP?");
	check(now == ip_number("192.168.5.1"), "the address is %s", ip_text(now));
	leave_address();
}

Test(cipap, turns_dhcp_off, REQ("CIPAP-17"), TAGS("nvs"))
{
	enter_address(2);
	at(STATIC, "OK");
	check(!(dhcp_state() & 2), "the state is %s", field("state"));
	leave_address();
}

Test(cipap, dhcp_can_be_turned_on_again, REQ("CIPAP-18"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	remember_softap_ip();
	at(STATIC, "OK");
	at("AT+CWDHCP=1,2", "OK");
	check(dhcp_state() & 2, "the state is %s", field("state"));
	bench_station_joins();
	check(ip_number(clients[0].ip) != 0, "the station has %s", clients[0].ip);
	put_softap_ip_back();
	leave_softap();
}

Test(cipap, the_last_configuration_wins, REQ("CIPAP-19"), TAGS("nvs"))
{
	enter_address(2);
	at(STATIC, "OK");
	at("AT+CWDHCP=1,2", "OK");
	check(dhcp_state() & 2, "DHCP last: the state is %s", field("state"));
	at(STATIC, "OK");
	check(!(dhcp_state() & 2), "static address last: the state is %s", field("state"));
	restart();
	check(!(dhcp_state() & 2), "after a restart the state is %s", field("state"));
	leave_address();
}

Test(cipap, leaves_the_station_alone, REQ("CIPAP-20"), TAGS("nvs"))
{
	enter_address(3);
	set_dhcp(3);
	at(STATIC, "OK");
	check(dhcp_state() & 1, "with the station's DHCP on the state becomes %s", field("state"));
	set_dhcp(2);
	at(STATIC, "OK");
	check(!(dhcp_state() & 1), "with the station's DHCP off it becomes %s", field("state"));
	leave_address();
}

Test(cipap, finds_gateway_and_mask_by_itself, REQ("CIPAP-21"), TAGS("nvs"))
{
	enter_address(2);
	at("AT+CIPAP=\"192.168.5.1\"", "OK");
	uint32_t now = shown_ip("AT+CIPAP?");
	check(now == ip_number("192.168.5.1"), "the address is %s", ip_text(now));
	check(*field("gateway") && *field("netmask"), "gateway and mask are missing");
	leave_address();
}

Test(cipap, moves_the_range_of_dhcp, REQ("CIPAP-22"), TAGS("nvs"))
{
	enter_address(2);
	at(STATIC, "OK");
	given("AT+CWDHCP=1,2");
	given("AT+CWDHCPS=0");
	ask("AT+CWDHCPS?");
	uint32_t start = ip_number(field("start_ip")), end = ip_number(field("end_ip"));
	uint32_t subnet = ip_number("192.168.5.0");
	check((start & 0xffffff00) == subnet && (end & 0xffffff00) == subnet,
		"the range is %s to %s", ip_text(start), ip_text(end));
	leave_address();
}

Test(cipap, leaves_dhcp_when_refused, REQ("CIPAP-23"), TAGS("nvs"))
{
	enter_address(2);
	at("AT+CIPAP=\"256.168.6.1\"", "ERROR");
	at("AT+CIPAP=\"192.168.5.1\",\"192.168.5.1\"", "ERROR");
	check(dhcp_state() & 2, "the state is %s", field("state"));
	leave_address();
}
