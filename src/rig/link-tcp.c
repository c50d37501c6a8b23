/* SPDX-License-Identifier: MIT */
/* tcp:HOST:PORT, a bridge to a UART somewhere on the network. */
#include "base/cleanup.h"
#include "rig/link-kind.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int tcp_check(const char *rest, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	if (!link_split_host(rest, &host, &port))
		return error_set(error, NULL, 0, 0,
			"tcp:%s is no address: use tcp:HOST:PORT, as in tcp:127.0.0.1:5000", rest);
	return 0;
}

static int tcp_open(struct link *link, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	link_split_host(link->rest, &host, &port);
	struct addrinfo *found = link_resolve(link, host.data, port.data, error);
	if (!found)
		return -1;
	struct deadline deadline = deadline_in_ms(link->place.connect_ms);
	int fd = -ECONNREFUSED;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = link_connect(
			a->ai_family, a->ai_addr, a->ai_addrlen, deadline, link->place.cancel_fd);
	freeaddrinfo(found);
	if (fd < 0)
		return error_set(error, NULL, 0, 0,
			"can't connect to %s: %s; is the bridge running and is the port right?",
			link->address, strerror(-fd));
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	link->fd = fd;
	link->socket = true;
	return 0;
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
