/* SPDX-License-Identifier: MIT */
/* Data that the module hands out: +IPD of each link, +CIPRECVDATA, passthrough. Taken in whenever
 * it comes, and kept in the order of arrival until a case asks for it; or compared with a pattern
 * on the way, and not kept. Pure: no channel, no clock. */
#ifndef AT_INCOMING_H
#define AT_INCOMING_H

#include "at/ipd.h"
#include "line/line.h"

/* In place of a link: what AT+CIPRECVDATA read. */
enum { LINK_READ = -3 };
enum { INCOMING_MAX = 32 << 20, INCOMING_LINKS = 16 };

/* One +IPD with its data, or a part of a passthrough. */
struct frame {
	struct frame *next;
	struct ipd_header header;
	size_t got, taken; /* bytes that came, and that a case has had */
	uint8_t bytes[];
};

/* A link whose data is a pattern. */
struct follow {
	int link;
	uint64_t seed, offset, count;
};

struct incoming {
	struct frame *first, **end;
	struct frame *open; /* whose data is still coming; NULL: it is not kept */
	size_t bytes;
	struct follow follows[INCOMING_LINKS];
	size_t follow_count;
	struct frame *given; /* what next_ipd() handed out last */
	char why[256];
};

void incoming_finish(struct incoming *in);
/* Whether the piece is data, or the header of a +IPD or +MQTTSUBRECV, and nothing else. */
bool incoming_is(const struct line_piece *piece);
/* Takes it in, when it is not of +MQTTSUBRECV (at/inbox.h). False and `why`: a pattern does not go
 * on like this, or it is too much. */
bool incoming_add(struct incoming *in, const struct line_piece *piece);
/* How many of these bytes the link's next ones are; *mismatch when one that is there is another
 * (and is left there). What fits is taken. */
size_t incoming_take(
	struct incoming *in, int link, const uint8_t *bytes, size_t len, bool *mismatch);
/* The first bytes of the link that were not taken, up to `max`; for messages. */
size_t incoming_peek(const struct incoming *in, int link, const uint8_t **bytes, size_t max);
/* The link's first frame when it is complete, without what was taken of it; NULL. Valid until the
 * next call. */
const struct ipd_header *incoming_frame(struct incoming *in, int link);
/* Forgets what came of the link. */
void incoming_drop(struct incoming *in, int link);
/* Bytes of the link that were not taken. */
uint64_t incoming_left(const struct incoming *in, int link);
/* From now on the link's data is this pattern; what is there already is compared at once. */
bool incoming_follow(struct incoming *in, int link, uint64_t seed, uint64_t offset);
const struct follow *incoming_followed(const struct incoming *in, int link);
/* What a header says: "+IPD,0,5,\"10.0.0.1\",80:" or "+CIPRECVDATA:5,…". */
void incoming_header(const char *text, struct ipd_header *out);

#endif
