/* SPDX-License-Identifier: MIT */
/* AT+CIPCLOSE: one link, all links, none; what the peer sees of it and when. */
#include "tcpip.h"

/* Five links, each to a peer of its own. */
static void open_all(int peers[LINKS], const char *kind)
{
	enter_multi();
	for (int i = 0; i < LINKS; i++) {
		peers[i] = peer_open(kind, NULL);
		start_link(i, "TCP", peers[i]);
	}
}

Test(cipclose, closes_the_link_it_names, REQ("CIPCLOSE-3"), TAGS("needs:peers"))
{
	static const int order[LINKS] = { 2, 0, 4, 1, 3 };
	int peers[LINKS];
	unsigned open = (1u << LINKS) - 1;
	open_all(peers, "tcp-sink");
	for (int i = 0; i < LINKS; i++) {
		at(fmt("AT+CIPCLOSE=%d", order[i]), "OK");
		peer_wait_close(peers[order[i]], 0, NULL, 0);
		open &= ~(1u << order[i]);
		check(open_links() == open, "after closing %d the links that are open are %#x",
			order[i], open_links());
	}
	leave_multi();
}

Test(cipclose, leaves_the_others_working, REQ("CIPCLOSE-3"), TAGS("needs:peers"))
{
	int peers[LINKS];
	open_all(peers, "tcp");
	at("AT+CIPCLOSE=2", "OK");
	for (int i = 0; i < LINKS; i++)
		if (i != 2)
			expect_text(i, peers[i], fmt("still %d", i));
	leave_multi();
}

Test(cipclose, closes_all_with_5, REQ("CIPCLOSE-4"), TAGS("needs:peers"))
{
	int peers[LINKS];
	open_all(peers, "tcp-sink");
	at("AT+CIPCLOSE=5", "OK");
	for (int i = 0; i < LINKS; i++)
		peer_wait_close(peers[i], 0, NULL, 0);
	check(open_links() == 0, "links %#x are open", open_links());
	leave_multi();
}

Test(cipclose, closes_all_types_with_5, REQ("CIPCLOSE-4"), TAGS("needs:peers"))
{
	enter_server(1001);
	int client = client_connects(1001, NULL);
	start_link(3, "UDP", peer_open("udp-sink", NULL));
	start_link(4, "TCP", peer_open("tcp-sink", NULL));
	at("AT+CIPCLOSE=5", "OK");
	peer_wait_close(client, 0, NULL, 0);
	check(open_links() == 0, "links %#x are open", open_links());
	leave_server();
}

Test(cipclose, reports_each_link_with_5, REQ("CIPCLOSE-14"), TAGS("needs:peers"))
{
	int peers[LINKS];
	open_all(peers, "tcp-sink");
	at("AT+CIPCLOSE=5", "OK");
	long ok = place_of("OK");
	for (int i = 0; i < LINKS; i++)
		check(place_of(fmt("%d,CLOSED", i)) >= 0 && place_of(fmt("%d,CLOSED", i)) < ok,
			"link %d is not reported closed ahead of OK", i);
	leave_multi();
}

Test(cipclose, refuses_a_link_that_is_not_open, REQ("CIPCLOSE-9"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(1, "TCP", peer_open("tcp-sink", NULL));
	at("AT+CIPCLOSE=0", "ERROR");
	at("AT+CIPCLOSE=4", "ERROR");
	given("AT+CIPCLOSE=1");
	at("AT+CIPCLOSE=1", "ERROR");
	leave_multi();
}

Test(cipclose, refuses_without_a_connection, REQ("CIPCLOSE-9"), TAGS("needs:peers"))
{
	enter_single();
	at("AT+CIPCLOSE", "ERROR");
	start_link(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL));
	given("AT+CIPCLOSE");
	at("AT+CIPCLOSE", "ERROR");
	leave_single();
}

