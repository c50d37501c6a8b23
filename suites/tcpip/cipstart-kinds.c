/* SPDX-License-Identifier: MIT */
/* AT+CIPSTART: the UDP modes, the local IP, one SSL connection at most, names, and the examples of
 * the document. */
#include "../wifi/wifi.h"
#include "services.h"

#define LOCAL "11020"
enum { LOCAL_PORT = 11020 };

/* The station's address, in quotes. */
static const char *own_ip(void)
{
	uint32_t ip = shown_ip("AT+CIPSTA?");
	if (!ip)
		inconclusive("the module does not tell its address");
	static char text[24];
	snprintf(text, sizeof(text), "\"%s\"", ip_text(ip));
	return text;
}

Test(cipstart, refuses_surplus_parameters, REQ("CIPSTART-17"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	const char *own = own_ip();
	any(link_line(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL), fmt(",60,%s,1", own)));
	check(said("ERROR"), "TCP with seven parameters is taken");
	any(link_line(
		LINK_SINGLE, "UDP", peer_open("udp-sink", NULL), fmt("," LOCAL ",0,%s,1", own)));
	check(said("ERROR"), "UDP with seven parameters is taken");
	any(link_line(LINK_SINGLE, "SSL", peer_open("tls", NULL), fmt(",60,%s,1", own)));
	check(said("ERROR"), "SSL with seven parameters is taken");
	leave_single();
}

/* ---- UDP ---- */

