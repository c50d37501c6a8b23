/* SPDX-License-Identifier: MIT */
/* AT+CIPSEND: what the peers receive, when they receive it, and what becomes of a send that can't
 * go through. */
#include "data.h"

Test(cipsend, has_its_prompt_behind_ok, REQ("CIPSEND-42"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 5; i++)
		prompt_behind_ok("AT+CIPSEND=4", "data", 4);
	peer_expect(peer, "datadatadatadatadata", 20, 0);
	leave_single();
}

/* ---- the bytes ---- */

Test(cipsend, delivers_what_was_given, REQ("CIPSEND-19", "CIPSEND-24"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 2, 256, 1460, 1461, 2047, 2048 };
	int peer = enter_linked("tcp", NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		send_through(LINK_SINGLE, peer, 0, some_bytes((unsigned)i, lengths[i]), lengths[i]);
	nothing_more(peer);
	leave_single();
}

Test(cipsend, sends_every_byte_value, REQ("CIPSEND-20"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		send_data("AT+CIPSEND=1", &byte, 1);
	}
	peer_expect(peer, some_bytes(0, 256), 256, 0);
	send_through(LINK_SINGLE, peer, 0, some_bytes(5, 1024), 1024);
	nothing_more(peer);
	leave_single();
}

Test(cipsend, takes_nothing_in_the_data_for_a_command, REQ("CIPSEND-20"), TAGS("needs:peers"))
{
	static const char text[] =
		"\r\nAT+RST\r\n+++\r\nATE0\r\n\r\nOK\r\n>SEND OK\r\n\\0\\\\0"
		"+IPD,4:abcd\r\nERROR\r\nAT+CIPCLOSE\r\n\n\r\x1b\x03\x04\x11\x13";
	const size_t len = sizeof(text) - 1;
	int peer = enter_linked("tcp", NULL);
	send_through(LINK_SINGLE, peer, 0, text, len);
	data_prompt(send_line("AT+CIPSEND", LINK_SINGLE, len));
	for (size_t done = 0; done < len; done += 11) {
		listen_for(1);
		raw(text + done, len - done < 11 ? len - done : 11);
	}
	response("SEND OK");
	peer_expect(peer, text, len, 0);
	nothing_more(peer);
	at("AT", "OK");
	check(echoed() == bench_echo(), "the echo has changed");
	leave_single();
}

Test(cipsend, waits_for_the_last_byte, REQ("CIPSEND-21"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSEND=2048");
	raw(some_bytes(1, 2048), 2047);
	unanswered(bench_ms("silence"));
	peer_expect_nothing(peer, 0);
	raw(some_bytes(1, 2048) + 2047, 1);
	response("SEND OK");
	peer_expect(peer, some_bytes(1, 2048), 2048, 0);
	leave_single();
}

Test(cipsend, takes_data_in_any_pieces, REQ("CIPSEND-22"), TAGS("needs:peers"))
{
	const uint8_t *bytes = some_bytes(2, 64);
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSEND=64");
	for (size_t i = 0; i < 64; i++)
		raw(bytes + i, 1);
	response("SEND OK");
	peer_expect(peer, bytes, 64, 0);
	nothing_more(peer);
	leave_single();
}

/* Whether the surplus is dropped or taken for a (wrong) command line is open. */
static void send_surplus(size_t len)
{
	int peer = enter_linked("tcp", NULL);
	char bytes[BLOCK_MAX + 16];
	memcpy(bytes, some_text(3, len), len);
	memcpy(bytes + len, "SURPLUS\r\n", 10);
	data_prompt(fmt("AT+CIPSEND=%zu", len));
	tolerate(true, "more bytes than announced");
	raw(bytes, len + 9);
	size_t ok, refused;
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 1, "SEND OK came %zu times", ok);
	peer_expect(peer, bytes, len, 0);
	nothing_more(peer);
	at("AT", "OK");
	send_through(LINK_SINGLE, peer, 0, "after", 5);
	leave_single();
}

Test(cipsend, keeps_surplus_bytes_from_the_peer, REQ("CIPSEND-23"), TAGS("needs:peers"))
{
	send_surplus(4);
}

Test(cipsend, keeps_the_2049th_byte_from_the_peer, REQ("CIPSEND-23"), TAGS("needs:peers"))
{
	send_surplus(2048);
}

Test(cipsend, begins_with_the_first_byte, REQ("CIPSEND-19"),
	TAGS("needs:peers issue:espressif/esp-at#967"))
{
	enter_single();
	int peer = peer_open("tcp", NULL);
	for (int round = 0; round < 4; round++) {
		given(link_line(LINK_SINGLE, "TCP", peer, ""));
		peer_wait_connect(peer, round + 1, 0);
		send_data("AT+CIPSEND=3", "abc", 3);
		peer_wait_bytes(peer, round, 3, 0);
		given("AT+CIPCLOSE");
		peer_wait_close(peer, round, NULL, 0);
		check(peer_received(peer, round) == 3, "the peer got %lld bytes",
			(long long)peer_received(peer, round));
		peer_expect_on(peer, round, "abc", 3, 0);
	}
	forget_urcs();
}

Test(cipsend, answers_every_block, REQ("CIPSEND-40"),
	TAGS("needs:peers issue:espressif/esp-at#154"))
{
	int peer = enter_linked("tcp-echo", NULL);
	size_t total = 0;
	for (unsigned i = 0; i < 60; i++) {
		size_t len = 1 + i * 17 % 300;
		send_data(send_line("AT+CIPSEND", LINK_SINGLE, len), some_bytes(i, len), len);
		total += len;
	}
	peer_wait_bytes(peer, 0, (int64_t)total, 0);
	for (unsigned i = 0; i < 60; i++) {
		size_t len = 1 + i * 17 % 300;
		ipd(LINK_SINGLE, some_bytes(i, len), len, 0);
	}
	leave_single();
}

/* ---- whose they are ---- */

Test(cipsend, reaches_the_peer_of_its_link, REQ("CIPSEND-24", "CIPSEND-8"), TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int i = 0; i < 2 * LINKS; i++) {
		int link = i * 3 % LINKS;
		const char *text = fmt("number %d on link %d", i, link);
		send_through(link, peer, link, text, strlen(text));
	}
	for (int link = 0; link < LINKS; link++)
		check(peer_received(peer, link) == 2 * 18, "link %d got %lld bytes", link,
			(long long)peer_received(peer, link));
	leave_multi();
}

