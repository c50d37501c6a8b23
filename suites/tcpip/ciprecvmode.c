/* SPDX-License-Identifier: MIT */
/* AT+CIPRECVMODE: what is handed out and what is kept, the notices, and a buffer that is full. */
#include "data.h"

enum { BUFFER = 5840 };

Test(ciprecvmode, is_active_by_default, REQ("CIPRECVMODE-10"))
{
	restart();
	at("AT+CIPRECVMODE?", "+CIPRECVMODE:0", "OK");
}

Test(ciprecvmode, stays_when_another_is_refused, REQ("CIPRECVMODE-27"))
{
	for (int mode = 0; mode < 2; mode++) {
		given(fmt("AT+CIPRECVMODE=%d", mode));
		at("AT+CIPRECVMODE=2", "ERROR");
		at("AT+CIPRECVMODE=-1", "ERROR");
		at("AT+CIPRECVMODE?", fmt("+CIPRECVMODE:%d", mode), "OK");
	}
	given("AT+CIPRECVMODE=0");
}

Test(ciprecvmode, active_hands_out_at_once, REQ("CIPRECVMODE-11"), TAGS("needs:peers"))
{
	online();
	given("AT+CIPRECVMODE=1");
	at("AT+CIPRECVMODE=0", "OK");
	int peer = enter_linked("tcp", NULL);
	peer_send(peer, some_bytes(1, 10000), 10000);
	ipd(LINK_SINGLE, some_bytes(1, 10000), 10000, 0);
	leave_single();
}

Test(ciprecvmode, passive_keeps, REQ("CIPRECVMODE-12"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, "wait for it", 11);
	urc("+IPD,11", 0);
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	recvdata("AT+CIPRECVDATA=11", "wait for it", 11);
	leave_passive();
}

/* ---- notices ---- */

