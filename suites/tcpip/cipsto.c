/* SPDX-License-Identifier: MIT */
/* AT+CIPSTO: clients that keep silent, and clients that don't. Times are as short as whole seconds
 * allow. */
#include "tcpip.h"

enum { PORT = 8084, SECOND = 1000, EARLY = 300, OFTEN = 300 };

static const char *found_time;

static void remember_time(void)
{
	static char line[40];
	ask("AT+CIPSTO?");
	snprintf(line, sizeof(line), "AT+CIPSTO=%s", field("time"));
	found_time = line;
}

static void enter_timed(int seconds)
{
	enter_server(PORT);
	remember_time();
	given(fmt("AT+CIPSTO=%d", seconds));
}

static void leave_timed(void)
{
	given(found_time);
	leave_server();
}

Test(cipsto, disconnects_a_silent_client, REQ("CIPSTO-9"), TAGS("needs:access_point needs:peers"))
{
	enter_timed(1);
	int client = peer_connect("tcp", PORT, NULL);
	takes(SECOND, "the time of AT+CIPSTO");
	peer_wait_close(client, 0, NULL, SECOND + bench_ms("answer"));
	leave_timed();
}

Test(cipsto, waits_for_the_whole_time, REQ("CIPSTO-10"), TAGS("needs:access_point needs:peers"))
{
	enter_timed(2);
	int client = peer_connect("tcp", PORT, NULL);
	int64_t start = clock_ms();
	bool early = peer_closed(client, 0, NULL, 2 * SECOND - EARLY);
	check(!early, "it is disconnected after %lld ms", (long long)(clock_ms() - start));
	leave_timed();
}

Test(cipsto, keeps_a_client_that_speaks, REQ("CIPSTO-11"), TAGS("needs:access_point needs:peers"))
{
	enter_timed(1);
	int id, speaker = client_connects(PORT, &id);
	takes(SECOND + 2 * OFTEN, "the time of AT+CIPSTO, and more");
	for (int64_t end = clock_ms() + SECOND + 2 * OFTEN; clock_ms() < end;) {
		expect_text(id, speaker, "here");
		listen_for(OFTEN);
		check(!peer_closed(speaker, 0, NULL, 1), "the client that speaks is disconnected");
	}
	leave_timed();
}

Test(cipsto, disconnects_a_silent_client_beside_one_that_speaks, REQ("CIPSTO-13"),
	TAGS("needs:access_point needs:peers"))
{
	enter_timed(1);
	int id, speaker = client_connects(PORT, &id);
	int silent = peer_connect("tcp", PORT, NULL);
	takes(SECOND, "the time of AT+CIPSTO");
	for (int64_t end = clock_ms() + SECOND + OFTEN; clock_ms() < end;) {
		expect_text(id, speaker, "here");
		listen_for(OFTEN);
	}
	peer_wait_close(silent, 0, NULL, bench_ms("answer") - OFTEN);
	leave_timed();
}

Test(cipsto, keeps_a_silent_client_with_0, REQ("CIPSTO-12"), TAGS("needs:access_point needs:peers"))
{
	enter_timed(1);
	at("AT+CIPSTO=0", "OK");
	int id, client = client_connects(PORT, &id);
	check(!peer_closed(client, 0, NULL, SECOND + 2 * OFTEN), "the client is disconnected");
	expect_text(id, client, "still here");
	leave_timed();
}

Test(cipsto, leaves_the_module_s_own_connections_alone, REQ("CIPSTO-14"),
	TAGS("needs:access_point needs:peers"))
{
	enter_timed(1);
	int own = peer_open("tcp", NULL);
	start_link(0, "TCP", own);
	int client = peer_connect("tcp", PORT, NULL);
	takes(SECOND, "the time of AT+CIPSTO");
	peer_wait_close(client, 0, NULL, SECOND + bench_ms("answer"));
	check(!peer_closed(own, 0, NULL, bench_ms("silence")), "its own connection is closed");
	expect_text(0, own, "still here");
	leave_timed();
}

Test(cipsto, tells_that_it_has_disconnected, REQ("CIPSTO-17"),
	TAGS("issue:espressif/esp-at#314 needs:access_point needs:peers"))
{
	enter_timed(1);
	int id, client = client_connects(PORT, &id);
	takes(SECOND, "the time of AT+CIPSTO");
	peer_wait_close(client, 0, NULL, SECOND + bench_ms("answer"));
	urc(fmt("%d,CLOSED", id), 0);
	no_urc(fmt("%d,CLOSED", id), bench_ms("silence"));
	check(open_links() == 0, "the connections are %x", open_links());
	leave_timed();
}

Test(cipsto, serves_the_next_client, REQ("CIPSTO-15"),
	TAGS("issue:espressif/esp-at#314 needs:access_point needs:peers"))
{
	enter_timed(1);
	int id, client = client_connects(PORT, &id);
	takes(SECOND, "the time of AT+CIPSTO");
	peer_wait_close(client, 0, NULL, SECOND + bench_ms("answer"));
	urc(fmt("%d,CLOSED", id), 0);
	int next_id, next = client_connects(PORT, &next_id);
	expect_text(next_id, next, "served");
	leave_timed();
}

Test(cipsto, can_be_set_without_a_server, REQ("CIPSTO-16"), TAGS("needs:access_point"))
{
	enter_multi();
	remember_time();
	at("AT+CIPSTO=77", "OK");
	ask("AT+CIPSTO?");
	check(field_int("time") == 77, "the time is %s", field("time"));
	given(found_time);
	leave_multi();
}