Test(cipsend, sends_to_the_address_given, REQ("CIPSEND-25", "CIPSEND-3"), TAGS("needs:peers"))
{
	enter_single();
	int far = peer_open("udp", NULL), other = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", far);
	send_data(fmt("AT+CIPSEND=5,%s", remote_text(other)), "hello", 5);
	peer_expect(other, "hello", 5, 0);
	nothing_more(far);
	leave_single();
}

Test(cipsend, sends_to_the_address_given_with_a_link_id, REQ("CIPSEND-25", "CIPSEND-4"),
	TAGS("needs:peers"))
{
	enter_multi();
	int far = peer_open("udp", NULL), other = peer_open("udp", NULL);
	start_link(2, "UDP", far);
	start_link(4, "UDP", far);
	send_data(fmt("AT+CIPSEND=4,5,%s", remote_text(other)), "hello", 5);
	peer_expect(other, "hello", 5, 0);
	send_data(fmt("AT+CIPSEND=2,3,%s", remote_text(other)), "you", 3);
	peer_expect(other, "you", 3, 0);
	nothing_more(far);
	leave_multi();
}

Test(cipsend, keeps_the_address_for_one_send, REQ("CIPSEND-26"), TAGS("needs:peers"))
{
	enter_single();
	int far = peer_open("udp", NULL), other = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", far);
	for (int i = 0; i < 2; i++) {
		send_data(fmt("AT+CIPSEND=5,%s", remote_text(other)), "other", 5);
		peer_expect(other, "other", 5, 0);
		send_data("AT+CIPSEND=3", "far", 3);
		peer_expect(far, "far", 3, 0);
	}
	peer_expect_nothing(other, bench_ms("silence"));
	leave_single();
}

