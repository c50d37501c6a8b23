/* SPDX-License-Identifier: MIT */
/* tcp:HOST:PORT, a bridge to a UART somewhere on the network. */
#include "base/cleanup.h"
#include "rig/link-kind.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "[::1]:5000" and "host:5000". False when it is neither. */
static bool split(const char *rest, struct buf *host, const char **port)
{
	const char *colon = strrchr(rest, ':');
	if (!colon || colon == rest || !colon[1] ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	const char *end = colon;
	if (*rest == '[' && end[-1] == ']') {
		rest++;
		end--;
	}
	buf_append(host, rest, (size_t)(end - rest));
	*port = colon + 1;
	return atoi(*port) > 0 && atoi(*port) < 65536 && host->len > 0;
}

static int tcp_check(const char *rest, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	const char *port;
	if (!split(rest, &host, &port))
		return error_set(error, NULL, 0, 0,
			"tcp:%s is no address: use tcp:HOST:PORT, as in tcp:127.0.0.1:5000", rest);
	return 0;
}

static int tcp_open(struct link *link, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	const char *port;
	split(link->rest, &host, &port);
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	int failure = getaddrinfo(host.data, port, &want, &found);
	if (failure)
		return error_set(error, NULL, 0, 0, "%s: can't find the host: %s", link->address,
			gai_strerror(failure));
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
