/* SPDX-License-Identifier: MIT */
/* AT+CIPSNTPCFG: what is kept, and which servers are asked. The document prints the form in two
 * ways; configure_time() takes the one that the module knows. */
#include "services.h"

/* Any moment will do, as long as each case has its own: the module's clock still shows that of the
 * case before. */
#define MOMENT(n) (1600000000 + (n)*100000)

static const char *config(void)
{
	ask("AT+CIPSNTPCFG?");
	return fmt("%s", line_text(0));
}

static void expect_server(const char *name, const char *server)
{
	check(strcmp(field(name), server) == 0, "<%s> is \"%s\", not \"%s\"", name, field(name),
		server);
}

static void expect_zone(int zone)
{
	ask("AT+CIPSNTPCFG?");
	check(field_int("enable") == 1, "the query shows %s", line_text(0));
	check(field_int("timezone") == zone, "the time zone is %s, not %d", field("timezone"),
		zone);
}

Test(cipsntpcfg, takes_three_servers, REQ("CIPSNTPCFG-2", "CIPSNTPCFG-6"))
{
	configure_time(8, ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\"");
	at("AT+CIPSNTPCFG?",
		LIKE("+CIPSNTPCFG:<enable>,<timezone>,<sntp_server1>,<sntp_server2>,<sntp_"
		     "server3>"),
		"OK");
	check(field_int("enable") == 1, "the switch is %s", field("enable"));
	expect_server("sntp_server1", "cn.ntp.org.cn");
	expect_server("sntp_server2", "ntp.sjtu.edu.cn");
	expect_server("sntp_server3", "us.pool.ntp.org");
	clear_time();
}

Test(cipsntpcfg, takes_every_time_zone, REQ("CIPSNTPCFG-4"))
{
	for (int zone = -11; zone <= 13; zone++) {
		configure_time(zone, ",\"cn.ntp.org.cn\"");
		expect_zone(zone);
	}
	clear_time();
}

Test(cipsntpcfg, takes_fewer_servers, REQ("CIPSNTPCFG-13", "CIPSNTPCFG-6"))
{
	configure_time(8, ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\"");
	ask("AT+CIPSNTPCFG?");
	expect_server("sntp_server1", "cn.ntp.org.cn");
	expect_server("sntp_server2", "ntp.sjtu.edu.cn");
	configure_time(8, ",\"us.pool.ntp.org\"");
	ask("AT+CIPSNTPCFG?");
	expect_server("sntp_server1", "us.pool.ntp.org");
	clear_time();
}

Test(cipsntpcfg, forgets_earlier_servers, REQ("CIPSNTPCFG-18"))
{
	configure_time(8, ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\"");
	configure_time(-5, ",\"time.atconform.test\"");
	expect_zone(-5);
	expect_server("sntp_server1", "time.atconform.test");
	check(!strstr(line_text(0), "ntp.sjtu.edu.cn") && !strstr(line_text(0), "us.pool.ntp.org"),
		"the query shows %s", line_text(0));
	clear_time();
}

Test(cipsntpcfg, is_cleared, REQ("CIPSNTPCFG-12"))
{
	configure_time(8, ",\"cn.ntp.org.cn\"");
	clear_time();
	at("AT+CIPSNTPCFG?", RE("\\+CIPSNTPCFG:0(,.*)?"), "OK");
}

Test(cipsntpcfg, is_left_by_refused_commands, REQ("CIPSNTPCFG-19", "CIPSNTPCFG-5"))
{
	configure_time(3, ",\"cn.ntp.org.cn\"");
	const char *before = config();
	static const char *const refused[] = { "-12,\"a.test\"", "14,\"a.test\"", "x,\"a.test\"",
		"1,-12,\"a.test\"", "1,14,\"a.test\"", "2,8,\"a.test\"", "8,a.test", "1,8,a.test",
		"1,8,\"a.test\",\"b.test\",\"c.test\",\"d.test\"" };
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		at(fmt("AT+CIPSNTPCFG=%s", refused[i]), "ERROR");
		const char *now = config();
		check(strcmp(now, before) == 0, "after AT+CIPSNTPCFG=%s the query shows %s",
			refused[i], now);
	}
	clear_time();
}

Test(cipsntpcfg, asks_the_first_server, REQ("CIPSNTPCFG-15"), TAGS("needs:access_point needs:air"))
{
	online();
	int first = time_server(TIME_1, fmt("{\"time\":%d}", MOMENT(1)));
	int second = time_server(TIME_2, fmt("{\"time\":%d}", MOMENT(1)));
	configure_time(0, ",\"" TIME_1 "\",\"" TIME_2 "\"");
	peer_wait_request(first, 1, bench_ms("sntp"));
	check(time_becomes(MOMENT(1), clock_ms()), "the time is not that of the first server");
	check(peer_requests(second) == 0, "the second server was asked, too");
	clear_time();
}