Test(ciprecvmode, reports_with_link_id, REQ("CIPRECVMODE-13", "CIPRECVMODE-26"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_links(LINKS, "tcp", NULL);
	for (int i = 0; i < LINKS; i++) {
		int link = i * 2 % LINKS;
		peer_send_on(peer, link, some_bytes(0, 100), 100 - (size_t)link);
		urc(fmt("+IPD,%d,%d", link, 100 - link), 0);
	}
	leave_passive_links();
}

Test(ciprecvmode, reports_without_link_id, REQ("CIPRECVMODE-14", "CIPRECVMODE-26"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, some_bytes(0, 100), 100);
	urc("+IPD,100", 0);
	leave_passive();
}

Test(ciprecvmode, reports_as_in_the_example, REQ("CIPRECVMODE-26"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(1, "tcp", NULL);
	peer_send(peer, some_bytes(0, 100), 100);
	urc("+IPD,0,100", 0);
	leave_passive_links();
}

Test(ciprecvmode, reports_each_arrival, REQ("CIPRECVMODE-16", "CIPRECVMODE-15"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	for (int i = 1; i <= 5; i++) {
		peer_send(peer, some_bytes(0, 30), 30);
		urc(fmt("+IPD,%d", 30 * i), 0);
	}
	leave_passive();
}

Test(ciprecvmode, reports_all_that_is_there, REQ("CIPRECVMODE-15"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, some_bytes(1, 100), 100);
	urc("+IPD,100", 0);
	recvdata("AT+CIPRECVDATA=30", some_bytes(1, 100), 30);
	peer_send(peer, some_bytes(2, 10), 10);
	urc("+IPD,80", 0);
	recvdata("AT+CIPRECVDATA=70", some_bytes(1, 100) + 30, 70);
	recvdata("AT+CIPRECVDATA=70", some_bytes(2, 10), 10);
	leave_passive();
}

Test(ciprecvmode, forgets_no_notice, REQ("CIPRECVMODE-16"),
	TAGS("needs:peers issue:MaJerle/lwesp#46"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	for (int i = 0; i < 30; i++) {
		int link = i % 3 == 0;
		peer_send_on(peer, link, "some more", 9);
		urc(fmt("+IPD,%d,9", link), 0);
		recvdata(read_line(link, 9), "some more", 9);
	}
	leave_passive_links();
}

Test(ciprecvmode, reports_data_of_clients_of_the_server, REQ("CIPRECVMODE-25"),
	TAGS("needs:peers issue:espressif/esp-at#294"))
{
	int first, second;
	enter_passive();
	enter_server(8082);
	int one = client_connects(8082, &first), two = client_connects(8082, &second);
	peer_send(two, "hello", 5);
	urc(fmt("+IPD,%d,5", second), 0);
	peer_send(one, "good day", 8);
	urc(fmt("+IPD,%d,8", first), 0);
	recvdata(read_line(second, 100), "hello", 5);
	recvdata(read_line(first, 100), "good day", 8);
	leave_server();
	given("AT+CIPRECVMODE=0");
}

Test(ciprecvmode, reports_what_a_client_sends_at_once, REQ("CIPRECVMODE-25", "CIPRECVMODE-16"),
	TAGS("needs:peers issue:espressif/esp-at#294 issue:MaJerle/lwesp#54"))
{
	enter_passive();
	enter_server(8082);
	for (int i = 0; i < 3; i++) {
		peer_connect("tcp", 8082, "{\"greeting\":\"GET / HTTP/1.1\"}");
		urc(RE("(?<id>[0-4]),CONNECT"), 0);
		int link = (int)field_int("id");
		urc(fmt("+IPD,%d,14", link), 0);
		recvdata(read_line(link, 14), "GET / HTTP/1.1", 14);
	}
	leave_server();
	given("AT+CIPRECVMODE=0");
}

Test(ciprecvmode, works_for_ssl, REQ("CIPRECVMODE-22"), TAGS("needs:peers needs:tls"))
{
	enter_passive();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	peer_send(peer, some_bytes(3, 500), 500);
	const struct ipd_header *h = next_ipd(LINK_SINGLE, 0);
	check(h->passive, "the data are handed out");
	read_all(LINK_SINGLE, some_bytes(3, 500), 500);
	leave_passive();
}

/* ---- the buffer ---- */

Test(ciprecvmode, keeps_5840_bytes, REQ("CIPRECVMODE-17"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(4, BUFFER), BUFFER);
	read_all(LINK_SINGLE, some_bytes(4, BUFFER), BUFFER);
	leave_passive();
}

Test(ciprecvmode, keeps_no_more_than_5840_bytes, REQ("CIPRECVMODE-17", "CIPRECVMODE-19"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, some_bytes(5, 20000), 20000);
	for (int i = 0; i < 10; i++) {
		int64_t now = kept(LINK_SINGLE);
		check(now <= BUFFER, "%lld bytes are kept", (long long)now);
		listen_for(bench_ms("silence") / 10);
	}
	read_all(LINK_SINGLE, some_bytes(5, 20000), 20000);
	leave_passive();
}

/* What a peer has got rid of so far. */
static int64_t sent_by(int peer)
{
	return strtoll(peer_state(peer, "connections.0.sent"), NULL, 10);
}

/* Until the peer has not been able to send anything for a moment. */
static int64_t stalled(int peer)
{
	int64_t end = clock_ms() + 4 * bench_ms("answer"), before, now = sent_by(peer);
	do {
		before = now;
		listen_for(bench_ms("silence"));
		now = sent_by(peer);
	} while (now != before && clock_ms() < end);
	check(now == before, "the peer can still send, after %lld bytes", (long long)now);
	return now;
}

Test(ciprecvmode, stops_the_peer_when_full, REQ("CIPRECVMODE-18", "CIPRECVMODE-19"),
	TAGS("needs:peers"))
{
	enter_passive();
	int peer = peer_open("tcp-source", "{\"bytes\":-1,\"seed\":1}");
	start_link(LINK_SINGLE, "TCP", peer);
	int64_t then = stalled(peer);
	check(then > BUFFER, "the peer has sent %lld bytes only", (long long)then);
	check(kept(LINK_SINGLE) <= BUFFER, "%lld bytes are kept", (long long)kept(LINK_SINGLE));
	at("AT", "OK");
	leave_passive();
}

Test(ciprecvmode, goes_on_when_there_is_room, REQ("CIPRECVMODE-19"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, some_bytes(6, 60000), 60000);
	read_all(LINK_SINGLE, some_bytes(6, 60000), 60000);
	check(kept(LINK_SINGLE) == 0, "%lld bytes are left", (long long)kept(LINK_SINGLE));
	leave_passive();
}

Test(ciprecvmode, loses_datagrams_when_full, REQ("CIPRECVMODE-20"), TAGS("needs:peers"))
{
	enter_passive();
	int peer = enter_udp("");
	for (int i = 0; i < 20; i++)
		peer_send(peer, some_bytes((unsigned)i, 1000), 1000);
	listen_for(bench_ms("silence"));
	int64_t there = kept(LINK_SINGLE);
	check(there >= 5000 && there <= BUFFER, "%lld bytes are kept", (long long)there);
	for (unsigned i = 0; i < 5; i++)
		recvdata("AT+CIPRECVDATA=1000", some_bytes(i, 1000), 1000);
	while (kept(LINK_SINGLE) > 0)
		recvdata_any("AT+CIPRECVDATA=2048");
	feed(peer, PEER_LATEST, LINK_SINGLE, "room again", 10);
	recvdata("AT+CIPRECVDATA=2048", "room again", 10);
	leave_passive();
}

Test(ciprecvmode, has_a_buffer_for_each_link, REQ("CIPRECVMODE-23"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		if (link != 2)
			peer_send_on(peer, link, some_bytes((unsigned)link, 20000), 20000);
	listen_for(bench_ms("silence"));
	feed(peer, 2, 2, "still here", 10);
	recvdata("AT+CIPRECVDATA=2,10", "still here", 10);
	for (int link = 0; link < LINKS; link++)
		if (link != 2)
			read_all(link, some_bytes((unsigned)link, 20000), 20000);
	leave_passive_links();
}

Test(ciprecvmode, sends_while_full, REQ("CIPRECVMODE-24"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	peer_send_on(peer, 0, some_bytes(1, 20000), 20000);
	listen_for(bench_ms("silence"));
	at("AT+CIPMUX?", "+CIPMUX:1", "OK");
	send_through(0, peer, 0, some_bytes(2, 2048), 2048);
	send_through(1, peer, 1, some_bytes(3, 2048), 2048);
	read_all(0, some_bytes(1, 20000), 20000);
	leave_passive_links();
}

/* ---- passthrough ---- */

Test(ciprecvmode, has_no_place_in_passthrough, REQ("CIPRECVMODE-21"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	any("AT+CIPMODE=1");
	if (said("OK"))
		any("AT+CIPSEND");
	if (said("OK")) {
		prompt();
		peer_send(peer, "no header", 9);
		passthrough_expect("no header", 9, 0);
		passthrough_end();
	}
	given("AT+CIPMODE=0");
	leave_passive();
}
