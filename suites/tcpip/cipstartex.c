/* SPDX-License-Identifier: MIT */
/* AT+CIPSTARTEX: which ID the module chooses. */
#include "../wifi/wifi.h"
#include "tcpip.h"

static const char *line_ex(const char *type, int peer, const char *more)
{
	return fmt("AT+CIPSTARTEX=\"%s\",%s%s", type, remote_text(peer), more);
}

/* Opens a TCP link to that peer: its ID. */
static int start_ex(int peer)
{
	at(line_ex("TCP", peer, ""), "OK");
	urc(RE("(?<id>[0-4]),CONNECT"), 0);
	return (int)field_int("id");
}

Test(cipstartex, opens_an_ssl_link, REQ("CIPSTARTEX-3"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int peer = peer_open("tls", NULL);
	at(line_ex("SSL", peer, ""), "OK");
	urc(RE("(?<id>[0-4]),CONNECT"), 0);
	expect_text((int)field_int("id"), peer, "over TLS");
	leave_multi();
}

Test(cipstartex, chooses_free_ids, REQ("CIPSTARTEX-4"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	unsigned chosen = 0;
	for (int i = 0; i < LINKS; i++) {
		int id = start_ex(peer);
		check(!(chosen & 1u << id), "ID %d is given twice", id);
		chosen |= 1u << id;
	}
	check(open_links() == (1u << LINKS) - 1, "links %#x are listed", open_links());
	leave_multi();
}

Test(cipstartex, chooses_the_lowest_id, REQ("CIPSTARTEX-5"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	for (int i = 0; i < LINKS; i++) {
		int id = start_ex(peer);
		check(id == i, "with %d links open the ID is %d", i, id);
	}
	leave_multi();
}

Test(cipstartex, is_refused_with_five_links, REQ("CIPSTARTEX-6"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL), other = peer_open("tcp-sink", NULL);
	for (int i = 0; i < LINKS; i++)
		start_link(i, "TCP", peer);
	at(line_ex("TCP", other, ""), "ERROR");
	check(!peer_connected(other, 1, bench_ms("silence")), "the peer is connected to");
	check(open_links() == (1u << LINKS) - 1, "links %#x are left", open_links());
	leave_multi();
}

Test(cipstartex, tells_the_id, REQ("CIPSTARTEX-16"), TAGS("needs:peers"))
{
	enter_multi();
	at(line_ex("TCP", peer_open("tcp-sink", NULL), ""), "OK");
	long place = place_of("0,CONNECT"), ok = place_of("OK");
	check(place >= 0 && place < ok, "\"0,CONNECT\" does not come ahead of OK");
	forget_urcs();
	check(open_links() == 1, "links %#x are listed", open_links());
	leave_multi();
}

Test(cipstartex, passes_over_ids_in_use, REQ("CIPSTARTEX-17"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	start_link(0, "TCP", peer);
	start_link(2, "UDP", peer_open("udp-sink", NULL));
	int first = start_ex(peer), second = start_ex(peer);
	check(first == 1 && second == 3, "0 and 2 being in use, the IDs are %d and %d", first,
		second);
	leave_multi();
}

Test(cipstartex, passes_over_a_client_of_the_server, REQ("CIPSTARTEX-17"), TAGS("needs:peers"))
{
	enter_server(1001);
	int link;
	client_connects(1001, &link);
	int id = start_ex(peer_open("tcp-sink", NULL));
	check(id != link, "the client's ID is given to the link");
	check(open_links() == (1u << id | 1u << link), "links %#x are listed", open_links());
	leave_server();
}

Test(cipstartex, chooses_a_closed_id_again, REQ("CIPSTARTEX-18"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp-sink", NULL);
	for (int i = 0; i < 3; i++)
		start_link(i, "TCP", peer);
	given("AT+CIPCLOSE=1");
	forget_urcs();
	int id = start_ex(peer);
	check(id == 1, "1 having been closed, the ID is %d", id);
	leave_multi();
}

Test(cipstartex, takes_no_id, REQ("CIPSTARTEX-19"), TAGS("needs:peers"))
{
	enter_multi();
	at(fmt("AT+CIPSTARTEX=0,\"TCP\",%s", remote_text(peer_open("tcp-sink", NULL))), "ERROR");
	leave_multi();
}

Test(cipstartex, opens_a_link_like_any_other, REQ("CIPSTARTEX-20"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(0, "TCP", peer_open("tcp-sink", NULL));
	int peer = peer_open("tcp", NULL), id = start_ex(peer);
	send_text(id, "there");
	peer_expect(peer, "there", 5, 0);
	expect_text(id, peer, "and back");
	at(fmt("AT+CIPCLOSE=%d", id), "OK");
	leave_multi();
}

Test(cipstartex, refuses_a_surplus_parameter, REQ("CIPSTARTEX-21"), TAGS("needs:peers"))
{
	enter_multi();
	at(line_ex("TCP", peer_open("tcp-sink", NULL), ",60,,1"), "ERROR");
	at(line_ex("UDP", peer_open("udp-sink", NULL), ",11021,0,,1"), "ERROR");
	leave_multi();
}

Test(cipstartex, makes_no_second_ssl_connection, REQ("CIPSTARTEX-22"),
	TAGS("needs:peers needs:tls"))
{
	enter_multi();
	start_link(0, "SSL", peer_open("tls", NULL));
	int other = peer_open("tls", NULL);
	at(line_ex("SSL", other, ""), "ERROR");
	check(!peer_connected(other, 1, bench_ms("silence")), "the second server has a connection");
	leave_multi();
}

Test(cipstartex, takes_no_id_when_it_fails, REQ("CIPSTARTEX-23"), TAGS("needs:peers"))
{
	enter_multi();
	int nobody = peer_open("tcp-sink", NULL);
	peer_stop_listening(nobody);
	any(line_ex("TCP", nobody, ""));
	check(said("ERROR"), "a link to nobody is opened");
	forget_urcs();
	int id = start_ex(peer_open("tcp-sink", NULL));
	check(id == 0, "the ID is %d", id);
	check(open_links() == 1, "links %#x are listed", open_links());
	leave_multi();
}

Test(cipstartex, takes_every_port_and_its_own_ip, REQ("CIPSTARTEX-25"),
	TAGS("needs:peers needs:air"))
{
	static const int ports[] = { 1, 65535 };
	enter_multi();
	char own[24];
	snprintf(own, sizeof(own), "\"%s\"", ip_text(shown_ip("AT+CIPSTA?")));
	for (int i = 0; i < 2; i++) {
		peer_as(peer_open("tcp", NULL), "192.168.101.110", ports[i]);
		peer_as(peer_open("udp", NULL), "192.168.101.110", ports[i]);
		at(fmt("AT+CIPSTARTEX=\"TCP\",\"192.168.101.110\",%d,,%s", ports[i], own), "OK");
		at(fmt("AT+CIPSTARTEX=\"UDP\",\"192.168.101.110\",%d,,,%s", ports[i], own), "OK");
	}
	check(open_links() == 0xf, "links %#x are listed", open_links());
	leave_multi();
}
