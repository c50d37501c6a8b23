/* SPDX-License-Identifier: MIT */
/* AT+CIPSERVER: clients that connect, the IDs they get, and when there is no server. */
#include "tcpip.h"

enum { PORT = 8081, OTHER_PORT = 8082 };

#define CONNECT RE("(?<id>[0-4]),CONNECT")

/* A client that the module can't or won't serve: it is turned away, or hears nothing. */
static void expect_unserved(int port)
{
	int client;
	peer_connect_tried("tcp", port, NULL, &client);
	no_urc(CONNECT, bench_ms("silence"));
}

static void expect_closed_port(int port)
{
	int client;
	check(!peer_connect_tried("tcp", port, NULL, &client), "a client can connect to port %d",
		port);
}

static const struct link_status *find_client_of(const struct status *s, int peer)
{
	const char *end = peer_state(peer, "connections.0.from");
	const char *port = strrchr(end, ':');
	for (int i = 0; port && i < s->count; i++)
		if (s->links[i].remote_port == atoi(port + 1))
			return &s->links[i];
	return NULL;
}

Test(cipserver, serves_its_port, REQ("CIPSERVER-10"), TAGS("needs:access_point needs:peers"))
{
	enter_multi();
	at(fmt("AT+CIPSERVER=1,%d", PORT), "OK");
	client_connects(PORT, NULL);
	leave_server();
}

Test(cipserver, is_on_port_333_by_default, REQ("CIPSERVER-11"),
	TAGS("needs:access_point needs:peers"))
{
	enter_multi();
	at("AT+CIPSERVER=1", "OK");
	client_connects(333, NULL);
	leave_server();
}

Test(cipserver, is_deleted, REQ("CIPSERVER-12"), TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	client_connects(PORT, NULL);
	any("AT+CIPCLOSE=5");
	forget_urcs();
	at("AT+CIPSERVER=0", "OK");
	expect_closed_port(PORT);
	leave_server();
}

Test(cipserver, needs_several_connections, REQ("CIPSERVER-13"),
	TAGS("needs:access_point needs:peers"))
{
	enter_single();
	at(fmt("AT+CIPSERVER=1,%d", PORT), "ERROR");
	expect_closed_port(PORT);
	leave_single();
}

Test(cipserver, is_the_only_one, REQ("CIPSERVER-14"), TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	any(fmt("AT+CIPSERVER=1,%d", OTHER_PORT));
	expect_closed_port(OTHER_PORT);
	client_connects(PORT, NULL);
	leave_server();
}

Test(cipserver, lists_its_client, REQ("CIPSERVER-15"), TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	int client = client_connects(PORT, NULL);
	struct status s = read_status();
	check(s.count == 1, "AT+CIPSTATUS lists %d connections", s.count);
	check(s.links[0].server == 1, "the client's connection is listed as one of a client");
	check(strcmp(s.links[0].type, "TCP") == 0, "its type is %s", s.links[0].type);
	check(find_client_of(&s, client), "its port is %d, not that of %s", s.links[0].remote_port,
		peer_state(client, "connections.0.from"));
	const char *from = peer_state(client, "connections.0.from");
	size_t len = strlen(s.links[0].remote_ip);
	check(strncmp(from, s.links[0].remote_ip, len) == 0 && from[len] == ':',
		"its address is %s, not that of %s", s.links[0].remote_ip, from);
	leave_server();
}

