/* SPDX-License-Identifier: MIT */
/* tcp:HOST:PORT, a bridge to a UART somewhere on the network. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/link-kind.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOTICE_MS = 250 }; /* to hang up in */

static int tcp_check(const char *rest, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	if (!link_split_host(rest, &host, &port))
		return error_set(error, NULL, 0, 0,
			"tcp:%s is no address: use tcp:HOST:PORT, as in tcp:127.0.0.1:5000", rest);
	return 0;
}

/* A descriptor, or -errno. */
static int connect_any(const struct link *link, const struct addrinfo *found)
{
	struct deadline deadline = deadline_in_ms(link->place.connect_ms);
	int fd = -ECONNREFUSED;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = link_connect(
			a->ai_family, a->ai_addr, a->ai_addrlen, deadline, link->place.cancel_fd);
	return fd;
}

/* Whether the server takes the connection only to end it, as ser2net does when it has a client.
 * What it says is then read; what a module says stays where it is. */
static bool hangs_up(int fd, struct buf *said)
{
	char text[120];
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };
	if (poll(&end, 1, NOTICE_MS) <= 0)
		return false;
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	buf_clear(said);
	if (n > 0)
		text_visible(said, text, (size_t)n);
	return true;
}

static int connect_port(struct link *link, const struct addrinfo *found, struct error *error)
{
	struct buf said AUTO_BUF = { 0 };
	struct deadline busy = deadline_in_ms(LINK_BUSY_MS);
	do {
		int fd AUTO_FD = connect_any(link, found);
		if (fd < 0)
			return error_set(error, NULL, 0, 0,
				"can't connect to %s: %s; is the bridge running and is the port "
				"right?",
				link->address, strerror(-fd));
		int on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (!hangs_up(fd, &said))
			return take_fd(fd);
	} while (link_busy_again(link, busy));
	return link_hung_up(link, buf_text(&said), error);
}

static int tcp_open(struct link *link, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	link_split_host(link->rest, &host, &port);
	struct addrinfo *found = link_resolve(link, host.data, port.data, error);
	if (!found)
		return -1;
	link->fd = connect_port(link, found, error);
	freeaddrinfo(found);
	link->socket = true;
	return link->fd < 0 ? -1 : 0;
}

static void tcp_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

const struct link_kind link_tcp = { .scheme = "tcp:",
	.form = "tcp:HOST:PORT",
	.can = 0,
	.check = tcp_check,
	.open = tcp_open,
	.close = tcp_close };
