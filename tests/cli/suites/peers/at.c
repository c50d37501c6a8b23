/* SPDX-License-Identifier: MIT */
/* Cases of a suite program of its own, for tests/cli/test_peers.py: peers on ports that are taken
 * or not allowed, peers that are flooded, cases that end or are ended with everything open. */
#include "at/at.h"
#include "at/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int port_asked_for(void)
{
	const char *text = getenv("ATCONFORM_TEST_PORT");
	return text ? atoi(text) : 0;
}

Test(at, takes_a_tcp_port, REQ("AT-1"))
{
	int peer = peer_open_at("tcp-echo", port_asked_for(), NULL);
	check(peer_port(peer) > 0, "it got no port");
}

Test(at, takes_a_udp_port, REQ("AT-1"))
{
	int peer = peer_open_at("udp-echo", port_asked_for(), NULL);
	check(peer_port(peer) > 0, "it got no port");
}

static void start(int link, const char *type, int peer)
{
	given(fmt("AT+CIPSTART=%d,\"%s\",\"%s\",%d", link, type, peer_address(peer),
		peer_port(peer)));
}

/* One of everything, nothing of it closed. */
static void open_all(void)
{
	static const char *const kinds[] = { "tcp-echo", "udp-echo", "tls-echo", "dns", "sntp",
		"update", "tcp-sink" };
	int peers[sizeof(kinds) / sizeof(kinds[0])];
	online();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		peers[i] = peer_open(kinds[i], NULL);
	given("AT+CIPMUX=1");
	given("AT+CIPSERVER=1,8080");
	start(0, "TCP", peers[0]);
	start(1, "UDP", peers[1]);
	start(2, "SSL", peers[2]);
	start(3, "TCP", peers[6]);
	peer_connect("tcp", 8080, NULL);
	urc("4,CONNECT", 0);
	send_data("AT+CIPSEND=0,5", "hello", 5);
	ipd(0, "hello", 5, 0);
}

Test(at, leaves_everything_open, REQ("AT-1"))
{
	open_all();
}

Test(at, dies_with_everything_open, REQ("AT-1"))
{
	open_all();
	abort();
}

/* Long enough for the test to do something to it. */
Test(at, waits_with_everything_open, REQ("AT-1"))
{
	open_all();
	listen_for(6000);
	at("AT", "OK");
}

Test(at, is_flooded, REQ("AT-1"))
{
	peer_open("tcp-sink", NULL);
	peer_open("tcp-echo", NULL);
	peer_open("udp-echo", NULL);
	peer_open("dns", NULL);
	listen_for(2500);
	at("AT", "OK");
}

/* The peer sends without end, and the module passes on what it gets. */
Test(at, is_flooded_through_the_module, REQ("AT-1"))
{
	online();
	int source = peer_open("tcp-source", "{\"bytes\":-1,\"seed\":3}");
	ipd_follow(LINK_SINGLE, 3, 0);
	given(fmt("AT+CIPSTART=\"TCP\",\"%s\",%d", peer_address(source), peer_port(source)));
	ipd_until(LINK_SINGLE, 4 << 20, 10000);
	given("AT+CIPCLOSE");
}

Test(at, meets_no_tls, REQ("AT-1"))
{
	online();
	int peer = peer_open("tls", "{\"plain\":true}");
	at(fmt("AT+CIPSTART=\"SSL\",\"%s\",%d", peer_address(peer), peer_port(peer)), "ERROR");
	peer_wait_close(peer, 0, NULL, 0);
}

/* Whatever the name server says in place of an answer, the module does not take it for one. */
Test(at, asks_a_liar, REQ("AT-1"))
{
	const char *mode = getenv("ATCONFORM_TEST_MODE");
	online();
	int dns = peer_open(
		"dns", fmt("{\"mode\":\"%s\",\"zone\":{\"name.example\":[\"192.0.2.7\"]}}", mode));
	peer_as(dns, "192.0.2.53", 53);
	given("AT+CIPDNS=1,\"192.0.2.53\"");
	at("AT+CIPDOMAIN=\"name.example\"", "ERROR");
	check(peer_requests(dns) > 0, "the name server was not asked");
	given("AT+CIPDNS=0");
}
