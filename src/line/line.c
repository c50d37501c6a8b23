/* SPDX-License-Identifier: MIT */
#include "line/line.h"

#include "base/buf.h"
#include "line/counted.h"
#include "line/known.h"
#include "line/matcher.h"
#include "line/sent.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct line {
	struct matcher *matcher;
	const char *const *restarts;
	struct sent sent;
	struct buf in;   /* bytes not yet consumed, from `head` on */
	size_t head;     /* all before it went out as pieces */
	size_t scanned;  /* from `head`: no line end in there */
	size_t flush_to; /* up to here, what is left goes out as it is */
	struct buf text; /* of the current piece */
	int64_t t_ns;    /* of the newest bytes */
	bool endless;    /* in the middle of a line that went out in part */
	bool ipd, recvdata, subrecv;
	bool address; /* AT+CIPDINFO=1: addresses stand before received data */
	bool saved;   /* AT+SAVETRANSLINK=1: a start leads into passthrough */
	bool raw;     /* in the middle of raw data behind +++ */
	size_t payload_left, payload_total;
	int payload_link;
	bool payload_answers; /* the header was an information line */
	size_t passed;        /* bytes of the passthrough so far */
};

struct line *line_create(const struct line_grammar *grammar)
{
	struct line *l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->matcher = matcher_create(grammar);
	l->restarts = grammar->restarts;
	l->sent.on_data = grammar->on_data;
	l->sent.on_command = grammar->on_command;
	l->sent.user = grammar->user;
	l->ipd = matcher_counts(l->matcher, "ipd");
	l->recvdata = matcher_counts(l->matcher, "recvdata");
	l->subrecv = matcher_counts(l->matcher, "subrecv");
	return l;
}

void line_destroy(struct line *l)
{
	if (!l)
		return;
	matcher_destroy(l->matcher);
	sent_finish(&l->sent);
	buf_finish(&l->in);
	buf_finish(&l->text);
	free(l);
}

void line_sent(struct line *l, const void *bytes, size_t len)
{
	sent_bytes(&l->sent, bytes, len);
}

void line_feed(struct line *l, const void *bytes, size_t len, int64_t t_ns)
{
	if (!len)
		return;
	buf_drop_front(&l->in, l->head);
	l->flush_to = l->flush_to > l->head ? l->flush_to - l->head : 0;
	l->head = 0;
	buf_append(&l->in, bytes, len);
	l->t_ns = t_ns;
}

/* Hands `len` bytes out as one piece. */
static bool give(struct line *l, struct line_piece *out, enum line_kind kind, size_t len)
{
	out->kind = kind;
	out->bytes = (const uint8_t *)l->in.data + l->head;
	out->len = len;
	out->t_ns = l->t_ns;
	l->head += len;
	l->scanned = 0;
	return true;
}

static void set_text(struct line *l, struct line_piece *out, const uint8_t *p, size_t len)
{
	buf_clear(&l->text);
	buf_append(&l->text, p, len);
	out->text = l->text.data;
	out->text_len = len;
}

/* Volatile settings of the module are gone, and so is what was going on. */
static void forget_module(struct line *l)
{
	l->address = false;
	l->payload_left = 0;
	l->passed = 0;
}

void line_restart(struct line *l)
{
	sent_restart(&l->sent, true);
	forget_module(l);
}

bool line_restarts(const struct line *l, const char *command)
{
	size_t len = strlen(command);
	if (len && command[len - 1] == '?')
		return false;
	for (const char *const *name = l->restarts; name && *name; name++)
		if (known_is(command, *name))
			return true;
	return known_restarts(command);
}

static void answered(struct line *l, const char *command)
{
	if (strncasecmp(command, "AT+CIPDINFO=", 12) == 0)
		l->address = command[12] == '1';
	if (strncasecmp(command, "AT+SAVETRANSLINK=", 17) == 0)
		l->saved = command[17] == '1';
	if (known_is(command, "AT+RESTORE"))
		l->saved = false;
	if (line_restarts(l, command))
		line_restart(l);
}

