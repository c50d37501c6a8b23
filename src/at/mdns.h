/* SPDX-License-Identifier: MIT */
/* One question over multicast DNS' wire format, sent straight to the module: who offers this
 * service? Bounded: a datagram is at most MDNS_BYTES long, of which MDNS_RECORDS records are read.
 */
#ifndef AT_MDNS_H
#define AT_MDNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MDNS_PORT = 5353, MDNS_BYTES = 4096, MDNS_RECORDS = 64 };

struct mdns_answer {
	char instance[256]; /* "espressif._iot._tcp.local" */
	char host[256];     /* "" when it was not told */
	int port;           /* 0 when it was not told */
	char address[INET_ADDRSTRLEN];
};

/* Whether the datagram answers the question for the service ("_iot._tcp.local"). */
bool mdns_read(const uint8_t *bytes, size_t len, const char *service, struct mdns_answer *out);
/* Asks until an answer comes or the time is over: 1, 0, or -errno when the question can't be sent.
 */
int mdns_ask(const char *address, int port, const char *service, int timeout_ms,
	struct mdns_answer *out);

#endif
