/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases of the TCP/IP family: one link or several, the server, what
 * AT+CIPSTATUS lists, passthrough. What a case takes for granted is sent with given(). Each case
 * begins with an enter_… and ends with the leave_… of the same name, which closes the links. */
#ifndef SUITES_TCPIP_TCPIP_H
#define SUITES_TCPIP_TCPIP_H

#include "at/at.h"
#include "at/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS = 5 };

/* ---- one link (AT+CIPMUX=0) or several ---- */

/* A bare string in place of a peer's host and port. */
static inline const char *remote_text(int peer)
{
	return fmt("\"%s\",%d", peer_address(peer), peer_port(peer));
}

/* AT+CIPSTART for a peer: link_line(LINK_SINGLE, "TCP", p, ""). `more` comes behind the port. */
static inline const char *link_line(int link, const char *type, int peer, const char *more)
{
	const char *id = link < 0 ? "" : fmt("%d,", link);
	return fmt("AT+CIPSTART=%s\"%s\",%s%s", id, type, remote_text(peer), more);
}

static inline void enter_single(void)
{
	online();
}

static inline void leave_single(void)
{
	any("AT+CIPCLOSE");
	forget_urcs();
}

static inline void enter_multi(void)
{
	online();
	given("AT+CIPMUX=1");
}

static inline void leave_multi(void)
{
	any("AT+CIPCLOSE=5");
	given("AT+CIPMUX=0");
	forget_urcs();
}

/* Opens a link that the claim takes for granted. */
static inline void start_link(int link, const char *type, int peer)
{
	given(link_line(link, type, peer, ""));
	if (strcmp(type, "UDP") != 0)
		peer_wait_connect(peer, 1, 0);
	forget_urcs();
}

static inline void start_link_more(int link, const char *type, int peer, const char *more)
{
	given(link_line(link, type, peer, more));
	forget_urcs();
}

/* With one link to a new TCP peer of that kind, which is returned. */
static inline int enter_linked(const char *kind, const char *options)
{
	enter_single();
	int peer = peer_open(kind, options);
	start_link(LINK_SINGLE, "TCP", peer);
	return peer;
}

/* AT+CIPSEND for a link, that many bytes of text. */
static inline void send_text(int link, const char *text)
{
	const char *id = link < 0 ? "" : fmt("%d,", link);
	send_data(fmt("AT+CIPSEND=%s%zu", id, strlen(text)), text, strlen(text));
}

/* What the peer sends arrives on the link. */
static inline void expect_text(int link, int peer, const char *text)
{
	peer_send(peer, text, strlen(text));
	ipd(link, text, strlen(text), 0);
}

static inline void expect_both_ways(int link, int peer)
{
	send_text(link, "to the peer");
	peer_expect(peer, "to the peer", 11, 0);
	expect_text(link, peer, "to the module");
}

/* "CONNECT", "3,CLOSED": the line as it is announced for that link. */
static inline const char *link_urc(int link, const char *word)
{
	return link < 0 ? word : fmt("%d,%s", link, word);
}

/* ---- the server of the module ---- */

static inline void enter_server(int port)
{
	enter_multi();
	given(fmt("AT+CIPSERVER=1,%d", port));
}

static inline void leave_server(void)
{
	any("AT+CIPCLOSE=5");
	given("AT+CIPSERVER=0");
	any("AT+CIPCLOSE=5");
	given("AT+CIPMUX=0");
	forget_urcs();
}

/* How a connection is announced when AT+SYSMSG asks for details. */
#define LINK_CONN                                                                                  \
	RE("\\+LINK_CONN ?: ?(?<status>\\d+),(?<id>\\d+),\"?(?<type>[A-Za-z0-9]+)\"?,"             \
	   "(?<terminal>\\d+),\"?(?<ip>[0-9.]+)\"?,(?<rport>\\d+),(?<lport>\\d+)")

/* A client of the tester whose link the module has announced; *link, may be NULL, is its id. */
static inline int client_connects(int port, int *link)
{
	int peer = peer_connect("tcp", port, NULL);
	urc(RE("(?<id>[0-4]),CONNECT"), 0);
	if (link)
		*link = (int)field_int("id");
	return peer;
}

/* ---- AT+CIPSTATUS ---- */

struct link_status {
	int id, remote_port, local_port, server;
	char type[8], remote_ip[48];
};

struct status {
	int stat; /* -1: no such line */
	int count;
	struct link_status links[LINKS + 1];
};

/* Reads AT+CIPSTATUS; ends the case when a line is something else. */
static inline struct status read_status(void)
{
	struct status s = { .stat = -1 };
	any("AT+CIPSTATUS");
	check(said("OK"), "AT+CIPSTATUS gets no OK");
	for (size_t i = 0; i < line_count(); i++) {
		if (line_like(i, RE("STATUS:(?<stat>\\d+)"))) {
			s.stat = (int)field_int("stat");
			continue;
		}
		bool fits = line_like(i,
			RE("\\+CIPSTATUS:(?<id>\\d+),\"?(?<type>[^\",]+)\"?,\"?(?<ip>[^\",]*)\"?,"
			   "(?<rport>\\d+),(?<lport>\\d+),(?<tetype>[01])"));
		check(fits && s.count <= LINKS, "AT+CIPSTATUS shows \"%s\"", line_text(i));
		struct link_status *l = &s.links[s.count++];
		l->id = (int)field_int("id");
		snprintf(l->type, sizeof(l->type), "%s", field("type"));
		snprintf(l->remote_ip, sizeof(l->remote_ip), "%s", field("ip"));
		l->remote_port = (int)field_int("rport");
		l->local_port = (int)field_int("lport");
		l->server = (int)field_int("tetype");
	}
	check(s.stat >= 0, "AT+CIPSTATUS has no STATUS line");
	return s;
}

static inline const struct link_status *find_link(const struct status *s, int id)
{
	for (int i = 0; i < s->count; i++)
		if (s->links[i].id == id)
			return &s->links[i];
	return NULL;
}

/* Which links are open, as bits. */
static inline unsigned open_links(void)
{
	struct status s = read_status();
	unsigned open = 0;
	for (int i = 0; i < s.count; i++)
		open |= 1u << s.links[i].id;
	return open;
}

/* ---- order of lines ---- */

/* Where a line begins in what came since the last command, or -1. */
static inline long place_of(const char *line)
{
	size_t len;
	const char *wire = received(&len), *found = strstr(wire, fmt("\n%s\r\n", line));
	if (!found && strncmp(wire, fmt("%s\r\n", line), strlen(line) + 2) == 0)
		return 0;
	return found ? found - wire + 1 : -1;
}

/* The line came once, ahead of the final OK. */
static inline void expect_ahead_of_ok(const char *line)
{
	long place = place_of(line), ok = place_of("OK");
	check(place >= 0, "\"%s\" did not come with the answer", line);
	check(ok >= 0 && place < ok, "\"%s\" comes behind OK", line);
	forget_urcs();
}

/* ---- passthrough (AT+CIPMODE=1) ---- */

/* With a link of that type to the peer, in passthrough. */
static inline void enter_passthrough(const char *type, int peer, const char *more)
{
	enter_single();
	given(link_line(LINK_SINGLE, type, peer, more));
	given("AT+CIPMODE=1");
	forget_urcs();
	passthrough_begin();
}

/* Behind passthrough_end(). */
static inline void leave_passthrough(void)
{
	given("AT+CIPMODE=0");
	leave_single();
}

#endif
