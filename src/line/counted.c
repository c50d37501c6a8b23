/* SPDX-License-Identifier: MIT */
#include "line/counted.h"

#include <string.h>

enum { HEADER_MAX = 512 }; /* bytes of a header; more is not one */

/* Walks over a header that may end too early. Once `state` is not YES, nothing moves any more. */
struct cursor {
	const uint8_t *p;
	size_t n, at;
	enum counted state;
};

static struct cursor cursor_init(const uint8_t *p, size_t n)
{
	return (struct cursor){ .p = p, .n = n, .state = COUNTED_YES };
}

static bool refuse(struct cursor *c)
{
	if (c->state == COUNTED_YES)
		c->state = COUNTED_NO;
	return false;
}

/* The byte under the cursor, or -1 when there is none (yet). */
static int peek(struct cursor *c)
{
	if (c->state != COUNTED_YES)
		return -1;
	if (c->at >= HEADER_MAX) {
		c->state = COUNTED_NO;
		return -1;
	}
	if (c->at >= c->n) {
		c->state = COUNTED_MORE;
		return -1;
	}
	return c->p[c->at];
}

static bool take(struct cursor *c, char byte)
{
	if (peek(c) != (uint8_t)byte)
		return refuse(c);
	c->at++;
	return true;
}

static bool take_text(struct cursor *c, const char *text)
{
	for (; *text; text++)
		if (!take(c, *text))
			return false;
	return true;
}

static bool take_number(struct cursor *c, size_t *value)
{
	size_t digits = 0;
	*value = 0;
	for (int byte = peek(c); byte >= '0' && byte <= '9'; byte = peek(c)) {
		*value = *value * 10 + (size_t)(byte - '0');
		c->at++;
		if (++digits > 5)
			return refuse(c);
	}
	if (c->state != COUNTED_YES)
		return false;
	return digits ? true : refuse(c);
}

/* A field up to a separator: in quotes, or a bare number or address. */
static bool take_field(struct cursor *c)
{
	if (peek(c) == '"') {
		c->at++;
		for (int byte = peek(c); byte >= ' ' && byte != '"'; byte = peek(c))
			c->at++;
		return take(c, '"');
	}
	size_t start = c->at;
	for (int byte = peek(c); byte >= 0 && memchr("0123456789abcdefABCDEF.-", byte, 24);
		byte = peek(c))
		c->at++;
	if (c->state != COUNTED_YES)
		return false;
	return c->at > start ? true : refuse(c);
}

static bool number_of(const uint8_t *p, size_t len, size_t *value)
{
	struct cursor c = cursor_init(p, len);
	take_number(&c, value);
	/* A number that fills the field ends by running out of bytes. */
	return c.at == len && len > 0 && c.state == COUNTED_MORE;
}

struct fields {
	const uint8_t *p[4];
	size_t len[4];
	size_t count;
};

static bool ipd_fields(struct cursor *c, struct fields *f)
{
	for (;;) {
		size_t start = c->at;
		if (!take_field(c))
			return false;
		f->p[f->count] = c->p + start;
		f->len[f->count++] = c->at - start;
		int byte = peek(c);
		if (byte != ',')
			return byte >= 0;
		if (f->count == 4)
			return refuse(c);
		c->at++;
	}
}

/* One field: length. Two: link, length. Three: length, ip, port. Four: all. */
static bool ipd_values(const struct fields *f, struct counted_header *out)
{
	size_t link = 0;
	size_t port = 0;
	size_t at = f->count % 2 == 0;
	out->link = -1;
	if (at && (!number_of(f->p[0], f->len[0], &link) || link > 999))
		return false;
	if (at)
		out->link = (int)link;
	if (!number_of(f->p[at], f->len[at], &out->payload) || out->payload > COUNTED_MAX)
		return false;
	return f->count < 3 || number_of(f->p[at + 2], f->len[at + 2], &port);
}

enum counted counted_ipd(const uint8_t *p, size_t n, struct counted_header *out)
{
	struct cursor c = cursor_init(p, n);
	struct fields f = { 0 };
	*out = (struct counted_header){ 0 };
	if (!take_text(&c, "+IPD,") || !ipd_fields(&c, &f))
		return c.state;
	if (!ipd_values(&f, out))
		return COUNTED_NO;
	out->passive = peek(&c) == '\r';
	if (!out->passive && !take(&c, ':'))
		return c.state;
	if (out->passive && (!take_text(&c, "\r\n") || f.count > 2))
		return c.state == COUNTED_MORE ? COUNTED_MORE : COUNTED_NO;
	out->len = c.at;
	return COUNTED_YES;
}

enum counted counted_recvdata(const uint8_t *p, size_t n, bool address, struct counted_header *out)
{
	struct cursor c = cursor_init(p, n);
	size_t port;
	*out = (struct counted_header){ .link = -1 };
	if (!take_text(&c, "+CIPRECVDATA"))
		return c.state;
	bool old = peek(&c) == ',';
	take(&c, old ? ',' : ':');
	take_number(&c, &out->payload);
	if (old && peek(&c) == ',') {
		out->link = out->payload > 999 ? -1 : (int)out->payload;
		take(&c, ',');
		take_number(&c, &out->payload);
	}
	take(&c, old ? ':' : ',');
	if (address && !old) {
		take_field(&c);
		take(&c, ',');
		take_number(&c, &port);
		take(&c, ',');
	}
	out->len = c.at;
	if (c.state == COUNTED_YES && out->payload > COUNTED_MAX)
		return COUNTED_NO;
	return c.state;
}

/* A topic may hold quotes and commas: it ends at the first quote that a number between commas
 * follows. */
static bool topic_and_length(struct cursor *c, size_t *length)
{
	for (int byte = peek(c); byte >= 0 && byte != '\r' && byte != '\n'; byte = peek(c)) {
		c->at++;
		if (byte != '"')
			continue;
		struct cursor tail = *c;
		if (take(&tail, ',') && take_number(&tail, length) && take(&tail, ',')) {
			*c = tail;
			return true;
		}
		if (tail.state == COUNTED_MORE) {
			c->state = COUNTED_MORE;
			return false;
		}
	}
	return refuse(c);
}

enum counted counted_subrecv(const uint8_t *p, size_t n, struct counted_header *out)
{
	struct cursor c = cursor_init(p, n);
	size_t link = 0;
	*out = (struct counted_header){ 0 };
	if (!take_text(&c, "+MQTTSUBRECV:") || !take_number(&c, &link) || !take_text(&c, ",\"") ||
		!topic_and_length(&c, &out->payload))
		return c.state;
	if (out->payload > COUNTED_MAX)
		return COUNTED_NO;
	out->link = (int)link;
	out->len = c.at;
	return COUNTED_YES;
}
