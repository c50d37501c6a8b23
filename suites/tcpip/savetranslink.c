/* SPDX-License-Identifier: MIT */
/* AT+SAVETRANSLINK: what the module does at its next starts. A module with a saved link answers no
 * command then: its peer sees when it is there, and +++ brings it back. */
#include "services.h"

#define LOCAL "11060"
enum { LOCAL_PORT = 11060 };

/* From the start to the link. */
static int start_ms(void)
{
	return bench_ms("restart") + bench_ms("join") + bench_ms("lease") + bench_ms("connect");
}

static void save(int peer, const char *more)
{
	at(fmt("AT+SAVETRANSLINK=1,%s%s", remote_text(peer), more), "OK");
}

/* AT+RST, and passthrough over the link to the peer, its connection number `count`. */
static void restart_into(int peer, int count)
{
	at("AT+RST", "OK");
	peer_wait_connect(peer, count, start_ms());
	passthrough_started();
}

static void both_ways(int peer)
{
	peer_send(peer, "to the host", 11);
	passthrough_expect("to the host", 11, 0);
	passthrough_send("to the peer", 11);
	peer_expect(peer, "to the peer", 11, 0);
}

/* The same over UDP, where the module has nothing to say by itself: it is there as soon as bytes
 * go through. No listen_for(): what a starting module prints may be anything. */
static void wait_udp(int peer)
{
	int64_t end = clock_ms() + start_ms();
	bool there = false;
	while (!there && clock_ms() < end) {
		raw_text("?");
		there = peer_connected(peer, 1, 100);
	}
	check(there, "no datagram comes");
	passthrough_started();
}

/* Out of passthrough, with nothing saved. */
static void leave_saved(void)
{
	passthrough_end();
	given("AT+SAVETRANSLINK=0");
	given("AT+CIPMODE=0");
	leave_single();
}

/* The module starts normally, and does not connect to the peer. */
static void expect_normal_start(int peer)
{
	restart();
	online();
	at("AT+CIPMODE?", "+CIPMODE:0", "OK");
	check(!peer_connected(peer, 1, bench_ms("silence")), "the module connects to the peer");
}

Test(savetranslink, takes_0_alone, REQ("SAVETRANSLINK-19"), TAGS("nvs"))
{
	at("AT+SAVETRANSLINK=0", "OK");
}

/* ---- starts ---- */

