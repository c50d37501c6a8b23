/* SPDX-License-Identifier: MIT */
/* AT+CIPRECVDATA: what is read, in which pieces, and how long it can be read. */
#include "data.h"

Test(ciprecvdata, reads_a_single_link, REQ("CIPRECVDATA-1", "CIPRECVDATA-12", "CIPRECVDATA-16"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	recvdata("AT+CIPRECVDATA=5", "hello", 5);
	leave_passive();
}

/* Whether the last answer had these bytes on the wire. */
static bool came_as(const char *bytes)
{
	size_t len;
	const char *wire = received(&len);
	return memmem(wire, len, bytes, strlen(bytes)) != NULL;
}

Test(ciprecvdata, ends_its_line, REQ("CIPRECVDATA-1", "CIPRECVDATA-2"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	recvdata("AT+CIPRECVDATA=5", "hello", 5);
	check(came_as("hello\r\n"), "no line end stands between the data and OK");
	leave_passive();
}

Test(ciprecvdata, reads_with_a_link_id, REQ("CIPRECVDATA-2"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(4, "tcp", NULL);
	feed(peer, 3, 3, "hello", 5);
	recvdata("AT+CIPRECVDATA=3,5", "hello", 5);
	leave_passive_links();
}

Test(ciprecvdata, reads_every_link, REQ("CIPRECVDATA-10"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++) {
		feed(peer, link, link, "hello", 5);
		recvdata(read_line(link, 2048), "hello", 5);
	}
	leave_passive_links();
}

Test(ciprecvdata, announces_what_follows, REQ("CIPRECVDATA-12"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_text(1, 1111), 1111);
	for (size_t len = 1; len <= 1000; len *= 10) {
		const struct ipd_header *h = recvdata_any(read_line(LINK_SINGLE, len));
		check(h->len == len, "%zu bytes are announced, not %zu", h->len, len);
		at("AT", "OK");
	}
	leave_passive();
}

Test(ciprecvdata, takes_nothing_from_other_links, REQ("CIPRECVDATA-25"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		feed(peer, link, link, fmt("data of %d", link), 9);
	for (int i = 0; i < LINKS; i++) {
		int link = (i * 3 + 1) % LINKS;
		recvdata(read_line(link, 4), "data", 4);
	}
	for (int link = 0; link < LINKS; link++)
		recvdata(read_line(link, 5), fmt(" of %d", link), 5);
	leave_passive_links();
}

Test(ciprecvdata, reads_any_length, REQ("CIPRECVDATA-10", "CIPRECVDATA-11"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 2, 1460, 2047, 2048 };
	const uint8_t *bytes = some_bytes(1, 5558);
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, bytes, 5558);
	for (int i = 0; i < 5; i++) {
		recvdata(read_line(LINK_SINGLE, lengths[i]), bytes, lengths[i]);
		bytes += lengths[i];
	}
	leave_passive();
}

Test(ciprecvdata, reads_what_is_there, REQ("CIPRECVDATA-13", "CIPRECVDATA-11"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(2, 100), 100);
	recvdata("AT+CIPRECVDATA=30", some_bytes(2, 100), 30);
	recvdata("AT+CIPRECVDATA=2048", some_bytes(2, 100) + 30, 70);
	feed(peer, 0, LINK_SINGLE, "x", 1);
	recvdata("AT+CIPRECVDATA=2048", "x", 1);
	leave_passive();
}

Test(ciprecvdata, reads_no_more_than_asked_for, REQ("CIPRECVDATA-11"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(2, 3000), 3000);
	for (size_t len = 1; len <= 1000; len *= 10) {
		size_t got = recvdata_any(read_line(LINK_SINGLE, len))->len;
		check(got <= len, "%zu bytes come, not %zu", got, len);
	}
	leave_passive();
}

Test(ciprecvdata, shows_no_address_by_itself, REQ("CIPRECVDATA-16"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(1, "tcp", NULL);
	feed(peer, 0, 0, "hello", 5);
	recvdata("AT+CIPRECVDATA=0,5", "hello", 5);
	check(deviated() || came_as("+CIPRECVDATA:5,hello"),
		"something stands between the length and the data");
	leave_passive_links();
}

Test(ciprecvdata, reads_every_byte_value, REQ("CIPRECVDATA-14"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(3, 2048), 2048);
	recvdata("AT+CIPRECVDATA=2048", some_bytes(3, 2048), 2048);
	feed(peer, 0, LINK_SINGLE, "\r\nOK\r\n+IPD,4\r\n\0,\"", 18);
	recvdata("AT+CIPRECVDATA=2048", "\r\nOK\r\n+IPD,4\r\n\0,\"", 18);
	leave_passive();
}

Test(ciprecvdata, reads_piece_by_piece, REQ("CIPRECVDATA-15"), TAGS("needs:peers"))
{
	const uint8_t *bytes = some_bytes(4, 1000);
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, bytes, 1000);
	for (size_t at_byte = 0; at_byte < 1000; at_byte += 40)
		recvdata("AT+CIPRECVDATA=40", bytes + at_byte, 40);
	at("AT+CIPRECVDATA=40", "ERROR");
	leave_passive();
}

static bool is_from(const struct ipd_header *h, int peer)
{
	return h->has_remote && strcmp(h->remote_ip, peer_address(peer)) == 0 &&
	       h->remote_port == peer_port(peer);
}

Test(ciprecvdata, shows_the_address_on_demand, REQ("CIPRECVDATA-17", "CIPRECVDATA-16"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	given("AT+CIPDINFO=1");
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	const struct ipd_header *h = recvdata_any("AT+CIPRECVDATA=5");
	check(h->len == 5, "the length is %zu", h->len);
	check(deviated() || is_from(h, peer), "the address is \"%s\", %d", h->remote_ip,
		h->remote_port);
	check(memcmp(h->data, "hello", 5) == 0, "the data are others");
	given("AT+CIPDINFO=0");
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	h = recvdata_any("AT+CIPRECVDATA=5");
	check(!h->has_remote, "an address is shown: %s", h->remote_ip);
	leave_passive();
}

Test(ciprecvdata, reads_what_the_notice_reports, REQ("CIPRECVDATA-24"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(1, "tcp", NULL);
	peer_send(peer, some_bytes(5, 100), 100);
	urc("+IPD,0,100", 0);
	recvdata("AT+CIPRECVDATA=0,100", some_bytes(5, 100), 100);
	leave_passive_links();
}

Test(ciprecvdata, gets_data_every_time, REQ("CIPRECVDATA-29"),
	TAGS("needs:peers issue:espressif/esp-at#731"))
{
	const uint8_t *bytes = some_bytes(6, 5000);
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, bytes, 5000);
	for (size_t at_byte = 0; at_byte < 5000; at_byte += 100)
		recvdata("AT+CIPRECVDATA=100", bytes + at_byte, 100);
	no_urc("busy p...", 1);
	leave_passive();
}

/* ---- refused ---- */

Test(ciprecvdata, takes_nothing_when_the_length_is_refused, REQ("CIPRECVDATA-5"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(7, 3000), 3000);
	at("AT+CIPRECVDATA=0", "ERROR");
	at("AT+CIPRECVDATA=-1", "ERROR");
	check(kept(LINK_SINGLE) == 3000, "%lld bytes are left", (long long)kept(LINK_SINGLE));
	read_all(LINK_SINGLE, some_bytes(7, 3000), 3000);
	leave_passive();
}

Test(ciprecvdata, refuses_more_than_2048_bytes, REQ("CIPRECVDATA-5"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(7, 3000), 3000);
	at("AT+CIPRECVDATA=2049", "ERROR");
	leave_passive();
}

Test(ciprecvdata, is_refused_when_nothing_is_there, REQ("CIPRECVDATA-18"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	at("AT+CIPRECVDATA=5", "ERROR");
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	recvdata("AT+CIPRECVDATA=5", "hello", 5);
	at("AT+CIPRECVDATA=5", "ERROR");
	leave_passive();
}

Test(ciprecvdata, is_refused_in_active_mode, REQ("CIPRECVDATA-19"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	at("AT+CIPRECVDATA=5", "ERROR");
	expect_text(LINK_SINGLE, peer, "hello");
	at("AT+CIPRECVDATA=5", "ERROR");
	leave_single();
}

Test(ciprecvdata, is_refused_without_a_link, REQ("CIPRECVDATA-20"), TAGS("needs:peers"))
{
	enter_passive();
	at("AT+CIPRECVDATA=5", "ERROR");
	int peer = enter_links(2, "tcp", NULL);
	feed(peer, 1, 1, "hello", 5);
	for (int link = 2; link < LINKS; link++)
		at(read_line(link, 5), "ERROR");
	recvdata("AT+CIPRECVDATA=1,5", "hello", 5);
	leave_passive_links();
}

Test(ciprecvdata, asks_for_the_form_of_the_mode, REQ("CIPRECVDATA-28"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	at("AT+CIPRECVDATA=0,5", "ERROR");
	recvdata("AT+CIPRECVDATA=5", "hello", 5);
	leave_passive();
	peer = enter_passive_links(1, "tcp", NULL);
	feed(peer, 0, 0, "hello", 5);
	at("AT+CIPRECVDATA=5", "ERROR");
	recvdata("AT+CIPRECVDATA=0,5", "hello", 5);
	leave_passive_links();
}

/* ---- after the end of a connection ---- */

/* Two links of the peer; it sends on both and closes both. */
static int enter_deserted(void)
{
	int peer = enter_passive_links(2, "tcp", NULL);
	feed(peer, 0, 0, some_bytes(8, 3000), 3000);
	feed(peer, 1, 1, "hello", 5);
	peer_close(peer, 0, "fin");
	peer_close(peer, 1, "fin");
	listen_for(bench_ms("silence"));
	return peer;
}

Test(ciprecvdata, reads_after_a_disconnection, REQ("CIPRECVDATA-21"), TAGS("needs:peers"))
{
	enter_deserted();
	read_all(0, some_bytes(8, 3000), 3000);
	recvdata("AT+CIPRECVDATA=1,5", "hello", 5);
	leave_passive_links();
}

Test(ciprecvdata, reads_after_a_disconnection_in_single_mode, REQ("CIPRECVDATA-21"),
	TAGS("needs:peers issue:espressif/ESP8266_NONOS_SDK#124"))
{
	int peer = enter_passive_linked("tcp", NULL);
	peer_send(peer, some_bytes(9, 5000), 5000);
	peer_close(peer, 0, "fin");
	listen_for(bench_ms("silence"));
	read_all(LINK_SINGLE, some_bytes(9, 5000), 5000);
	leave_passive();
}

Test(ciprecvdata, is_over_with_cipclose, REQ("CIPRECVDATA-22"), TAGS("needs:peers"))
{
	enter_deserted();
	any("AT+CIPCLOSE=0");
	at("AT+CIPRECVDATA=0,5", "ERROR");
	check(kept(0) == 0, "%lld bytes are kept", (long long)kept(0));
	recvdata("AT+CIPRECVDATA=1,5", "hello", 5);
	leave_passive_links();
}

Test(ciprecvdata, is_over_with_cipclose_of_an_open_link, REQ("CIPRECVDATA-22"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(1, "tcp", NULL);
	feed(peer, 0, 0, "hello", 5);
	given("AT+CIPCLOSE=0");
	at("AT+CIPRECVDATA=0,5", "ERROR");
	leave_passive_links();
}

Test(ciprecvdata, is_over_with_a_new_connection, REQ("CIPRECVDATA-23"), TAGS("needs:peers"))
{
	enter_deserted();
	int new = peer_open("tcp", NULL);
	start_link(0, "TCP", new);
	peer_send(new, "new", 3);
	wait_kept(0, 3);
	recvdata("AT+CIPRECVDATA=0,2048", "new", 3);
	leave_passive_links();
}

/* ---- kinds of links ---- */

Test(ciprecvdata, keeps_the_rest_of_a_datagram, REQ("CIPRECVDATA-26"),
	TAGS("needs:peers issue:espressif/esp-at#452 issue:espressif/esp-at#323"))
{
	enter_passive();
	int peer = enter_udp("");
	feed(peer, PEER_LATEST, LINK_SINGLE, some_bytes(10, 1000), 1000);
	recvdata("AT+CIPRECVDATA=1", some_bytes(10, 1000), 1);
	recvdata("AT+CIPRECVDATA=499", some_bytes(10, 1000) + 1, 499);
	check(kept(LINK_SINGLE) == 500, "%lld bytes are left", (long long)kept(LINK_SINGLE));
	recvdata("AT+CIPRECVDATA=2048", some_bytes(10, 1000) + 500, 500);
	leave_passive();
}

Test(ciprecvdata, shows_the_sender_of_each_datagram, REQ("CIPRECVDATA-31"),
	TAGS("needs:peers issue:espressif/esp-at#450"))
{
	enter_passive();
	int peer = peer_open("udp", NULL);
	start_link_more(LINK_SINGLE, "UDP", peer, ",4323,2");
	given("AT+CIPDINFO=1");
	send_through(LINK_SINGLE, peer, PEER_LATEST, "x", 1);
	int other = peer_connect("udp", 4323, NULL);
	const int senders[] = { peer, other, peer };
	for (int i = 0; i < 3; i++)
		feed(senders[i], PEER_LATEST, LINK_SINGLE, fmt("number %d", i), 8);
	for (int i = 0; i < 3; i++) {
		const struct ipd_header *h = recvdata_any("AT+CIPRECVDATA=2048");
		check(h->len == 8 && memcmp(h->data, fmt("number %d", i), 8) == 0,
			"read %d gives %zu bytes", i, h->len);
		check(deviated() || is_from(h, senders[i]), "datagram %d is shown as from %s, %d",
			i, h->remote_ip, h->remote_port);
	}
	given("AT+CIPDINFO=0");
	leave_passive();
}

Test(ciprecvdata, reads_all_over_ssl, REQ("CIPRECVDATA-27"),
	TAGS("needs:peers needs:tls issue:espressif/esp-at#589"))
{
	enter_passive();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	peer_send(peer, some_bytes(11, 5000), 5000);
	read_all(LINK_SINGLE, some_bytes(11, 5000), 5000);
	peer_send(peer, some_bytes(12, 20000), 20000);
	read_all(LINK_SINGLE, some_bytes(12, 20000), 20000);
	leave_passive();
}

Test(ciprecvdata, reads_data_of_clients_of_the_server, REQ("CIPRECVDATA-30"),
	TAGS("needs:peers issue:espressif/esp-at#294"))
{
	int first, second;
	enter_passive();
	enter_server(8083);
	int one = client_connects(8083, &first), two = client_connects(8083, &second);
	feed(one, 0, first, "first", 5);
	feed(two, 0, second, "second", 6);
	recvdata(read_line(second, 100), "second", 6);
	recvdata(read_line(first, 100), "first", 5);
	leave_server();
	given("AT+CIPRECVMODE=0");
}
