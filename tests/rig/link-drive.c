/* SPDX-License-Identifier: MIT */
/* Opens one link (with so many ms to connect, if told) and does what lines on standard input say,
 * for tests of the links themselves: set BAUD DATABITS STOPBITS_X2 PARITY FLOW, modem DTR RTS,
 * break 0|1, write HEX, read BYTES MS, bulk BYTES MS (sends a pattern and reads as much), flood
 * (writes until nobody takes it), cancel MS (the link's cancel gets readable then, 0: no more),
 * reopen, close. Each is answered by one line: "ok", "ok HEX",
 * "lost" or "failed WHY". */
#include "rig/link.h"

#include "base/cleanup.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void answer(const struct link *link, int failure)
{
	if (failure)
		printf("failed %s\n", link_why(link, failure));
	else
		printf("ok\n");
}

static bool wait_for(const struct link *link, short events, struct deadline deadline)
{
	struct pollfd wait = { .fd = link_fd(link), .events = events };
	return poll(&wait, 1, deadline_left_ms(deadline)) > 0;
}

/* Waits for this many bytes. False when the link is lost. */
static bool take(struct link *link, struct buf *got, size_t wanted, struct deadline deadline)
{
	char part[4096];
	while (got->len < wanted && wait_for(link, POLLIN, deadline)) {
		ssize_t n = link_read(link, part, sizeof(part));
		if (n < 0)
			return false;
		buf_append(got, part, (size_t)n);
	}
	return true;
}

static void do_read(struct link *link, size_t wanted, int ms)
{
	struct buf got AUTO_BUF = { 0 };
	bool there = take(link, &got, wanted, deadline_in_ms(ms));
	printf("%s", there ? "ok" : "lost");
	for (size_t i = 0; i < got.len; i++)
		printf("%s%02x", i ? "" : " ", (unsigned char)got.data[i]);
	printf("\n");
}

/* Until nobody takes any more. */
static void do_flood(struct link *link)
{
	char part[65536] = { 0 };
	while (wait_for(link, POLLOUT, deadline_in_ms(300)))
		if (link_write(link, part, sizeof(part)) < 0) {
			printf("lost\n");
			return;
		}
	printf("ok\n");
}

static void do_write(struct link *link, const char *hex)
{
	struct buf bytes AUTO_BUF = { 0 };
	unsigned byte;
	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_putc(&bytes, (char)byte);
	ssize_t n = link_write(link, bytes.data, bytes.len);
	if (n == (ssize_t)bytes.len)
		printf("ok\n");
	else
		printf(n < 0 ? "lost\n" : "failed no room\n");
}

/* Every value after every other: 0xFF in runs, Telnet's commands behind it. */
static char pattern(size_t i)
{
	return (char)(i % 3 == 2 ? 0xff : i / 3 * 7 + i / 768);
}

static void do_bulk(struct link *link, size_t bytes, int ms)
{
	struct deadline deadline = deadline_in_ms(ms);
	struct buf got AUTO_BUF = { 0 };
	size_t sent = 0;
	char part[1024];
	while (got.len < bytes && !deadline_passed(deadline)) {
		size_t n = 0;
		for (; n < sizeof(part) && sent + n < bytes; n++)
			part[n] = pattern(sent + n);
		ssize_t taken = link_write(link, part, n);
		if (taken < 0 ||
			!take(link, &got, got.len + 1, deadline_in_ms(sent < bytes ? 0 : 50)))
			break;
		sent += (size_t)taken;
	}
	size_t bad = 0;
	while (bad < got.len && got.data[bad] == pattern(bad))
		bad++;
	if (got.len == bytes && bad == bytes)
		printf("ok\n");
	else
		printf("failed sent %zu, got %zu, first wrong %zu\n", sent, got.len, bad);
}

static int cancel_fd;

static void do_cancel(int ms)
{
	const struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };
	printf(timerfd_settime(cancel_fd, 0, &when, NULL) < 0 ? "failed\n" : "ok\n");
}

static void obey(struct link *link, const char *line)
{
	struct rig_uart u = { 0 };
	long long baud;
	int a, b;
	if (sscanf(line, "set %lld %d %d %c %d", &baud, &u.databits, &u.stopbits_x2, &u.parity,
		    &u.flow) == 5) {
		u.baud = baud;
		answer(link, link_set_uart(link, &u));
	} else if (sscanf(line, "modem %d %d", &a, &b) == 2) {
		answer(link, link_modem(link, a, b));
	} else if (sscanf(line, "break %d", &a) == 1) {
		answer(link, link_break(link, a));
	} else if (sscanf(line, "cancel %d", &a) == 1) {
		do_cancel(a);
	} else if (sscanf(line, "read %d %d", &a, &b) == 2) {
		do_read(link, (size_t)a, b);
	} else if (sscanf(line, "bulk %d %d", &a, &b) == 2) {
		do_bulk(link, (size_t)a, b);
	} else if (strncmp(line, "write ", 6) == 0) {
		do_write(link, line + 6);
	} else if (strncmp(line, "flood", 5) == 0) {
		do_flood(link);
	} else if (strncmp(line, "reopen", 6) == 0) {
		struct error error = { 0 };
		if (link_reopen(link, &error) < 0)
			printf("failed %s\n", error.text);
		else
			printf("ok\n");
	} else {
		printf("failed no such thing\n");
	}
}

int main(int argc, char **argv)
{
	static char line[65536];
	struct error error = { 0 };
	cancel_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	const struct link_place place = {
		.uart = { .baud = 115200, .databits = 8, .stopbits_x2 = 2, .parity = 'n' },
		.connect_ms = argc == 3 ? atoi(argv[2]) : 5000,
		.cancel_fd = cancel_fd,
	};
	struct link *link = argc >= 2 ? link_open(argv[1], &place, &error) : NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!link) {
		printf("failed %s\n", error.text);
		return 1;
	}
	printf("ok\n");
	while (fgets(line, sizeof(line), stdin) && strncmp(line, "close", 5) != 0)
		obey(link, line);
	link_close(link);
	close(cancel_fd);
	printf("ok\n");
	return 0;
}
