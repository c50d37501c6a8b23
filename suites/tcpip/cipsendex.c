/* SPDX-License-Identifier: MIT */
/* AT+CIPSENDEX: data that end by their length or by \0, and what is written to send a \0. */
#include "data.h"

/* Announces much more than is given; the text ends with \0. */
static void send_ex(const char *text)
{
	send_data("AT+CIPSENDEX=2048", text, strlen(text));
}

Test(cipsendex, has_its_prompt_behind_ok, REQ("CIPSENDEX-38"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	prompt_behind_ok("AT+CIPSENDEX=4", "data", 4);
	prompt_behind_ok("AT+CIPSENDEX=2048", "data\\0", 6);
	peer_expect(peer, "datadata", 8, 0);
	leave_single();
}

Test(cipsendex, delivers_what_was_given, REQ("CIPSENDEX-19", "CIPSENDEX-31"), TAGS("needs:peers"))
{
	static const size_t lengths[] = { 1, 2, 256, 2047, 2048 };
	int peer = enter_linked("tcp", NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint8_t *bytes = some_bytes((unsigned)i, lengths[i]);
		send_data(send_line("AT+CIPSENDEX", LINK_SINGLE, lengths[i]), bytes, lengths[i]);
		peer_expect(peer, bytes, lengths[i], 0);
	}
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, ends_at_backslash_zero, REQ("CIPSENDEX-20", "CIPSENDEX-21"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_ex("abc\\0");
	peer_expect(peer, "abc", 3, 0);
	char text[BLOCK_MAX + 1];
	memcpy(text, some_text(1, 2000), 2000);
	memcpy(text + 2000, "\\0", 3);
	send_ex(text);
	peer_expect(peer, text, 2000, 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, keeps_the_end_to_itself, REQ("CIPSENDEX-21"), TAGS("needs:peers"))
{
	int peer = enter_links(2, "tcp", NULL);
	send_data("AT+CIPSENDEX=1,100", "x\\0", 3);
	send_data("AT+CIPSENDEX=1,100", "yz\\0", 4);
	peer_expect_on(peer, 1, "xyz", 3, 0);
	nothing_more(peer);
	leave_multi();
}

Test(cipsendex, ends_at_backslash_zero_at_the_end, REQ("CIPSENDEX-22"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_data("AT+CIPSENDEX=5", "abc\\0", 5);
	peer_expect(peer, "abc", 3, 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, goes_on_at_two_backslashes_and_zero, REQ("CIPSENDEX-23"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSENDEX=100");
	raw_text("abc\\\\0def");
	unanswered(bench_ms("silence"));
	peer_expect_nothing(peer, 0);
	raw_text("\\0");
	response("SEND OK");
	leave_single();
}

Test(cipsendex, sends_backslash_zero, REQ("CIPSENDEX-24"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_ex("\\\\0abc\\\\0\\\\0def\\\\0\\0");
	peer_expect(peer, "\\0abc\\0\\0def\\0", 14, 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, returns_to_command_mode, REQ("CIPSENDEX-25"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	for (int i = 0; i < 10; i++) {
		send_ex("end\\0");
		at("AT", "OK");
		send_data("AT+CIPSENDEX=3", "end", 3);
		at("AT", "OK");
	}
	peer_wait_bytes(peer, 0, 60, 0);
	check(peer_received(peer, 0) == 60, "the peer got %lld bytes",
		(long long)peer_received(peer, 0));
	leave_single();
}

Test(cipsendex, sends_bytes_of_value_zero, REQ("CIPSENDEX-26"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_data("AT+CIPSENDEX=9", "abc\0def\0", 9);
	peer_expect(peer, "abc\0def\0", 9, 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, sends_all_other_bytes, REQ("CIPSENDEX-27"), TAGS("needs:peers"))
{
	static const char text[] = "\\n\\r\\x\\,\\\" 0\\ 0\r\n+++\r\nAT\r\n";
	int peer = enter_linked("tcp", NULL);
	send_data("AT+CIPSENDEX=1024", some_bytes(9, 1024), 1024);
	peer_expect(peer, some_bytes(9, 1024), 1024, 0);
	send_data(send_line("AT+CIPSENDEX", LINK_SINGLE, strlen(text)), text, strlen(text));
	peer_expect(peer, text, strlen(text), 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, takes_data_in_any_pieces, REQ("CIPSENDEX-28"), TAGS("needs:peers"))
{
	static const char text[] = "a\\\\0b\\nc\\0";
	int peer = enter_linked("tcp", NULL);
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		data_prompt("AT+CIPSENDEX=500");
		raw(text, cut);
		listen_for(1);
		raw(text + cut, sizeof(text) - 1 - cut);
		response("SEND OK");
		peer_expect(peer, "a\\0b\\nc", 7, 0);
	}
	data_prompt("AT+CIPSENDEX=500");
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		raw(text + i, 1);
	response("SEND OK");
	peer_expect(peer, "a\\0b\\nc", 7, 0);
	nothing_more(peer);
	leave_single();
}

Test(cipsendex, waits_for_the_end, REQ("CIPSENDEX-29"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSENDEX=10");
	raw_text("abcdefghi");
	unanswered(bench_ms("silence"));
	peer_expect_nothing(peer, 0);
	raw_text("j");
	response("SEND OK");
	peer_expect(peer, "abcdefghij", 10, 0);
	data_prompt("AT+CIPSENDEX=10");
	raw_text("abc\\");
	unanswered(bench_ms("silence"));
	peer_expect_nothing(peer, 0);
	raw_text("0");
	response("SEND OK");
	peer_expect(peer, "abc", 3, 0);
	leave_single();
}

Test(cipsendex, keeps_surplus_bytes_from_the_peer, REQ("CIPSENDEX-30"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSENDEX=4");
	tolerate(true, "more bytes than announced");
	raw_text("abcdSURPLUS\r\n");
	size_t ok, refused;
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 1, "SEND OK came %zu times", ok);
	peer_expect(peer, "abcd", 4, 0);
	nothing_more(peer);
	at("AT", "OK");
	leave_single();
}

Test(cipsendex, reaches_the_peer_of_its_link, REQ("CIPSENDEX-31", "CIPSENDEX-8"),
	TAGS("needs:peers"))
{
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int i = 0; i < LINKS; i++) {
		int link = (i * 2 + 1) % LINKS;
		const char *text = fmt("on link %d\\0", link);
		send_data(send_line("AT+CIPSENDEX", link, 50), text, strlen(text));
		peer_expect_on(peer, link, text, strlen(text) - 2, 0);
		send_data(send_line("AT+CIPSENDEX", link, 4), "more", 4);
		peer_expect_on(peer, link, "more", 4, 0);
	}
	for (int link = 0; link < LINKS; link++)
		check(peer_received(peer, link) == 13, "link %d got %lld bytes", link,
			(long long)peer_received(peer, link));
	leave_multi();
}

Test(cipsendex, sends_to_the_address_given, REQ("CIPSENDEX-32", "CIPSENDEX-3"), TAGS("needs:peers"))
{
	enter_single();
	int far = peer_open("udp", NULL), other = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", far);
	send_data(fmt("AT+CIPSENDEX=100,%s", remote_text(other)), "hello\\0", 7);
	peer_expect(other, "hello", 5, 0);
	send_data(fmt("AT+CIPSENDEX=3,%s", remote_text(other)), "you", 3);
	peer_expect(other, "you", 3, 0);
	nothing_more(far);
	leave_single();
}

Test(cipsendex, sends_to_the_address_given_with_a_link_id, REQ("CIPSENDEX-32", "CIPSENDEX-4"),
	TAGS("needs:peers"))
{
	enter_multi();
	int far = peer_open("udp", NULL), other = peer_open("udp", NULL);
	start_link(3, "UDP", far);
	send_data(fmt("AT+CIPSENDEX=3,100,%s", remote_text(other)), "hello\\0", 7);
	peer_expect(other, "hello", 5, 0);
	nothing_more(far);
	leave_multi();
}

Test(cipsendex, sends_one_datagram, REQ("CIPSENDEX-37"), TAGS("needs:peers"))
{
	static const char *const texts[] = { "one\\0", "two\\\\0two\\0", "three" };
	static const size_t lengths[] = { 3, 8, 5 };
	enter_single();
	int peer = peer_open("udp", NULL);
	start_link(LINK_SINGLE, "UDP", peer);
	int64_t total = 0;
	for (int i = 0; i < 3; i++) {
		send_data(
			i == 2 ? "AT+CIPSENDEX=5" : "AT+CIPSENDEX=100", texts[i], strlen(texts[i]));
		peer_wait_bytes(peer, PEER_LATEST, total += (int64_t)lengths[i], 0);
		size_t len = BLOCK_MAX;
		peer_take(peer, PEER_LATEST, &len);
		check(len == lengths[i], "the datagram has %zu bytes, not %zu", len, lengths[i]);
	}
	nothing_more(peer);
	leave_single();
}

static void lose_the_peer(const char *rest)
{
	int peer = enter_linked("tcp", NULL);
	data_prompt("AT+CIPSENDEX=10");
	raw_text("hello");
	peer_close(peer, 0, "rst");
	listen_for(bench_ms("silence"));
	raw_text(rest);
	response("ERROR");
	at("AT", "OK");
	leave_single();
}

Test(cipsendex, fails_when_the_connection_is_lost_before_the_length, REQ("CIPSENDEX-33"),
	TAGS("needs:peers"))
{
	lose_the_peer("world");
}

Test(cipsendex, fails_when_the_connection_is_lost_before_backslash_zero, REQ("CIPSENDEX-33"),
	TAGS("needs:peers"))
{
	lose_the_peer("\\0");
}

Test(cipsendex, needs_a_link, REQ("CIPSENDEX-34"), TAGS("needs:peers"))
{
	enter_single();
	send_refused("AT+CIPSENDEX=4");
	int peer = peer_open("tcp", NULL);
	start_link(LINK_SINGLE, "TCP", peer);
	peer_close(peer, 0, "fin");
	urc("CLOSED", 0);
	send_refused("AT+CIPSENDEX=4");
	leave_single();
}

Test(cipsendex, needs_that_link, REQ("CIPSENDEX-34"), TAGS("needs:peers"))
{
	int peer = enter_links(2, "tcp", NULL);
	for (int link = 2; link < LINKS; link++)
		send_refused(fmt("AT+CIPSENDEX=%d,4", link));
	peer_close(peer, 1, "rst");
	urc("1,CLOSED", 0);
	send_refused("AT+CIPSENDEX=1,4");
	send_data("AT+CIPSENDEX=0,4", "good", 4);
	peer_expect_on(peer, 0, "good", 4, 0);
	leave_multi();
}

Test(cipsendex, asks_for_the_form_of_the_mode, REQ("CIPSENDEX-35"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp", NULL);
	send_refused("AT+CIPSENDEX=0,4");
	leave_single();
	enter_multi();
	start_link(0, "TCP", peer);
	send_refused("AT+CIPSENDEX=4");
	leave_multi();
}

Test(cipsendex, has_no_place_in_transparent_mode, REQ("CIPSENDEX-36"), TAGS("needs:peers"))
{
	enter_linked("tcp", NULL);
	given("AT+CIPMODE=1");
	send_refused("AT+CIPSENDEX=4");
	given("AT+CIPMODE=0");
	leave_single();
}
