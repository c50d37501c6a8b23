/* SPDX-License-Identifier: MIT */
/* AT+CIPMODE: passthrough. Data both ways as it is, packets, +++, and what happens when the
 * connection breaks, in both modes. */
#include "tcpip.h"

#define LOCAL "11040"
enum { LOCAL_PORT = 11040, PACKET = 2048 };

static void expect_mode(int mode)
{
	at("AT+CIPMODE?", fmt("+CIPMODE:%d", mode), "OK");
}

static void to_peer(int peer, const char *text)
{
	passthrough_send(text, strlen(text));
	peer_expect(peer, text, strlen(text), 0);
}

static void to_host(int peer, const char *text)
{
	peer_send(peer, text, strlen(text));
	passthrough_expect(text, strlen(text), 0);
}

/* In passthrough over TCP: the peer. */
static int enter_tcp(void)
{
	online();
	int peer = peer_open("tcp", NULL);
	enter_passthrough("TCP", peer, "");
	peer_wait_connect(peer, 1, 0);
	return peer;
}

static void leave_tcp(void)
{
	passthrough_end();
	leave_passthrough();
}

/* Time in which a module that tries again every tenth of a second is there. */
static int again_ms(void)
{
	return bench_ms("connect") + bench_ms("answer");
}

/* ---- when it can be set ---- */

Test(cipmode, is_0_after_a_start, REQ("CIPMODE-11"))
{
	given("AT+CIPMODE=1");
	restart();
	expect_mode(0);
}

Test(cipmode, is_refused_with_several_connections, REQ("CIPMODE-12"))
{
	given("AT+CIPMUX=1");
	at("AT+CIPMODE=1", "ERROR");
	expect_mode(0);
	given("AT+CIPMUX=0");
}

Test(cipmode, is_set_before_there_is_a_link, REQ("CIPMODE-13"), TAGS("needs:peers"))
{
	enter_single();
	at("AT+CIPMODE=1", "OK");
	int peer = peer_open("tcp", NULL);
	given(link_line(LINK_SINGLE, "TCP", peer, ""));
	passthrough_begin();
	to_peer(peer, "bare");
	leave_tcp();
}

