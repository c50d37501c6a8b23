/* SPDX-License-Identifier: MIT */
/* AT+CIPMUX: when it can be changed, and what single and multiple connections mean. */
#include "tcpip.h"

static void expect_mux(int mode)
{
	at("AT+CIPMUX?", fmt("+CIPMUX:%d", mode), "OK");
}

Test(cipmux, is_0_after_a_start, REQ("CIPMUX-11"))
{
	restart();
	expect_mux(0);
}

Test(cipmux, does_not_go_to_1_in_passthrough_mode, REQ("CIPMUX-12"))
{
	given("AT+CIPMODE=1");
	at("AT+CIPMUX=1", "ERROR");
	expect_mux(0);
	given("AT+CIPMODE=0");
}

Test(cipmux, goes_to_1_after_passthrough_mode, REQ("CIPMUX-13"))
{
	given("AT+CIPMODE=1");
	any("AT+CIPMUX=1");
	given("AT+CIPMODE=0");
	at("AT+CIPMUX=1", "OK");
	expect_mux(1);
	given("AT+CIPMUX=0");
}

Test(cipmux, does_not_go_to_1_with_a_connection, REQ("CIPMUX-14"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	at("AT+CIPMUX=1", "ERROR");
	expect_mux(0);
	leave_single();
}

Test(cipmux, does_not_go_to_1_with_a_udp_transmission, REQ("CIPMUX-14"), TAGS("needs:peers"))
{
	enter_single();
	start_link(LINK_SINGLE, "UDP", peer_open("udp-sink", NULL));
	at("AT+CIPMUX=1", "ERROR");
	expect_mux(0);
	leave_single();
}

Test(cipmux, does_not_go_to_0_with_a_connection, REQ("CIPMUX-15"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(4, "TCP", peer_open("tcp-sink", NULL));
	at("AT+CIPMUX=0", "ERROR");
	expect_mux(1);
	leave_multi();
}

Test(cipmux, changes_once_all_connections_are_closed, REQ("CIPMUX-16"), TAGS("needs:peers"))
{
	int sink = enter_linked("tcp-sink", NULL);
	any("AT+CIPMUX=1");
	given("AT+CIPCLOSE");
	at("AT+CIPMUX=1", "OK");
	start_link(1, "TCP", sink);
	start_link(3, "TCP", sink);
	given("AT+CIPCLOSE=1");
	at("AT+CIPMUX=0", "ERROR");
	given("AT+CIPCLOSE=3");
	at("AT+CIPMUX=0", "OK");
	expect_mux(0);
}

Test(cipmux, changes_once_the_peer_has_closed, REQ("CIPMUX-16"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	peer_close(peer, PEER_ALL, "fin");
	urc("CLOSED", 0);
	at("AT+CIPMUX=1", "OK");
	given("AT+CIPMUX=0");
}

Test(cipmux, does_not_go_to_0_with_the_server, REQ("CIPMUX-17"))
{
	given("AT+CIPMUX=1");
	given("AT+CIPSERVER=1,1001");
	at("AT+CIPMUX=0", "ERROR");
	expect_mux(1);
	leave_server();
}

Test(cipmux, goes_to_0_once_the_server_is_deleted, REQ("CIPMUX-18"))
{
	given("AT+CIPMUX=1");
	given("AT+CIPSERVER=1,1001");
	any("AT+CIPMUX=0");
	given("AT+CIPSERVER=0");
	at("AT+CIPMUX=0", "OK");
	expect_mux(0);
}

Test(cipmux, leaves_connections_alone_when_refused, REQ("CIPMUX-19"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	any("AT+CIPMUX=1");
	check(said("ERROR"), "the mode is changed with a connection open");
	send_text(LINK_SINGLE, "still here");
	peer_expect(peer, "still here", 10, 0);
	expect_text(LINK_SINGLE, peer, "so am I");
	leave_single();
}

Test(cipmux, has_one_connection_in_mode_0, REQ("CIPMUX-20"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	int other = peer_open("tcp-sink", NULL);
	any(link_line(LINK_SINGLE, "TCP", other, ""));
	check(said("ERROR"), "a second connection is opened");
	check(!peer_connected(other, 1, bench_ms("silence")), "the second peer is connected to");
	leave_single();
}

Test(cipmux, has_five_connections_in_mode_1, REQ("CIPMUX-21"), TAGS("needs:peers"))
{
	int peers[LINKS];
	enter_multi();
	for (int i = 0; i < LINKS; i++) {
		peers[i] = peer_open("tcp", NULL);
		at(link_line(i, "TCP", peers[i], ""), "OK");
	}
	for (int i = 0; i < LINKS; i++)
		expect_text(i, peers[i], fmt("for link %d", i));
	for (int i = LINKS; i-- > 0;) {
		const char *text = fmt("from link %d", i);
		send_text(i, text);
		peer_expect(peers[i], text, strlen(text), 0);
	}
	leave_multi();
}