static bool give_final(
	struct line *l, struct line_piece *out, const struct line_final *final, size_t len)
{
	struct sent_result result = sent_settle(&l->sent, final->ok);
	out->ok = final->ok;
	out->pending = result.command != NULL;
	out->command = result.command;
	out->echoed = result.echoed;
	out->data = result.data;
	out->optional = result.optional;
	if (result.command) {
		l->sent.boot = false;
		if (final->ok && !result.data)
			answered(l, result.command);
	}
	return give(l, out, LINE_FINAL, len);
}

static bool give_urc(struct line *l, struct line_piece *out, size_t len)
{
	if (strcmp(out->text, "ready") == 0) {
		sent_restart(&l->sent, false);
		forget_module(l);
		if (l->saved)
			l->sent.mode = SENT_MODE_START;
	} else if (strncmp(out->text, "busy ", 5) == 0) {
		sent_busy(&l->sent);
	} else if (strncmp(out->text, "Will force to restart", 21) == 0) {
		line_restart(l);
	}
	out->command = NULL;
	return give(l, out, LINE_URC, len);
}

/* An echo behind the final result, too late. */
static bool late_echo(const struct line *l, const struct line_piece *out)
{
	const struct buf *last = &l->sent.answered;
	return last->len && last->len == out->text_len &&
	       memcmp(last->data, out->text, out->text_len) == 0;
}

static bool give_other(struct line *l, struct line_piece *out, size_t len)
{
	struct sent_command *pending = sent_pending(&l->sent);
	const uint8_t *p = (const uint8_t *)l->in.data + l->head;
	if (!pending && !l->sent.boot && late_echo(l, out)) {
		out->like_echo = true;
		out->command = buf_text(&l->sent.answered);
	}
	if (!pending || l->sent.boot)
		return give(l, out, LINE_NOISE, len);
	if (sent_like_echo(pending, p, len) || sent_echo_again(pending, out->text, out->text_len)) {
		out->like_echo = true;
		return give(l, out, LINE_NOISE, len);
	}
	pending->informed = true;
	return give(l, out, LINE_INFO, len);
}

/* A whole line, its line end included. */
static bool give_line(struct line *l, struct line_piece *out, const uint8_t *p, size_t len)
{
	size_t text_len = len - 1;
	if (text_len && p[text_len - 1] == '\r')
		text_len--;
	set_text(l, out, p, text_len);
	if (!text_len)
		return give(l, out, LINE_BLANK, len);
	struct sent_command *echo = sent_echo(&l->sent, p, len);
	if (echo) {
		out->command = buf_text(&echo->text);
		return give(l, out, LINE_ECHO, len);
	}
	const struct line_final *final = matcher_final(l->matcher, out->text, text_len);
	if (final)
		return give_final(l, out, final, len);
	if (matcher_urc(l->matcher, out->text, text_len)) {
		out->link = matcher_link(out->text, text_len);
		return give_urc(l, out, len);
	}
	return give_other(l, out, len);
}

static enum counted find_header(struct line *l, const uint8_t *p, size_t n,
	const struct line_piece *out, struct counted_header *header, bool *answers)
{
	enum counted found = COUNTED_NO;
	*answers = false;
	if (l->ipd)
		found = counted_ipd(p, n, header);
	if (found == COUNTED_NO && l->subrecv)
		found = counted_subrecv(p, n, header);
	if (found == COUNTED_NO && l->recvdata && out->command &&
		known_is(out->command, "AT+CIPRECVDATA")) {
		found = counted_recvdata(p, n, l->address, header);
		*answers = true;
	}
	return found;
}

static bool give_header(struct line *l, struct line_piece *out, const uint8_t *p,
	const struct counted_header *header, bool answers)
{
	out->link = header->link;
	set_text(l, out, p, header->len - (header->passive ? 2 : 0));
	if (!header->passive) {
		l->payload_left = l->payload_total = out->total = header->payload;
		l->payload_link = header->link;
		l->payload_answers = answers;
	}
	if (!answers)
		out->command = NULL;
	return give(l, out, answers ? LINE_INFO : LINE_URC, header->len);
}

