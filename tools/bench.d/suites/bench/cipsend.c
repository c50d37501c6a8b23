/* SPDX-License-Identifier: MIT */
/* The cases of the bench-only suite program that need a network: how fast +IPD can come when
 * nothing is paced, and an echo on five links for as long as is asked for. Every byte is compared
 * on both sides. They are run by `atconform run` like any other, against the virtual module. */
#include "at/at.h"
#include "at/peer.h"

#include "base/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS = 5, BLOCK = 2048, WINDOW = 4 * BLOCK, PATIENCE_MS = 20000 };

static int64_t setting(const char *name, int64_t usual)
{
	const char *text = getenv(name);
	return text && *text ? strtoll(text, NULL, 10) : usual;
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
	const char *path = getenv("ATCONFORM_BENCH_OUT");
	FILE *out = path ? fopen(path, "a") : NULL;
	check(out, "ATCONFORM_BENCH_OUT names no file that can be written");
	va_list args;
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fclose(out);
}

/* The first eighth is left out: sockets and the line fill up meanwhile. */
Test(cipsend, throughput, REQ("CIPSEND-1"))
{
	uint64_t total = (uint64_t)setting("ATCONFORM_BENCH_BYTES", 32 << 20);
	online();
	int source = peer_open(
		"tcp-source", fmt("{\"seed\":7,\"bytes\":%llu}", (unsigned long long)total));
	ipd_follow(LINK_SINGLE, 7, 0);
	given(fmt("AT+CIPSTART=\"TCP\",\"%s\",%d", peer_address(source), peer_port(source)));
	ipd_until(LINK_SINGLE, total / 8, PATIENCE_MS);
	uint64_t first = ipd_count(LINK_SINGLE);
	int64_t begun = clock_ms();
	ipd_until(LINK_SINGLE, total, PATIENCE_MS);
	int64_t took = clock_ms() - begun;
	uint64_t all = ipd_count(LINK_SINGLE);
	check(all == total, "%llu bytes came", (unsigned long long)all);
	any("AT+CIPCLOSE");
	tell("{\"bytes\": %llu, \"ms\": %lld}\n", (unsigned long long)(total - first),
		(long long)took);
}

struct echo {
	int peer;
	uint64_t sent;
};

/* One block; the next waits for its echo only when much is under way. */
static void send_block(struct echo *e, int link)
{
	uint8_t block[BLOCK];
	if (e->sent > WINDOW)
		ipd_until(link, e->sent - WINDOW, PATIENCE_MS);
	pattern_fill((uint64_t)link, e->sent, block, sizeof(block));
	send_data(fmt("AT+CIPSEND=%d,%d", link, BLOCK), block, sizeof(block));
	e->sent += sizeof(block);
}

static void start_echo(struct echo *e, int link)
{
	e->peer = peer_open("tcp-echo", fmt("{\"expect_pattern\":%d}", link));
	ipd_follow(link, (uint64_t)link, 0);
	given(fmt("AT+CIPSTART=%d,\"TCP\",\"%s\",%d", link, peer_address(e->peer),
		peer_port(e->peer)));
}

static void set_rate(int64_t baud)
{
	given(fmt("AT+UART_CUR=%lld,8,1,0,0", (long long)baud));
	host_baud(baud);
}

/* Whether the module paces its bytes is a matter of its address. */
Test(cipsend, integrity, REQ("CIPSEND-1"))
{
	int64_t baud = setting("ATCONFORM_BENCH_BAUD", 115200);
	int64_t length_ms = 1000 * setting("ATCONFORM_BENCH_SECONDS", 2);
	struct echo echoes[LINKS] = { 0 };
	uint64_t all = 0;
	online();
	set_rate(baud);
	given("AT+CIPMUX=1");
	for (int link = 0; link < LINKS; link++)
		start_echo(&echoes[link], link);
	int64_t begun = clock_ms();
	while (clock_ms() - begun < length_ms)
		for (int link = 0; link < LINKS; link++)
			send_block(&echoes[link], link);
	for (int link = 0; link < LINKS; link++) {
		ipd_until(link, echoes[link].sent, PATIENCE_MS);
		all += echoes[link].sent;
	}
	int64_t took = clock_ms() - begun;
	for (int link = 0; link < LINKS; link++)
		peer_expect_pattern(echoes[link].peer, 0, (uint64_t)link, echoes[link].sent, 0);
	any("AT+CIPCLOSE=5");
	given("AT+CIPMUX=0");
	set_rate(bench_baud());
	tell("{\"bytes\": %llu, \"ms\": %lld}\n", (unsigned long long)all, (long long)took);
}
