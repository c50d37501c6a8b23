/* SPDX-License-Identifier: MIT */
/* rfc2217:HOST:PORT?baud=115200, a serial port that a server on the network has, ser2net say. Rate,
 * format, modem lines and break travel, and count when the server has acknowledged them. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/link-kind.h"
#include "rig/rfc2217.h"
#include "rig/uart.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	DRAIN_MS = 2000,
	AGREE_MS = 1000,
	ON = 1,
	OFF = 2,
};

/* Takes HOST:PORT?baud=N apart. */
static int parse(
	const char *rest, struct buf *host, struct buf *port, int64_t *baud, struct error *error)
{
	struct buf key AUTO_BUF = { 0 };
	struct buf value AUTO_BUF = { 0 };
	struct buf place AUTO_BUF = { 0 };
	size_t len = strcspn(rest, "?");
	buf_append(&place, rest, len);
	if (!len || !link_split_host(place.data, host, port))
		return error_set(error, NULL, 0, 0,
			"rfc2217:%s is no address: use rfc2217:HOST:PORT, as in "
			"rfc2217:127.0.0.1:5000?baud=115200",
			rest);
	const char *query = rest + len + (rest[len] == '?');
	while (link_next_option(&query, &key, &value)) {
		if (strcmp(buf_text(&key), "baud") != 0)
			return error_set(error, NULL, 0, 0,
				"rfc2217: has no option \"%s\", only baud", buf_text(&key));
		if (!text_integer(buf_text(&value), baud) || *baud <= 0 || *baud > 20000000)
			return error_set(
				error, NULL, 0, 0, "\"%s\" is no baud rate", buf_text(&value));
	}
	return 0;
}

static int remote_check(const char *rest, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	int64_t baud = 0;
	return parse(rest, &host, &port, &baud, error);
}

/* ---- settings ---- */

static bool is_near(const struct rfc2217_ask *ask)
{
	/* ser2net with gensio 2.6.2 ends a break and says that it is on. */
	if (ask->what == RFC2217_BREAK)
		return ask->answer != 0;
	if (ask->what != RFC2217_BAUD)
		return ask->answer == ask->value;
	return uart_near_rate(ask->answer, ask->value);
}

static void word_setting(const struct rfc2217_ask *ask, unsigned value, char *out, size_t size)
{
	static const char *const parities[] = { "?", "no parity", "odd parity", "even parity",
		"mark parity", "space parity" };
	static const char *const flows[] = { "?", "no flow control", "XON/XOFF", "RTS/CTS" };
	static const char *const units[RFC2217_KINDS] = { [RFC2217_BAUD] = "baud",
		[RFC2217_DATABITS] = "data bits",
		[RFC2217_STOPBITS] = "stop bits",
		[RFC2217_BREAK] = "break",
		[RFC2217_DTR] = "DTR",
		[RFC2217_RTS] = "RTS" };
	if (!value)
		snprintf(out, size, "nothing it knows");
	else if (ask->what == RFC2217_PARITY)
		snprintf(out, size, "%s", value < 6 ? parities[value] : "?");
	else if (ask->what == RFC2217_FLOW)
		snprintf(out, size, "%s", value < 4 ? flows[value] : "?");
	else if (ask->what >= RFC2217_BREAK)
		snprintf(out, size, "%s %s", units[ask->what], value == ON ? "on" : "off");
	else
		snprintf(out, size, "%u %s", value, units[ask->what]);
}

/* A cancel ends what is under way. What an open line is told after it is part of the way back, and
 * is not given up by it: the library's time bounds that. */
static int cancel_of(const struct link *link)
{
	struct pollfd cancel = { .fd = link->place.cancel_fd, .events = POLLIN };
	bool opening = link->fd < 0;
	return !opening && poll(&cancel, 1, 0) > 0 ? -1 : link->place.cancel_fd;
}

/* Asks for it all; the first that the server did not do is the link's `why`. */
static int demand(struct link *link, struct rfc2217_ask *asks, size_t count, int cancel_fd)
{
	int failure = rfc2217_ask(link->remote, asks, count, cancel_fd);
	if (failure) {
		snprintf(link->why, sizeof(link->why), "%s", rfc2217_why(link->remote));
		return failure;
	}
	for (size_t i = 0; i < count; i++) {
		char wanted[40], has[40];
		if (is_near(&asks[i]))
			continue;
		word_setting(&asks[i], asks[i].value, wanted, sizeof(wanted));
		word_setting(&asks[i], asks[i].answer, has, sizeof(has));
		snprintf(link->why, sizeof(link->why), "asked for %s the server answers with %s",
			wanted, has);
		return -EINVAL;
	}
	return 0;
}

/* What was written has not left the far port when it has left this machine, and no server says when
 * it has: so the time is waited that it takes at the line's rate. */
static void drain(const struct link *link, int cancel_fd)
{
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
	int64_t left_ms = (link->quiet_ns - clock_ns() + 999999) / 1000000;
	if (left_ms > 0)
		poll(&cancel, 1, left_ms < DRAIN_MS ? (int)left_ms : DRAIN_MS);
}

static int set_far(struct link *link, const struct rig_uart *uart, int cancel_fd)
{
	struct rfc2217_ask asks[] = {
		{ .what = RFC2217_BAUD, .value = (unsigned)uart->baud },
		{ .what = RFC2217_DATABITS, .value = (unsigned)uart->databits },
		/* One and a half are what UARTs make of two with five data bits. */
		{ .what = RFC2217_STOPBITS, .value = uart->stopbits_x2 > 2 ? 2 : 1 },
		{ .what = RFC2217_PARITY,
			.value = uart->parity == 'o'   ? 2
				 : uart->parity == 'e' ? 3
						       : 1 },
		{ .what = RFC2217_FLOW, .value = uart->flow ? 3 : 1 },
	};
	return demand(link, asks, sizeof(asks) / sizeof(asks[0]), cancel_fd);
}

