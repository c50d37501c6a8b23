/* SPDX-License-Identifier: MIT */
/* The flow from the side of the module: the data that it hands out, and the lengths that it tells.
 */
#include "monitor/flow-internal.h"

#include <stdlib.h>
#include <string.h>

/* The end whose bytes the link's data can be compared with, or NULL. */
static struct end *comparable(struct flow *f, int place)
{
	struct link *l = place >= 0 ? &f->links[place] : NULL;
	struct end *e = l ? l->end : NULL;
	return e && !l->blind && !e->lost && !f->full ? e : NULL;
}

/* Other peers may have sent to the link's port too. */
static bool only_sender(const struct flow *f, const struct end *e)
{
	for (size_t i = 0; i < f->end_count; i++)
		if (f->ends[i] != e && f->ends[i]->udp && f->ends[i]->sent.len)
			return false;
	return true;
}

static void too_long(struct flow *f, int place, size_t len, size_t most, const char *what)
{
	struct buf text = { 0 };
	buf_printf(&text, "%s: %s %zu bytes, of which the peer has sent only %zu", flow_name(place),
		what, len, most);
	f->on_breach(f->user, FLOW_LENGTH, buf_text(&text), NULL, 0);
	buf_finish(&text);
}

/* Single connection mode shows its link as number 0 where a command has a place for each. */
static int shown_place(const struct flow *f, int link)
{
	int single = link_place(-1);
	return link == 0 && !f->links[0].end && f->links[single].end ? single : link_place(link);
}

static void check_length(struct flow *f, int place, size_t len, bool encrypted, const char *what)
{
	struct end *e = comparable(f, place);
	if (!e || (encrypted && e->tls) || (e->udp && !only_sender(f, e)))
		return;
	if (len > e->sent.len)
		too_long(f, place, len, e->sent.len, what);
}

void flow_header(struct flow *f, int link, size_t len, bool notice, const char *command)
{
	int place = command ? link_place(link_of_read(command)) : link_place(link);
	buf_clear(&f->payload);
	if (notice)
		check_length(f, place, len, true, "a notice of");
	else if (command)
		check_length(f, place, len, false, "there were read");
	f->reading = notice ? -1 : place;
}

static void drop_datagram(struct end *e)
{
	queue_drop(&e->sent, e->datagrams[e->datagram_from]);
	e->datagram_from = (e->datagram_from + 1) % DATAGRAMS_MAX;
	e->datagram_count--;
}

/* The datagram that begins like this, itself or what is left of it; those before are lost, as
 * datagrams may be. */
static bool hand_datagram(struct end *e, const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	for (size_t i = 0; i < e->datagram_count; i++) {
		size_t size = e->datagrams[(e->datagram_from + i) % DATAGRAMS_MAX];
		if (len <= size && queue_same(&e->sent, at, bytes, len) == len) {
			for (; i; i--)
				drop_datagram(e);
			e->datagrams[e->datagram_from] -= len;
			queue_drop(&e->sent, len);
			if (!e->datagrams[e->datagram_from])
				drop_datagram(e);
			return true;
		}
		at += size;
	}
	return false;
}

static void handed_udp(struct flow *f, int place, struct end *e, const struct line_piece *piece)
{
	struct link *l = &f->links[place];
	if (!piece->total || !only_sender(f, e)) {
		l->blind = true;
		return;
	}
	buf_append(&f->payload, piece->bytes, piece->len);
	if (piece->offset + piece->len < piece->total)
		return;
	const uint8_t *bytes = (const uint8_t *)buf_text(&f->payload);
	if (hand_datagram(e, bytes, f->payload.len))
		return;
	flow_differs(f, FLOW_FROM_PEER, place, &e->sent, 0, bytes, f->payload.len,
		"no datagram of the peer is like this");
	l->blind = true;
}

void flow_handed(struct flow *f, const struct line_piece *piece)
{
	int place = piece->total ? f->reading : link_place(-1);
	struct end *e = comparable(f, place);
	if (!e)
		return;
	if (e->udp) {
		handed_udp(f, place, e, piece);
		return;
	}
	size_t same = queue_same(&e->sent, 0, piece->bytes, piece->len);
	if (same < piece->len) {
		flow_differs(f, FLOW_FROM_PEER, place, &e->sent, same, piece->bytes + same,
			piece->len - same, "not what the peer sent");
		f->links[place].blind = true;
	}
	queue_drop(&e->sent, same);
}

void flow_lengths(struct flow *f, const char *text)
{
	const char *p = strchr(text, ':');
	for (int link = 0; p && link < LINK_PLACES - 1; link++) {
		p++;
		size_t len = strtoul(p, NULL, 10);
		if (*p >= '0' && *p <= '9')
			check_length(f, shown_place(f, link), len, true, "AT+CIPRECVLEN? tells");
		p = strchr(p, ',');
	}
}
