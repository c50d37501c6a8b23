/* SPDX-License-Identifier: MIT */
/* The flow from the side of the peers: their connections, which link each is tied to, and what they
 * send and receive. */
#include "monitor/flow-internal.h"

#include <stdlib.h>
#include <string.h>

static struct end *find_end(struct flow *f, const struct monitor_peer *e)
{
	for (size_t i = f->end_count; i-- > 0;)
		if (f->ends[i]->peer == e->peer && f->ends[i]->connection == e->connection)
			return f->ends[i];
	return NULL;
}

static struct end *add_end(struct flow *f, const struct monitor_peer *event, bool client)
{
	if (f->end_count == ENDS_MAX) {
		f->full = true;
		return NULL;
	}
	struct end *e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	*e = (struct end){ .peer = event->peer,
		.connection = event->connection,
		.link = -1,
		.port = client ? event->remote_port : event->local_port,
		.udp = event->udp,
		.tls = event->tls,
		.client = client };
	f->ends[f->end_count++] = e;
	return e;
}

/* One that goes where the command says is worth more than one that a route may have led here. */
static void accept_start(struct flow *f, struct end *e)
{
	struct start *s = &f->start;
	bool strong = e->port == s->what.port;
	if (!s->on || s->what.udp || (s->end && s->strong && !strong))
		return;
	s->many = s->end && s->strong == strong;
	s->end = e;
	s->strong = strong;
	/* Until OK the bytes of a secure link are those of its handshake. */
	if (flow_start_place(f) >= 0 && (s->done || !s->what.ssl))
		flow_tie_start(f, flow_start_place(f));
	if (s->done && !s->many)
		s->on = false;
}

/* What was given while the link was broken may be lost. */
static void accept_again(struct flow *f, struct end *e)
{
	int place = link_place(-1);
	struct link *l = &f->links[place];
	if (!l->passes || !l->end || !l->end->closed || l->end->port != e->port)
		return;
	queue_finish(&l->given);
	flow_tie(f, place, e);
	l->deaf = true;
}

/* A sender's first datagram: of the only link that goes to this port and has no partner yet. */
static void accept_udp(struct flow *f, struct end *e)
{
	int found = -1;
	for (int i = 0; i < LINK_PLACES; i++) {
		const struct link *l = &f->links[i];
		if (!l->udp || l->end || l->port != e->port)
			continue;
		if (found >= 0)
			return;
		found = i;
	}
	if (found >= 0)
		flow_tie(f, found, e);
}

void flow_tie_server(struct flow *f)
{
	struct end *end = NULL;
	int place = -1;
	size_t ends = 0, places = 0;
	for (size_t i = 0; i < f->end_count; i++) {
		struct end *e = f->ends[i];
		if (!e->client || e->udp || e->link >= 0 || e->closed || e->lost)
			continue;
		end = e;
		ends++;
	}
	for (int i = 0; i < LINK_PLACES; i++)
		if (f->links[i].waits) {
			place = i;
			places++;
		}
	if (ends == 1 && places == 1) {
		flow_tie(f, place, end);
	} else if (ends && places) {
		for (int i = 0; i < LINK_PLACES; i++)
			f->links[i].waits = false;
	}
}

static void peer_sent(struct end *e, const struct monitor_peer *event)
{
	if (e->lost)
		return;
	e->lost = !queue_add(&e->sent, event->bytes, event->len);
	if (!e->udp || e->lost)
		return;
	if (!e->datagrams)
		e->datagrams = calloc(DATAGRAMS_MAX, sizeof(*e->datagrams));
	if (!e->datagrams)
		abort();
	e->lost = e->datagram_count == DATAGRAMS_MAX;
	if (!e->lost)
		e->datagrams[(e->datagram_from + e->datagram_count++) % DATAGRAMS_MAX] = event->len;
}

static void peer_received(struct flow *f, struct end *e, const struct monitor_peer *event)
{
	struct link *l = e->link >= 0 ? &f->links[e->link] : NULL;
	if (!l || l->deaf || f->full)
		return;
	size_t same = queue_same(&l->given, 0, event->bytes, event->len);
	if (same < event->len) {
		flow_differs(f, FLOW_TO_PEER, e->link, &l->given, same,
			(const uint8_t *)event->bytes + same, event->len - same,
			"the peer did not receive what was sent");
		l->deaf = true;
	}
	queue_drop(&l->given, same);
}

static void peer_closed(struct flow *f, struct end *e, const struct monitor_peer *event)
{
	struct link *l = e->link >= 0 ? &f->links[e->link] : NULL;
	e->closed = true;
	bool in_order = event->by_module && event->how && strcmp(event->how, "fin") == 0;
	if (!l || l->deaf || l->passes || l->unconfirmed || e->udp || !in_order || !l->given.len ||
		f->full)
		return;
	struct buf text = { 0 };
	buf_printf(&text, "%s: %zu bytes got SEND OK and never arrived", flow_name(e->link),
		l->given.len);
	f->on_breach(f->user, FLOW_TO_PEER, buf_text(&text), NULL, 0);
	buf_finish(&text);
	l->deaf = true;
}

static void peer_gone(struct flow *f, int peer)
{
	for (size_t i = 0; i < f->end_count; i++)
		if (f->ends[i]->peer == peer)
			f->ends[i]->lost = f->ends[i]->closed = true;
}

static void peer_came(struct flow *f, const struct monitor_peer *event, bool client)
{
	struct end *e = add_end(f, event, client);
	if (e && client)
		flow_tie_server(f);
	else if (e && e->udp)
		accept_udp(f, e);
	else if (e && f->start.on)
		accept_start(f, e);
	else if (e)
		accept_again(f, e);
}

void flow_peer(struct flow *f, const struct monitor_peer *event)
{
	struct end *e = find_end(f, event);
	switch (event->what) {
	case MONITOR_PEER_LISTEN:
		break;
	case MONITOR_PEER_ACCEPT:
	case MONITOR_PEER_CONNECT:
		peer_came(f, event, event->what == MONITOR_PEER_CONNECT);
		break;
	case MONITOR_PEER_SENT:
		if (e)
			peer_sent(e, event);
		break;
	case MONITOR_PEER_RECEIVED:
		if (e)
			peer_received(f, e, event);
		break;
	case MONITOR_PEER_CLOSED:
		if (e)
			peer_closed(f, e, event);
		break;
	case MONITOR_PEER_GONE:
		peer_gone(f, event->peer);
		break;
	}
}
