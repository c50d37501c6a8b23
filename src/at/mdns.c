/* SPDX-License-Identifier: MIT */
#include "at/mdns.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { ASK_AGAIN_MS = 250 };

static bool name_at(ns_msg *message, const uint8_t *at, char out[256])
{
	return ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), at, out, 256) >= 0;
}

/* A pointer from the service to an instance of it; true when it is the one asked for. */
static bool read_pointer(ns_msg *message, ns_rr *rr, const char *service, struct mdns_answer *out)
{
	return strcasecmp(ns_rr_name(*rr), service) == 0 &&
	       name_at(message, ns_rr_rdata(*rr), out->instance);
}

static void read_details(ns_msg *message, ns_rr *rr, struct mdns_answer *out)
{
	const uint8_t *data = ns_rr_rdata(*rr);
	size_t len = ns_rr_rdlen(*rr);
	if (ns_rr_type(*rr) == ns_t_srv && len > 6) {
		out->port = (int)ns_get16(data + 4);
		name_at(message, data + 6, out->host);
	} else if (ns_rr_type(*rr) == ns_t_a && len == 4) {
		inet_ntop(AF_INET, data, out->address, sizeof(out->address));
	}
}

bool mdns_read(const uint8_t *bytes, size_t len, const char *service, struct mdns_answer *out)
{
	static const ns_sect sections[] = { ns_s_an, ns_s_ar };
	ns_msg message;
	bool found = false;
	*out = (struct mdns_answer){ 0 };
	if (len > MDNS_BYTES || ns_initparse(bytes, (int)len, &message) < 0 ||
		!ns_msg_getflag(message, ns_f_qr))
		return false;
	for (size_t s = 0; s < 2; s++) {
		int count = ns_msg_count(message, sections[s]);
		for (int i = 0; i < count && i < MDNS_RECORDS; i++) {
			ns_rr rr;
			if (ns_parserr(&message, sections[s], i, &rr) < 0)
				return found;
			if (ns_rr_type(rr) == ns_t_ptr)
				found |= read_pointer(&message, &rr, service, out);
			else
				read_details(&message, &rr, out);
		}
	}
	return found;
}

static int make_question(const char *service, uint8_t *out, int size)
{
	int len = res_mkquery(QUERY, service, C_IN, T_PTR, NULL, 0, NULL, out, size);
	/* The id of a multicast question is 0, and nobody is asked to recurse. */
	if (len >= HFIXEDSZ)
		memset(out, 0, 4);
	return len;
}

static bool take_answer(int fd, const char *service, struct mdns_answer *out)
{
	static uint8_t bytes[MDNS_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	return n > 0 && mdns_read(bytes, (size_t)n, service, out);
}

int mdns_ask(
	const char *address, int port, const char *service, int timeout_ms, struct mdns_answer *out)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	uint8_t question[512];
	int len = make_question(service, question, sizeof(question));
	const struct deadline end = deadline_in_ms(timeout_ms);
	if (len < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -EINVAL;
	int fd AUTO_FD = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Not connected: an answer may come from another port, and a closed one is no error. */
	while (!deadline_passed(end)) {
		struct deadline again = deadline_in_ms(ASK_AGAIN_MS);
		if (sendto(fd, question, (size_t)len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			return -errno;
		while (!deadline_passed(again) && !deadline_passed(end)) {
			int left = deadline_left_ms(again), all = deadline_left_ms(end);
			struct pollfd wait = { .fd = fd, .events = POLLIN };
			if (poll(&wait, 1, left < all ? left : all) > 0 &&
				take_answer(fd, service, out))
				return 1;
		}
	}
	return 0;
}
