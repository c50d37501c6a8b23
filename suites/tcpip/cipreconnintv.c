/* SPDX-License-Identifier: MIT */
/* AT+CIPRECONNINTV: how long the module waits before it connects again. A tester sees the moments
 * of the connections; so that a busy machine does not matter, the upper bounds are wide. */
#include "tcpip.h"

enum { TENTH = 100, EARLY = 60, LATE = 700 };

static const char why[] = "the time of AT+CIPRECONNINTV";

/* In passthrough to a peer whose connection breaks now: milliseconds until it is back. */
static int64_t time_of_reconnecting(int interval)
{
	online();
	int peer = peer_open("tcp", NULL);
	enter_passthrough("TCP", peer, "");
	peer_wait_connect(peer, 1, 0);
	int64_t start = clock_ms();
	peer_close(peer, PEER_LATEST, "fin");
	takes(interval * TENTH, why);
	peer_wait_connect(peer, 2, 10 * bench_ms("connect"));
	return clock_ms() - start;
}

static void expect_between(int64_t ms, int interval)
{
	passthrough_end();
	leave_passthrough();
	given("AT+CIPRECONNINTV=1");
	int wanted = interval * TENTH;
	check(ms >= wanted - EARLY && ms <= wanted + LATE, "it takes %lld ms, not %d",
		(long long)ms, wanted);
}

static void expect_after(int interval)
{
	expect_between(time_of_reconnecting(interval), interval);
}

Test(cipreconnintv, is_the_time_before_a_new_connection, REQ("CIPRECONNINTV-8"),
	TAGS("needs:peers"))
{
	given("AT+CIPRECONNINTV=5");
	expect_after(5);
}

Test(cipreconnintv, is_a_tenth_by_default, REQ("CIPRECONNINTV-9"), TAGS("needs:peers"))
{
	restart();
	expect_after(1);
}

Test(cipreconnintv, holds_for_each_attempt, REQ("CIPRECONNINTV-10"), TAGS("needs:peers"))
{
	enum { TIMES = 3, INTERVAL = 2 };
	given(fmt("AT+CIPRECONNINTV=%d", INTERVAL));
	online();
	int peer = peer_open("tcp", NULL);
	enter_passthrough("TCP", peer, "");
	peer_wait_connect(peer, 1, 0);
	peer_set(peer, PEER_ALL, "{\"close_after\":0}");
	int64_t start = clock_ms();
	peer_close(peer, PEER_LATEST, "rst");
	takes(TIMES * INTERVAL * TENTH, why);
	peer_wait_connect(peer, 1 + TIMES, 10 * bench_ms("connect"));
	expect_between(clock_ms() - start, TIMES * INTERVAL);
}

Test(cipreconnintv, is_not_saved, REQ("CIPRECONNINTV-11"), TAGS("needs:peers"))
{
	given("AT+CIPRECONNINTV=30");
	restart();
	expect_after(1);
}

Test(cipreconnintv, stays_when_a_command_is_refused, REQ("CIPRECONNINTV-12"), TAGS("needs:peers"))
{
	given("AT+CIPRECONNINTV=4");
	any("AT+CIPRECONNINTV=0");
	any("AT+CIPRECONNINTV=36001");
	any("AT+CIPRECONNINTV=");
	any("AT+CIPRECONNINTV=30,1");
	expect_after(4);
}
