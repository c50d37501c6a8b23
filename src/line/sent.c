/* SPDX-License-Identifier: MIT */
#include "line/sent.h"

#include "line/known.h"

#include <string.h>

void sent_finish(struct sent *s)
{
	for (size_t i = 0; i < SENT_COMMANDS; i++) {
		buf_finish(&s->queue[i].bytes);
		buf_finish(&s->queue[i].text);
	}
	buf_finish(&s->answered);
}

/* The slot's buffers are kept for the next command: no allocation on the hot path. */
static void drop(struct sent *s, size_t i)
{
	struct buf bytes = s->queue[i].bytes;
	struct buf text = s->queue[i].text;
	memmove(&s->queue[i], &s->queue[i + 1], (s->count - i - 1) * sizeof(s->queue[0]));
	s->count--;
	buf_clear(&bytes);
	buf_clear(&text);
	s->queue[s->count] = (struct sent_command){ .bytes = bytes, .text = text };
}

static struct sent_command *push(struct sent *s)
{
	if (s->count == SENT_COMMANDS) {
		s->spare++;
		drop(s, 0);
	}
	return &s->queue[s->count++];
}

/* The command whose line end was not sent yet. */
static struct sent_command *partial(struct sent *s)
{
	struct sent_command *last = s->count ? &s->queue[s->count - 1] : NULL;
	return last && !last->complete ? last : NULL;
}

/* Only a line that looks like a command to any module must be answered; other lines may be. */
static bool is_command(const struct sent_command *c)
{
	const char *p = c->bytes.data;
	size_t len = c->bytes.len;
	return len >= 4 && (p[0] | 0x20) == 'a' && (p[1] | 0x20) == 't' && p[len - 2] == '\r' &&
	       !memchr(p, '\0', len);
}

static void complete(struct sent *s, struct sent_command *c)
{
	size_t len = c->bytes.len;
	while (len && (c->bytes.data[len - 1] == '\n' || c->bytes.data[len - 1] == '\r'))
		len--;
	buf_append(&c->text, c->bytes.data, len);
	c->complete = true;
	c->optional = s->boot || c->total > SENT_BYTES || !is_command(c);
	/* What is too long is cut, and each piece is answered as a line. */
	c->credit = 1 + (c->total > SENT_COMMAND ? (unsigned)(c->total / 64) : 0);
	if (s->on_command)
		s->on_command(s->user, buf_text(&c->text));
	for (size_t i = s->count; i-- > 0;)
		if (s->queue[i].passed)
			drop(s, i);
}

static void command_bytes(struct sent *s, const uint8_t *p, size_t len)
{
	while (len) {
		const uint8_t *end = memchr(p, '\n', len);
		size_t n = end ? (size_t)(end - p) + 1 : len;
		struct sent_command *c = partial(s);
		if (!c)
			c = push(s);
		s->prompt_open = false;
		c->total += n;
		size_t room = SENT_BYTES - c->bytes.len;
		buf_append(&c->bytes, p, n < room ? n : room);
		if (end)
			complete(s, c);
		p += n;
		len -= n;
	}
}

/* The end of the data, or len + 1: a backslash and 0 end it, two backslashes stand for one. */
static size_t escape_end(struct sent *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s->data_escape && p[i] == '0')
			return i + 1;
		s->data_escape = !s->data_escape && p[i] == '\\';
	}
	return len + 1;
}

/* Takes the bytes that are data; returns how many. */
static size_t data_bytes(struct sent *s, const uint8_t *p, size_t len)
{
	bool full = s->data_left >= 0 && len >= (size_t)s->data_left;
	size_t n = full ? (size_t)s->data_left : len;
	size_t end = s->data_ends ? escape_end(s, p, n) : n + 1;
	if (end <= n) {
		n = end;
		full = true;
	}
	if (s->data_left >= 0)
		s->data_left -= (int64_t)n;
	for (size_t i = 0; s->on_data && i < s->count; i++)
		if (s->queue[i].data)
			s->on_data(s->user, buf_text(&s->queue[i].text), p, n);
	if (!full)
		return n;
	s->mode = SENT_MODE_COMMAND;
	for (size_t i = 0; i < s->count; i++)
		if (s->queue[i].data)
			s->queue[i].optional = false;
	return n;
}