static int remote_set_uart(struct link *link, const struct rig_uart *uart)
{
	int cancel_fd = cancel_of(link);
	drain(link, cancel_fd);
	int failure = set_far(link, uart, cancel_fd);
	if (failure == -EINVAL && uart != &link->uart) {
		/* The far port is as it was, for whoever looks for the module now. */
		char why[sizeof(link->why)];
		memcpy(why, link->why, sizeof(why));
		set_far(link, &link->uart, -1);
		memcpy(link->why, why, sizeof(why));
	}
	return failure;
}

static int remote_modem(struct link *link, int dtr, int rts)
{
	struct rfc2217_ask asks[2];
	size_t count = 0;
	if (dtr >= 0)
		asks[count++] = (struct rfc2217_ask){ RFC2217_DTR, dtr ? ON : OFF, 0 };
	if (rts >= 0)
		asks[count++] = (struct rfc2217_ask){ RFC2217_RTS, rts ? ON : OFF, 0 };
	/* A reset that is cancelled still has its release to come, and that may not be lost. */
	return count ? demand(link, asks, count, -1) : 0;
}

static int remote_break(struct link *link, bool on)
{
	struct rfc2217_ask ask = { RFC2217_BREAK, on ? ON : OFF, 0 };
	drain(link, cancel_of(link));
	return demand(link, &ask, 1, -1);
}

/* ---- life ---- */

static void remote_close(struct link *link)
{
	rfc2217_close(link->remote);
	link->remote = NULL;
	link->fd = -1;
}

static int connect_any(struct link *link, const struct addrinfo *found, char *why, size_t size)
{
	struct deadline deadline = deadline_in_ms(link->place.connect_ms);
	int failure = -ECONNREFUSED;
	for (const struct addrinfo *a = found; a && failure; a = a->ai_next) {
		char host[80], port[16];
		if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
			continue;
		remote_close(link);
		failure = rfc2217_open(&link->remote, host, port, deadline, link->place.cancel_fd);
		snprintf(why, size, "%s", rfc2217_why(link->remote));
	}
	return failure;
}

/* Some servers first say that they would, and only later that they do. */
static int set_up(struct link *link)
{
	struct deadline deadline = deadline_in_ms(AGREE_MS);
	struct pollfd cancel = { .fd = link->place.cancel_fd, .events = POLLIN };
	link->quiet_ns = 0;
	int failure;
	do
		failure = remote_set_uart(link, &link->uart);
	while (failure == -ENOTSUP && !deadline_passed(deadline) && poll(&cancel, 1, 10) == 0);
	return failure;
}

/* Why it could not be opened; the server that hangs up has perhaps said so before. */
static int fail_open(struct link *link, int failure, const char *why, struct error *error)
{
	if (failure == -ECONNRESET || failure == -EPIPE)
		link_hung_up(link, rfc2217_said(link->remote), error);
	else if (failure == -ENOTSUP)
		error_set(error, NULL, 0, 0,
			"%s is no RFC 2217 server: give it one, telnet(rfc2217) in ser2net's "
			"words, or use tcp:, which has no say in the rate",
			link->address);
	else if (link->why[0])
		error_set(error, NULL, 0, 0, "%s can't be set to %s: %s", link->address,
			uart_text(&link->uart), link->why);
	else
		error_set(error, NULL, 0, 0,
			"can't connect to %s: %s; is the server running and is the port right?",
			link->address, why);
	remote_close(link);
	return -1;
}

static int connect_port(struct link *link, const struct addrinfo *found, struct error *error)
{
	char why[120] = "it has no address";
	struct deadline busy = deadline_in_ms(LINK_BUSY_MS);
	int failure;
	do {
		link->why[0] = '\0';
		failure = connect_any(link, found, why, sizeof(why));
		if (!failure)
			failure = set_up(link);
	} while ((failure == -ECONNRESET || failure == -EPIPE) && link_busy_again(link, busy));
	return failure ? fail_open(link, failure, why, error) : 0;
}

static int remote_open(struct link *link, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	if (parse(link->rest, &host, &port, &link->uart.baud, error) < 0)
		return -1;
	struct addrinfo *found = link_resolve(link, host.data, port.data, error);
	if (!found)
		return -1;
	int failed = connect_port(link, found, error);
	freeaddrinfo(found);
	if (failed)
		return -1;
	rfc2217_purge(link->remote);
	link->fd = rfc2217_fd(link->remote);
	link->socket = true;
	return 0;
}

static ssize_t remote_write(struct link *link, const void *bytes, size_t len)
{
	ssize_t n = send(link->fd, bytes, len, MSG_NOSIGNAL);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EPIPE;
	int bits = 1 + link->uart.databits + (link->uart.parity != 'n') +
		   (link->uart.stopbits_x2 + 1) / 2;
	int64_t now = clock_ns();
	if (link->quiet_ns < now)
		link->quiet_ns = now;
	link->quiet_ns += n * bits * 1000000000 / link->uart.baud;
	return n;
}

const struct link_kind link_rfc2217 = { .scheme = "rfc2217:",
	.form = "rfc2217:HOST:PORT?baud=115200",
	.can = LINK_CAN_UART | LINK_CAN_UART_FORMAT | LINK_CAN_MODEM,
	.check = remote_check,
	.open = remote_open,
	.close = remote_close,
	.write = remote_write,
	.set_uart = remote_set_uart,
	.modem = remote_modem,
	.send_break = remote_break };