Test(cipmode, does_not_pass_through_to_changing_peers, REQ("CIPMODE-16"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	given("AT+CIPMODE=1");
	given(link_line(LINK_SINGLE, "UDP", peer, "," LOCAL ",2"));
	send_refused("AT+CIPSEND");
	given("AT+CIPCLOSE");
	given(link_line(LINK_SINGLE, "UDP", peer, "," LOCAL ",1"));
	send_refused("AT+CIPSEND");
	leave_passthrough();
}

Test(cipmode, does_not_pass_through_over_ssl, REQ("CIPMODE-17"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	given(link_line(LINK_SINGLE, "SSL", peer_open("tls", NULL), ""));
	any("AT+CIPMODE=1"); /* refused here already, or below */
	send_refused("AT+CIPSEND");
	leave_passthrough();
}

/* ---- data ---- */

Test(cipmode, passes_tcp_through, REQ("CIPMODE-14"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "to the peer");
	to_host(peer, "to the host");
	to_peer(peer, "line\r\n\r\n>OK\r\n");
	to_host(peer, "\r\nOK\r\n+IPD,3:abc\r\nCLOSED\r\n");
	leave_tcp();
}

Test(cipmode, passes_udp_through, REQ("CIPMODE-15"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("udp", NULL);
	enter_passthrough("UDP", peer, "," LOCAL ",0");
	to_peer(peer, "to the peer");
	to_host(peer, "to the host");
	leave_tcp();
}

Test(cipmode, passes_all_bytes_through, REQ("CIPMODE-31"), TAGS("needs:peers"))
{
	char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	int peer = enter_tcp();
	passthrough_send(all, sizeof(all));
	peer_expect(peer, all, sizeof(all), 0);
	peer_send(peer, all, sizeof(all));
	passthrough_expect(all, sizeof(all), 0);
	leave_tcp();
}

Test(cipmode, passes_commands_through, REQ("CIPMODE-34"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "AT\r\n");
	to_peer(peer, "AT+CIPMODE=0\r\n");
	no_ipd(LINK_PASS, bench_ms("silence"));
	leave_tcp();
	check(peer_received(peer, 0) == 18, "the peer has %lld bytes",
		(long long)peer_received(peer, 0));
}

static char block[3 * PACKET + 500];

static void fill_block(void)
{
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)('!' + (i * 7 + i / 64) % 90);
}

Test(cipmode, sends_packets_of_2048_bytes_at_most, REQ("CIPMODE-22", "CIPMODE-23"),
	TAGS("needs:peers"))
{
	online();
	int peer = peer_open("udp", NULL);
	fill_block();
	enter_passthrough("UDP", peer, "," LOCAL ",0");
	passthrough_send(block, sizeof(block));
	peer_wait_bytes(peer, PEER_LATEST, (int64_t)sizeof(block), 0);
	for (size_t at = 0; at < sizeof(block);) {
		size_t len = sizeof(block);
		const char *packet = peer_take(peer, PEER_LATEST, &len);
		check(len > 0 && len <= PACKET, "there is a packet of %zu bytes", len);
		check(at + len <= sizeof(block) && memcmp(packet, block + at, len) == 0,
			"the packet at byte %zu differs", at);
		at += len;
	}
	leave_tcp();
}

Test(cipmode, loses_nothing_of_a_long_block, REQ("CIPMODE-23"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	fill_block();
	passthrough_send(block, sizeof(block));
	peer_expect(peer, block, sizeof(block), 0);
	leave_tcp();
}

Test(cipmode, sends_pieces_apart, REQ("CIPMODE-24"), TAGS("needs:peers"))
{
	static const char *const pieces[] = { "the first", "the second", "3" };
	online();
	int peer = peer_open("udp", NULL);
	enter_passthrough("UDP", peer, "," LOCAL ",0");
	for (size_t i = 0; i < 3; i++)
		to_peer(peer, pieces[i]);
	leave_tcp();
}

/* However fast single bytes come: no more packets than 20 ms each allow, two more being let pass
 * for what the clocks don't tell. */
Test(cipmode, waits_between_packets, REQ("CIPMODE-36"), TAGS("needs:peers"))
{
	enum { BYTES = 30, INTERVAL = 20 };
	online();
	int peer = peer_open("udp", NULL);
	enter_passthrough("UDP", peer, "," LOCAL ",0");
	int64_t start = clock_ms();
	for (int i = 0; i < BYTES; i++) {
		passthrough_send("x", 1);
		listen_for(2);
	}
	peer_wait_bytes(peer, PEER_LATEST, BYTES, 0);
	int64_t ms = clock_ms() - start;
	int packets = 0, bytes = 0;
	for (; bytes < BYTES; packets++) {
		size_t len = BYTES;
		peer_take(peer, PEER_LATEST, &len);
		check(len > 0, "%d bytes of %d are there", bytes, BYTES);
		bytes += (int)len;
	}
	check(packets <= ms / INTERVAL + 2, "%d packets in %lld ms", packets, (long long)ms);
	leave_tcp();
}

Test(cipmode, carries_both_directions_at_a_time, REQ("CIPMODE-35"), TAGS("needs:peers"))
{
	online();
	int peer = peer_open("tcp-echo", NULL);
	fill_block();
	enter_passthrough("TCP", peer, "");
	for (int i = 0; i < 4; i++)
		passthrough_send(block, sizeof(block));
	for (int i = 0; i < 4; i++)
		passthrough_expect(block, sizeof(block), 0);
	leave_tcp();
}

/* ---- the end of it ---- */

Test(cipmode, ends_by_three_plus_signs, REQ("CIPMODE-18"), TAGS("needs:peers"))
{
	enter_tcp();
	passthrough_end();
	at("AT", "OK");
	leave_passthrough();
}

Test(cipmode, does_not_send_the_plus_signs, REQ("CIPMODE-19"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "data");
	passthrough_end();
	peer_expect_nothing(peer, bench_ms("silence"));
	leave_passthrough();
}

Test(cipmode, takes_plus_signs_within_data_as_data, REQ("CIPMODE-20"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "one+++two");
	to_peer(peer, "+++AT\r\n");
	to_peer(peer, "the end+++");
	to_peer(peer, "+++\r\n");
	leave_tcp();
}

Test(cipmode, takes_other_numbers_of_plus_signs_as_data, REQ("CIPMODE-21"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "++");
	to_peer(peer, "++++");
	to_peer(peer, "++++++");
	leave_tcp();
}

Test(cipmode, leaves_the_link_open, REQ("CIPMODE-30"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	passthrough_end();
	expect_mode(1);
	check(open_links() == 1, "the link is not listed");
	passthrough_begin();
	to_peer(peer, "as before");
	to_host(peer, "and back");
	check(!peer_connected(peer, 2, bench_ms("silence")), "it has connected a second time");
	leave_tcp();
}

Test(cipmode, is_normal_again, REQ("CIPMODE-33"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	passthrough_end();
	at("AT+CIPMODE=0", "OK");
	expect_text(LINK_SINGLE, peer, "with a header");
	send_text(LINK_SINGLE, "with a length");
	peer_expect(peer, "with a length", 13, 0);
	leave_single();
}

Test(cipmode, announces_no_end, REQ("SYSMSG-13"), TAGS("nvs needs:peers"))
{
	given("AT+SYSMSG=0");
	enter_tcp();
	passthrough_end();
	no_urc("+QUITT", bench_ms("silence"));
	leave_passthrough();
}

Test(cipmode, announces_the_end, REQ("SYSMSG-14"), TAGS("nvs needs:peers"))
{
	given("AT+SYSMSG=1");
	enter_tcp();
	passthrough_end();
	urc("+QUITT", 0);
	given("AT+SYSMSG=0");
	leave_passthrough();
}

/* ---- broken connections ---- */

Test(cipmode, reconnects, REQ("CIPMODE-25"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	peer_close(peer, PEER_LATEST, "fin");
	peer_wait_connect(peer, 2, again_ms());
	peer_close(peer, PEER_LATEST, "rst");
	peer_wait_connect(peer, 3, again_ms());
	leave_tcp();
}

/* The peer has gone, with its port. */
static int lose_peer(int peer)
{
	int port = peer_port(peer);
	peer_stop_listening(peer);
	peer_close(peer, PEER_LATEST, "fin");
	listen_for(250);
	return port;
}

Test(cipmode, goes_on_until_it_has_reconnected, REQ("CIPMODE-25"), TAGS("needs:peers"))
{
	int port = lose_peer(enter_tcp());
	int peer = peer_open_at("tcp", port, NULL);
	peer_wait_connect(peer, 1, again_ms());
	to_host(peer, "welcome");
	to_peer(peer, "back");
	leave_tcp();
}

Test(cipmode, goes_both_ways_after_the_break, REQ("CIPMODE-26"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	to_peer(peer, "before");
	peer_close(peer, PEER_LATEST, "fin");
	peer_wait_connect(peer, 2, again_ms());
	to_host(peer, "after");
	to_peer(peer, "and back");
	leave_tcp();
}

Test(cipmode, shows_nothing_of_the_break, REQ("CIPMODE-32"), TAGS("needs:peers"))
{
	int peer = enter_tcp();
	peer_close(peer, PEER_LATEST, "fin");
	peer_wait_connect(peer, 2, again_ms());
	to_host(peer, "after");
	leave_tcp();
}

Test(cipmode, gives_up_at_three_plus_signs, REQ("CIPMODE-27"), TAGS("needs:peers"))
{
	int port = lose_peer(enter_tcp());
	passthrough_end();
	at("AT", "OK");
	int peer = peer_open_at("tcp", port, NULL);
	check(!peer_connected(peer, 1, 350), "it connects again");
	leave_passthrough();
}

Test(cipmode, reports_a_break_in_normal_mode, REQ("CIPMODE-28"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	peer_close(peer, PEER_LATEST, "fin");
	urc("CLOSED", 0);
	start_link(LINK_SINGLE, "TCP", peer);
	peer_close(peer, PEER_LATEST, "rst");
	urc("CLOSED", 0);
	leave_single();
}

Test(cipmode, reports_a_break_with_its_id, REQ("CIPMODE-28"), TAGS("needs:peers"))
{
	enter_multi();
	int first = peer_open("tcp-sink", NULL), second = peer_open("tcp-sink", NULL);
	start_link(1, "TCP", first);
	start_link(3, "TCP", second);
	peer_close(second, PEER_LATEST, "fin");
	urc("3,CLOSED", 0);
	peer_close(first, PEER_LATEST, "rst");
	urc("1,CLOSED", 0);
	leave_multi();
}

Test(cipmode, does_not_reconnect_in_normal_mode, REQ("CIPMODE-29"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	peer_close(peer, PEER_LATEST, "fin");
	urc("CLOSED", 0);
	check(!peer_connected(peer, 2, 350), "it connects again");
	leave_single();
}