Test(cipsntpcfg, asks_the_one_server_there_is, REQ("CIPSNTPCFG-15"),
	TAGS("needs:access_point needs:peers"))
{
	online();
	int server = time_server(TIME_1, fmt("{\"time\":%d}", MOMENT(2)));
	configure_time(0, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	clear_time();
}

Test(cipsntpcfg, passes_over_a_silent_server, REQ("CIPSNTPCFG-16"),
	TAGS("needs:access_point needs:air"))
{
	online();
	int first = time_server(TIME_1, "{\"mode\":\"silent\"}");
	int second = time_server(TIME_2, fmt("{\"time\":%d}", MOMENT(3)));
	int third = time_server(TIME_3, fmt("{\"time\":%d}", MOMENT(3) + 7200));
	int64_t start = clock_ms();
	configure_time(0, ",\"" TIME_1 "\",\"" TIME_2 "\",\"" TIME_3 "\"");
	check(time_becomes(MOMENT(3), start), "the time is not that of the second server");
	check(peer_requests(first) > 0 && peer_requests(second) > 0 && peer_requests(third) == 0,
		"the servers were asked %d, %d and %d times", peer_requests(first),
		peer_requests(second), peer_requests(third));
	clear_time();
}

Test(cipsntpcfg, passes_over_two_silent_servers, REQ("CIPSNTPCFG-16"),
	TAGS("needs:access_point needs:air"))
{
	online();
	int first = time_server(TIME_1, "{\"mode\":\"silent\"}");
	int second = time_server(TIME_2, "{\"mode\":\"silent\"}");
	time_server(TIME_3, fmt("{\"time\":%d}", MOMENT(4)));
	int64_t start = clock_ms();
	configure_time(0, ",\"" TIME_1 "\",\"" TIME_2 "\",\"" TIME_3 "\"");
	check(time_becomes(MOMENT(4), start), "the time is not that of the third server");
	check(peer_requests(first) > 0 && peer_requests(second) > 0,
		"the first server was asked %d times, the second %d", peer_requests(first),
		peer_requests(second));
	clear_time();
}

/* The name server knows one of the three defaults; behind it there is the time. A time zone that
 * could be a switch would mean another thing to a module that wants one in front. */
static void expect_default(const char *name, int64_t moment)
{
	enum { ZONE = 8, HOUR = 3600 };
	int names = enter_names(fmt("{\"zone\":{\"%s\":[\"" TIME_1 "\"]}}", name));
	int server = time_server(TIME_1, fmt("{\"time\":%lld}", (long long)moment));
	int64_t start = clock_ms();
	configure_time(ZONE, "");
	check(time_becomes(moment + ZONE * HOUR, start),
		"%s, a default server, does not give the time", name);
	check(peer_requests(names) > 0 && peer_requests(server) > 0, "%s was not asked", name);
	clear_time();
	leave_names();
}

Test(cipsntpcfg, uses_the_first_default_server, REQ("CIPSNTPCFG-14"),
	TAGS("nvs needs:access_point needs:air"))
{
	expect_default("cn.ntp.org.cn", MOMENT(5));
}

Test(cipsntpcfg, uses_the_second_default_server, REQ("CIPSNTPCFG-14"),
	TAGS("nvs needs:access_point needs:air"))
{
	expect_default("ntp.sjtu.edu.cn", MOMENT(6));
}

Test(cipsntpcfg, uses_the_third_default_server, REQ("CIPSNTPCFG-14"),
	TAGS("nvs needs:access_point needs:air"))
{
	expect_default("us.pool.ntp.org", MOMENT(7));
}

Test(cipsntpcfg, asks_nobody_once_cleared, REQ("CIPSNTPCFG-17"),
	TAGS("needs:access_point needs:peers"))
{
	online();
	int server = time_server(TIME_1, "{\"mode\":\"silent\"}");
	configure_time(0, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	any("AT+CIPSNTPCFG");
	if (!said("OK"))
		given("AT+CIPSNTPCFG=0");
	listen_for(bench_ms("silence"));
	int before = peer_requests(server);
	listen_for(bench_ms("sntp"));
	check(peer_requests(server) == before, "the server was asked %d times more",
		peer_requests(server) - before);
	clear_time();
}
