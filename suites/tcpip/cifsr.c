/* SPDX-License-Identifier: MIT */
/* AT+CIFSR: whose address is told, and when. The form is judged by the first case; the others take
 * lines with and without a word in front. */
#include "../wifi/wifi.h"

enum { TOLD_MAX = 8 };

static char told_ip[TOLD_MAX][16];
static size_t told_count;

/* Addresses other than 0.0.0.0 that the answer holds. */
static void read_own(void)
{
	any("AT+CIFSR");
	told_count = 0;
	for (size_t i = 0; i < line_count() && told_count < TOLD_MAX; i++) {
		if (line_like(i, RE("\\+CIFSR:(?:APMAC|STAMAC),.*")))
			continue;
		check(line_like(i, RE("\\+CIFSR:(?:(?:APIP|STAIP),)?\"?(?<ip>[0-9.]{7,15})\"?")),
			"not a line of the answer: %s", line_text(i));
		if (ip_number(field("ip")))
			snprintf(told_ip[told_count++], sizeof(told_ip[0]), "%s", field("ip"));
	}
}

static void expect_only(uint32_t ip)
{
	read_own();
	check(told_count == 1, "%zu addresses are told", told_count);
	check(ip_number(told_ip[0]) == ip, "%s is told, not %s", told_ip[0], ip_text(ip));
}

/* SoftAP and station, joined. */
static void enter_both(void)
{
	enter_mode(3);
	given("AT+CWDHCP=1,3");
	join("access_point");
	leased_ip();
}

static void leave_both(void)
{
	given("AT+CWDHCP=1,3");
	leave_station();
}

Test(cifsr, tells_softap_and_station, REQ("CIFSR-1"), TAGS("nvs needs:access_point"))
{
	enter_both();
	uint32_t softap = shown_ip("AT+CIPAP?"), station = leased_ip();
	at("AT+CIFSR", LIKE("+CIFSR:<softap_ip>"), LIKE("+CIFSR:<station_ip>"), "OK");
	check(ip_number(field("softap_ip")) == softap, "the SoftAP's address is %s, not %s",
		field("softap_ip"), ip_text(softap));
	check(ip_number(field("station_ip")) == station, "the station's address is %s, not %s",
		field("station_ip"), ip_text(station));
	leave_both();
}

/* The place of an address among those that are told. */
static void expect_at(size_t place, uint32_t ip)
{
	read_own();
	check(told_count == 2, "%zu addresses are told", told_count);
	check(ip_number(told_ip[place]) == ip, "%s is told, not %s", told_ip[place], ip_text(ip));
}

Test(cifsr, tells_the_softap_s_address, REQ("CIFSR-2"), TAGS("nvs needs:access_point"))
{
	enter_both();
	expect_at(0, shown_ip("AT+CIPAP?"));
	leave_both();
}

Test(cifsr, tells_the_station_s_address, REQ("CIFSR-3"), TAGS("nvs needs:access_point"))
{
	enter_both();
	expect_at(1, leased_ip());
	leave_both();
}

Test(cifsr, follows_the_softap_s_address, REQ("CIFSR-2"), TAGS("nvs needs:access_point"))
{
	enter_both();
	remember_softap_ip();
	given("AT+CIPAP=\"192.168.77.1\",\"192.168.77.1\",\"255.255.255.0\"");
	expect_at(0, ip_number("192.168.77.1"));
	put_softap_ip_back();
	leave_both();
}

Test(cifsr, tells_a_softap_alone, REQ("CIFSR-4"), TAGS("nvs"))
{
	enter_mode(2);
	expect_only(shown_ip("AT+CIPAP?"));
	leave_mode();
}

Test(cifsr, tells_a_station_alone, REQ("CIFSR-5"), TAGS("nvs needs:access_point"))
{
	enter_leased();
	expect_only(leased_ip());
	leave_leased();
}

Test(cifsr, tells_a_static_address, REQ("CIFSR-8"), TAGS("nvs needs:access_point"))
{
	enter_leased();
	uint32_t ip = free_ip();
	given(static_line(ip));
	expect_only(ip);
	leave_leased();
}

Test(cifsr, tells_no_station_that_has_not_joined, REQ("CIFSR-6"), TAGS("nvs"))
{
	enter_station();
	read_own();
	check(told_count == 0, "%s is told", told_ip[0]);
	leave_mode();
}

Test(cifsr, tells_no_station_that_has_left, REQ("CIFSR-6"), TAGS("nvs needs:access_point"))
{
	enter_both();
	leave();
	expect_only(shown_ip("AT+CIPAP?"));
	leave_both();
}

Test(cifsr, tells_nothing_in_mode_0, REQ("CIFSR-7"), TAGS("nvs"))
{
	enter_mode(0);
	read_own();
	check(told_count == 0, "%s is told", told_ip[0]);
	leave_mode();
}