/* What has no line end: prompt and counted header. *more: can't be told yet. */
static bool give_open(
	struct line *l, struct line_piece *out, const uint8_t *p, size_t n, bool *more)
{
	if (p[0] == '>' && sent_prompt_allowed(&l->sent)) {
		bool early;
		out->command = sent_prompt(&l->sent, &early);
		out->pending = early;
		set_text(l, out, p, 1);
		l->passed = 0;
		return give(l, out, LINE_PROMPT, 1);
	}
	if (p[0] == '+' && !l->sent.boot) {
		struct counted_header header;
		bool answers;
		enum counted found = find_header(l, p, n, out, &header, &answers);
		*more = found == COUNTED_MORE;
		if (found == COUNTED_YES)
			return give_header(l, out, p, &header, answers);
	}
	return false;
}

/* Echo of half a command, or of one that is interrupted, with something else behind it. */
static bool give_echo_part(
	struct line *l, struct line_piece *out, const uint8_t *p, size_t n, bool *more)
{
	size_t part = sent_echo_part(&l->sent, p, n);
	if (!part)
		part = sent_echo_cut(&l->sent, p, n, more);
	if (!part)
		return false;
	set_text(l, out, p, part);
	return give(l, out, LINE_ECHO, part);
}

static bool give_payload(struct line *l, struct line_piece *out, size_t n)
{
	size_t len = n < l->payload_left ? n : l->payload_left;
	out->offset = l->payload_total - l->payload_left;
	out->total = l->payload_total;
	out->link = l->payload_link;
	l->payload_left -= len;
	if (!l->payload_answers)
		out->command = NULL;
	return give(l, out, LINE_PAYLOAD, len);
}

static bool give_passed(struct line *l, struct line_piece *out, size_t n)
{
	out->offset = l->passed;
	out->command = NULL;
	l->passed += n;
	return give(l, out, LINE_PAYLOAD, n);
}

/* Whether this is a line that may stand among raw data; *len: without its line end. */
static enum counted is_between(const struct line *l, const char *text, size_t n, size_t *len)
{
	enum { BETWEEN_MAX = 256 };
	size_t window = n < BETWEEN_MAX ? n : BETWEEN_MAX;
	const char *end = memchr(text, '\n', window);
	*len = end ? (size_t)(end - text) : window;
	if (end && *len && text[*len - 1] == '\r')
		--*len;
	bool ok = l->sent.mode == SENT_MODE_START &&
		  memcmp(text, "OK\r\n", window < 4 ? window : 4) == 0;
	bool head = ok || matcher_urc_head(l->matcher, text, *len);
	if (!end)
		return head && window < BETWEEN_MAX ? COUNTED_MORE : COUNTED_NO;
	return ok || (head && matcher_urc(l->matcher, text, *len)) ? COUNTED_YES : COUNTED_NO;
}

/* A known line among raw data: at the start of it, or behind a line end, which belongs to it.
 * *more: can't be told yet. */
static bool give_between(
	struct line *l, struct line_piece *out, const uint8_t *p, size_t n, bool *more)
{
	struct counted_header header;
	bool answers;
	size_t ends = 0, len = 0;
	while (ends < n && ends < 4 && (p[ends] == '\r' || p[ends] == '\n'))
		ends++;
	const char *text = (const char *)p + ends;
	bool prompt = ends < n && *text == '>' && l->sent.mode == SENT_MODE_START;
	enum counted known = prompt ? COUNTED_YES : is_between(l, text, n - ends, &len);
	enum counted counted = find_header(l, p + ends, n - ends, out, &header, &answers);
	*more = counted == COUNTED_MORE || (counted == COUNTED_NO && known == COUNTED_MORE);
	if (*more || (counted == COUNTED_NO && known == COUNTED_NO))
		return false;
	set_text(l, out, p, ends ? 0 : prompt ? 1 : len);
	if (ends)
		return give(l, out, LINE_BLANK, ends);
	if (counted == COUNTED_YES)
		return give_header(l, out, p, &header, answers);
	if (!prompt)
		return give_urc(l, out, len + 1 + (p[len] == '\r'));
	l->sent.mode = SENT_MODE_PASS;
	return give(l, out, LINE_PROMPT, 1);
}

