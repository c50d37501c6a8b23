/* SPDX-License-Identifier: MIT */
/* AT+CIPSTART: what its peer gets of it, how it is announced, and when it is refused. UDP modes,
 * local IP, SSL and the examples are in cipstart-kinds.c. */
#include "../wifi/wifi.h"
#include "tcpip.h"

#define ALREADY RE("ALREADY CONNECTT?ED")
/* A keep-alive time, or local port, that only these cases use: deviation CIPSTART-D1 is found by
 * it, and excuses no other ERROR. */
#define AGAIN ",7123"
#define LOCAL "11020"

/* ---- connections ---- */

Test(cipstart, connects_over_tcp, REQ("CIPSTART-5"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp", NULL);
	at(link_line(LINK_SINGLE, "TCP", peer, ""), "OK");
	peer_wait_connect(peer, 1, 0);
	expect_both_ways(LINK_SINGLE, peer);
	leave_single();
}

Test(cipstart, connects_over_tcp_with_an_id, REQ("CIPSTART-5"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp", NULL);
	at(link_line(3, "TCP", peer, ",7200"), "OK");
	peer_wait_connect(peer, 1, 0);
	expect_both_ways(3, peer);
	leave_multi();
}

Test(cipstart, carries_datagrams, REQ("CIPSTART-28"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", peer, ""), "OK");
	expect_both_ways(LINK_SINGLE, peer);
	leave_single();
}

Test(cipstart, carries_datagrams_with_an_id, REQ("CIPSTART-28"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("udp", NULL);
	at(link_line(1, "UDP", peer, "," LOCAL ",0"), "OK");
	expect_both_ways(1, peer);
	leave_multi();
}

Test(cipstart, connects_over_ssl, REQ("CIPSTART-34"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	at(link_line(LINK_SINGLE, "SSL", peer, ""), "OK");
	peer_wait_connect(peer, 1, 0);
	expect_both_ways(LINK_SINGLE, peer);
	leave_single();
}

Test(cipstart, connects_over_ssl_with_an_id, REQ("CIPSTART-34"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int peer = peer_open("tls", NULL);
	at(link_line(4, "SSL", peer, ",60"), "OK");
	peer_wait_connect(peer, 1, 0);
	expect_both_ways(4, peer);
	leave_multi();
}

Test(cipstart, opens_five_links, REQ("CIPSTART-62"), TAGS("needs:peers needs:tls"))
{
	static const char *const types[LINKS] = { "TCP", "UDP", "SSL", "UDP", "TCP" };
	static const char *const kinds[LINKS] = { "tcp", "udp", "tls", "udp", "tcp" };
	int peers[LINKS];
	enter_multi();
	for (int i = 0; i < LINKS; i++) {
		peers[i] = peer_open(kinds[i], NULL);
		at(link_line(i, types[i], peers[i], ""), "OK");
	}
	for (int i = 0; i < LINKS; i++)
		expect_both_ways(i, peers[i]);
	leave_multi();
}

Test(cipstart, announces_the_link_ahead_of_ok, REQ("CIPSTART-44"), TAGS("needs:peers"))
{
	enter_single();
	at(link_line(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL), ""), "OK");
	expect_ahead_of_ok("CONNECT");
	no_urc("CONNECT", bench_ms("silence"));
	leave_single();
}

Test(cipstart, announces_the_id_ahead_of_ok, REQ("CIPSTART-44"), TAGS("needs:peers"))
{
	enter_multi();
	at(link_line(2, "TCP", peer_open("tcp-sink", NULL), ""), "OK");
	expect_ahead_of_ok("2,CONNECT");
	at(link_line(4, "UDP", peer_open("udp-sink", NULL), ""), "OK");
	expect_ahead_of_ok("4,CONNECT");
	no_urc(RE("[0-4],CONNECT"), bench_ms("silence"));
	leave_multi();
}

Test(cipstart, announces_by_connect, REQ("SYSMSG-15"), TAGS("nvs needs:peers"))
{
	enter_single();
	given("AT+SYSMSG=0");
	at(link_line(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL), ""), "OK");
	urc("CONNECT", 0);
	no_urc(RE("\\+LINK_CONN.*"), bench_ms("silence"));
	leave_single();
}

Test(cipstart, announces_by_seven_fields, REQ("SYSMSG-16"), TAGS("nvs needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	given("AT+SYSMSG=2");
	at(link_line(3, "TCP", peer, ""), "OK");
	peer_wait_connect(peer, 1, 0);
	urc(LINK_CONN, 0);
	check(field_int("id") == 3, "the link ID is %s", field("id"));
	check(strcmp(field("ip"), peer_address(peer)) == 0, "the remote IP is %s", field("ip"));
	check(field_int("rport") == peer_port(peer), "the remote port is %s", field("rport"));
	int64_t local = field_int("lport");
	const char *from = peer_state(peer, "connections.0.from"), *colon = strrchr(from, ':');
	check(colon && atoi(colon + 1) == local, "the local port is %lld, the peer sees %s",
		(long long)local, from);
	no_urc(RE("[0-4],CONNECT"), bench_ms("silence"));
	given("AT+SYSMSG=0");
	leave_multi();
}

Test(cipstart, reports_a_connection_that_ends_at_once, REQ("CIPSTART-65"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp", "{\"close_after\":0}");
	at(link_line(LINK_SINGLE, "TCP", peer, ""), "OK");
	urcs(0, "CONNECT", "CLOSED");
	leave_single();
}

/* ---- refusals ---- */

Test(cipstart, refuses_an_id_in_single_mode, REQ("CIPSTART-45"), TAGS("needs:peers"))
{
	enter_single();
	any(link_line(0, "TCP", peer_open("tcp-sink", NULL), ""));
	check(said("ERROR"), "it is taken");
	leave_single();
}

Test(cipstart, refuses_no_id_in_multiple_mode, REQ("CIPSTART-46"), TAGS("needs:peers"))
{
	enter_multi();
	any(link_line(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL), ""));
	check(said("ERROR"), "it is taken");
	leave_multi();
}

Test(cipstart, tells_that_tcp_is_connected, REQ("CIPSTART-39"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	at(link_line(LINK_SINGLE, "TCP", peer, AGAIN), ALREADY, "ERROR");
	leave_single();
}

Test(cipstart, tells_that_udp_is_connected, REQ("CIPSTART-40"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp-sink", NULL);
	start_link(LINK_SINGLE, "UDP", peer);
	at(link_line(LINK_SINGLE, "UDP", peer, AGAIN), ALREADY, "ERROR");
	leave_single();
}

Test(cipstart, tells_that_ssl_is_connected, REQ("CIPSTART-41"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	at(link_line(LINK_SINGLE, "SSL", peer, AGAIN), ALREADY, "ERROR");
	leave_single();
}

Test(cipstart, tells_that_the_id_is_connected, REQ("CIPSTART-42"), TAGS("needs:peers"))
{
	enter_multi();
	int first = peer_open("tcp-sink", NULL), second = peer_open("tcp-sink", NULL);
	start_link(2, "TCP", first);
	at(link_line(2, "TCP", second, AGAIN), ALREADY, "ERROR");
	at(link_line(1, "TCP", second, ""), "OK");
	leave_multi();
}

Test(cipstart, leaves_the_connection_as_it_is, REQ("CIPSTART-43"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	any(link_line(LINK_SINGLE, "TCP", peer, ""));
	check(said("ERROR"), "a second connection is taken");
	expect_both_ways(LINK_SINGLE, peer);
	check(!peer_connected(peer, 2, bench_ms("silence")), "there is a second connection");
	leave_single();
}

Test(cipstart, fails_where_nobody_listens, REQ("CIPSTART-47"),
	TAGS("needs:peers issue:espressif/esp-at#388"))
{
	enter_single();
	int peer = peer_open("tcp-sink", NULL);
	peer_stop_listening(peer);
	at(link_line(LINK_SINGLE, "TCP", peer, ""), "ERROR");
	at("AT", "OK");
	check(open_links() == 0, "a link is listed");
	leave_single();
}

Test(cipstart, fails_at_an_address_out_of_reach, REQ("CIPSTART-48"),
	TAGS("needs:access_point issue:espressif/esp-at#388"))
{
	enter_single();
	at("AT+CIPSTART=\"TCP\",\"192.0.2.1\",1000", "ERROR");
	at("AT", "OK");
	leave_single();
}

Test(cipstart, fails_when_not_joined, REQ("CIPSTART-49"), TAGS("nvs needs:peers"))
{
	enter_mode(1);
	online();
	int peer = peer_open("tcp-sink", NULL);
	given("AT+CWQAP");
	at(link_line(LINK_SINGLE, "TCP", peer, ""), "ERROR");
	forget_urcs();
	online_again();
	check(!peer_connected(peer, 1, bench_ms("silence")), "the peer is connected to");
	leave_single();
	leave_mode();
}

Test(cipstart, opens_nothing_when_refused, REQ("CIPSTART-59"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	const char *ip = peer_address(peer);
	int port = peer_port(peer);
	any(fmt("AT+CIPSTART=-10,\"TCP\",\"%s\",%d", ip, port));
	any(fmt("AT+CIPSTART=256,\"TCP\",\"%s\",%d", ip, port));
	any(fmt("AT+CIPSTART=0,\"TCPX\",\"%s\",%d", ip, port));
	any(fmt("AT+CIPSTART=0,\"TCP\",%s,%d", ip, port));
	any(fmt("AT+CIPSTART=0,\"TCP\",\"%s\",%d", ip, port + 65536));
	any(fmt("AT+CIPSTART=0,\"TCP\",\"%s\",\"%d\"", ip, port));
	any(fmt("AT+CIPSTART=0,\"TCP\",\"%s\",%d,7201", ip, port));
	any(fmt("AT+CIPSTART=0,\"TCP\",\"%s\",%d,-1", ip, port));
	check(!peer_connected(peer, 1, bench_ms("silence")), "the peer is connected to");
	check(open_links() == 0, "links %#x are listed", open_links());
	leave_multi();
}
