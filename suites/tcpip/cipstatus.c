/* SPDX-License-Identifier: MIT */
/* AT+CIPSTATUS: the state of the station, and each link as its peer sees it. */
#include "../wifi/wifi.h"
#include "tcpip.h"

static void expect_stat(int stat)
{
	struct status s = read_status();
	check(s.stat == stat, "the state is %d", s.stat);
}

/* The port of "127.0.0.1:5000". */
static int port_of(const char *address)
{
	const char *colon = strrchr(address, ':');
	return colon ? atoi(colon + 1) : -1;
}

static const struct link_status *expect_link(const struct status *s, int id)
{
	static const struct link_status none; /* never seen: the check ends the case */
	const struct link_status *l = find_link(s, id);
	check(l, "link %d is not listed", id);
	return l ? l : &none;
}

static void expect_remote(const struct link_status *l, const char *address, int port)
{
	check(strcmp(l->remote_ip, address) == 0, "the remote address is %s", l->remote_ip);
	check(l->remote_port == port, "the remote port is %d, not %d", l->remote_port, port);
}

Test(cipstatus, has_a_line_for_a_link, REQ("CIPSTATUS-1"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	at("AT+CIPSTATUS", LIKE("STATUS:<stat>"),
		LIKE("+CIPSTATUS:<link_id>,<type>,<remote_ip>,<remote_port>,<local_port>,<tetype>"),
		"OK");
	leave_single();
}

Test(cipstatus, is_2_when_joined, REQ("CIPSTATUS-2"), TAGS("needs:access_point"))
{
	online_again();
	expect_stat(2);
}

Test(cipstatus, is_3_with_a_tcp_connection, REQ("CIPSTATUS-3"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	expect_stat(3);
	leave_single();
}

Test(cipstatus, is_3_with_a_client_of_the_server, REQ("CIPSTATUS-3"), TAGS("needs:peers"))
{
	enter_server(1001);
	client_connects(1001, NULL);
	expect_stat(3);
	leave_server();
}

Test(cipstatus, is_3_with_a_udp_transmission, REQ("CIPSTATUS-4"),
	TAGS("needs:peers issue:espressif/esp-at#140"))
{
	enter_single();
	start_link(LINK_SINGLE, "UDP", peer_open("udp-sink", NULL));
	expect_stat(3);
	leave_single();
}

Test(cipstatus, is_4_after_the_connection_is_closed, REQ("CIPSTATUS-5"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	given("AT+CIPCLOSE");
	expect_stat(4);
	leave_single();
}

Test(cipstatus, is_4_after_the_peer_has_closed, REQ("CIPSTATUS-5"), TAGS("needs:peers"))
{
	int peer = enter_linked("tcp-sink", NULL);
	peer_close(peer, PEER_ALL, "fin");
	urc("CLOSED", 0);
	expect_stat(4);
	leave_single();
}

Test(cipstatus, is_4_after_a_udp_transmission, REQ("CIPSTATUS-5"),
	TAGS("needs:peers issue:espressif/esp-at#140"))
{
	enter_single();
	start_link(LINK_SINGLE, "UDP", peer_open("udp-sink", NULL));
	given("AT+CIPCLOSE");
	expect_stat(4);
	leave_single();
}

Test(cipstatus, is_5_when_not_joined, REQ("CIPSTATUS-6"), TAGS("nvs needs:access_point"))
{
	enter_mode(1);
	online();
	given("AT+CWQAP");
	forget_urcs();
	expect_stat(5);
	online_again();
	leave_mode();
}

Test(cipstatus, is_0_without_wifi, REQ("CIPSTATUS-7"), TAGS("nvs"))
{
	ask("AT+CWMODE?");
	int mode = (int)field_int("mode");
	given("AT+CWMODE=0");
	forget_urcs();
	expect_stat(0);
	given(fmt("AT+CWMODE=%d", mode));
}

Test(cipstatus, lists_each_link_by_its_id, REQ("CIPSTATUS-8"), TAGS("needs:peers"))
{
	int peer = peer_open("tcp-sink", NULL), udp = peer_open("udp-sink", NULL);
	enter_multi();
	start_link(3, "TCP", peer);
	start_link(1, "UDP", udp);
	start_link(4, "TCP", peer);
	struct status s = read_status();
	check(s.count == 3, "%d links are listed", s.count);
	expect_link(&s, 1);
	expect_link(&s, 3);
	expect_link(&s, 4);
	leave_multi();
}

Test(cipstatus, lists_five_links, REQ("CIPSTATUS-8"), TAGS("needs:peers"))
{
	int peer = peer_open("tcp-sink", NULL);
	enter_multi();
	for (int i = LINKS; i-- > 0;)
		start_link(i, "TCP", peer);
	check(open_links() == (1u << LINKS) - 1, "links %#x are listed", open_links());
	leave_multi();
}

Test(cipstatus, shows_id_0_in_single_mode, REQ("CIPSTATUS-9"), TAGS("needs:peers"))
{
	enter_linked("tcp-sink", NULL);
	struct status s = read_status();
	check(s.count == 1, "%d links are listed", s.count);
	check(s.links[0].id == 0, "the ID is %d", s.links[0].id);
	leave_single();
}

Test(cipstatus, shows_the_type, REQ("CIPSTATUS-10"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(0, "TCP", peer_open("tcp-sink", NULL));
	start_link(1, "UDP", peer_open("udp-sink", NULL));
	struct status s = read_status();
	check(strcmp(expect_link(&s, 0)->type, "TCP") == 0, "TCP is shown as %s", s.links[0].type);
	check(strcmp(expect_link(&s, 1)->type, "UDP") == 0, "UDP is shown as %s", s.links[1].type);
	leave_multi();
}

Test(cipstatus, shows_an_ssl_link, REQ("CIPSTATUS-11"), TAGS("needs:peers needs:tls"))
{
	enter_single();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	struct status s = read_status();
	const char *type = expect_link(&s, 0)->type;
	check(s.stat == 3, "the state is %d", s.stat);
	check(strcmp(type, "SSL") == 0 || strcmp(type, "TCP") == 0, "the type is %s", type);
	expect_remote(&s.links[0], peer_address(peer), peer_port(peer));
	leave_single();
}

Test(cipstatus, shows_where_a_link_leads, REQ("CIPSTATUS-12"), TAGS("needs:peers"))
{
	int tcp = peer_open("tcp-sink", NULL), udp = peer_open("udp-sink", NULL);
	enter_multi();
	start_link(2, "TCP", tcp);
	start_link(0, "UDP", udp);
	struct status s = read_status();
	expect_remote(expect_link(&s, 2), peer_address(tcp), peer_port(tcp));
	expect_remote(expect_link(&s, 0), peer_address(udp), peer_port(udp));
	leave_multi();
}

Test(cipstatus, shows_the_local_port, REQ("CIPSTATUS-13"), TAGS("needs:peers"))
{
	int peers[2];
	enter_multi();
	for (int i = 0; i < 2; i++) {
		peers[i] = peer_open("tcp-sink", NULL);
		start_link(3 * i, "TCP", peers[i]);
	}
	struct status s = read_status();
	for (int i = 0; i < 2; i++) {
		int port = port_of(peer_state(peers[i], "connections.0.from"));
		const struct link_status *l = expect_link(&s, 3 * i);
		check(l->local_port == port, "link %d has port %d, its peer sees %d", 3 * i,
			l->local_port, port);
	}
	leave_multi();
}

Test(cipstatus, shows_the_local_udp_port, REQ("CIPSTATUS-14"), TAGS("needs:peers"))
{
	enter_single();
	start_link_more(LINK_SINGLE, "UDP", peer_open("udp-sink", NULL), ",11014,0");
	struct status s = read_status();
	check(expect_link(&s, 0)->local_port == 11014, "it is %d", s.links[0].local_port);
	leave_single();
}

Test(cipstatus, shows_a_client_as_0, REQ("CIPSTATUS-15"), TAGS("needs:peers"))
{
	enter_multi();
	start_link(0, "TCP", peer_open("tcp-sink", NULL));
	start_link(1, "UDP", peer_open("udp-sink", NULL));
	struct status s = read_status();
	check(!expect_link(&s, 0)->server && !expect_link(&s, 1)->server,
		"a link of the module's own is shown as one of the server");
	leave_multi();
}

Test(cipstatus, shows_a_link_of_the_server_as_1, REQ("CIPSTATUS-16"), TAGS("needs:peers"))
{
	enter_server(1001);
	int link;
	client_connects(1001, &link);
	given("AT");
	int own = link == 4 ? 0 : 4;
	start_link(own, "TCP", peer_open("tcp-sink", NULL));
	struct status s = read_status();
	check(expect_link(&s, link)->server, "the client's link is shown as one of the module's");
	check(!expect_link(&s, own)->server, "the module's link is shown as one of the server");
	leave_server();
}

Test(cipstatus, shows_where_a_client_is, REQ("CIPSTATUS-17"), TAGS("needs:peers"))
{
	enter_server(1001);
	int link, client = client_connects(1001, &link);
	char from[64];
	snprintf(from, sizeof(from), "%s", peer_state(client, "connections.0.from"));
	int server_port = port_of(peer_state(client, "connections.0.to"));
	struct status s = read_status();
	const struct link_status *l = expect_link(&s, link);
	size_t len = strcspn(from, ":");
	check(strlen(l->remote_ip) == len && strncmp(l->remote_ip, from, len) == 0,
		"the remote address is %s, the client's is %s", l->remote_ip, from);
	check(l->remote_port == port_of(from), "the remote port is %d, the client is at %s",
		l->remote_port, from);
	check(l->local_port == 1001 || l->local_port == server_port, "the local port is %d",
		l->local_port);
	leave_server();
}

Test(cipstatus, drops_a_link_that_the_peer_closed, REQ("CIPSTATUS-18"), TAGS("needs:peers"))
{
	int first = peer_open("tcp-sink", NULL), second = peer_open("tcp-sink", NULL);
	enter_multi();
	start_link(0, "TCP", first);
	start_link(1, "TCP", second);
	peer_close(first, PEER_ALL, "fin");
	urc("0,CLOSED", 0);
	check(open_links() == 1u << 1, "links %#x are listed", open_links());
	peer_close(second, PEER_ALL, "rst");
	urc("1,CLOSED", 0);
	check(open_links() == 0, "links %#x are listed", open_links());
	leave_multi();
}

Test(cipstatus, lists_nothing_without_a_connection, REQ("CIPSTATUS-19"), TAGS("needs:access_point"))
{
	online();
	at("AT+CIPSTATUS", RE("STATUS:[24]"), "OK");
}

/* A sender at `from`, an option or NULL, is shown after its datagram. */
static void expect_sender(const char *from)
{
	int other = peer_connect("udp", 11015, from);
	peer_send(other, "me", 2);
	ipd(LINK_SINGLE, "me", 2, 0);
	char at[64];
	snprintf(at, sizeof(at), "%s", peer_state(other, "connections.0.from"));
	struct status s = read_status();
	const struct link_status *l = expect_link(&s, 0);
	check(strcmp(fmt("%s:%d", l->remote_ip, l->remote_port), at) == 0,
		"it shows %s and %d, the last sender is %s", l->remote_ip, l->remote_port, at);
}

Test(cipstatus, shows_where_a_udp_link_leads_now, REQ("CIPSTATUS-20"), TAGS("needs:peers"))
{
	enter_single();
	start_link_more(LINK_SINGLE, "UDP", peer_open("udp", NULL), ",11015,2");
	expect_sender(NULL);
	expect_sender(NULL);
	leave_single();
}

Test(cipstatus, shows_the_address_a_udp_link_leads_to, REQ("CIPSTATUS-20"),
	TAGS("needs:peers issue:espressif/esp-at#450"))
{
	const char *from = fmt("{\"from_address\":\"%s\"}", network("other_address"));
	enter_single();
	start_link_more(LINK_SINGLE, "UDP", peer_open("udp", NULL), ",11015,2");
	expect_sender(from);
	leave_single();
}

Test(cipstatus, answers_after_much_traffic, REQ("CIPSTATUS-21"),
	TAGS("needs:peers issue:espressif/esp-at#322"))
{
	enum { BYTES = 200000 };
	int peer = peer_open("tcp", NULL);
	enter_single();
	start_link(LINK_SINGLE, "TCP", peer);
	ipd_follow(LINK_SINGLE, 1, 0);
	peer_send_pattern(peer, PEER_LATEST, 1, 0, BYTES);
	ipd_until(LINK_SINGLE, BYTES, 0);
	struct status s = read_status();
	check(s.stat == 3 && s.count == 1, "the state is %d, with %d links", s.stat, s.count);
	leave_single();
}

Test(cipstatus, is_5_after_leaving_with_links, REQ("CIPSTATUS-22"),
	TAGS("nvs needs:peers issue:espressif/esp-at#609"))
{
	int peer = peer_open("tcp-sink", NULL), udp = peer_open("udp-sink", NULL);
	enter_mode(1);
	enter_multi();
	start_link(0, "TCP", peer);
	start_link(1, "UDP", udp);
	given("AT+CWQAP");
	struct status s = read_status();
	check(s.stat == 5, "the state is %d", s.stat);
	check(s.count == 0, "%d links are listed", s.count);
	forget_urcs();
	online_again();
	leave_multi();
	leave_mode();
}

Test(cipstatus, stays_3_until_the_last_link_closes, REQ("CIPSTATUS-23"), TAGS("needs:peers"))
{
	int peer = peer_open("tcp-sink", NULL);
	enter_multi();
	start_link(0, "TCP", peer);
	start_link(1, "TCP", peer);
	given("AT+CIPCLOSE=0");
	expect_stat(3);
	given("AT+CIPCLOSE=1");
	expect_stat(4);
	leave_multi();
}
