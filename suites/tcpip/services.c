/* SPDX-License-Identifier: MIT */
#include "services.h"

#include "../wifi/wifi.h"

#include <time.h>

/* ---- name servers ---- */

enum { DNS_PORT = 53, SNTP_PORT = 123 };

/* At that address of the virtual air, or at the tester's own. */
static int service_at(const char *kind, const char *address, int port, const char *options)
{
	if (!has("air")) {
		needs("low_ports");
		return peer_open_at(kind, port, options);
	}
	int peer = peer_open(kind, options);
	peer_as(peer, address, port);
	return peer;
}

int name_server(const char *address, const char *options)
{
	return service_at("dns", address, DNS_PORT, options);
}

int enter_names(const char *options)
{
	online();
	int peer = name_server(NAMES_1, options);
	const char *first = has("air") ? NAMES_1 : peer_address(peer);
	given(fmt("AT+CIPDNS=1,\"%s\",\"" NAMES_2 "\",\"" NAMES_3 "\"", first));
	return peer;
}

void leave_names(void)
{
	given("AT+CIPDNS=0");
	if (has("air"))
		peer_forget_routes();
}

const char *address_of(const char *name)
{
	any(fmt("AT+CIPDOMAIN=\"%s\"", name));
	if (!said("OK"))
		return "";
	check(line_like(0, RE("\\+CIPDOMAIN:\"?(?<ip>[0-9.]+)\"?")), "the answer for %s is \"%s\"",
		name, line_text(0));
	return fmt("%s", field("ip"));
}

/* ---- SNTP ---- */

int time_server(const char *address, const char *options)
{
	return service_at("sntp", address, SNTP_PORT, options);
}

const char *time_address(const char *address)
{
	return has("air") ? address : network("host_address");
}

bool configure_time_tried(int zone, const char *servers)
{
	any(fmt("AT+CIPSNTPCFG=%d%s", zone, servers));
	if (!said("OK"))
		any(fmt("AT+CIPSNTPCFG=1,%d%s", zone, servers));
	return said("OK") && line_count() == 0;
}

void configure_time(int zone, const char *servers)
{
	check(configure_time_tried(zone, servers),
		"neither AT+CIPSNTPCFG=%d%s nor AT+CIPSNTPCFG=1,%d%s is answered with OK", zone,
		servers, zone, servers);
}

void stop_time(void)
{
	any("AT+CIPSNTPCFG");
	if (!said("OK"))
		given("AT+CIPSNTPCFG=0");
}

void clear_time(void)
{
	stop_time();
	if (has("air"))
		peer_forget_routes();
}

static int month_number(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *found = strstr(names, name);
	return found ? (int)(found - names) / 3 : 0;
}

int64_t shown_time(void)
{
	ask("AT+CIPSNTPTIME?");
	struct tm tm = {
		.tm_year = (int)field_int("year") - 1900,
		.tm_mon = month_number(field("month")),
		.tm_mday = atoi(field("day")),
		.tm_hour = (int)field_int("hour"),
		.tm_min = (int)field_int("minute"),
		.tm_sec = (int)field_int("second"),
	};
	return (int64_t)timegm(&tm);
}

bool time_becomes(int64_t local, int64_t since_ms)
{
	int64_t end = clock_ms() + bench_ms("sntp");
	for (;;) {
		int64_t expected = local + (clock_ms() - since_ms) / 1000, shown = shown_time();
		if (shown >= expected - 2 && shown <= expected + 2)
			return true;
		if (clock_ms() > end)
			return false;
		look_again(5);
	}
}

/* ---- others ---- */

void enter_offline(void)
{
	enter_mode(1);
	leave();
}

void leave_offline(void)
{
	leave_mode();
}
