/* SPDX-License-Identifier: MIT */
/* AT+CIPSERVERMAXCONN: the limit itself, and that the server goes on after it was exceeded. */
#include "tcpip.h"

enum { PORT = 8083 };

#define CONNECT RE("(?<id>[0-4]),CONNECT")

static int found_limit;

static int shown_limit(void)
{
	ask("AT+CIPSERVERMAXCONN?");
	return (int)field_int("num");
}

/* Several connections, the number, and a server. */
static void enter_limit(int limit)
{
	enter_multi();
	found_limit = shown_limit();
	given(fmt("AT+CIPSERVERMAXCONN=%d", limit));
	given(fmt("AT+CIPSERVER=1,%d", PORT));
}

static void leave_limit(void)
{
	any("AT+CIPCLOSE=5");
	given("AT+CIPSERVER=0");
	any("AT+CIPCLOSE=5");
	given(fmt("AT+CIPSERVERMAXCONN=%d", found_limit));
	given("AT+CIPMUX=0");
	forget_urcs();
}

/* One more client than are served: it gets no ID. */
static void expect_unserved(void)
{
	unsigned before = open_links();
	int client;
	peer_connect_tried("tcp", PORT, NULL, &client);
	no_urc(CONNECT, bench_ms("silence"));
	check(open_links() == before, "the connections become %x, from %x", open_links(), before);
}

Test(cipservermaxconn, example_is_accepted, REQ("CIPSERVERMAXCONN-8"), TAGS("needs:access_point"))
{
	online();
	at("AT+CIPMUX=1", "OK");
	found_limit = shown_limit();
	at("AT+CIPSERVERMAXCONN=2", "OK");
	at("AT+CIPSERVER=1,80", "OK");
	leave_limit();
}

Test(cipservermaxconn, takes_one_client, REQ("CIPSERVERMAXCONN-9"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(1);
	client_connects(PORT, NULL);
	leave_limit();
}

Test(cipservermaxconn, takes_no_second_client, REQ("CIPSERVERMAXCONN-10"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(1);
	client_connects(PORT, NULL);
	expect_unserved();
	leave_limit();
}

Test(cipservermaxconn, takes_three_clients, REQ("CIPSERVERMAXCONN-9"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(3);
	for (int i = 0; i < 3; i++)
		client_connects(PORT, NULL);
	unsigned open = open_links();
	check(__builtin_popcount(open) == 3, "the connections are %x", open);
	leave_limit();
}

Test(cipservermaxconn, takes_no_fourth_client, REQ("CIPSERVERMAXCONN-10"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(3);
	for (int i = 0; i < 3; i++)
		client_connects(PORT, NULL);
	expect_unserved();
	leave_limit();
}

Test(cipservermaxconn, takes_five_clients, REQ("CIPSERVERMAXCONN-9"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(5);
	for (int i = 0; i < LINKS; i++)
		client_connects(PORT, NULL);
	check(open_links() == 0x1f, "the connections are %x", open_links());
	leave_limit();
}

Test(cipservermaxconn, serves_again_after_it_was_exceeded, REQ("CIPSERVERMAXCONN-11"),
	TAGS("issue:espressif/esp-at#314 needs:access_point needs:peers"))
{
	enter_limit(2);
	int id, first = client_connects(PORT, &id);
	client_connects(PORT, NULL);
	expect_unserved();
	expect_unserved();
	peer_close(first, 0, "fin");
	urc(fmt("%d,CLOSED", id), 0);
	int next_id, next = client_connects(PORT, &next_id);
	expect_text(next_id, next, "served");
	leave_limit();
}

Test(cipservermaxconn, serves_again_after_a_close_of_its_own, REQ("CIPSERVERMAXCONN-11"),
	TAGS("issue:espressif/esp-at#314 needs:access_point needs:peers"))
{
	enter_limit(1);
	for (int i = 0; i < 3; i++) {
		int id;
		client_connects(PORT, &id);
		expect_unserved();
		given(fmt("AT+CIPCLOSE=%d", id));
		forget_urcs();
	}
	leave_limit();
}

Test(cipservermaxconn, is_refused_while_the_server_runs, REQ("CIPSERVERMAXCONN-12"),
	TAGS("needs:access_point"))
{
	enter_limit(3);
	at("AT+CIPSERVERMAXCONN=2", "ERROR");
	check(shown_limit() == 3, "the number becomes %d", shown_limit());
	leave_limit();
}

Test(cipservermaxconn, can_be_set_for_the_next_server, REQ("CIPSERVERMAXCONN-13"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(1);
	given("AT+CIPSERVER=0");
	at("AT+CIPSERVERMAXCONN=2", "OK");
	given(fmt("AT+CIPSERVER=1,%d", PORT));
	client_connects(PORT, NULL);
	client_connects(PORT, NULL);
	expect_unserved();
	leave_limit();
}

Test(cipservermaxconn, counts_clients_only, REQ("CIPSERVERMAXCONN-14"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(1);
	int echo = peer_open("tcp-echo", NULL);
	given(link_line(0, "TCP", echo, ""));
	given(link_line(1, "TCP", echo, ""));
	forget_urcs();
	client_connects(PORT, NULL);
	at(link_line(3, "TCP", echo, ""), "OK");
	leave_limit();
}

Test(cipservermaxconn, leaves_those_that_are_served_alone, REQ("CIPSERVERMAXCONN-15"),
	TAGS("needs:access_point needs:peers"))
{
	enter_limit(1);
	int id, client = client_connects(PORT, &id);
	expect_text(id, client, "before");
	expect_unserved();
	expect_text(id, client, "behind");
	send_text(id, "and back");
	peer_expect(client, "and back", 8, 0);
	check(!peer_closed(client, 0, NULL, 1), "the client that is served was disconnected");
	leave_limit();
}