Test(cipsend, sends_one_datagram, REQ("CIPSEND-27"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 512, 1472, 1473, 2048 };
	enter_single();
	int peer = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", peer);
	int64_t total = 0;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint8_t *bytes = some_bytes((unsigned)i, lengths[i]);
		send_data(send_line("AT+CIPSEND", LINK_SINGLE, lengths[i]), bytes, lengths[i]);
		peer_wait_bytes(peer, PEER_LATEST, total += (int64_t)lengths[i], 0);
		size_t len = BLOCK_MAX;
		const void *got = peer_take(peer, PEER_LATEST, &len);
		check(len == lengths[i], "the datagram has %zu bytes, not %zu", len, lengths[i]);
		check(memcmp(got, bytes, len) == 0, "the datagram is not what was sent");
	}
	nothing_more(peer);
	leave_single();
}

Test(cipsend, sends_over_ssl, REQ("CIPSEND-38"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	send_through(LINK_SINGLE, peer, 0, some_bytes(1, 256), 256);
	send_through(LINK_SINGLE, peer, 0, some_bytes(2, 2048), 2048);
	nothing_more(peer);
	leave_single();
}

Test(cipsend, sends_to_clients_of_the_server, REQ("CIPSEND-39"), TAGS("needs:peers"))
{
	int first, second;
	enter_server(8080);
	int one = client_connects(8080, &first), two = client_connects(8080, &second);
	send_through(second, two, 0, "to the second", 13);
	send_through(first, one, 0, "to the first", 12);
	send_through(second, two, 0, some_bytes(0, 2048), 2048);
	nothing_more(one);
	leave_server();
}

/* ---- when it can't be sent ---- */

/* Half of the data, then the peer goes, then the other half. */
static void lose_the_peer(const char *how)
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSEND=10");
	raw("hello", 5);
	peer_close(peer, 0, how);
	listen_for(bench_ms("silence"));
	raw("world", 5);
	response("ERROR");
	at("AT", "OK");
	leave_single();
}

Test(cipsend, fails_when_the_connection_is_reset_meanwhile, REQ("CIPSEND-28"), TAGS("needs:peers"))
{
	lose_the_peer("rst");
}

Test(cipsend, fails_when_the_connection_is_closed_meanwhile, REQ("CIPSEND-28"), TAGS("needs:peers"))
{
	lose_the_peer("fin");
}

Test(cipsend, needs_a_link, REQ("CIPSEND-29"), TAGS("needs:peers"))
{
	enter_single();
	send_refused("AT+CIPSEND=4");
	int peer = peer_open("tcp", NULL);
	start_link(LINK_SINGLE, "TCP", peer);
	given("AT+CIPCLOSE");
	send_refused("AT+CIPSEND=4");
	forget_urcs();
}

Test(cipsend, needs_that_link, REQ("CIPSEND-29"), TAGS("needs:peers"))
{
	enter_multi();
	int peer = peer_open("tcp", NULL);
	start_link(2, "TCP", peer);
	for (int link = 0; link < LINKS; link++)
		if (link != 2)
			send_refused(fmt("AT+CIPSEND=%d,4", link));
	send_through(2, peer, 0, "good", 4);
	given("AT+CIPCLOSE=2");
	send_refused("AT+CIPSEND=2,4");
	leave_multi();
}

static void send_to_gone_peer(const char *how)
{
	int peer = enter_linked("tcp", NULL);
	peer_close(peer, 0, how);
	urc("CLOSED", 0);
	send_refused("AT+CIPSEND=4");
	leave_single();
}

Test(cipsend, is_refused_after_the_peer_closed, REQ("CIPSEND-30"), TAGS("needs:peers"))
{
	send_to_gone_peer("fin");
}

