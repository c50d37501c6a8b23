/* SPDX-License-Identifier: MIT */
/* What went over the line and over the network during one attempt, read from the journal file when
 * a format asks for it: one timeline of the module's line and of each peer. */
#ifndef REPORT_WIRE_H
#define REPORT_WIRE_H

#include "base/buf.h"
#include "report/run.h"

#include <jansson.h>

enum wire_kind {
	WIRE_TX, /* to the module */
	WIRE_RX,
	WIRE_PEER_RX, /* a peer received: from the module */
	WIRE_PEER_TX,
	WIRE_PEER,   /* something else about a peer */
	WIRE_BROKER, /* the MQTT broker: its log, and what the rig did with it */
	WIRE_NOTE,
	WIRE_LINE,
	WIRE_BREACH,
	WIRE_DEVIATION,
	WIRE_WAIT, /* more than a second in which nothing happened */
};

struct wire_event {
	enum wire_kind kind;
	int64_t t_ns, until_ns; /* since the run's start; several pieces told as one have an end */
	int peer, connection;   /* of WIRE_PEER…; -1: none */
	int64_t bytes;          /* how many `text` stands for */
	const char *text;       /* one line, printable ASCII for bytes (\r \n \xHH), else UTF-8 */
	size_t len;
};

typedef void wire_fn(void *user, const struct wire_event *event);
/* Calls fn for each event of the attempt in order. 0, or -1 with *error. Bytes that the journal
 * only counts come as one event for many pieces. */
int wire_each(const struct run *run, const struct run_case *c, const struct run_attempt *a,
	wire_fn *fn, void *user, struct error *error);

const char *wire_kind_name(enum wire_kind kind); /* "tx", "rx", "note" … */

enum wire_style {
	WIRE_TEXT, /* one event a line: ms since the lease, ms since the event before, the peer and
		      its connection, arrow, bytes; the peers first */
	WIRE_JSON, /* elements of a JSON list, safe inside <script>: [us since the lease, kind,
		      text, bytes, 1 when the text is cut, peer, connection] */
};

/* The same as text of at most about `limit` bytes: the beginning and the end, and in between a line
 * (an element of kind "cut") that says how much was left out. */
int wire_collect(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a, enum wire_style style, size_t limit, struct error *error);

/* "tcp-echo at 127.0.1.2:4567, 1 connection, 12 bytes received, 12 sent" */
void wire_say_peer(struct buf *out, const struct run_peer *p);

/* --- for the parts of this --- */
const char *wire_text(const json_t *object, const char *key); /* "" when absent */
void wire_say_bytes(struct buf *out, const json_t *string);
void wire_say_bulk(struct buf *out, const json_t *object); /* what a "bulk" line sums up */
/* What a line about the broker says. */
void wire_broker_event(struct buf *out, const json_t *object, struct wire_event *event);
/* What a line of the journal about a peer says; sets kind, peer, connection. */
void wire_peer_event(struct buf *out, const json_t *object, struct wire_event *event);

#endif
