/* SPDX-License-Identifier: MIT */
/* AT+CIPSNTPTIME: the server's time, in every kind of time zone. */
#include "services.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* 11 December 2016, 18:33:32 UTC: the moment of the document's example, which is at UTC+8. */
#define EXAMPLE_MOMENT 1481481212

static int64_t started_ms;

/* A server at that moment, and the module in that time zone. Returns the peer. */
static int enter_time(int64_t moment, int zone)
{
	online();
	int server = time_server(TIME_1, fmt("{\"time\":%lld}", (long long)moment));
	started_ms = clock_ms();
	configure_time(zone, fmt(",\"%s\"", time_address(TIME_1)));
	return server;
}

static void expect_time(int64_t local)
{
	check(time_becomes(local, started_ms), "the time is \"%s\", %lld s off", line_text(0),
		(long long)(shown_time() - local));
}

Test(cipsntptime, is_the_server_s_time, REQ("CIPSNTPTIME-2"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1700000000, 0);
	expect_time(1700000000);
	clear_time();
}

Test(cipsntptime, is_ahead_in_the_east, REQ("CIPSNTPTIME-3"),
	TAGS("issue:espressif/esp-at#36 needs:access_point needs:peers"))
{
	enter_time(1700086399, 8);
	expect_time(1700086399 + 8 * HOUR);
	clear_time();
}

Test(cipsntptime, is_ahead_in_the_far_east, REQ("CIPSNTPTIME-3"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1700172798, 13);
	expect_time(1700172798 + 13 * HOUR);
	clear_time();
}

Test(cipsntptime, is_behind_in_the_west, REQ("CIPSNTPTIME-4"),
	TAGS("issue:espressif/esp-at#36 needs:access_point needs:peers"))
{
	enter_time(1700259197, -5);
	expect_time(1700259197 - 5 * HOUR);
	clear_time();
}

Test(cipsntptime, is_behind_in_the_far_west, REQ("CIPSNTPTIME-4"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1700345596, -11);
	expect_time(1700345596 - 11 * HOUR);
	clear_time();
}

static void expect_date(const char *weekday, const char *month, int day, int year)
{
	check(strcmp(field("weekday"), weekday) == 0, "the weekday is %s", field("weekday"));
	check(strcmp(field("month"), month) == 0 && atoi(field("day")) == day, "the date is %s %s",
		field("month"), field("day"));
	check(field_int("year") == year, "the year is %s", field("year"));
}

/* 31 December 2021, 20:00 UTC. */
Test(cipsntptime, begins_the_year_in_the_east, REQ("CIPSNTPTIME-5"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1640980800, 8);
	expect_time(1640980800 + 8 * HOUR);
	expect_date("Sat", "Jan", 1, 2022);
	clear_time();
}

/* 1 January 2022, 03:00 UTC. */
Test(cipsntptime, ends_the_year_in_the_west, REQ("CIPSNTPTIME-5"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1641006000, -5);
	expect_time(1641006000 - 5 * HOUR);
	expect_date("Fri", "Dec", 31, 2021);
	clear_time();
}

/* 28 February 2024, 22:00 UTC. */
Test(cipsntptime, knows_29_february, REQ("CIPSNTPTIME-5"), TAGS("needs:access_point needs:peers"))
{
	enter_time(1709157600, 3);
	expect_time(1709157600 + 3 * HOUR);
	expect_date("Thu", "Feb", 29, 2024);
	clear_time();
}

Test(cipsntptime, goes_on, REQ("CIPSNTPTIME-6"), TAGS("needs:access_point needs:peers"))
{
	enter_time(1700431995, 0);
	expect_time(1700431995);
	int64_t first = shown_time(), start = clock_ms();
	listen_for(1100);
	int64_t passed = shown_time() - first, real = (clock_ms() - start) / 1000;
	check(passed >= real && passed <= real + 1, "%lld s in %lld s", (long long)passed,
		(long long)real);
	clear_time();
}

Test(cipsntptime, example_is_as_printed, REQ("CIPSNTPTIME-7"),
	TAGS("nvs needs:access_point needs:air"))
{
	enter_names("{\"zone\":{\"cn.ntp.org.cn\":[\"" TIME_1 "\"],\"ntp.sjtu.edu.cn\":[\"" TIME_2
		    "\"]}}");
	time_server(TIME_1, fmt("{\"time\":%d}", EXAMPLE_MOMENT));
	started_ms = clock_ms();
	configure_time(8, ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\"");
	expect_time(EXAMPLE_MOMENT + 8 * HOUR);
	at("AT+CIPSNTPTIME?", RE("\\+CIPSNTPTIME:Mon Dec 12 02:33:3[2-5] 2016"), "OK");
	clear_time();
	leave_names();
}

Test(cipsntptime, is_in_1970_before, REQ("CIPSNTPTIME-8"), TAGS("needs:access_point needs:peers"))
{
	restart();
	online();
	int server = time_server(TIME_1, "{\"mode\":\"silent\"}");
	configure_time(8, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	int64_t shown = shown_time();
	check(shown >= 0 && shown < 365 * DAY, "the time is \"%s\"", line_text(0));
	clear_time();
}

/* The clock stands at 1970 when a server says something that is not to be believed. */
static void expect_unbelieved(const char *mode)
{
	restart();
	online();
	int server = time_server(TIME_1, fmt("{\"time\":1700518394,\"mode\":\"%s\"}", mode));
	configure_time(0, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	listen_for(bench_ms("silence"));
	int64_t shown = shown_time();
	check(shown < 365 * DAY, "the time is \"%s\"", line_text(0));
	clear_time();
}

Test(cipsntptime, is_not_taken_from_a_kiss_of_death, REQ("CIPSNTPTIME-9"),
	TAGS("needs:access_point needs:peers"))
{
	expect_unbelieved("kiss");
}

Test(cipsntptime, is_not_taken_from_a_server_without_time, REQ("CIPSNTPTIME-9"),
	TAGS("needs:access_point needs:peers"))
{
	expect_unbelieved("unsynchronised");
}

Test(cipsntptime, follows_the_time_zone, REQ("CIPSNTPTIME-10"),
	TAGS("needs:access_point needs:peers"))
{
	enter_time(1700604793, 2);
	expect_time(1700604793 + 2 * HOUR);
	configure_time(-7, fmt(",\"%s\"", time_address(TIME_1)));
	expect_time(1700604793 - 7 * HOUR);
	clear_time();
}

Test(cipsntptime, makes_nobody_wait, REQ("CIPSNTPTIME-11"),
	TAGS("issue:espressif/esp-at#283 needs:access_point needs:peers"))
{
	online();
	int server = time_server(TIME_1, "{\"mode\":\"silent\"}");
	configure_time(0, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	for (int i = 0; i < 5; i++) {
		ask("AT+CIPSNTPTIME?");
		at("AT", "OK");
	}
	clear_time();
}

Test(cipsntptime, sets_the_time_stamp, REQ("SYSTIMESTAMP-11"),
	TAGS("needs:access_point needs:peers"))
{
	given("AT+SYSTIMESTAMP=1565853509");
	enter_time(1700691192, 8);
	expect_time(1700691192 + 8 * HOUR);
	ask("AT+SYSTIMESTAMP?");
	int64_t off = field_int("unix_timestamp") - 1700691192;
	check(off >= -2 && off <= 2 + (clock_ms() - started_ms) / 1000, "the time stamp is %s",
		field("unix_timestamp"));
	clear_time();
}