Test(cipclose, refuses_an_id_in_single_mode, REQ("CIPCLOSE-10"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	at("AT+CIPCLOSE=0", "ERROR");
	expect_text(LINK_SINGLE, peer, "open");
	leave_single();
}

Test(cipclose, refuses_no_id_in_multiple_mode, REQ("CIPCLOSE-10"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp", NULL);
	start_link(0, "TCP", peer);
	at("AT+CIPCLOSE", "ERROR");
	expect_text(0, peer, "open");
	leave_multi();
}

Test(cipclose, ends_the_single_connection, REQ("CIPCLOSE-11"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	at("AT+CIPCLOSE", "OK");
	peer_wait_close(peer, 0, NULL, 0);
	check(open_links() == 0, "the link is listed still");
	leave_single();
}

Test(cipclose, ends_a_udp_transmission, REQ("CIPCLOSE-12"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", peer);
	send_text(LINK_SINGLE, "hello");
	peer_expect(peer, "hello", 5, 0);
	expect_text(LINK_SINGLE, peer, "before");
	at("AT+CIPCLOSE", "OK");
	peer_send(peer, "after", 5);
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	check(open_links() == 0, "the link is listed still");
	leave_single();
}

Test(cipclose, ends_an_ssl_connection, REQ("CIPCLOSE-13"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	at("AT+CIPCLOSE", "OK");
	peer_wait_close(peer, 0, NULL, 0);
	check(open_links() == 0, "the link is listed still");
	leave_single();
}

Test(cipclose, reports_the_link_ahead_of_ok, REQ("CIPCLOSE-14"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	at("AT+CIPCLOSE", "OK");
	expect_ahead_of_ok("CLOSED");
	no_urc("CLOSED", bench_ms("silence"));
	leave_single();
}

Test(cipclose, reports_the_id_ahead_of_ok, REQ("CIPCLOSE-14"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(0, "TCP", peer_open("tcp-sink", NULL));
	start_link(3, "TCP", peer_open("tcp-sink", NULL));
	at("AT+CIPCLOSE=3", "OK");
	expect_ahead_of_ok("3,CLOSED");
	no_urc(RE("[0-4],CLOSED"), bench_ms("silence"));
	leave_multi();
}

Test(cipclose, reports_a_udp_link_ahead_of_ok, REQ("CIPCLOSE-14"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(2, "UDP", peer_open("udp-sink", NULL));
	at("AT+CIPCLOSE=2", "OK");
	expect_ahead_of_ok("2,CLOSED");
	leave_multi();
}

Test(cipclose, ends_with_fin, REQ("CIPCLOSE-15"), TAGS("needs:peers issue:espressif/esp-at#465"))
{
	int peer = enter_linked("tcp-sink", NULL);
	send_text(LINK_SINGLE, "a few bytes");
	at("AT+CIPCLOSE", "OK");
	peer_wait_close(peer, 0, "fin", 0);
	leave_single();
}

Test(cipclose, loses_nothing_that_was_sent, REQ("CIPCLOSE-16"), TAGS("needs:peers"))
{
	static char data[2048];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)('A' + i % 26);
	int peer = enter_linked("tcp-slow", "{\"rate\":20000}");
	send_data("AT+CIPSEND=2048", data, sizeof(data));
	send_data("AT+CIPSEND=2048", data, sizeof(data));
	at("AT+CIPCLOSE", "OK");
	peer_wait_bytes(peer, 0, 2 * (int64_t)sizeof(data), 0);
	peer_expect(peer, data, sizeof(data), 0);
	peer_expect(peer, data, sizeof(data), 0);
	leave_single();
}

Test(cipclose, frees_the_id, REQ("CIPCLOSE-17"), TAGS("needs:peers"))
{
	enter_multi();
	int first = peer_open("tcp-sink", NULL), second = peer_open("tcp", NULL);
	start_link(2, "TCP", first);
	given("AT+CIPCLOSE=2");
	at(link_line(2, "TCP", second, ""), "OK");
	expect_text(2, second, "the new one");
	leave_multi();
}

Test(cipclose, closes_a_client_of_the_server, REQ("CIPCLOSE-18"), TAGS("needs:peers"))
{
	enter_server(1001);
	int link, client = client_connects(1001, &link);
	at(fmt("AT+CIPCLOSE=%d", link), "OK");
	expect_ahead_of_ok(fmt("%d,CLOSED", link));
	peer_wait_close(client, 0, NULL, 0);
	leave_server();
}

Test(cipclose, does_not_wait_for_the_peer, REQ("CIPCLOSE-19"),
	TAGS("needs:peers issue:espressif/esp-at#521"))
{
	int peer = enter_linked("tcp-sink", "{\"stall\":true}");
	send_text(LINK_SINGLE, "nobody reads this");
	at("AT+CIPCLOSE", "OK");
	at("AT", "OK");
	peer_set(peer, PEER_ALL, "{\"stall\":false}");
	leave_single();
}

Test(cipclose, answers_a_peer_that_keeps_its_side_open, REQ("CIPCLOSE-19"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	peer_close(peer, PEER_LATEST, "half");
	any("AT+CIPCLOSE"); /* the module may have closed it before */
	at("AT", "OK");
	peer_wait_close(peer, 0, NULL, 0);
	leave_single();
}

Test(cipclose, leaves_all_open_when_refused, REQ("CIPCLOSE-20"), TAGS("needs:peers"))
{
	static const char *const refused[] = { "AT+CIPCLOSE=6", "AT+CIPCLOSE=-1",
		"AT+CIPCLOSE=", "AT+CIPCLOSE=all", "AT+CIPCLOSE=\"1\"", "AT+CIPCLOSE=1,1",
		"AT+CIPCLOSE=256" };
	int peers[LINKS];
	open_all(peers, "tcp-sink");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		any(refused[i]);
	check(open_links() == (1u << LINKS) - 1, "links %#x are left", open_links());
	leave_multi();
}
