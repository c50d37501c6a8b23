/* SPDX-License-Identifier: MIT */
/* AT+CIPDINFO: whose data it is, in active and in passive mode. */
#include "data.h"

/* +IPD or +CIPRECVDATA as it should be: without an address, or with this one. */
static void expect_remote(const struct ipd_header *h, const char *ip, int port)
{
	if (deviated())
		return;
	if (!ip) {
		check(!h->has_remote, "an address is shown: %s, %d", h->remote_ip, h->remote_port);
		return;
	}
	check(h->has_remote, "no address is shown");
	check(strcmp(h->remote_ip, ip) == 0, "the address is %s, not %s", h->remote_ip, ip);
	check(h->remote_port == port, "the port is %d, not %d", h->remote_port, port);
}

static void expect_ipd_of(int link, int peer, bool shown)
{
	peer_send(peer, "hello", 5);
	expect_remote(
		next_ipd(link, 0), shown ? peer_address(peer) : NULL, shown ? peer_port(peer) : 0);
}

static void leave_shown(void)
{
	given("AT+CIPDINFO=0");
	leave_multi();
}

Test(cipdinfo, mode_0_shows_no_address, REQ("CIPDINFO-8"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	given("AT+CIPDINFO=1");
	at("AT+CIPDINFO=0", "OK");
	expect_ipd_of(LINK_SINGLE, peer, false);
	leave_single();
}

Test(cipdinfo, mode_0_shows_no_address_with_link_ids, REQ("CIPDINFO-8"), TAGS("needs:peers"))
{
	enter_multi();
	int tcp = peer_open("tcp", NULL), udp = peer_open("udp", NULL);
	start_link(1, "TCP", tcp);
	start_link(3, "UDP", udp);
	send_through(3, udp, PEER_LATEST, "x", 1);
	at("AT+CIPDINFO=0", "OK");
	expect_ipd_of(1, tcp, false);
	expect_ipd_of(3, udp, false);
	leave_multi();
}

Test(cipdinfo, mode_1_shows_the_address, REQ("CIPDINFO-9"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	at("AT+CIPDINFO=1", "OK");
	expect_ipd_of(LINK_SINGLE, peer, true);
	given("AT+CIPDINFO=0");
	leave_single();
}

Test(cipdinfo, mode_1_shows_the_address_of_each_link, REQ("CIPDINFO-9"), TAGS("needs:peers"))
{
	enter_multi();
	int peers[LINKS];
	given("AT+CIPDINFO=1");
	for (int link = 0; link < LINKS; link++) {
		peers[link] = peer_open(link % 2 ? "udp" : "tcp", NULL);
		start_link(link, link % 2 ? "UDP" : "TCP", peers[link]);
		if (link % 2)
			send_through(link, peers[link], PEER_LATEST, "x", 1);
	}
	for (int link = LINKS - 1; link >= 0; link--)
		expect_ipd_of(link, peers[link], true);
	leave_shown();
}

Test(cipdinfo, mode_1_shows_the_sender_of_a_datagram, REQ("CIPDINFO-9"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("udp", NULL);
	start_link_more(0, "UDP", peer, ",4322,2");
	given("AT+CIPDINFO=1");
	send_through(0, peer, PEER_LATEST, "x", 1);
	int other = peer_connect("udp", 4322, NULL);
	expect_ipd_of(0, other, true);
	expect_ipd_of(0, peer, true);
	leave_shown();
}

Test(cipdinfo, mode_1_shows_clients_of_the_server, REQ("CIPDINFO-9"), TAGS("needs:peers"))
{
	int first, second;
	enter_server(8081);
	given("AT+CIPDINFO=1");
	int one = client_connects(8081, &first), two = client_connects(8081, &second);
	expect_ipd_of(second, two, true);
	expect_ipd_of(first, one, true);
	given("AT+CIPDINFO=0");
	leave_server();
}

Test(cipdinfo, mode_0_shows_no_address_when_read, REQ("CIPDINFO-10"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	at("AT+CIPDINFO=0", "OK");
	feed(peer, 1, 1, "hello", 5);
	expect_remote(recvdata_any("AT+CIPRECVDATA=1,100"), NULL, 0);
	leave_passive_links();
}

Test(cipdinfo, mode_1_shows_the_address_when_read, REQ("CIPDINFO-11"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	at("AT+CIPDINFO=1", "OK");
	feed(peer, 1, 1, "hello", 5);
	expect_remote(recvdata_any("AT+CIPRECVDATA=1,100"), peer_address(peer), peer_port(peer));
	given("AT+CIPDINFO=0");
	leave_passive_links();
}

Test(cipdinfo, mode_1_shows_the_address_when_read_in_single_mode, REQ("CIPDINFO-11"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	at("AT+CIPDINFO=1", "OK");
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	expect_remote(recvdata_any("AT+CIPRECVDATA=2"), peer_address(peer), peer_port(peer));
	expect_remote(recvdata_any("AT+CIPRECVDATA=100"), peer_address(peer), peer_port(peer));
	given("AT+CIPDINFO=0");
	leave_passive();
}

Test(cipdinfo, holds_for_open_links, REQ("CIPDINFO-12"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 3; i++) {
		at("AT+CIPDINFO=1", "OK");
		expect_ipd_of(LINK_SINGLE, peer, true);
		at("AT+CIPDINFO=0", "OK");
		expect_ipd_of(LINK_SINGLE, peer, false);
	}
	leave_single();
}

Test(cipdinfo, is_0_after_a_start, REQ("CIPDINFO-13"), TAGS("needs:peers"))
{
	restart();
	int peer = enter_linked("tcp", NULL);
	expect_ipd_of(LINK_SINGLE, peer, false);
	leave_single();
}

Test(cipdinfo, stays_when_another_is_refused, REQ("CIPDINFO-14"), TAGS("needs:peers"))
{
	static const char *const wrong[] = { "AT+CIPDINFO=2", "AT+CIPDINFO=", "AT+CIPDINFO=-1" };
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 3; i++) {
		at(wrong[i], "ERROR");
		expect_ipd_of(LINK_SINGLE, peer, false);
	}
	given("AT+CIPDINFO=1");
	for (int i = 0; i < 3; i++) {
		at(wrong[i], "ERROR");
		expect_ipd_of(LINK_SINGLE, peer, true);
	}
	given("AT+CIPDINFO=0");
	leave_single();
}

Test(cipdinfo, leaves_notices_alone, REQ("CIPDINFO-15"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	at("AT+CIPDINFO=1", "OK");
	peer_send_on(peer, 1, "hello", 5);
	urc("+IPD,1,5", 0);
	given("AT+CIPDINFO=0");
	leave_passive_links();
}

/* Data that look like the rest of a header. */
static const char tricky[] = "\"127.0.0.1\",80:,5,:\"\r\n+IPD,0,1:x";

Test(cipdinfo, keeps_the_address_out_of_the_data, REQ("CIPDINFO-16"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	given("AT+CIPDINFO=1");
	peer_send(peer, tricky, strlen(tricky));
	ipd(LINK_SINGLE, tricky, strlen(tricky), 0);
	peer_send(peer, some_bytes(1, 4000), 4000);
	ipd(LINK_SINGLE, some_bytes(1, 4000), 4000, 0);
	given("AT+CIPDINFO=0");
	leave_single();
}

Test(cipdinfo, keeps_the_address_out_of_data_read, REQ("CIPDINFO-16"),
	TAGS("needs:peers issue:espressif/esp-at#328"))
{
	int peer = enter_passive_linked("tcp", NULL);
	given("AT+CIPDINFO=1");
	feed(peer, 0, LINK_SINGLE, tricky, strlen(tricky));
	recvdata("AT+CIPRECVDATA=100", tricky, strlen(tricky));
	feed(peer, 0, LINK_SINGLE, some_bytes(2, 4000), 4000);
	read_all(LINK_SINGLE, some_bytes(2, 4000), 4000);
	check(kept(LINK_SINGLE) == 0, "%lld bytes are left", (long long)kept(LINK_SINGLE));
	given("AT+CIPDINFO=0");
	leave_passive();
}