/* What comes while the tester's bytes go through the module as they are. *more as above. */
static bool give_raw(struct line *l, struct line_piece *out, const uint8_t *p, size_t n, bool *more)
{
	bool pass = l->sent.mode == SENT_MODE_PASS;
	if (!pass && (!l->raw || *p == '\r')) {
		if (give_between(l, out, p, n, more)) {
			l->raw = false;
			return true;
		}
		if (*more)
			return false;
	}
	if (l->sent.mode == SENT_MODE_START)
		l->sent.mode = SENT_MODE_PASS;
	pass = l->sent.mode == SENT_MODE_PASS;
	l->raw = !pass;
	const uint8_t *end = pass ? NULL : memchr(p + 1, '\r', n - 1);
	return give_passed(l, out, end ? (size_t)(end - p) : n);
}

/* The rest of a line that is too long, or of one that will not be finished. */
static bool give_rest(
	struct line *l, struct line_piece *out, const uint8_t *p, size_t len, bool endless)
{
	bool echo = !endless && !l->endless && sent_echo_head(&l->sent, p, len);
	l->endless = endless;
	set_text(l, out, p, len);
	return give(l, out, echo ? LINE_ECHO : LINE_NOISE, len);
}

static void start_piece(struct line *l, struct line_piece *out)
{
	struct sent_command *pending = sent_pending(&l->sent);
	*out = (struct line_piece){ .pending = pending != NULL,
		.command = pending ? buf_text(&pending->text) : NULL,
		.link = -1,
		.boot = l->sent.boot };
}

bool line_next(struct line *l, struct line_piece *out)
{
	if (l->head == l->in.len)
		return false;
	bool flushing = l->flush_to > l->head;
	size_t n = (flushing ? l->flush_to : l->in.len) - l->head;
	const uint8_t *p = (const uint8_t *)l->in.data + l->head;
	start_piece(l, out);
	if (l->payload_left)
		return give_payload(l, out, n);
	bool more = false;
	if (l->sent.mode != SENT_MODE_COMMAND && l->sent.mode != SENT_MODE_DATA) {
		if (give_raw(l, out, p, n, &more))
			return true;
		return flushing && give_passed(l, out, n);
	}
	if (!l->endless && !l->scanned && give_open(l, out, p, n, &more))
		return true;
	if (more && !flushing)
		return false;
	if (!l->endless && give_echo_part(l, out, p, n, &more))
		return true;
	if (more && !flushing)
		return false;
	size_t window = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES;
	const uint8_t *end = memchr(p + l->scanned, '\n', window - l->scanned);
	if (end && l->endless)
		return give_rest(l, out, p, (size_t)(end - p) + 1, false);
	if (end)
		return give_line(l, out, p, (size_t)(end - p) + 1);
	if (window == LINE_MAX_BYTES)
		return give_rest(l, out, p, window, true);
	if (flushing)
		return give_rest(l, out, p, n, false);
	l->scanned = window;
	return false;
}

void line_flush(struct line *l)
{
	l->flush_to = l->in.len;
	l->payload_left = 0;
	if (l->head == l->in.len)
		l->endless = false;
}

void line_reset(struct line *l)
{
	line_flush(l);
	sent_reset(&l->sent);
	forget_module(l);
}

void line_excuse(struct line *l)
{
	sent_excuse(&l->sent);
}

void line_passthrough(struct line *l, bool on)
{
	l->sent.mode = on ? SENT_MODE_PASS : SENT_MODE_COMMAND;
	l->passed = 0;
}

bool line_pending(const struct line *l)
{
	return sent_pending((struct sent *)&l->sent) != NULL;
}

size_t line_outstanding(const struct line *l, const char **first)
{
	const struct sent *s = &l->sent;
	size_t count = 0;
	const char *oldest = NULL;
	for (size_t i = 0; i < s->count; i++) {
		const struct sent_command *c = &s->queue[i];
		if (!c->complete || c->optional)
			continue;
		if (!count++)
			oldest = buf_text(&c->text);
	}
	if (first)
		*first = oldest;
	return count;
}

size_t line_payload_left(const struct line *l)
{
	return l->payload_left;
}

bool line_takes_data(const char *command)
{
	return known_takes_data(command);
}