Test(cipserver, gives_each_client_an_id, REQ("CIPSERVER-16"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	unsigned given_ids = 0;
	for (int i = 0; i < LINKS; i++) {
		int id;
		client_connects(PORT, &id);
		check(!(given_ids & 1u << id), "ID %d is given twice", id);
		given_ids |= 1u << id;
	}
	check(open_links() == given_ids, "AT+CIPSTATUS lists other IDs: %x, not %x", open_links(),
		given_ids);
	leave_server();
}

Test(cipserver, gives_no_id_that_is_in_use, REQ("CIPSERVER-17"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	int echo = peer_open("tcp-echo", NULL);
	given(link_line(0, "TCP", echo, ""));
	given(link_line(2, "TCP", echo, ""));
	forget_urcs();
	for (int i = 0; i < 3; i++) {
		int id;
		client_connects(PORT, &id);
		check(id != 0 && id != 2, "a client gets ID %d, which is in use", id);
	}
	check(open_links() == 0x1f, "the connections are %x", open_links());
	leave_server();
}

/* The handshake of an SSL connection that the other side does not answer keeps it in the making. */
Test(cipserver, gives_no_id_that_is_being_connected, REQ("CIPSERVER-18"),
	TAGS("issue:espressif/ESP8266_NONOS_SDK#50 needs:access_point needs:peers"))
{
	enter_server(PORT);
	int slow = peer_open("tcp", NULL);
	const char *line = link_line(0, "SSL", slow, "");
	raw_text(fmt("%s\r\n", line));
	peer_wait_connect(slow, 1, 0);
	int id, client = client_connects(PORT, &id);
	check(id != 0, "the client gets ID 0, which is being connected");
	peer_close(slow, PEER_ALL, "fin");
	response("ERROR");
	expect_text(id, client, "still here");
	leave_server();
}

Test(cipserver, serves_nobody_without_a_free_id, REQ("CIPSERVER-19"),
	TAGS("issue:espressif/esp-at#314 needs:access_point needs:peers"))
{
	enter_server(PORT);
	int echo = peer_open("tcp-echo", NULL);
	for (int i = 0; i < LINKS; i++)
		given(link_line(i, "TCP", echo, ""));
	forget_urcs();
	expect_unserved(PORT);
	given("AT+CIPCLOSE=3");
	forget_urcs();
	int id;
	client_connects(PORT, &id);
	check(id == 3, "the client gets ID %d, the free one is 3", id);
	leave_server();
}

Test(cipserver, keeps_its_clients_apart, REQ("CIPSERVER-20"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	int first_id, first = client_connects(PORT, &first_id);
	int second_id, second = client_connects(PORT, &second_id);
	expect_text(first_id, first, "from the first");
	expect_text(second_id, second, "from the second");
	send_text(second_id, "to the second");
	peer_expect(second, "to the second", 13, 0);
	send_text(first_id, "to the first");
	peer_expect(first, "to the first", 12, 0);
	peer_expect_nothing(second, bench_ms("silence"));
	leave_server();
}

Test(cipserver, comes_back_on_another_port, REQ("CIPSERVER-21"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	given("AT+CIPSERVER=0");
	at(fmt("AT+CIPSERVER=1,%d", OTHER_PORT), "OK");
	expect_closed_port(PORT);
	client_connects(OTHER_PORT, NULL);
	leave_server();
}

Test(cipserver, comes_back_on_its_port, REQ("CIPSERVER-21"), TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	client_connects(PORT, NULL);
	any("AT+CIPCLOSE=5");
	given("AT+CIPSERVER=0");
	forget_urcs();
	at(fmt("AT+CIPSERVER=1,%d", PORT), "OK");
	client_connects(PORT, NULL);
	leave_server();
}

Test(cipserver, announces_a_client_by_seven_fields, REQ("SYSMSG-17"),
	TAGS("nvs needs:access_point needs:peers"))
{
	enter_server(PORT);
	given("AT+SYSMSG=2");
	int client = peer_connect("tcp", PORT, NULL);
	urc(LINK_CONN, 0);
	check(field_int("id") < LINKS, "the link ID is %s", field("id"));
	check(field_int("lport") == PORT, "the local port is %s", field("lport"));
	int64_t remote = field_int("rport");
	const char *end = peer_state(client, "connections.0.from"), *colon = strrchr(end, ':');
	check(colon && atoi(colon + 1) == remote, "the remote port is %lld, the client has %s",
		(long long)remote, end);
	no_urc(RE("[0-4],CONNECT"), bench_ms("silence"));
	given("AT+SYSMSG=0");
	leave_server();
}

Test(cipserver, frees_the_id_of_a_client_that_left, REQ("CIPSERVER-22"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	int ids[LINKS], clients[LINKS];
	for (int i = 0; i < LINKS; i++)
		clients[i] = client_connects(PORT, &ids[i]);
	for (int i = 0; i < 2; i++) {
		peer_close(clients[i], 0, "fin");
		urc(fmt("%d,CLOSED", ids[i]), 0);
	}
	int echo = peer_open("tcp-echo", NULL);
	at(link_line(ids[0], "TCP", echo, ""), "OK");
	forget_urcs();
	int id;
	client_connects(PORT, &id);
	check(id == ids[1], "the client gets ID %d, the free one is %d", id, ids[1]);
	leave_server();
}

Test(cipserver, outlasts_refused_commands, REQ("CIPSERVER-23"),
	TAGS("needs:access_point needs:peers"))
{
	enter_server(PORT);
	at("AT+CIPSERVER=2", "ERROR");
	at(fmt("AT+CIPSERVER=0,%d,1", PORT), "ERROR");
	at("AT+CIPSERVER=\"0\"", "ERROR");
	client_connects(PORT, NULL);
	leave_server();
}
