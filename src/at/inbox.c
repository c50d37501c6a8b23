/* SPDX-License-Identifier: MIT */
#include "at/inbox.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct inbox_entry {
	struct inbox_entry *next;
	struct message message;
	size_t got;
	char bytes[]; /* topic, NUL, payload, NUL */
};

void inbox_finish(struct inbox *in)
{
	while (in->first) {
		struct inbox_entry *e = in->first;
		in->first = e->next;
		free(e);
	}
	free(in->given);
	*in = (struct inbox){ 0 };
}

bool inbox_is_header(const struct line_piece *piece)
{
	return piece->kind == LINE_URC && text_starts(piece->text, "+MQTTSUBRECV:") &&
	       text_ends(piece->text, ",");
}

bool inbox_is(const struct inbox *in, const struct line_piece *piece)
{
	bool data = piece->kind == LINE_PAYLOAD && piece->total && !piece->command;
	return (data && in->open) || inbox_is_header(piece);
}

/* Half a message in front of something else will never be whole. */
void inbox_close(struct inbox *in)
{
	struct inbox_entry **at = &in->first;
	if (!in->open)
		return;
	while (*at != in->open)
		at = &(*at)->next;
	in->bytes -= strlen(in->open->bytes) + in->open->message.len + 2;
	free(in->open);
	*at = NULL;
	in->end = at;
	in->open = NULL;
}

static struct inbox_entry *append(struct inbox *in, const char *topic, size_t topic_len, size_t len)
{
	size_t size = topic_len + len + 2; /* as strlen() counts the topic: it holds no NUL */
	if (in->bytes + size > INBOX_MAX)
		return NULL;
	struct inbox_entry *e = calloc(1, sizeof(*e) + size);
	if (!e)
		abort();
	memcpy(e->bytes, topic, topic_len);
	e->message.topic = e->bytes;
	e->message.payload = (const uint8_t *)e->bytes + topic_len + 1;
	e->message.len = len;
	if (!in->first)
		in->end = &in->first;
	*in->end = e;
	in->end = &e->next;
	in->bytes += size;
	return e;
}

/* +MQTTSUBRECV:0,"topic",5, and a topic may hold quotes and commas itself. */
static bool add_header(struct inbox *in, const struct line_piece *piece)
{
	const char *start = strchr(piece->text, '"'), *end = strrchr(piece->text, '"');
	size_t len = end > start ? (size_t)(end - start) - 1 : 0;
	inbox_close(in);
	struct inbox_entry *e = append(in, start ? start + 1 : "", len, piece->total);
	if (!e)
		return false;
	e->message.link = piece->link;
	e->message.t_ns = piece->t_ns;
	in->open = piece->total ? e : NULL;
	return true;
}

bool inbox_add(struct inbox *in, const struct line_piece *piece)
{
	if (piece->kind != LINE_PAYLOAD)
		return add_header(in, piece);
	struct inbox_entry *e = in->open;
	if (piece->len > e->message.len - e->got)
		return true;
	memcpy(e->bytes + strlen(e->bytes) + 1 + e->got, piece->bytes, piece->len);
	e->got += piece->len;
	e->message.t_ns = piece->t_ns;
	if (e->got == e->message.len)
		in->open = NULL;
	return true;
}

static bool complete(const struct inbox_entry *e)
{
	return e && e->got == e->message.len;
}

const struct message *inbox_next(struct inbox *in)
{
	struct inbox_entry *e = in->first;
	if (!complete(e))
		return NULL;
	in->first = e->next;
	in->bytes -= strlen(e->bytes) + e->message.len + 2;
	free(in->given);
	in->given = e;
	return &e->message;
}

size_t inbox_count(const struct inbox *in)
{
	size_t count = 0;
	for (const struct inbox_entry *e = in->first; complete(e); e = e->next)
		count++;
	return count;
}

bool inbox_half(const struct inbox *in, size_t *got, size_t *len)
{
	if (!in->first || complete(in->first))
		return false;
	*got = in->first->got;
	*len = in->first->message.len;
	return true;
}