Test(cipstart, sends_from_the_local_port, REQ("CIPSTART-19"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", peer, "," LOCAL), "OK");
	send_text(LINK_SINGLE, "from where");
	peer_expect(peer, "from where", 10, 0);
	const char *from = peer_state(peer, "connections.0.from");
	check(strcmp(strchr(from, ':') ? strchr(from, ':') : "", ":" LOCAL) == 0,
		"the datagram comes from %s", from);
	leave_single();
}

/* A link from the local port to `first`; a datagram from somebody else has come. */
static int somebody_else(const char *text)
{
	int other = peer_connect("udp", LOCAL_PORT, NULL);
	peer_send(other, text, strlen(text));
	return other;
}

static void expect_sent_to(int peer, int not_to, const char *text)
{
	send_text(LINK_SINGLE, text);
	peer_expect(peer, text, strlen(text), 0);
	peer_expect_nothing(not_to, bench_ms("silence"));
}

Test(cipstart, keeps_the_peer_in_udp_mode_0, REQ("CIPSTART-23"), TAGS("needs:peers"))
{
	enter_single();
	int first = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", first, "," LOCAL ",0"), "OK");
	int other = somebody_else("not you");
	listen_for(bench_ms("silence"));
	expect_sent_to(first, other, "to the first");
	leave_single();
}

Test(cipstart, keeps_the_peer_by_default, REQ("CIPSTART-24"), TAGS("needs:peers"))
{
	enter_single();
	int first = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", first, "," LOCAL), "OK");
	int other = somebody_else("not you");
	listen_for(bench_ms("silence"));
	expect_sent_to(first, other, "to the first");
	leave_single();
}

Test(cipstart, changes_the_peer_in_udp_mode_1, REQ("CIPSTART-25"), TAGS("needs:peers"))
{
	enter_single();
	int first = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", first, "," LOCAL ",1"), "OK");
	int other = somebody_else("me");
	ipd(LINK_SINGLE, "me", 2, 0);
	expect_sent_to(other, first, "to you");
	leave_single();
}

Test(cipstart, changes_the_peer_once_in_udp_mode_1, REQ("CIPSTART-26"), TAGS("needs:peers"))
{
	enter_single();
	int first = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", first, "," LOCAL ",1"), "OK");
	int second = somebody_else("me");
	ipd(LINK_SINGLE, "me", 2, 0);
	int third = somebody_else("no, me");
	listen_for(bench_ms("silence"));
	expect_sent_to(second, third, "to the second");
	leave_single();
}

Test(cipstart, changes_the_peer_each_time_in_udp_mode_2, REQ("CIPSTART-27"), TAGS("needs:peers"))
{
	enter_single();
	int first = peer_open("udp", NULL);
	at(link_line(LINK_SINGLE, "UDP", first, "," LOCAL ",2"), "OK");
	int second = somebody_else("second");
	ipd(LINK_SINGLE, "second", 6, 0);
	expect_sent_to(second, first, "to the second");
	int third = somebody_else("third");
	ipd(LINK_SINGLE, "third", 5, 0);
	expect_sent_to(third, second, "to the third");
	peer_send(second, "again", 5);
	ipd(LINK_SINGLE, "again", 5, 0);
	expect_sent_to(second, third, "to the second");
	leave_single();
}

Test(cipstart, takes_the_mode_behind_the_local_port, REQ("CIPSTART-63"), TAGS("needs:peers"))
{
	enter_multi();
	int first = peer_open("udp", NULL);
	at(link_line(2, "UDP", first, "," LOCAL ",2"), "OK");
	int other = somebody_else("me");
	ipd(2, "me", 2, 0);
	send_text(2, "to you");
	peer_expect(other, "to you", 6, 0);
	leave_multi();
}

/* ---- local IP ---- */

static void expect_own_ip_taken(const char *type, const char *kind)
{
	enter_single();
	int peer = peer_open(kind, NULL);
	const char *own = own_ip();
	at(link_line(LINK_SINGLE, type, peer, fmt(",,%s", own)), "OK");
	given("AT+CIPCLOSE");
	at(link_line(LINK_SINGLE, type, peer, fmt(",60,%s", own)), "OK");
	leave_single();
}

Test(cipstart, takes_its_own_ip_for_tcp, REQ("CIPSTART-29"), TAGS("needs:peers"))
{
	expect_own_ip_taken("TCP", "tcp-sink");
}

Test(cipstart, takes_its_own_ip_for_ssl, REQ("CIPSTART-68"), TAGS("needs:peers needs:tls"))
{
	expect_own_ip_taken("SSL", "tls");
}

Test(cipstart, takes_its_own_ip_for_udp, REQ("CIPSTART-32"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("udp-sink", NULL);
	const char *own = own_ip();
	at(link_line(LINK_SINGLE, "UDP", peer, fmt(",,,%s", own)), "OK");
	given("AT+CIPCLOSE");
	at(link_line(LINK_SINGLE, "UDP", peer, fmt("," LOCAL ",0,%s", own)), "OK");
	leave_single();
}

Test(cipstart, refuses_a_local_ip_of_another, REQ("CIPSTART-30"), TAGS("needs:peers"))
{
	enter_single();
	at(link_line(LINK_SINGLE, "TCP", peer_open("tcp-sink", NULL), ",,\"192.0.2.7\""), "ERROR");
	leave_single();
}

Test(cipstart, refuses_a_local_ip_that_is_none, REQ("CIPSTART-31"), TAGS("needs:peers"))
{
	enter_single();
	int peer = peer_open("tcp-sink", NULL);
	at(link_line(LINK_SINGLE, "TCP", peer, ",,\"here\""), "ERROR");
	at(link_line(LINK_SINGLE, "TCP", peer, ",,192.168.101.100"), "ERROR");
	at(link_line(LINK_SINGLE, "TCP", peer, ",,\"192.168.101\""), "ERROR");
	leave_single();
}

/* ---- SSL ---- */

Test(cipstart, makes_no_second_ssl_connection, REQ("CIPSTART-35"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int first = peer_open("tls", NULL), second = peer_open("tls", NULL);
	start_link(0, "SSL", first);
	any(link_line(1, "SSL", second, ""));
	check(!peer_connected(second, 1, bench_ms("silence")),
		"the second server has a connection");
	leave_multi();
}

Test(cipstart, keeps_the_first_ssl_connection, REQ("CIPSTART-36"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int first = peer_open("tls", NULL), second = peer_open("tls", NULL);
	start_link(0, "SSL", first);
	at(link_line(1, "SSL", second, ""), "ERROR");
	expect_both_ways(0, first);
	leave_multi();
}

Test(cipstart, connects_over_ssl_again, REQ("CIPSTART-37"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int first = peer_open("tls", NULL), second = peer_open("tls", NULL);
	start_link(0, "SSL", first);
	given("AT+CIPCLOSE=0");
	at(link_line(1, "SSL", second, ""), "OK");
	expect_both_ways(1, second);
	peer_close(second, PEER_LATEST, "fin");
	urc("1,CLOSED", 0);
	at(link_line(2, "SSL", first, ""), "OK");
	leave_multi();
}

Test(cipstart, has_ssl_beside_tcp, REQ("CIPSTART-64"), TAGS("needs:peers needs:tls"))
{
	enter_multi();
	int tcp = peer_open("tcp", NULL), tls = peer_open("tls", NULL),
	    more = peer_open("tcp", NULL);
	start_link(0, "TCP", tcp);
	at(link_line(1, "SSL", tls, ""), "OK");
	at(link_line(2, "TCP", more, ""), "OK");
	expect_both_ways(0, tcp);
	expect_both_ways(1, tls);
	expect_both_ways(2, more);
	leave_multi();
}

Test(cipstart, fails_without_tls, REQ("CIPSTART-61"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tcp", "{\"greeting\":\"220 this is no TLS\\r\\n\"}");
	at(link_line(LINK_SINGLE, "SSL", peer, ""), "ERROR");
	check(open_links() == 0, "a link is listed");
	peer_wait_close(peer, 0, NULL, 0);
	leave_single();
}

Test(cipstart, fails_when_the_handshake_is_cut, REQ("CIPSTART-61"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	at(link_line(LINK_SINGLE, "SSL", peer_open("tcp", "{\"close_after\":1}"), ""), "ERROR");
	at(link_line(LINK_SINGLE, "SSL",
		   peer_open("tcp", "{\"close_after\":1,\"close_how\":\"rst\"}"), ""),
		"ERROR");
	check(open_links() == 0, "a link is listed");
	leave_single();
}

/* ---- names and examples ---- */

#define ZONE "{\"zone\":{\"iot.espressif.cn\":[\"192.0.2.44\"]}}"

Test(cipstart, resolves_a_name, REQ("CIPSTART-50"), TAGS("nvs needs:peers needs:air"))
{
	int names = enter_names("{\"zone\":{\"peer.atconform.test\":[\"192.0.2.45\"]}}");
	int peer = peer_open("tcp", NULL);
	peer_as(peer, "peer.atconform.test", 4321);
	at("AT+CIPSTART=\"TCP\",\"peer.atconform.test\",4321", "OK");
	peer_wait_request(names, 1, 0);
	expect_both_ways(LINK_SINGLE, peer);
	leave_single();
	leave_names();
}

Test(cipstart, fails_with_a_name_that_nobody_knows, REQ("CIPSTART-51"),
	TAGS("nvs needs:peers needs:air"))
{
	enter_names("{\"mode\":\"nxdomain\"}");
	at("AT+CIPSTART=\"TCP\",\"nobody.atconform.test\",4321", "ERROR");
	at("AT", "OK");
	leave_single();
	leave_names();
}

/* The example gets OK and leads to the peer. */
static void expect_example(const char *kind, const char *to, int port, const char *line)
{
	int peer = peer_open(kind, NULL);
	peer_as(peer, to, port);
	at(line, "OK");
	expect_both_ways(LINK_SINGLE, peer);
	leave_single();
	peer_forget_routes();
}

/* The same for an example with a local IP. */
static void expect_example_with_ip(const char *kind, const char *line)
{
	enter_single();
	if (shown_ip("AT+CIPSTA?") != ip_number("192.168.101.100"))
		inconclusive("the module has another address than the example");
	expect_example(kind, "192.168.101.110", 1000, line);
}

Test(cipstart, takes_the_least_and_the_largest_port, REQ("CIPSTART-67"),
	TAGS("needs:peers needs:air"))
{
	static const int ports[] = { 1, 65535 };
	enter_multi();
	for (int i = 0; i < 2; i++) {
		int tcp = peer_open("tcp", NULL), udp = peer_open("udp", NULL);
		peer_as(tcp, "192.168.101.110", ports[i]);
		peer_as(udp, "192.168.101.110", ports[i]);
		at(fmt("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",%d", ports[i]), "OK");
		at(fmt("AT+CIPSTART=1,\"UDP\",\"192.168.101.110\",%d", ports[i]), "OK");
		expect_both_ways(0, tcp);
		expect_both_ways(1, udp);
		given("AT+CIPCLOSE=5");
	}
	leave_multi();
}

Test(cipstart, takes_the_first_tcp_example, REQ("CIPSTART-52"), TAGS("nvs needs:peers needs:air"))
{
	enter_names(ZONE);
	expect_example(
		"tcp", "iot.espressif.cn", 8000, "AT+CIPSTART=\"TCP\",\"iot.espressif.cn\",8000");
	leave_names();
}

Test(cipstart, takes_the_second_tcp_example, REQ("CIPSTART-53"), TAGS("needs:peers needs:air"))
{
	enter_single();
	expect_example(
		"tcp", "192.168.101.110", 1000, "AT+CIPSTART=\"TCP\",\"192.168.101.110\",1000");
}

Test(cipstart, takes_the_third_tcp_example, REQ("CIPSTART-54"), TAGS("needs:peers needs:air"))
{
	expect_example_with_ip(
		"tcp", "AT+CIPSTART=\"TCP\",\"192.168.101.110\",1000,,\"192.168.101.100\"");
}

Test(cipstart, takes_the_first_udp_example, REQ("CIPSTART-55"), TAGS("needs:peers needs:air"))
{
	enter_single();
	expect_example("udp", "192.168.101.110", 1000,
		"AT+CIPSTART=\"UDP\",\"192.168.101.110\",1000,1002,2");
}

Test(cipstart, takes_the_second_udp_example, REQ("CIPSTART-56"), TAGS("needs:peers needs:air"))
{
	expect_example_with_ip(
		"udp", "AT+CIPSTART=\"UDP\",\"192.168.101.110\",1000,,,\"192.168.101.100\"");
}

Test(cipstart, takes_the_first_ssl_example, REQ("CIPSTART-57"),
	TAGS("nvs needs:peers needs:air needs:tls"))
{
	enter_names(ZONE);
	expect_example(
		"tls", "iot.espressif.cn", 8443, "AT+CIPSTART=\"SSL\",\"iot.espressif.cn\",8443");
	leave_names();
}

Test(cipstart, takes_the_second_ssl_example, REQ("CIPSTART-58"),
	TAGS("needs:peers needs:air needs:tls"))
{
	expect_example_with_ip(
		"tls", "AT+CIPSTART=\"SSL\",\"192.168.101.110\",1000,,\"192.168.101.100\"");
}
