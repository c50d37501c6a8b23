/* SPDX-License-Identifier: MIT */
/* Hosts and ports of the links that go over the network. */
#include "rig/link-kind.h"

#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

bool link_split_host(const char *text, struct buf *host, struct buf *port)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text || !colon[1] ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	const char *end = colon;
	if (*text == '[' && end[-1] == ']') {
		text++;
		end--;
	}
	buf_append(host, text, (size_t)(end - text));
	buf_puts(port, colon + 1);
	int number = port->len > 5 ? 0 : atoi(port->data);
	return number > 0 && number < 65536 && host->len > 0;
}

struct addrinfo *link_resolve(
	const struct link *link, const char *host, const char *port, struct error *error)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	int failure = getaddrinfo(host, port, &want, &found);
	if (!failure)
		return found;
	error_set(error, NULL, 0, 0, "%s: can't find the host \"%s\": %s", link->address, host,
		gai_strerror(failure));
	return NULL;
}

bool link_busy_again(const struct link *link, struct deadline deadline)
{
	enum { PAUSE_MS = 50 };
	struct pollfd cancel = { .fd = link->place.cancel_fd, .events = POLLIN };
	return !deadline_passed(deadline) && poll(&cancel, 1, PAUSE_MS) == 0;
}

int link_hung_up(const struct link *link, const char *said, struct error *error)
{
	return error_set(error, NULL, 0, 0,
		"%s hangs up at once%s%s%s: does another program use this port?", link->address,
		*said ? " and says \"" : "", said, *said ? "\"" : "");
}
