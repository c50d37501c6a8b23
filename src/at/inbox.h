/* SPDX-License-Identifier: MIT */
/* Messages that the module hands out with +MQTTSUBRECV, kept in the order of arrival until a case
 * asks for them. Pure: no channel, no clock. */
#ifndef AT_INBOX_H
#define AT_INBOX_H

#include "at/mqtt.h"
#include "line/line.h"

enum { INBOX_MAX = 32 << 20 };

struct inbox_entry;
struct inbox {
	struct inbox_entry *first, **end;
	struct inbox_entry *open;  /* whose data is still coming */
	struct inbox_entry *given; /* what inbox_next() handed out last */
	size_t bytes;
};

void inbox_finish(struct inbox *in);
/* Whether the piece is such a header. */
bool inbox_is_header(const struct line_piece *piece);
/* Whether it is one, or a part of the data behind one. */
bool inbox_is(const struct inbox *in, const struct line_piece *piece);
/* Takes it in. False: it is too much. */
bool inbox_add(struct inbox *in, const struct line_piece *piece);
/* What comes from now on belongs to something else. */
void inbox_close(struct inbox *in);
/* The first one, when it is complete; NULL. Valid until the next call. */
const struct message *inbox_next(struct inbox *in);
/* How many are complete. */
size_t inbox_count(const struct inbox *in);
/* How much came of one that is not complete, and how much was announced; false: there is none. */
bool inbox_half(const struct inbox *in, size_t *got, size_t *len);

#endif