Test(savetranslink, connects_after_a_power_cycle, REQ("SAVETRANSLINK-20"),
	TAGS("nvs needs:peers needs:power"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\",60");
	power_cut();
	peer_wait_connect(peer, 1, start_ms());
	passthrough_started();
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, connects_after_a_restart, REQ("SAVETRANSLINK-21"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	restart_into(peer, 1);
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, passes_udp_through_after_a_power_cycle, REQ("SAVETRANSLINK-22"),
	TAGS("nvs needs:peers needs:power"))
{
	online();
	int peer = peer_open("udp", NULL);
	save(peer, ",\"UDP\"");
	power_cut();
	wait_udp(peer);
	peer_send(peer, "to the host", 11);
	passthrough_expect("to the host", 11, 0);
	leave_saved();
}

Test(savetranslink, sends_from_the_local_port, REQ("SAVETRANSLINK-23"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("udp", NULL);
	save(peer, ",\"UDP\"," LOCAL);
	at("AT+RST", "OK");
	wait_udp(peer);
	char from[64];
	snprintf(from, sizeof(from), "%s", peer_state(peer, "connections.0.from"));
	leave_saved();
	const char *port = strrchr(from, ':');
	check(port && strcmp(port, ":" LOCAL) == 0, "the datagrams come from %s", from);
}

Test(savetranslink, is_tcp_without_a_type, REQ("SAVETRANSLINK-24"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, "");
	restart_into(peer, 1);
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, starts_normally_after_0, REQ("SAVETRANSLINK-25"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	at("AT+SAVETRANSLINK=0", "OK");
	expect_normal_start(peer);
}

Test(savetranslink, starts_normally_after_0_with_a_link, REQ("SAVETRANSLINK-38"),
	TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	at(fmt("AT+SAVETRANSLINK=0,%s,\"TCP\"", remote_text(peer)), "OK");
	expect_normal_start(peer);
	given("AT+SAVETRANSLINK=0");
}

Test(savetranslink, connects_at_every_start, REQ("SAVETRANSLINK-26"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	restart_into(peer, 1);
	both_ways(peer);
	passthrough_end();
	restart_into(peer, 2);
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, is_forgotten_by_restore, REQ("SAVETRANSLINK-27"),
	TAGS("nvs destructive needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	at("AT+RESTORE", "OK");
	wait_restart();
	expect_normal_start(peer);
}

Test(savetranslink, takes_commands_after_three_plus_signs, REQ("SAVETRANSLINK-28"),
	TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	restart_into(peer, 1);
	passthrough_end();
	at("AT", "OK");
	at("AT+SAVETRANSLINK=0", "OK");
	given("AT+CIPMODE=0");
	leave_single();
}

/* ---- what is saved ---- */

Test(savetranslink, makes_no_connection_by_itself, REQ("SAVETRANSLINK-29"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL), nobody = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	check(!peer_connected(peer, 1, bench_ms("silence")), "the peer is connected to");
	peer_stop_listening(nobody);
	save(nobody, ",\"TCP\"");
	given("AT+SAVETRANSLINK=0");
}

/* Commands that are refused, for that peer. */
static void send_wrong_ones(int peer)
{
	const char *ip = peer_address(peer);
	int port = peer_port(peer);
	any(fmt("AT+SAVETRANSLINK=2,\"%s\",%d,\"TCP\"", ip, port));
	any(fmt("AT+SAVETRANSLINK=1,\"%s\",%d,\"TCP\"", ip, port + 65536));
	any(fmt("AT+SAVETRANSLINK=1,\"%s\",%d,\"XXX\"", ip, port));
	any(fmt("AT+SAVETRANSLINK=1,\"%s\",%d,\"SSL\"", ip, port));
	any(fmt("AT+SAVETRANSLINK=1,\"%s\"", ip));
	any(fmt("AT+SAVETRANSLINK=1,\"\",%d", port));
	any("AT+SAVETRANSLINK=1");
	any(fmt("AT+SAVETRANSLINK=1,\"%s\",%d,\"TCP\",7201", ip, port));
}

Test(savetranslink, saves_nothing_when_refused, REQ("SAVETRANSLINK-30"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL);
	given("AT+SAVETRANSLINK=0");
	send_wrong_ones(peer);
	expect_normal_start(peer);
}

Test(savetranslink, keeps_the_link_when_refused, REQ("SAVETRANSLINK-31"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("tcp", NULL), other = peer_open("tcp", NULL);
	save(peer, ",\"TCP\"");
	send_wrong_ones(other);
	restart_into(peer, 1);
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, takes_the_later_link, REQ("SAVETRANSLINK-37"), TAGS("nvs needs:peers"))
{
	online();
	int first = peer_open("tcp", NULL), second = peer_open("tcp", NULL);
	save(first, ",\"TCP\",60");
	save(second, ",\"TCP\"");
	restart_into(second, 1);
	both_ways(second);
	leave_saved();
	check(!peer_connected(first, 1, 1), "the earlier peer is connected to");
}

Test(savetranslink, resolves_a_name, REQ("SAVETRANSLINK-32"), TAGS("nvs needs:peers needs:air"))
{
	int names = enter_names("{\"zone\":{\"start.atconform.test\":[\"192.0.2.46\"]}}");
	int peer = peer_open("tcp", NULL);
	peer_as(peer, "start.atconform.test", 4322);
	at("AT+SAVETRANSLINK=1,\"start.atconform.test\",4322,\"TCP\"", "OK");
	restart_into(peer, 1);
	both_ways(peer);
	check(peer_requests(names) > 0, "the name server is not asked");
	leave_saved();
	leave_names();
}

Test(savetranslink, resolves_a_name_for_udp, REQ("SAVETRANSLINK-40"),
	TAGS("nvs needs:peers needs:air"))
{
	int names = enter_names("{\"zone\":{\"start.atconform.test\":[\"192.0.2.46\"]}}");
	int peer = peer_open("udp", NULL);
	peer_as(peer, "start.atconform.test", 4322);
	at("AT+SAVETRANSLINK=1,\"start.atconform.test\",4322,\"UDP\"", "OK");
	at("AT+RST", "OK");
	wait_udp(peer);
	peer_send(peer, "to the host", 11);
	passthrough_expect("to the host", 11, 0);
	check(peer_requests(names) > 0, "the name server is not asked");
	leave_saved();
	leave_names();
}

Test(savetranslink, goes_on_until_the_peer_is_there, REQ("SAVETRANSLINK-33"),
	TAGS("nvs needs:peers"))
{
	online();
	int absent = peer_open("tcp", NULL), port = peer_port(absent);
	save(absent, ",\"TCP\"");
	peer_stop_listening(absent);
	at("AT+RST", "OK");
	check(!peer_connected(absent, 1, bench_ms("restart") / 10), "the peer listens still");
	int peer = peer_open_at("tcp", port, NULL);
	peer_wait_connect(peer, 1, start_ms());
	passthrough_started();
	both_ways(peer);
	leave_saved();
}

Test(savetranslink, keeps_its_udp_peer, REQ("SAVETRANSLINK-34"), TAGS("nvs needs:peers"))
{
	online();
	int peer = peer_open("udp", NULL);
	save(peer, ",\"UDP\"," LOCAL);
	at("AT+RST", "OK");
	wait_udp(peer);
	int other = peer_connect("udp", LOCAL_PORT, NULL);
	peer_send(other, "not you", 7);
	listen_for(bench_ms("silence"));
	int64_t before = peer_received(peer, PEER_LATEST);
	passthrough_send("to the first", 12);
	peer_wait_bytes(peer, PEER_LATEST, before + 12, 0);
	peer_expect_nothing(other, bench_ms("silence"));
	leave_saved();
}

Test(savetranslink, comes_back_from_any_address, REQ("SAVETRANSLINK-35"),
	TAGS("nvs needs:access_point issue:espressif/esp-at#535"))
{
	online();
	any("AT+SAVETRANSLINK=1,\"255.255.255.255\",1002,\"TCP\"");
	if (said("OK")) {
		at("AT+RST", "OK");
		passthrough_started();
		listen_for(bench_ms("restart") / 5);
		passthrough_end();
	}
	at("AT", "OK");
	given("AT+SAVETRANSLINK=0");
	given("AT+CIPMODE=0");
	leave_single();
}
