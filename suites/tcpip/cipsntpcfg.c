/* SPDX-License-Identifier: MIT */
/* AT+CIPSNTPCFG: what is kept, and which servers are asked. The document prints the form in two
 * ways; configure_time() takes the one that the module knows. */
#include "services.h"

/* Any moment will do, as long as each case has its own: the module's clock still shows that of the
 * case before. */
#define MOMENT(n) (1600000000 + (n)*100000)

/* The least that the query shows when there are servers. */
#define SHOWN "+CIPSNTPCFG:<enable>,<timezone>,<sntp_server1>"

static const char *config(void)
{
	ask("AT+CIPSNTPCFG?");
	return fmt("%s", line_text(0));
}

static void expect_field(const char *name, const char *value)
{
	check(strcmp(field(name), value) == 0, "<%s> is \"%s\", not \"%s\"", name, field(name),
		value);
}

/* The whole line: the switch at 1, the time zone, and the servers that were given. */
static void expect_config(int zone, const char *const servers[3])
{
	static const char *const lines[] = {
		LIKE(SHOWN),
		LIKE(SHOWN ",<sntp_server2>"),
		LIKE(SHOWN ",<sntp_server2>,<sntp_server3>"),
	};
	at("AT+CIPSNTPCFG?", lines[!servers[1] ? 0 : !servers[2] ? 1 : 2], "OK");
	expect_field("enable", "1");
	expect_field("timezone", fmt("%d", zone));
	expect_field("sntp_server1", servers[0]);
	if (servers[1])
		expect_field("sntp_server2", servers[1]);
	if (servers[2])
		expect_field("sntp_server3", servers[2]);
}

#define THREE ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\""

static const char *const three[] = { "cn.ntp.org.cn", "ntp.sjtu.edu.cn", "us.pool.ntp.org" };

Test(cipsntpcfg, takes_three_servers, REQ("CIPSNTPCFG-2"))
{
	configure_time(8, THREE);
	clear_time();
}

Test(cipsntpcfg, query_has_the_form_of_the_document, REQ("CIPSNTPCFG-1"))
{
	configure_time(8, THREE);
	at("AT+CIPSNTPCFG?", LIKE(SHOWN ",<sntp_server2>,<sntp_server3>"), "OK");
	clear_time();
}

Test(cipsntpcfg, shows_three_servers, REQ("CIPSNTPCFG-6"))
{
	configure_time(8, THREE);
	expect_config(8, three);
	clear_time();
}

Test(cipsntpcfg, shows_other_servers, REQ("CIPSNTPCFG-6"))
{
	static const char *const others[] = { "a.atconform.test", "b.atconform.test", "192.0.2.3" };
	configure_time(-3, ",\"a.atconform.test\",\"b.atconform.test\",\"192.0.2.3\"");
	expect_config(-3, others);
	clear_time();
}

Test(cipsntpcfg, takes_every_time_zone, REQ("CIPSNTPCFG-4"))
{
	static const char *const one[3] = { "cn.ntp.org.cn" };
	for (int zone = -11; zone <= 13; zone++) {
		configure_time(zone, ",\"cn.ntp.org.cn\"");
		expect_config(zone, one);
	}
	clear_time();
}

Test(cipsntpcfg, takes_two_servers, REQ("CIPSNTPCFG-13"))
{
	static const char *const two[3] = { "cn.ntp.org.cn", "ntp.sjtu.edu.cn" };
	configure_time(8, ",\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\"");
	expect_config(8, two);
	clear_time();
}

Test(cipsntpcfg, takes_one_server, REQ("CIPSNTPCFG-13"))
{
	static const char *const one[3] = { "us.pool.ntp.org" };
	configure_time(8, ",\"us.pool.ntp.org\"");
	expect_config(8, one);
	clear_time();
}

Test(cipsntpcfg, forgets_earlier_servers, REQ("CIPSNTPCFG-18"))
{
	static const char *const one[3] = { "time.atconform.test" };
	configure_time(8, THREE);
	configure_time(-5, ",\"time.atconform.test\"");
	expect_config(-5, one);
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
		"1,-99,\"a.test\"", "1,99,\"a.test\"", "2,8,\"a.test\"", "8,a.test", "1,8,a.test",
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
	TAGS("slow needs:access_point needs:peers"))
{
	online();
	int server = time_server(TIME_1, "{\"mode\":\"silent\"}");
	configure_time(0, fmt(",\"%s\"", time_address(TIME_1)));
	peer_wait_request(server, 1, bench_ms("sntp"));
	stop_time();
	listen_for(bench_ms("silence"));
	int before = peer_requests(server);
	listen_for(bench_ms("sntp"));
	check(peer_requests(server) == before, "the server was asked %d times more",
		peer_requests(server) - before);
	clear_time();
}
