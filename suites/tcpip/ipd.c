/* SPDX-License-Identifier: MIT */
/* +IPD: data of the peers as the module hands them out, in quiet and at the worst of moments. */
#include "data.h"

/* ---- the message ---- */

static void expect_header(int link, size_t len)
{
	const struct ipd_header *h = next_ipd(link, 0);
	check(h->link == link, "the link ID is %d, not %d", h->link, link);
	check(!h->passive && h->len == len, "the length is %zu, not %zu", h->len, len);
	check(!h->has_remote, "an address is shown: %s", h->remote_ip);
}

Test(ipd, has_no_link_id_in_single_mode, REQ("IPD-1", "IPD-4", "IPD-7"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	peer_send(peer, "hello", 5);
	expect_header(LINK_SINGLE, 5);
	peer_send(peer, some_bytes(0, 1000), 1000);
	expect_header(LINK_SINGLE, 1000);
	leave_single();
}

Test(ipd, has_a_link_id_in_multiple_mode, REQ("IPD-2", "IPD-4", "IPD-6"), TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int i = 0; i < LINKS; i++) {
		int link = i * 2 % LINKS;
		size_t len = 10 + (size_t)link;
		peer_send_on(peer, link, some_bytes(0, len), len);
		expect_header(link, len);
	}
	leave_multi();
}

Test(ipd, announces_what_follows, REQ("IPD-4"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 9, 10, 99, 100, 999, 1000, 1400 };
	int peer = enter_linked("tcp", NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		peer_send(peer, some_text(1, lengths[i]), lengths[i]);
		expect_header(LINK_SINGLE, lengths[i]);
		at("AT", "OK");
	}
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	leave_single();
}

Test(ipd, has_the_id_of_its_link, REQ("IPD-6"), TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		peer_send_on(peer, link, fmt("on link %d", link), 9);
	for (int link = 0; link < LINKS; link++)
		ipd(link, fmt("on link %d", link), 9, 0);
	leave_multi();
}

