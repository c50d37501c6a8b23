/* SPDX-License-Identifier: MIT */
/* The monitor between both ends of the network: sessions of what is sent ("> …"), received ("< …")
 * and what peers do: "= accept 0.1 80" (peer 0, connection 1, its port), "= connect 1.0 333",
 * "= sent 0.1 bytes", "= received 0.1 bytes", "= fin 0.1", "= gone 0". UDP and TLS: "=u …", "=t …".
 * Then the breaches: number and text. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "monitor/monitor.h"
#include "sessions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void peer_step(struct monitor *m, const char *step)
{
	static const struct {
		const char *word;
		enum monitor_peer_what what;
	} words[] = {
		{ "accept", MONITOR_PEER_ACCEPT },
		{ "connect", MONITOR_PEER_CONNECT },
		{ "sent", MONITOR_PEER_SENT },
		{ "received", MONITOR_PEER_RECEIVED },
		{ "fin", MONITOR_PEER_CLOSED },
		{ "gone", MONITOR_PEER_GONE },
	};
	struct monitor_peer e = { .udp = step[1] == 'u', .tls = step[1] == 't', .t_ns = 1 };
	char word[16];
	int used = 0;
	step += step[1] == ' ' ? 2 : 3;
	cr_assert(sscanf(step, "%15s %d.%d %n", word, &e.peer, &e.connection, &used) >= 2);
	const char *rest = used ? step + used : "";
	size_t i = 0;
	while (strcmp(words[i].word, word) != 0)
		i++;
	e.what = words[i].what;
	e.local_port = e.remote_port = (uint16_t)atoi(rest);
	e.bytes = rest;
	e.len = strlen(rest);
	e.how = "fin";
	e.by_module = true;
	monitor_peer_event(m, &e);
}

static void session(const char *expected, const char *const *steps)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = sessions_spec();
	struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
	for (; *steps; steps++) {
		if (**steps == '=')
			peer_step(m, *steps);
		else if (**steps == '>')
			monitor_sent(m, *steps + 2, strlen(*steps + 2), 1);
		else
			monitor_received(m, *steps + 2, strlen(*steps + 2), 1);
	}
	monitor_end(m, 1);
	cr_expect_str_eq(buf_text(&breaches), expected);
	monitor_destroy(m);
	free(spec.urcs);
	free(spec.finals);
}

#define breaks(expected, ...)                                                                      \
	session(expected, (const char *const[]){ "> AT\r\n", "< \r\nOK\r\n", __VA_ARGS__, NULL })
#define keeps(...) breaks("", __VA_ARGS__)

#define START      "> AT+CIPSTART=\"TCP\",\"127.0.0.2\",80\r\n"
#define START0     "> AT+CIPSTART=0,\"TCP\",\"127.0.0.2\",80\r\n"
#define DONE       "< CONNECT\r\n\r\nOK\r\n"
#define DONE0      "< 0,CONNECT\r\n\r\nOK\r\n"

Test(flow, data_are_what_the_peer_sent)
{
	keeps(START, "= accept 0.0 80", DONE, "= sent 0.0 hello", "< +IPD,2:he", "< +IPD,3:llo");
	keeps(START, "= accept 0.0 80", DONE, "= sent 0.0 hello", "< +IPD,2:he\r\n");
	breaks("11 the link: not what the peer sent: expected \"lo\", came \"o\"", START,
		"= accept 0.0 80", DONE, "= sent 0.0 hello", "< +IPD,4:helo");
	breaks("11 the link: not what the peer sent: expected \"\" (nothing is left), came \"!\"",
		START, "= accept 0.0 80", DONE, "= sent 0.0 hello", "< +IPD,6:hello!");
	breaks("11 link 0: not what the peer sent: expected \"b\", came \"a\"", START0,
		"= accept 0.0 80", DONE0, "= sent 0.0 ab", "< +IPD,0,1:a", "< +IPD,0,1:a",
		"< +IPD,0,1:x");
}

Test(flow, a_connection_may_be_seen_late)
{
	breaks("11 the link: not what the peer sent: expected \"hello\", came \"j\"", START, DONE,
		"= accept 0.0 80", "= sent 0.0 hello", "< +IPD,1:j");
	breaks("12 the link: the peer did not receive what was sent: expected \"hi\", came \"oh\"",
		START, DONE, "> AT+CIPSEND=2\r\n", "< OK\r\n>", "> hi", "= accept 0.0 80",
		"= received 0.0 oh", "< SEND OK\r\n");
}

Test(flow, the_port_decides_between_two)
{
	breaks("11 link 0: not what the peer sent: expected \"b\", came \"a\"", START0,
		"= accept 1.0 99", "= accept 0.0 80", DONE0, "= sent 1.0 a", "= sent 0.0 b",
		"< +IPD,0,1:a");
	keeps(START0, "= accept 0.0 80", "= accept 1.0 80", DONE0, "= sent 0.0 a", "< +IPD,0,1:x");
}

Test(flow, a_peer_receives_what_was_given)
{
	keeps(START, "= accept 0.0 80", DONE, "> AT+CIPSEND=4\r\n", "< OK\r\n>", "> ab", "> cd",
		"= received 0.0 abc", "= received 0.0 d", "< SEND OK\r\n", "= fin 0.0");
	breaks("12 the link: the peer did not receive what was sent: expected \"cd\", came \"d\"",
		START, "= accept 0.0 80", DONE, "> AT+CIPSEND=4\r\n", "< OK\r\n>", "> abcd",
		"= received 0.0 abd", "< SEND OK\r\n");
	breaks("12 link 0: the peer did not receive what was sent: expected \"\" (nothing is "
	       "left), came \"x\"",
		START0, "= accept 0.0 80", DONE0, "= received 0.0 x");
	breaks("12 the link: 2 bytes got SEND OK and never arrived", START, "= accept 0.0 80", DONE,
		"> AT+CIPSEND=2\r\n", "< OK\r\n>", "> hi", "< SEND OK\r\n", "= fin 0.0");
	keeps(START, "= accept 0.0 80", DONE, "> AT+CIPSEND=2\r\n", "< OK\r\n>", "> hi",
		"= fin 0.0", "< ERROR\r\n");
}

Test(flow, escapes_and_other_destinations_are_not_judged)
{
	keeps(START, "= accept 0.0 80", DONE, "> AT+CIPSENDEX=9\r\n", "< OK\r\n>", "> a\\\\0b\\0",
		"= received 0.0 a\\0b", "< SEND OK\r\n");
	breaks("12 the link: the peer did not receive what was sent: expected \"ab\", came \"ba\"",
		START, "= accept 0.0 80", DONE, "> AT+CIPSENDEX=2\r\n", "< OK\r\n>", "> ab",
		"= received 0.0 ba", "< SEND OK\r\n");
	keeps("> AT+CIPSTART=0,\"UDP\",\"127.0.0.2\",80\r\n", DONE0,
		"> AT+CIPSEND=0,2,\"127.0.0.3\",81\r\n", "< OK\r\n>", "> hi", "< SEND OK\r\n",
		"=u accept 0.0 80", "=u received 0.0 oh");
}

Test(flow, a_secure_link_begins_at_ok)
{
	keeps("> AT+CIPSTART=\"SSL\",\"127.0.0.2\",80\r\n", "= accept 0.0 80",
		"= received 0.0 hello", "< \r\nERROR\r\n");
	keeps("> AT+CIPSTART=\"SSL\",\"127.0.0.2\",80\r\n", "= accept 0.0 80", DONE,
		"= received 0.0 records");
	breaks("11 the link: not what the peer sent: expected \"a\", came \"b\"",
		"> AT+CIPSTART=\"SSL\",\"127.0.0.2\",80\r\n", "=t accept 0.0 80", DONE,
		"=t sent 0.0 a", "< +IPD,1:b");
}

Test(flow, clients_of_the_server)
{
	breaks("11 link 3: not what the peer sent: expected \"a\", came \"b\"", "= connect 0.0 333",
		"= sent 0.0 a", "< 3,CONNECT\r\n", "< +IPD,3,1:b");
	breaks("11 link 3: not what the peer sent: expected \"a\", came \"b\"", "< 3,CONNECT\r\n",
		"= connect 0.0 333", "= sent 0.0 a", "< +IPD,3,1:b");
	keeps("= connect 0.0 333", "= connect 1.0 333", "= sent 0.0 a", "= sent 1.0 b",
		"< 0,CONNECT\r\n1,CONNECT\r\n", "< +IPD,0,1:b", "< +IPD,1,1:a");
	breaks("11 link 1: not what the peer sent: expected \"b\", came \"a\"", "= connect 0.0 333",
		"= fin 0.0", "= connect 1.0 333", "= sent 1.0 b", "< 1,CONNECT\r\n",
		"< +IPD,1,1:a");
}

Test(flow, datagrams_may_be_lost_but_not_changed)
{
#define UDP "> AT+CIPSTART=\"UDP\",\"127.0.0.2\",80\r\n", DONE, "=u accept 0.0 80"
	keeps(UDP, "=u sent 0.0 one", "=u sent 0.0 two", "< +IPD,3:two");
	keeps(UDP, "=u sent 0.0 one", "=u sent 0.0 two", "< +IPD,2:on", "< +IPD,1:e",
		"< +IPD,3:two");
	breaks("11 the link: no datagram of the peer is like this: expected \"onetwo\", came "
	       "\"onetwo\"",
		UDP, "=u sent 0.0 one", "=u sent 0.0 two", "< +IPD,6:onetwo");
	keeps("> AT+CIPSTART=\"UDP\",\"127.0.0.2\",80,1002,2\r\n", DONE, "=u accept 0.0 80",
		"=u sent 0.0 one", "< +IPD,3:two");
	keeps(UDP, "=u sent 0.0 one", "=u accept 1.0 81", "=u sent 1.0 two", "< +IPD,3:two");
}

Test(flow, lengths_claim_no_more_than_was_sent)
{
	keeps(START0, "= accept 0.0 80", DONE0, "= sent 0.0 hello", "< +IPD,0,5\r\n",
		"> AT+CIPRECVLEN?\r\n", "< +CIPRECVLEN:5,,,,\r\n\r\nOK\r\n",
		"> AT+CIPRECVDATA=0,9\r\n", "< +CIPRECVDATA:5,hello\r\nOK\r\n");
	breaks("14 link 0: a notice of 6 bytes, of which the peer has sent only 5", START0,
		"= accept 0.0 80", DONE0, "= sent 0.0 hello", "< +IPD,0,6\r\n");
	breaks("14 link 0: AT+CIPRECVLEN? tells 2 bytes, of which the peer has sent only 1", START0,
		"= accept 0.0 80", DONE0, "= sent 0.0 ab", "> AT+CIPRECVDATA=0,1\r\n",
		"< +CIPRECVDATA:1,a\r\nOK\r\n", "> AT+CIPRECVLEN?\r\n",
		"< +CIPRECVLEN:2,,,,\r\n\r\nOK\r\n");
	breaks("11 the link: not what the peer sent: expected \"a\", came \"b\"", START,
		"= accept 0.0 80", DONE, "= sent 0.0 a", "> AT+CIPRECVDATA=1\r\n",
		"< +CIPRECVDATA:1,b\r\nOK\r\n");
	keeps("> AT+CIPSTART=\"SSL\",\"127.0.0.2\",80\r\n", "=t accept 0.0 80", DONE,
		"=t sent 0.0 a", "< +IPD,30\r\n");
}

Test(flow, links_that_are_open_and_closed)
{
	breaks("13 not an open link: +IPD,0,1:", START0, DONE0, "> AT+CIPCLOSE=0\r\n",
		"< 0,CLOSED\r\n\r\nOK\r\n", "< +IPD,0,1:a");
	breaks("13 an open link: CONNECT", START, "< \r\nOK\r\n", "< CONNECT\r\n");
	breaks("13 not an open link: +IPD,1:", "> AT+CIPCLOSE\r\n", "< \r\nOK\r\n", "< +IPD,1:a");
	keeps("> AT+CIPCLOSE=5\r\n", "< 0,CLOSED\r\n\r\nOK\r\n", "< 1,CLOSED\r\n");
	breaks("10 not an open link: 0,CLOSED", "> AT+CIPCLOSE=5\r\n", "< \r\nOK\r\n",
		"< 0,CLOSED\r\n0,CLOSED\r\n");
	keeps(START0, DONE0, "< WIFI DISCONNECT\r\n", START0, DONE0);
	keeps(START0, DONE0, "> AT+CIPSERVER=0\r\n", "< \r\nOK\r\n", "< 0,CONNECT\r\n");
	keeps("> AT+CIPCLOSE=0\r\n", "< 0,CLOSED\r\n\r\nOK\r\n", "< +IPD,0,9\r\n");
}

Test(flow, passthrough_is_a_stream)
{
#define PASS START, "= accept 0.0 80", DONE, "> AT+CIPSEND\r\n", "< OK\r\n\r\n>"
	keeps(PASS, "> hello", "= received 0.0 hel", "= received 0.0 lo", "= sent 0.0 back", "< ba",
		"< ck");
	breaks("11 the link: not what the peer sent: expected \"ck\", came \"k\"", PASS,
		"= sent 0.0 back", "< ba", "< k");
	breaks("12 the link: the peer did not receive what was sent: expected \"lo\", came \"o\"",
		PASS, "> hello", "= received 0.0 he", "= received 0.0 lo");
	keeps(PASS, "> hello", "= fin 0.0", "= accept 0.1 80", "= received 0.1 lo",
		"= sent 0.1 back", "< back");
	breaks("11 the link: not what the peer sent: expected \"back\", came \"front\"", PASS,
		"= fin 0.0", "= accept 0.1 80", "= sent 0.1 back", "< front");
	keeps(PASS, "> +++", "= received 0.0 +++");
}

Test(flow, what_is_over_is_forgotten)
{
	keeps(START, "= accept 0.0 80", DONE, "= sent 0.0 a", "= gone 0", "< +IPD,1:b");
	keeps(START, "= accept 0.0 80", DONE, "> AT+RST\r\n", "< OK\r\nready\r\n", "= sent 0.0 a",
		"= received 0.0 b");
	keeps(START0, "= accept 0.0 80", DONE0, "= sent 0.0 a", "< 0,CLOSED\r\n", START0,
		"= accept 0.1 80", DONE0, "= sent 0.1 b", "< +IPD,0,1:b");
}

/* Whatever comes in whatever order: nothing breaks, and memory has its limits. */
Test(flow, takes_anything)
{
	static const char *const words[] = { "> AT+CIPSTART=0,\"TCP\",\"1.2.3.4\",80\r\n",
		"> AT+CIPSTART=\"UDP\",\"1.2.3.4\",81\r\n", "> AT+CIPSTARTEX=\"SSL\",\"a\",82\r\n",
		"> AT+CIPSEND=0,5\r\n", "> AT+CIPSEND\r\n", "> AT+CIPSENDEX=3\r\n", "> data",
		"> +++", "> AT+CIPRECVDATA=0,4\r\n", "> AT+CIPRECVLEN?\r\n", "> AT+CIPCLOSE=5\r\n",
		"> AT+RST\r\n", "< \r\nOK\r\n", "< OK\r\n>", "< \r\nERROR\r\n", "< SEND OK\r\n",
		"< 0,CONNECT\r\n", "< CONNECT\r\n", "< 0,CLOSED\r\n", "< +IPD,0,4:data",
		"< +IPD,3\r\n", "< +IPD,0,4\r\n", "< +CIPRECVDATA:4,data", "< +IPD,5:hello",
		"< +CIPRECVLEN:4,5,,9,\r\n", "< ready\r\n", "= accept 0.0 80", "=u accept 1.0 81",
		"=t accept 2.0 82", "= connect 3.0 333", "= sent 0.0 data", "=u sent 1.0 hello",
		"= sent 3.0 data", "= received 0.0 data", "=u received 1.0 data",
		"= received 3.0 data", "= fin 0.0", "= fin 3.0", "= gone 1", "= gone 0" };
	sessions_at_random(words, sizeof(words) / sizeof(words[0]), 3000, peer_step);
}

Test(flow, a_flood_is_bounded)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = sessions_spec();
	struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
	static char block[65536];
	peer_step(m, "= connect 0.0 333");
	for (int i = 0; i < 64; i++)
		monitor_peer_event(m, &(struct monitor_peer){ .what = MONITOR_PEER_SENT,
					      .bytes = block,
					      .len = sizeof(block),
					      .t_ns = 1 });
	for (int i = 1; i < 400; i++)
		monitor_peer_event(m, &(struct monitor_peer){
					      .what = MONITOR_PEER_ACCEPT, .peer = i, .t_ns = 1 });
	monitor_received(m, "0,CONNECT\r\n+IPD,0,1:x", 21, 1);
	cr_expect_str_eq(buf_text(&breaches), "");
	monitor_destroy(m);
	free(spec.urcs);
	free(spec.finals);
}