Test(cipsend, is_refused_after_the_peer_reset, REQ("CIPSEND-30"), TAGS("needs:peers"))
{
	send_to_gone_peer("rst");
}

Test(cipsend, leaves_other_links_alone_when_it_fails, REQ("CIPSEND-41"), TAGS("needs:peers"))
{
	int peer = enter_links(3, "tcp", NULL);
	peer_close(peer, 1, "rst");
	urc("1,CLOSED", 0);
	send_refused("AT+CIPSEND=1,4");
	send_refused("AT+CIPSEND=0,2049");
	send_through(0, peer, 0, "zero", 4);
	data_prompt("AT+CIPSEND=2,8");
	raw("half", 4);
	peer_close(peer, 2, "rst");
	listen_for(bench_ms("silence"));
	raw("half", 4);
	any_response();
	send_through(0, peer, 0, "more", 4);
	nothing_more(peer);
	leave_multi();
}

Test(cipsend, asks_for_the_form_of_the_mode, REQ("CIPSEND-36"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_refused("AT+CIPSEND=0,4");
	leave_single();
	enter_multi();
	start_link(0, "TCP", peer);
	send_refused("AT+CIPSEND=4");
	leave_multi();
}

/* ---- slow peers ---- */

enum { SLOW_BLOCKS = 16 };

static void send_blocks(void)
{
	for (unsigned i = 0; i < SLOW_BLOCKS; i++)
		send_data("AT+CIPSEND=2048", some_bytes(i, BLOCK_MAX), BLOCK_MAX);
}

static void expect_blocks(int peer)
{
	for (unsigned i = 0; i < SLOW_BLOCKS; i++)
		peer_expect(peer, some_bytes(i, BLOCK_MAX), BLOCK_MAX, 0);
	nothing_more(peer);
}

Test(cipsend, reaches_a_slow_reader, REQ("CIPSEND-37"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-slow", "{\"rate\":200000}");
	send_blocks();
	expect_blocks(peer);
	leave_single();
}

Test(cipsend, reaches_a_reader_that_had_stopped, REQ("CIPSEND-37"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", "{\"stall\":true}");
	send_blocks();
	check(peer_received(peer, 0) == 0, "the peer has read %lld bytes",
		(long long)peer_received(peer, 0));
	peer_set(peer, PEER_ALL, "{\"stall\":false}");
	expect_blocks(peer);
	leave_single();
}

/* ---- without parameters ---- */

Test(cipsend, begins_passthrough, REQ("CIPSEND-31", "CIPSEND-32"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp", NULL);
	enter_passthrough("TCP", peer, "");
	passthrough_send(some_bytes(0, 1000), 1000);
	peer_expect(peer, some_bytes(0, 1000), 1000, 0);
	passthrough_end();
	leave_passthrough();
}

Test(cipsend, begins_passthrough_over_udp, REQ("CIPSEND-32", "CIPSEND-31"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	enter_passthrough("UDP", peer, "");
	passthrough_send("as it is", 8);
	peer_expect(peer, "as it is", 8, 0);
	passthrough_end();
	leave_passthrough();
}

Test(cipsend, needs_the_transparent_mode, REQ("CIPSEND-33"), TAGS("needs:peers"))
{
	enter_linked("tcp", NULL);
	send_refused("AT+CIPSEND");
	leave_single();
}

Test(cipsend, needs_a_link_for_passthrough, REQ("CIPSEND-34"), TAGS("needs:access_point"))
{
	enter_single();
	given("AT+CIPMODE=1");
	send_refused("AT+CIPSEND");
	given("AT+CIPMODE=0");
}

Test(cipsend, has_no_length_in_transparent_mode, REQ("CIPSEND-35"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	given("AT+CIPMODE=1");
	send_refused("AT+CIPSEND=4");
	given("AT+CIPMODE=0");
	send_through(LINK_SINGLE, peer, 0, "good", 4);
	leave_single();
}
