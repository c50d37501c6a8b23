/* SPDX-License-Identifier: MIT */
/* A connection to an RFC 2217 server (a serial port on the network, set by Telnet options), by
 * libgensio. Bytes go through an ordinary descriptor, settings through questions that the server
 * must answer. */
#ifndef RIG_RFC2217_H
#define RIG_RFC2217_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum rfc2217_what {
	RFC2217_BAUD,
	RFC2217_DATABITS,
	RFC2217_PARITY,   /* 1 none, 2 odd, 3 even */
	RFC2217_STOPBITS, /* 1, 2 */
	RFC2217_FLOW,     /* 1 none, 3 RTS and CTS */
	RFC2217_BREAK,    /* 1 on, 2 off; so are the others below */
	RFC2217_DTR,
	RFC2217_RTS,
	RFC2217_KINDS
};

struct rfc2217_ask {
	enum rfc2217_what what;
	unsigned value;  /* wanted; 0: only asked for */
	unsigned answer; /* what it is now, as the server says; 0: it does not know */
};

enum { RFC2217_ASKS = 5 }; /* at once, at most */

struct rfc2217;

/* Connects to a numeric address and port. 0 or -errno; *out is there, and to be closed, in either
 * case. That it is no such server shows when it is asked: -ENOTSUP. */
int rfc2217_open(struct rfc2217 **out, const char *host, const char *port, struct deadline deadline,
	int cancel_fd);
/* Non-blocking, both ways; end of file when the connection is lost. Belongs to the connection. */
int rfc2217_fd(const struct rfc2217 *port);
/* One after the other, behind what was written so far. 0 when all are answered, -EPIPE when the
 * connection is lost, -ETIMEDOUT when an answer does not come within 5 s, -ECANCELED. The one that
 * was given up is not taken back: its answer is waited for, as long, before the next is asked, and
 * what it would still have asked for is left out. */
int rfc2217_ask(struct rfc2217 *port, struct rfc2217_ask *asks, size_t count, int cancel_fd);
/* Has the server throw away what it holds, of either direction, from before this connection. */
void rfc2217_purge(struct rfc2217 *port);
/* Of the last failure, for a person. */
const char *rfc2217_why(const struct rfc2217 *port);
/* The first bytes that came, made visible: "" when nothing did. */
const char *rfc2217_said(struct rfc2217 *port);
/* What was written is handed to the connection as far as it takes it at once, and what it has taken
 * is still sent, for 2 s at most; the rest is dropped. NULL is fine. */
void rfc2217_close(struct rfc2217 *port);

#endif