Test(ipd, shows_the_remote_address_on_demand, REQ("IPD-3"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	peer_send(peer, "without", 7);
	expect_header(LINK_SINGLE, 7);
	given("AT+CIPDINFO=1");
	peer_send(peer, "with", 4);
	const struct ipd_header *h = next_ipd(LINK_SINGLE, 0);
	check(h->has_remote && h->len == 4, "length %zu, address \"%s\"", h->len, h->remote_ip);
	check(strcmp(h->remote_ip, peer_address(peer)) == 0, "the address is %s", h->remote_ip);
	check(h->remote_port == peer_port(peer), "the port is %d", h->remote_port);
	given("AT+CIPDINFO=0");
	leave_single();
}

Test(ipd, comes_without_being_asked_for, REQ("IPD-7"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 5; i++) {
		peer_send(peer, "by itself", 9);
		ipd(LINK_SINGLE, "by itself", 9, 0);
	}
	leave_single();
}

Test(ipd, comes_once, REQ("IPD-29"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 5; i++) {
		peer_send(peer, "just once", 9);
		ipd(LINK_SINGLE, "just once", 9, 0);
	}
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	leave_single();
}

/* ---- the data ---- */

Test(ipd, hands_out_every_byte_value, REQ("IPD-5"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (unsigned seed = 0; seed < 4; seed++) {
		peer_send(peer, some_bytes(seed, 1024), 1024);
		ipd(LINK_SINGLE, some_bytes(seed, 1024), 1024, 0);
	}
	leave_single();
}

Test(ipd, hands_out_any_length, REQ("IPD-9", "IPD-4"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 2, 1459, 1460, 1461, 2047, 2048, 2049, 5840, 20000 };
	int peer = enter_linked("tcp", NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint8_t *bytes = some_bytes((unsigned)i, lengths[i]);
		peer_send(peer, bytes, lengths[i]);
		ipd(LINK_SINGLE, bytes, lengths[i], 0);
	}
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	leave_single();
}

Test(ipd, keeps_the_order, REQ("IPD-9"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	ipd_follow(LINK_SINGLE, 11, 0);
	peer_send_pattern(peer, 0, 11, 0, 200000);
	ipd_until(LINK_SINGLE, 200000, 4 * bench_ms("answer"));
	leave_single();
}

Test(ipd, has_one_for_each_datagram, REQ("IPD-10"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 100, 3, 1400, 512 };
	int peer = enter_udp("");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		peer_send(peer, some_bytes((unsigned)i, lengths[i]), lengths[i]);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const struct ipd_header *h = next_ipd(LINK_SINGLE, 0);
		check(h->len == lengths[i], "datagram %zu has %zu bytes, not %zu", i, h->len,
			lengths[i]);
		check(memcmp(h->data, some_bytes((unsigned)i, h->len), h->len) == 0,
			"datagram %zu has other bytes", i);
	}
	leave_single();
}

Test(ipd, hands_out_datagrams_of_other_senders, REQ("IPD-28"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	start_link_more(LINK_SINGLE, "UDP", peer, ",4321,2");
	send_through(LINK_SINGLE, peer, PEER_LATEST, "x", 1);
	int other = peer_connect("udp", 4321, NULL);
	peer_send(other, "from another", 12);
	ipd(LINK_SINGLE, "from another", 12, 0);
	peer_send(peer, "from the first", 14);
	ipd(LINK_SINGLE, "from the first", 14, 0);
	leave_single();
}

Test(ipd, hands_out_what_trickles_in, REQ("IPD-20"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp-source", "{\"seed\":5,\"bytes\":60,\"trickle_ms\":2}");
	ipd_follow(LINK_SINGLE, 5, 0);
	start_link(LINK_SINGLE, "TCP", peer);
	ipd_until(LINK_SINGLE, 60, 0);
	leave_single();
}

Test(ipd, hands_out_data_over_ssl, REQ("IPD-22"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	peer_send(peer, "hello", 5);
	ipd(LINK_SINGLE, "hello", 5, 0);
	peer_send(peer, some_bytes(1, 20000), 20000);
	ipd(LINK_SINGLE, some_bytes(1, 20000), 20000, 0);
	leave_single();
}

Test(ipd, hands_out_data_of_clients_of_the_server, REQ("IPD-21"), TAGS("needs:peers"))
{
	int first, second;
	enter_server(8080);
	int one = client_connects(8080, &first), two = client_connects(8080, &second);
	peer_send(two, "from the second", 15);
	peer_send(one, "from the first", 14);
	ipd(first, "from the first", 14, 0);
	ipd(second, "from the second", 15, 0);
	peer_send(two, some_bytes(2, 3000), 3000);
	ipd(second, some_bytes(2, 3000), 3000, 0);
	no_ipd(first, bench_ms("silence"));
	leave_server();
}

Test(ipd, hands_out_what_a_client_sends_at_once, REQ("IPD-11", "IPD-21"), TAGS("needs:peers"))
{
	enter_server(8080);
	for (int i = 0; i < 3; i++) {
		peer_connect("tcp", 8080, "{\"greeting\":\"GET / HTTP/1.1\"}");
		urc(RE("(?<id>[0-4]),CONNECT"), 0);
		ipd((int)field_int("id"), "GET / HTTP/1.1", 14, 0);
	}
	leave_server();
}

Test(ipd, comes_bare_in_passthrough, REQ("IPD-8"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp", NULL);
	enter_passthrough("TCP", peer, "");
	peer_send(peer, "no header", 9);
	passthrough_expect("no header", 9, 0);
	peer_send(peer, some_bytes(3, 5000), 5000);
	passthrough_expect(some_bytes(3, 5000), 5000, 0);
	no_ipd(LINK_PASS, bench_ms("silence"));
	passthrough_end();
	leave_passthrough();
}

/* ---- data that look like something else ---- */

Test(ipd, hands_out_data_that_look_like_results, REQ("IPD-18"),
	TAGS("needs:peers issue:espressif/esp-at#13"))
{
	static const char *const texts[] = { "\r\nSEND OK\r\n", "\r\nOK\r\n", "OK\r\n>",
		"+IPD,5:hello", "\r\n+IPD,0,5:hello", "\r\nERROR\r\n", "CLOSED\r\n", "0,CLOSED\r\n",
		"\r\nready\r\n", "busy p...\r\n", "+CIPRECVDATA:4,abcd", ":", ",", ">", "\r", "\n",
		"\r\nSEND FAIL\r\n", "AT\r\n" };
	int peer = enter_linked("tcp", NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		peer_send(peer, texts[i], strlen(texts[i]));
		send_through(LINK_SINGLE, peer, 0, "meanwhile", 9);
		ipd(LINK_SINGLE, texts[i], strlen(texts[i]), 0);
	}
	no_ipd(LINK_SINGLE, bench_ms("silence"));
	leave_single();
}

Test(ipd, is_not_torn_by_results, REQ("IPD-18", "IPD-17"),
	TAGS("needs:peers issue:espressif/esp-at#13"))
{
	int peer = enter_linked("tcp-echo", NULL);
	for (unsigned i = 0; i < 20; i++)
		send_data("AT+CIPSEND=1400", some_bytes(i, 1400), 1400);
	for (unsigned i = 0; i < 20; i++)
		ipd(LINK_SINGLE, some_bytes(i, 1400), 1400, 0);
	peer_wait_bytes(peer, 0, 20 * 1400, 0);
	leave_single();
}

/* ---- at inconvenient moments ---- */

Test(ipd, comes_while_a_command_is_typed, REQ("IPD-13"), TAGS("needs:peers"))
{
	static const char command[] = "AT+CIPMUX?\r\n";
	int peer = enter_linked("tcp", NULL);
	for (size_t cut = 1; cut < sizeof(command) - 1; cut++) {
		raw(command, cut);
		push(peer, LINK_SINGLE, "meanwhile");
		raw(command + cut, sizeof(command) - 1 - cut);
		response("+CIPMUX:0", "OK");
		ipd(LINK_SINGLE, "meanwhile", 9, 0);
	}
	leave_single();
}

Test(ipd, comes_between_prompt_and_end_of_data, REQ("IPD-14"),
	TAGS("needs:peers issue:espressif/esp-at#302"))
{
	static const char digits[] = "0123456789";
	int peer = enter_linked("tcp", NULL);
	for (size_t cut = 0; cut < 10; cut += 3) {
		data_prompt("AT+CIPSEND=10");
		raw(digits, cut);
		push(peer, LINK_SINGLE, "meanwhile");
		raw(digits + cut, 10 - cut);
		response("SEND OK");
		peer_expect(peer, digits, 10, 0);
		ipd(LINK_SINGLE, "meanwhile", 9, 0);
		expect_text(LINK_SINGLE, peer, "and afterwards");
	}
	leave_single();
}

Test(ipd, comes_on_another_link_before_the_end_of_data, REQ("IPD-14"),
	TAGS("needs:peers issue:espressif/esp-at#302"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	data_prompt("AT+CIPSEND=1,2048");
	raw(some_bytes(1, 2048), 1000);
	for (int link = 0; link < LINKS; link++) {
		peer_send_on(peer, link, some_bytes((unsigned)link, 3000), 3000);
		check(comes(link, 3000, bench_ms("answer")), "nothing comes on link %d", link);
	}
	raw(some_bytes(1, 2048) + 1000, 1048);
	response("SEND OK");
	peer_expect_on(peer, 1, some_bytes(1, 2048), 2048, 0);
	for (int link = 0; link < LINKS; link++) {
		ipd(link, some_bytes((unsigned)link, 3000), 3000, 0);
		peer_send_on(peer, link, "later", 5);
		ipd(link, "later", 5, 0);
	}
	leave_multi();
}

Test(ipd, comes_between_ok_and_prompt, REQ("IPD-15"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp-source", "{\"seed\":3,\"bytes\":200,\"trickle_ms\":1}");
	ipd_follow(LINK_SINGLE, 3, 0);
	start_link(LINK_SINGLE, "TCP", peer);
	size_t sent = 0;
	while (ipd_count(LINK_SINGLE) < 150 && sent < 1000) {
		send_data("AT+CIPSEND=4", "data", 4);
		sent += 4;
	}
	ipd_until(LINK_SINGLE, 200, 4 * bench_ms("answer")); /* trickling takes its time */
	peer_wait_bytes(peer, 0, (int64_t)sent, 0);
	leave_single();
}

/* An address of the block for documentation, where nobody is. */
#define NOBODY "192.0.2.1"

Test(ipd, comes_while_a_command_is_executed, REQ("IPD-16"), TAGS("needs:peers"))
{
	int peer = enter_links(1, "tcp", NULL);
	raw_text("AT+CIPSTART=1,\"TCP\",\"" NOBODY "\",80\r\n");
	push(peer, 0, "meanwhile");
	peer_send(peer, some_bytes(1, 3000), 3000);
	response("ERROR");
	ipd(0, "meanwhile", 9, 0);
	ipd(0, some_bytes(1, 3000), 3000, 0);
	leave_multi();
}

Test(ipd, comes_before_or_behind_send_ok, REQ("IPD-17"),
	TAGS("needs:peers issue:espressif/esp-at#481"))
{
	int peer = enter_linked("tcp-echo", NULL);
	for (unsigned i = 0; i < 40; i++) {
		size_t len = 1 + i * 51;
		send_data(send_line("AT+CIPSEND", LINK_SINGLE, len), some_bytes(i, len), len);
		ipd(LINK_SINGLE, some_bytes(i, len), len, 0);
	}
	peer_wait_bytes(peer, 0, 40, 0);
	leave_single();
}

Test(ipd, pours_in_while_commands_are_answered, REQ("IPD-24"),
	TAGS("needs:peers issue:espressif/esp-at#322 issue:espressif/ESP8266_NONOS_SDK#184"))
{
	enter_single();
	int peer = peer_open("tcp-source", "{\"seed\":4,\"bytes\":400000}");
	ipd_follow(LINK_SINGLE, 4, 0);
	start_link(LINK_SINGLE, "TCP", peer);
	for (int i = 0; i < 10; i++) {
		check(read_status().count == 1, "AT+CIPSTATUS does not show the link");
		at("AT+CIPMUX?", "+CIPMUX:0", "OK");
		at("AT+CIPFAKE", "ERROR");
	}
	ipd_until(LINK_SINGLE, 400000, 4 * bench_ms("answer"));
	check(read_status().count == 1, "AT+CIPSTATUS does not show the link any more");
	leave_single();
}

/* ---- at the beginning and the end of a connection ---- */

/* Where the first of these bytes begins in what came since the last command, or -1. */
static long wire_place(const char *text)
{
	size_t len;
	const char *wire = received(&len), *found = memmem(wire, len, text, strlen(text));
	return found ? found - wire : -1;
}

Test(ipd, comes_behind_the_connection, REQ("IPD-11"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp", "{\"greeting\":\"welcome\"}");
	for (int i = 0; i < 10; i++) {
		given(link_line(LINK_SINGLE, "TCP", peer, ""));
		ipd(LINK_SINGLE, "welcome", 7, 0);
		long data = wire_place("+IPD,"), report = wire_place("CONNECT\r\n");
		check(report < 0 || data < 0 || report < data, "the data come before CONNECT");
		given("AT+CIPCLOSE");
	}
	leave_single();
}

/* The peer sends a text and closes at once; all of the text stands ahead of CLOSED. */
static void expect_farewell(int link, int peer, int connection, size_t len)
{
	const char *text = some_text(3, len);
	peer_send_on(peer, connection, text, len);
	peer_close(peer, connection, "fin");
	ipd(link, text, len, 0);
	urc(link_urc(link, "CLOSED"), 0);
	long closed = wire_place("CLOSED"), last = wire_place(text + len - 100);
	check(last < 0 || closed < 0 || last < closed, "the link is closed ahead of its data");
}

Test(ipd, comes_before_the_end, REQ("IPD-12"),
	TAGS("needs:peers issue:espressif/ESP8266_NONOS_SDK#124"))
{
	int peer = enter_links(3, "tcp", NULL);
	for (int link = 0; link < 3; link++) {
		at("AT", "OK");
		expect_farewell(link, peer, link, 100 + (size_t)link * 10000);
	}
	leave_multi();
}

Test(ipd, comes_from_a_peer_that_closes_at_once, REQ("IPD-12", "IPD-11"),
	TAGS("needs:peers issue:espressif/ESP8266_NONOS_SDK#124"))
{
	enter_single();
	int peer = peer_open("tcp",
		"{\"greeting\":\"hello and good bye\",\"close_after\":0,\"close_how\":\"fin\"}");
	for (int i = 0; i < 5; i++) {
		any(link_line(LINK_SINGLE, "TCP", peer, ""));
		check(said("OK"), "the connection is refused");
		ipd(LINK_SINGLE, "hello and good bye", 18, 0);
		urc("CLOSED", 0);
		forget_urcs();
	}
	leave_single();
}

Test(ipd, comes_from_a_peer_that_shuts_its_side, REQ("IPD-26"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	peer_send(peer, some_bytes(7, 5000), 5000);
	peer_close(peer, 0, "half");
	ipd(LINK_SINGLE, some_bytes(7, 5000), 5000, 0);
	at("AT", "OK");
	leave_single();
}

Test(ipd, ends_with_cipclose, REQ("IPD-19"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp-source", "{\"seed\":6,\"bytes\":-1,\"trickle_ms\":1}");
	start_link(LINK_SINGLE, "TCP", peer);
	check(comes(LINK_SINGLE, 5, bench_ms("answer")), "nothing comes");
	given("AT+CIPCLOSE");
	uint64_t then = ipd_count(LINK_SINGLE);
	listen_for(bench_ms("silence"));
	check(ipd_count(LINK_SINGLE) == then, "data come after the link was closed");
	forget_urcs();
}

Test(ipd, belongs_to_the_new_connection, REQ("IPD-27"), TAGS("needs:peers"))
{
	enter_multi();
	int old = peer_open("tcp-source", "{\"seed\":8,\"bytes\":-1,\"rate\":200000}");
	int new = peer_open("tcp", NULL);
	ipd_follow(1, 8, 0);
	start_link(1, "TCP", old);
	ipd_until(1, 1000, 0);
	given("AT+CIPCLOSE=1");
	ipd_follow(1, 9, 0);
	start_link(1, "TCP", new);
	peer_send_pattern(new, 0, 9, 0, 5000);
	ipd_until(1, 5000, 0);
	leave_multi();
}

/* ---- all links ---- */

Test(ipd, keeps_five_links_apart, REQ("IPD-23", "IPD-6"), TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		ipd_follow(link, (uint64_t)link + 1, 0);
	for (int link = 0; link < LINKS; link++)
		peer_send_pattern(peer, link, (uint64_t)link + 1, 0, 30000);
	for (int link = LINKS - 1; link >= 0; link--)
		ipd_until(link, 30000, 2 * bench_ms("answer"));
	leave_multi();
}

Test(ipd, goes_both_ways_on_five_links, REQ("IPD-23"), TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++) {
		ipd_follow(link, (uint64_t)link + 20, 0);
		peer_send_pattern(peer, link, (uint64_t)link + 20, 0, 40000);
	}
	for (unsigned i = 0; i < 4; i++)
		for (int link = 0; link < LINKS; link++)
			send_data(send_line("AT+CIPSEND", link, BLOCK_MAX),
				some_bytes(i + (unsigned)link, BLOCK_MAX), BLOCK_MAX);
	for (int link = 0; link < LINKS; link++) {
		for (unsigned i = 0; i < 4; i++)
			peer_expect_on(peer, link, some_bytes(i + (unsigned)link, BLOCK_MAX),
				BLOCK_MAX, 0);
		ipd_until(link, 40000, 2 * bench_ms("answer"));
	}
	leave_multi();
}