/* +++ counts only as a packet of its own; whoever writes it, writes nothing else with it. */
static void pass_bytes(struct sent *s, const uint8_t *p, size_t len)
{
	static const uint8_t plus[3] = "+++";
	bool only = len <= sizeof(plus) && memcmp(p, plus, len) == 0;
	s->plus = only ? s->plus + len : 0;
	if (s->on_data)
		s->on_data(s->user, NULL, p, len);
	if (s->plus == sizeof(plus)) {
		s->plus = 0;
		s->mode = SENT_MODE_TAIL;
	}
}

void sent_bytes(struct sent *s, const uint8_t *p, size_t len)
{
	if (!len)
		return;
	if (s->mode == SENT_MODE_PASS || s->mode == SENT_MODE_START) {
		pass_bytes(s, p, len);
		return;
	}
	if (s->mode == SENT_MODE_TAIL)
		s->mode = SENT_MODE_COMMAND;
	size_t data = s->mode == SENT_MODE_DATA ? data_bytes(s, p, len) : 0;
	command_bytes(s, p + data, len - data);
}

/* First what must be answered, in order; then what may be. */
static struct sent_command *waiting(struct sent *s)
{
	struct sent_command *found = NULL;
	for (size_t i = 0; i < s->count; i++) {
		struct sent_command *c = &s->queue[i];
		if (c->complete && !c->optional)
			return c;
		/* A half line is answered only when it is too long, or ended in another way. */
		bool may = c->complete || c->total > SENT_COMMAND ||
			   memchr(c->bytes.data, '\r', c->bytes.len);
		if (!found && may)
			found = c;
	}
	return found;
}

struct sent_command *sent_pending(struct sent *s)
{
	return s->count ? waiting(s) : NULL;
}

/* What is too long comes back as it is taken: in pieces, each with an answer behind it. */
static bool echo_piece(struct sent_command *c, const uint8_t *p, size_t len)
{
	enum { PIECE_MIN = 64 };
	while (len && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	if (c->total <= SENT_COMMAND || len < PIECE_MIN || c->bytes.len - c->echo_at < len ||
		memcmp(c->bytes.data + c->echo_at, p, len) != 0)
		return false;
	c->echo_at += len;
	return true;
}

struct sent_command *sent_echo(struct sent *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < s->count; i++) {
		struct sent_command *c = &s->queue[i];
		if (c->data || c->echoed || !c->complete || c->total > SENT_BYTES)
			continue;
		if (c->bytes.len - c->echo_at == len &&
			memcmp(c->bytes.data + c->echo_at, p, len) == 0) {
			c->echoed = true;
			return c;
		}
		if (echo_piece(c, p, len))
			return c;
	}
	return NULL;
}

size_t sent_echo_part(struct sent *s, const uint8_t *p, size_t len)
{
	struct sent_command *c = s->count ? partial(s) : NULL;
	size_t open = c ? c->bytes.len - c->echo_at : 0;
	if (!open || len <= open || c->total > SENT_BYTES ||
		memcmp(c->bytes.data + c->echo_at, p, open) != 0)
		return 0;
	c->echo_at += open;
	return open;
}

/* Whether the bytes are, or (*more) may become, a counted header on a line of its own. */
static bool is_header(const uint8_t *p, size_t len, bool *more)
{
	static const char *const heads[] = { "\r\n+IPD,", "+IPD,",
		"\r\n+MQTTSUBRECV:", "+MQTTSUBRECV:" };
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t all = strlen(heads[i]), n = len < all ? len : all;
		if (memcmp(p, heads[i], n) != 0)
			continue;
		*more = *more || n < all;
		if (n == all)
			return true;
	}
	return false;
}

size_t sent_echo_cut(struct sent *s, const uint8_t *p, size_t len, bool *more)
{
	*more = false;
	for (size_t i = 0; i < s->count; i++) {
		struct sent_command *c = &s->queue[i];
		if (c->data || c->echoed || c->total > SENT_BYTES)
			continue;
		const char *open = c->bytes.data + c->echo_at;
		size_t left = c->bytes.len - c->echo_at, same = 0;
		while (same < left && same < len && (uint8_t)open[same] == p[same])
			same++;
		if (!same || same == left || same == len || !is_header(p + same, len - same, more))
			return 0;
		c->echo_at += same;
		/* A line feed alone comes as an empty line. */
		c->echoed = c->complete && left - same == 1;
		return same;
	}
	return 0;
}

bool sent_echo_head(const struct sent *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct sent_command *c = &s->queue[i];
		if (!c->data && !c->echoed && c->bytes.len - c->echo_at >= len &&
			memcmp(c->bytes.data + c->echo_at, p, len) == 0)
			return true;
	}
	return false;
}

