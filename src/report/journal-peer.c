/* SPDX-License-Identifier: MIT */
/* Journal events of the network's other side: the peers that the rig ran for a case, and the MQTT
 * broker of its line. What they sent
 * and received stays in the file; here they are only counted. */
#include "report/reader.h"

#include <string.h>

#define MOST_PEERS 200 /* of one attempt kept in memory; the rig allows fewer */

/* The peer of that number; made when its opening was not told. NULL: too many. */
static struct run_peer *peer_of(struct run_attempt *a, int64_t number)
{
	for (size_t i = 0; i < a->peer_count; i++)
		if (a->peers[i].number == number)
			return &a->peers[i];
	if (a->peer_count >= MOST_PEERS)
		return NULL;
	struct run_peer fresh = { .number = (int)number, .kind = "", .address = "" };
	KEEP_ADD(a->peers, a->peer_count) = fresh;
	return &a->peers[a->peer_count - 1];
}

static int open_peer(struct reader *r, struct run_peer *p)
{
	int64_t port = 0;
	if (reader_need_text(r, "kind", &p->kind) || reader_need_text(r, "address", &p->address) ||
		reader_number(r, "port", &port))
		return -1;
	p->port = (int)port;
	return 0;
}

static int accept_connection(struct reader *r, struct run_peer *p)
{
	(void)r;
	p->connections++;
	return 0;
}

static int connect_out(struct reader *r, struct run_peer *p)
{
	const char *kind, *from;
	if (reader_text(r, "kind", &kind) || reader_text(r, "from", &from))
		return -1;
	p->client = true;
	p->connections++;
	p->kind = *kind ? kind : p->kind;
	p->address = *p->address ? p->address : from;
	return 0;
}

static int count_bytes(struct reader *r, int64_t *count)
{
	const json_t *string = json_object_get(r->object, "bytes");
	int64_t n = 0;
	if (!string && json_is_integer(json_object_get(r->object, "len"))) {
		*count += reader_number(r, "len", &n) ? 0 : n;
		return 0;
	}
	if (!json_is_string(string))
		return reader_fail(r, "\"bytes\" is missing");
	n = reader_bytes(r, string);
	*count += n > 0 ? n : 0;
	return n < 0 ? -1 : 0;
}

static int count_received(struct reader *r, struct run_peer *p)
{
	return count_bytes(r, &p->received);
}

static int count_sent(struct reader *r, struct run_peer *p)
{
	return count_bytes(r, &p->sent);
}

static int (*handler(const char *what))(struct reader *, struct run_peer *)
{
	static const struct {
		const char *what;
		int (*read)(struct reader *, struct run_peer *);
	} handlers[] = { { "rx", count_received }, { "tx", count_sent },
		{ "message", count_received }, { "publish", count_sent }, { "open", open_peer },
		{ "accept", accept_connection }, { "connect", connect_out } };
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(handlers[i].what, what) == 0)
			return handlers[i].read;
	return NULL;
}

int read_peer(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	int l;
	int64_t number = -1;
	const char *what;
	if (reader_case(r, &c) || reader_lane(r, &lane, &l) ||
		reader_need_number(r, "p", &number) || reader_need_text(r, "what", &what))
		return -1;
	reader_time_peer(r, lane, what);
	if (number < -1 || number > INT32_MAX)
		return reader_fail(r, "no such peer: %lld", (long long)number);
	struct run_attempt *a = c ? reader_attempt(c) : NULL;
	if (!a)
		return 0;
	reader_extend(r, c);
	if (lane->c == c - r->run->cases)
		answer_peer(&lane->answer, r->object);
	struct run_peer *p = number < 0 ? NULL : peer_of(a, number);
	int (*read)(struct reader *, struct run_peer *) = handler(what);
	return p && read ? read(r, p) : 0;
}

int read_broker(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	int l;
	const char *what = "log", *text;
	if (reader_case(r, &c) || reader_lane(r, &lane, &l))
		return -1;
	if (r->object && (reader_need_text(r, "what", &what) || reader_text(r, "text", &text)))
		return -1;
	reader_time_broker(r, lane, what);
	struct run_attempt *a = c ? reader_attempt(c) : NULL;
	if (!a)
		return 0;
	reader_extend(r, c);
	a->broker_lines++;
	return 0;
}
