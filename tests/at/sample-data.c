/* SPDX-License-Identifier: MIT */
/* Cases with data and peers, for data_test.py, which plays the rig. */
#include "at/derived.h"
#include "at/peer.h"

#include <criterion/hooks.h>
#include <criterion/options.h>
#include <stdio.h>
#include <string.h>

#define SECOND 1000

Test(cipsend, sends, REQ("CIPSEND-3"))
{
	send_data("AT+CIPSEND=5", "hello", 5);
	urc("0,CLOSED", SECOND);
	ipd(LINK_SINGLE, "early", 5, SECOND);
}

Test(cipsend, meets_a_deviation, REQ("CIPSEND-3"))
{
	data_prompt("AT+CIPSEND=5");
	raw("he", 2);
	raw("llo", 3);
	response("SEND OK");
}

Test(cipsend, sends_in_vain, REQ("CIPSEND-3"))
{
	send_data("AT+CIPSEND=5", "hello", 5);
}

Test(cipsend, gets_no_prompt, REQ("CIPSEND-3"))
{
	data_prompt("AT+CIPSEND=5");
}

Test(cipsend, is_refused, REQ("CIPSEND-3"))
{
	send_refused("AT+CIPSEND=0");
	data_prompt("AT+CIPSEND=5");
	raw("hello", 5);
	any_response();
	check(said("SEND FAIL"), "another result");
}

Test(cipsend, takes_data, REQ("CIPSEND-3"))
{
	at("AT+GO", "OK");
	ipd(0, "abc", 3, SECOND);
	ipd(0, "def", 3, SECOND);
	const struct ipd_header *h = next_ipd(1, SECOND);
	check(h->len == 2 && h->has_remote && h->remote_port == 80, "%zu bytes", h->len);
	check(strcmp(h->remote_ip, "10.0.0.1") == 0 && memcmp(h->data, "xy", 2) == 0, "data");
	h = next_ipd(2, SECOND);
	check(h->passive && h->len == 100 && !h->data, "no notice");
	check(ipd_count(1) == 1, "%llu left", (unsigned long long)ipd_count(1));
	no_ipd(0, 20);
	urcs(SECOND, "0,CLOSED");
}

Test(cipsend, takes_other_data, REQ("CIPSEND-3"))
{
	at("AT+GO", "OK");
	ipd(0, "abXdef", 6, SECOND);
}

Test(cipsend, takes_too_little, REQ("CIPSEND-3"))
{
	at("AT+GO", "OK");
	ipd(0, "abcdefghi", 9, 50);
}

Test(cipsend, wants_no_data, REQ("CIPSEND-3"))
{
	at("AT+GO", "OK");
	no_ipd(1, 50);
}

Test(cipsend, follows_a_pattern, REQ("CIPSEND-3"))
{
	ipd_follow(0, 1, 0);
	at("AT+GO", "OK");
}

Test(cipsend, reads_data, REQ("CIPSEND-3"))
{
	recvdata("AT+CIPRECVDATA=0,5", "hello", 5);
	const struct ipd_header *h = recvdata_any("AT+CIPRECVDATA=0,9");
	check(h->len == 3 && memcmp(h->data, "bye", 3) == 0, "%zu bytes", h->len);
	recvdata("AT+CIPRECVDATA=0,5", "other", 5);
}

Test(cipsend, passes_through, REQ("CIPSEND-3"))
{
	passthrough_begin();
	passthrough_send("hello", 5);
	passthrough_expect("HELLO", 5, SECOND);
	passthrough_end();
	urc("+QUITT", SECOND);
	at("AT", "OK");
}

Test(cipsend, starts_into_passthrough, REQ("CIPSEND-3"))
{
	at("AT+SAVETRANSLINK=1,\"10.0.0.1\",80", "OK");
	at("AT+RST", "OK");
	urcs(SECOND, "ready", "WIFI GOT IP");
	passthrough_started();
	passthrough_send("hello", 5);
	passthrough_expect("HELLO", 5, SECOND);
}

Test(cipsend, asks_peers, REQ("CIPSEND-3"))
{
	int peer = peer_open("tcp-echo", "{\"seed\":1}");
	check(peer == 3 && strcmp(peer_address(peer), "127.0.0.2") == 0, "peer %d", peer);
	check(peer_port(peer) == 4711, "port %d", peer_port(peer));
	peer_as(peer, "name.test", 80);
	peer_send(peer, "a\0b", 3);
	peer_expect(peer, "hello", 5, SECOND);
	peer_wait_connect(peer, 1, SECOND);
	check(!peer_connected(peer, 9, 20), "nine of them");
	check(peer_closed(peer, 0, "fin", SECOND), "not closed");
	check(peer_received(peer, PEER_LATEST) == 5, "received");
	check(strcmp(peer_state(peer, "connections.0.from"), "127.0.0.1:9") == 0, "from");
	int client = -1;
	check(!peer_connect_tried("tcp", 333, NULL, &client), "connected");
	peer_close(peer, PEER_ALL, "rst");
	peer_stop_listening(peer);
}

Test(cipsend, is_refused_a_peer, REQ("CIPSEND-3"))
{
	peer_open_at("tcp", 1, NULL);
}

Test(cipsend, hears_another_word, REQ("CIPSEND-3"))
{
	peer_expect(peer_open("tcp-echo", NULL), "help", 4, SECOND);
}

Test(cipsend, hears_too_much, REQ("CIPSEND-3"))
{
	peer_expect_nothing(peer_open("tcp-echo", NULL), 20);
}

Test(cipsend, waits_in_vain, REQ("CIPSEND-3"))
{
	peer_wait_connect(peer_open("tcp-echo", NULL), 9, 20);
}

Test(cipsend, is_closed_in_another_way, REQ("CIPSEND-3"))
{
	peer_wait_close(peer_open("tcp-echo", NULL), 0, "rst", 20);
}

Test(cipsend, goes_online, REQ("CIPSEND-3"))
{
	online();
	online_again();
}

ReportHook(POST_TEST)(struct criterion_test_stats *stats)
{
	static const char *const results[] = { "pass", "fail", "skip" };
	printf("%s %s\n", stats->test->name, results[stats->test_status]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct criterion_test_extra_data data = { .lang_ = CR_LANG_C,
		.kind_ = CR_TEST_NORMAL,
		.identifier_ = "derived",
		.file_ = "cipsend.json",
		.line_ = 1,
		.init = at_begin,
		.fini = at_end,
		.timeout = AT_BACKSTOP_S };
	struct criterion_test_set *set = criterion_initialize();
	for (int i = 1; i < argc; i++)
		criterion_register_test(set,
			&(struct criterion_test){ argv[i], "cipsend", at_derived_test, &data });
	criterion_options.jobs = 1;
	criterion_options.logging_threshold = CRITERION_IMPORTANT + 1;
	criterion_run_all_tests(set);
	criterion_finalize(set);
	return 0;
}
