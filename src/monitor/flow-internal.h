/* SPDX-License-Identifier: MIT */
/* What the parts of the flow share. Private to src/monitor. */
#ifndef MONITOR_FLOW_INTERNAL_H
#define MONITOR_FLOW_INTERNAL_H

#include "base/buf.h"
#include "monitor/flow.h"
#include "monitor/link-command.h"
#include "monitor/queue.h"

enum {
	ENDS_MAX = 256,       /* connections of peers in a lease */
	DATAGRAMS_MAX = 4096, /* that were not handed out */
};

/* A peer's end of a connection. */
struct end {
	int peer, connection, link; /* link -1: not tied */
	uint16_t port;              /* of the peer, or of the module when the peer is the client */
	bool udp, tls, client, closed;
	bool lost; /* too much for the limit, or tied to what is over: nothing is said of it */
	struct queue sent; /* by the peer, and not handed out by the module */
	size_t *datagrams; /* UDP: their lengths in `sent` */
	size_t datagram_count, datagram_from;
};

struct link {
	struct end *end;
	bool passes;        /* passthrough: it may be connected again without a word */
	bool udp, waits;    /* waits: a client of the module's server whose end is not known yet */
	uint16_t port;      /* UDP: where it goes */
	bool blind, deaf;   /* nothing is said of what comes out of it, goes into it */
	bool unconfirmed;   /* no SEND OK yet for what was given last */
	struct queue given; /* to the module, and not yet received by the peer */
};

/* An AT+CIPSTART that is in flight, or done and not seen at a peer yet. */
struct start {
	bool on, done, strong, many;
	struct link_start what;
	struct end *end;
};

struct flow {
	flow_breach_fn *on_breach;
	void *user;
	struct end *ends[ENDS_MAX];
	size_t end_count;
	bool full;
	struct link links[LINK_PLACES];
	struct start start;
	int reading;        /* place of the link whose data comes, or -1 */
	struct buf payload; /* UDP: of one header */
};

/* flow.c */
/* Nothing is known of the link any more. */
void flow_clear(struct link *l);
void flow_tie(struct flow *f, int place, struct end *e);
/* The place of the start's link; -1: not known yet. */
int flow_start_place(const struct flow *f);
void flow_tie_start(struct flow *f, int place);
const char *flow_name(int place);
/* A breach: what came is not what is next in the queue, from a place on. */
void flow_differs(struct flow *f, enum flow_rule rule, int place, const struct queue *expected,
	size_t from, const uint8_t *came, size_t len, const char *what);
/* flow-peer.c */
/* Ties a client that has no link yet to a link that has no client, when there is one of each. */
void flow_tie_server(struct flow *f);

#endif
