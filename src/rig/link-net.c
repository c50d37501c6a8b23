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

/* A lookup that goes on by itself: the resolver knows no deadline but its own, of half a minute. */
struct lookup {
	struct gaicb job;
	struct addrinfo want;
	char *host, *port;
};

static struct lookup *lookup_begin(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->host = strdup(host);
	l->port = strdup(port);
	l->want = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	l->job =
		(struct gaicb){ .ar_name = l->host, .ar_service = l->port, .ar_request = &l->want };
	return l;
}

static void lookup_finish(struct lookup *l)
{
	free(l->host);
	free(l->port);
	free(l);
}

/* 0, or what gai_strerror knows; EAI_INPROGRESS when it was not waited for to the end. */
static int lookup_await(struct lookup *l, struct deadline deadline, int cancel_fd)
{
	const struct gaicb *const jobs[] = { &l->job };
	struct gaicb *begun[] = { &l->job };
	const struct timespec slice = { .tv_nsec = 20000000 };
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
	int failure = getaddrinfo_a(GAI_NOWAIT, begun, 1, NULL);
	if (failure)
		return failure;
	while ((failure = gai_error(&l->job)) == EAI_INPROGRESS) {
		if (deadline_passed(deadline) || poll(&cancel, 1, 0) > 0)
			return failure;
		gai_suspend(jobs, 1, &slice);
	}
	return failure;
}

struct addrinfo *link_resolve(
	const struct link *link, const char *host, const char *port, struct error *error)
{
	struct lookup *l = lookup_begin(host, port);
	int failure =
		lookup_await(l, deadline_in_ms(link->place.connect_ms), link->place.cancel_fd);
	struct addrinfo *found = failure ? NULL : l->job.ar_result;
	if (failure)
		error_set(error, NULL, 0, 0, "%s: can't find the host \"%s\": %s", link->address,
			host,
			failure == EAI_INPROGRESS ? "no name server answers"
						  : gai_strerror(failure));
	/* One that can't be called back still writes to it, some time. */
	if (failure != EAI_INPROGRESS || gai_cancel(&l->job) == EAI_CANCELED)
		lookup_finish(l);
	return found;
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
