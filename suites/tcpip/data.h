/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases about data: blocks to send, waiting for what comes in by itself, and
 * reading what passive mode keeps. */
#ifndef SUITES_TCPIP_DATA_H
#define SUITES_TCPIP_DATA_H

#include "tcpip.h"

/* A block of data, no longer than a send may be, or as long as a peer can send at once. */
enum { BLOCK_MAX = 2048, DATA_MAX = 60000 };

/* ---- bytes ---- */

/* All 256 values, in an order that depends on the seed; the same again and again. Valid until the
 * next call. No backslash is followed by 0 or by another one. */
static inline const uint8_t *some_bytes(unsigned seed, size_t len)
{
	static uint8_t bytes[DATA_MAX];
	check(len <= sizeof(bytes), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i + i / 256 + seed * 37);
	return bytes;
}

/* Letters and line ends only, numbered, so that nothing in them looks like anything else. */
static inline const char *some_text(unsigned seed, size_t len)
{
	static char text[DATA_MAX + 1];
	check(len < sizeof(text), "%zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + (i + i / 26 + seed) % 26);
	text[len] = '\0';
	return text;
}

/* "AT+CIPSEND=3,100" or, without a link ID, "AT+CIPSEND=100". */
static inline const char *send_line(const char *command, int link, size_t len)
{
	return link < 0 ? fmt("%s=%zu", command, len) : fmt("%s=%d,%zu", command, link, len);
}

/* Sends on a link, and expects that the peer's connection gets just that. */
static inline void send_through(int link, int peer, int connection, const void *bytes, size_t len)
{
	send_data(send_line("AT+CIPSEND", link, len), bytes, len);
	peer_expect_on(peer, connection, bytes, len, 0);
}

/* Sends, and expects the prompt behind OK and nowhere else. */
static inline void prompt_behind_ok(const char *command, const void *bytes, size_t len)
{
	size_t n;
	data_prompt(command);
	const char *wire = received(&n), *ok = strstr(wire, "\nOK\r\n"), *sign = strchr(wire, '>');
	check(ok && sign && sign > ok, "the prompt does not come behind OK");
	raw(bytes, len);
	response("SEND OK");
}

/* Nothing more reaches the peer for a moment. */
static inline void nothing_more(int peer)
{
	peer_expect_nothing(peer, bench_ms("silence"));
}

/* ---- links ---- */

/* In multiple connection mode, with the links 0 … count - 1 to one peer: its connection k is link
 * k.
 */
static inline int enter_links(int count, const char *kind, const char *options)
{
	enter_multi();
	int peer = peer_open(kind, options);
	for (int link = 0; link < count; link++) {
		given(link_line(link, "TCP", peer, ""));
		peer_wait_connect(peer, link + 1, 0);
	}
	forget_urcs();
	return peer;
}

/* A single UDP link to a new peer that knows where to answer: one datagram went to it. */
static inline int enter_udp(const char *more)
{
	enter_single();
	int peer = peer_open("udp", NULL);
	start_link_more(LINK_SINGLE, "UDP", peer, more);
	send_through(LINK_SINGLE, peer, PEER_LATEST, "x", 1);
	return peer;
}

/* ---- what comes in by itself ---- */

/* Whether that many bytes of a link come within the time; they are not taken. */
static inline bool comes(int link, uint64_t count, int ms)
{
	int64_t end = clock_ms() + ms;
	while (ipd_count(link) < count && clock_ms() < end)
		look_again(2);
	return ipd_count(link) >= count;
}

/* The peer sends, and the module begins to hand it out. */
static inline void push(int peer, int link, const char *text)
{
	peer_send(peer, text, strlen(text));
	check(comes(link, strlen(text), bench_ms("answer")), "the data of the peer do not come");
}

/* ---- passive mode ---- */

static inline void enter_passive(void)
{
	online();
	given("AT+CIPRECVMODE=1");
}

/* With one link to a new peer of that kind. */
static inline int enter_passive_linked(const char *kind, const char *options)
{
	enter_passive();
	int peer = peer_open(kind, options);
	start_link(LINK_SINGLE, "TCP", peer);
	return peer;
}

static inline int enter_passive_links(int count, const char *kind, const char *options)
{
	enter_passive();
	return enter_links(count, kind, options);
}

static inline void leave_passive(void)
{
	leave_single();
	given("AT+CIPRECVMODE=0");
}

static inline void leave_passive_links(void)
{
	leave_multi();
	given("AT+CIPRECVMODE=0");
}

/* What AT+CIPRECVLEN? says of a link: 0 for an empty place, and for -1. */
static inline int64_t kept(int link)
{
	ask("AT+CIPRECVLEN?");
	const char *p = strchr(line_text(0), ':');
	for (int i = 0; p && i < link; i++)
		p = strchr(p + 1, ',');
	int64_t len = p ? strtoll(p + 1, NULL, 10) : 0;
	return len > 0 ? len : 0;
}

/* Until that much is kept. */
static inline void wait_kept(int link, int64_t count)
{
	int64_t now, end = clock_ms() + bench_ms("answer");
	while ((now = kept(link)) < count && clock_ms() < end)
		look_again(2);
	check(now == count, "AT+CIPRECVLEN? shows %lld bytes, not %lld", (long long)now,
		(long long)count);
}

/* The peer sends, and the module keeps it. */
static inline void feed(int peer, int connection, int link, const void *bytes, size_t len)
{
	int64_t before = kept(link);
	peer_send_on(peer, connection, bytes, len);
	wait_kept(link, before + (int64_t)len);
}

static inline const char *read_line(int link, size_t len)
{
	return send_line("AT+CIPRECVDATA", link, len);
}

/* Reads until all of it has come; no more is there then. */
static inline void read_all(int link, const uint8_t *bytes, size_t len)
{
	int64_t end = clock_ms() + 2 * bench_ms("answer");
	for (size_t at = 0; at < len;) {
		int64_t there = kept(link);
		check(there > 0 || clock_ms() < end, "only %zu of %zu bytes come", at, len);
		if (there == 0) {
			look_again(2);
			continue;
		}
		const struct ipd_header *got = recvdata_any(read_line(link, BLOCK_MAX));
		check(got->len <= len - at && memcmp(got->data, bytes + at, got->len) == 0,
			"the bytes from %zu on are not those that the peer sent", at);
		at += got->len;
		end = clock_ms() + 2 * bench_ms("answer");
	}
}

#endif