bool sent_echo_again(const struct sent_command *c, const char *text, size_t len)
{
	return c->echoed && !c->informed && len && len == c->text.len &&
	       memcmp(c->text.data, text, len) == 0;
}

/* Nearly the same length, and at least half of it the same from both ends: no information line of
 * the family comes near its own command. */
bool sent_like_echo(const struct sent_command *c, const uint8_t *p, size_t len)
{
	const uint8_t *q = (const uint8_t *)c->bytes.data;
	size_t n = c->bytes.len;
	if (c->data || c->echoed || c->informed || len < 4 || n < 4)
		return false;
	len -= 2;
	n -= 2;
	size_t shorter = len < n ? len : n;
	size_t longer = len < n ? n : len;
	if (longer - shorter > longer / 4 + 1)
		return false;
	size_t head = 0;
	while (head < shorter && p[head] == q[head])
		head++;
	size_t tail = 0;
	while (tail < shorter - head && p[len - 1 - tail] == q[n - 1 - tail])
		tail++;
	return (head + tail) * 2 >= longer;
}

static void keep_answered(struct sent *s, const struct sent_command *c)
{
	buf_clear(&s->answered);
	buf_append(&s->answered, buf_text(&c->text), c->text.len);
}

struct sent_result sent_settle(struct sent *s, bool ok)
{
	struct sent_command *c = sent_pending(s);
	s->prompt_open = false;
	if (!c && s->spare) {
		s->spare--;
		return (struct sent_result){ .command = "", .optional = true };
	}
	if (!c)
		return (struct sent_result){ 0 };
	keep_answered(s, c);
	struct sent_result result = { .command = buf_text(&s->answered),
		.echoed = c->echoed,
		.data = c->data,
		.optional = c->optional };
	size_t index = (size_t)(c - s->queue);
	if (c->data)
		s->mode = SENT_MODE_COMMAND;
	s->prompt_open = ok && !c->data && !s->boot;
	if (!c->optional)
		for (size_t i = 0; i < index; i++)
			s->queue[i].passed = true;
	c->optional = true;
	if (c->credit)
		c->credit--;
	/* A half line goes on being sent, whatever was answered to its beginning. */
	if (!c->credit && c->complete)
		drop(s, index);
	return result;
}

void sent_busy(struct sent *s)
{
	struct sent_command *last = s->count ? &s->queue[s->count - 1] : NULL;
	if (last && last != waiting(s) && !last->data)
		drop(s, s->count - 1);
}

bool sent_prompt_allowed(struct sent *s)
{
	if (s->boot || s->mode != SENT_MODE_COMMAND)
		return false;
	if (s->prompt_open)
		return true;
	struct sent_command *c = sent_pending(s);
	return c && !c->data && c->complete && known_takes_data(buf_text(&c->text));
}

const char *sent_prompt(struct sent *s, bool *early)
{
	*early = !s->prompt_open;
	s->prompt_open = false;
	if (*early) {
		struct sent_command *c = sent_pending(s);
		keep_answered(s, c);
		drop(s, (size_t)(c - s->queue));
	}
	const char *text = buf_text(&s->answered);
	if (known_passthrough(text)) {
		s->mode = SENT_MODE_PASS;
		s->plus = 0;
		return text;
	}
	struct sent_command *data = push(s);
	buf_puts(&data->text, text);
	data->data = data->complete = data->optional = true;
	data->credit = 1;
	s->mode = SENT_MODE_DATA;
	s->data_left = known_data_length(text);
	s->data_ends = known_data_ends(text);
	s->data_escape = false;
	return text;
}

void sent_excuse(struct sent *s)
{
	for (size_t i = s->count; i-- > 0;) {
		struct sent_command *c = &s->queue[i];
		if (!c->complete || (c->data && s->mode == SENT_MODE_DATA)) {
			drop(s, i);
			continue;
		}
		c->optional = true;
		if (!c->credit)
			c->credit = 1;
	}
	s->mode = SENT_MODE_COMMAND;
	s->prompt_open = false;
}

void sent_restart(struct sent *s, bool boot)
{
	sent_excuse(s);
	s->boot = boot;
	for (size_t i = s->count; i-- > 0;)
		if (s->queue[i].data)
			drop(s, i);
}

void sent_reset(struct sent *s)
{
	while (s->count)
		drop(s, s->count - 1);
	s->mode = SENT_MODE_COMMAND;
	s->prompt_open = s->boot = false;
	s->spare = 0;
}
