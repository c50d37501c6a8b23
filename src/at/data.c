/* SPDX-License-Identifier: MIT */
/* The verbs of data that goes through the module: prompts, +IPD, +CIPRECVDATA, passthrough. */
#include "at/exchange.h"
#include "at/leave.h"
#include "at/online.h"
#include "at/peer.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int limit_ms(int timeout_ms)
{
	return timeout_ms ? timeout_ms : at_session.grant.answer_ms;
}

void at_online(const char *file, int line, bool anew)
{
	if (!online_reach(&at_session, anew))
		at_leave(file, line);
}

/* ---- out ---- */

void at_data_prompt(const char *file, int line, const char *command)
{
	struct session *s = &at_session;
	static const char *const ok[] = { "OK", NULL };
	if (!exchange_words(s, command, ok) || !exchange_prompt(s, s->grant.answer_ms))
		at_leave(file, line);
}

void at_send_data(const char *file, int line, const char *command, const void *bytes, size_t len)
{
	at_data_prompt(file, line, command);
	at_raw(file, line, bytes, len);
	at_response(file, line, (const char *const[]){ "SEND OK", NULL });
}

void at_send_refused(const char *file, int line, const char *command)
{
	struct session *s = &at_session;
	static const char *const refused[] = { "ERROR", NULL };
	if (!exchange_words(s, command, refused) || !session_drain(s))
		at_leave(file, line);
}

/* ---- in ---- */

static const char *name_of(int link)
{
	static char text[24];
	snprintf(text, sizeof(text), "+IPD of link %d", link);
	return link == LINK_SINGLE ? "+IPD"
	       : link == LINK_PASS ? "the passthrough"
	       : link == LINK_READ ? "+CIPRECVDATA"
				   : text;
}

/* The bytes from there on, as far as a person wants to see them. */
static void shown(struct buf *out, const uint8_t *bytes, size_t len)
{
	enum { SHOWN = 60 };
	text_visible(out, bytes, len < SHOWN ? len : SHOWN);
	buf_puts(out, len > SHOWN ? "..." : "");
}

static bool differs(
	struct session *s, int link, const uint8_t *bytes, size_t len, size_t at, const char *why)
{
	struct buf expected = { 0 }, actual = { 0 };
	const uint8_t *came = NULL;
	size_t n = incoming_peek(&s->in, link, &came, 4096);
	shown(&expected, bytes + at, len - at);
	shown(&actual, came, n);
	buf_append(&s->outcome.expected, bytes + at, len - at < 4096 ? len - at : 4096);
	buf_append(&s->outcome.actual, came, n);
	session_end(s, "fail", "%s: expected %zu bytes, from byte %zu on \"%s\", came \"%s\"%s",
		name_of(link), len, at, buf_text(&expected), buf_text(&actual), why);
	buf_finish(&expected);
	buf_finish(&actual);
	return false;
}

static bool expect_bytes(
	struct session *s, int link, const uint8_t *bytes, size_t len, int timeout_ms)
{
	const struct patience patience = session_patience(s, timeout_ms);
	size_t done = 0;
	for (;;) {
		bool mismatch;
		done += incoming_take(&s->in, link, bytes + done, len - done, &mismatch);
		if (mismatch)
			return differs(s, link, bytes, len, done, "");
		if (done == len)
			return true;
		int got = exchange_any_piece(s, session_until(s, &patience), "+IPD");
		if (got == 0)
			return differs(s, link, bytes, len, done,
				fmt(" and no more within %d ms", timeout_ms));
		if (got < 0)
			return false;
	}
}

void at_ipd(const char *file, int line, int link, const void *bytes, size_t len, int timeout_ms)
{
	if (!expect_bytes(&at_session, link, bytes, len, limit_ms(timeout_ms)))
		at_leave(file, line);
}

/* A notice of passive mode that is among the unsolicited lines. */
static const struct ipd_header *take_notice(struct session *s, int link)
{
	static struct ipd_header notice;
	for (size_t i = 0; i < s->queued; i++) {
		if (!text_starts(s->queue[i], "+IPD,"))
			continue;
		incoming_header(s->queue[i], &notice);
		if (notice.link != link)
			continue;
		notice.passive = true;
		free(s->queue[i]);
		memmove(&s->queue[i], &s->queue[i + 1], (--s->queued - i) * sizeof(*s->queue));
		return &notice;
	}
	return NULL;
}

const struct ipd_header *at_next_ipd(const char *file, int line, int link, int timeout_ms)
{
	struct session *s = &at_session;
	const struct patience patience = session_patience(s, limit_ms(timeout_ms));
	for (;;) {
		const struct ipd_header *found = incoming_frame(&s->in, link);
		if (!found)
			found = take_notice(s, link);
		if (found)
			return found;
		int got = exchange_any_piece(s, session_until(s, &patience), "+IPD");
		if (got > 0)
			continue;
		if (got == 0)
			session_end(s, "fail", "expected %s, which did not come within %d ms",
				name_of(link), limit_ms(timeout_ms));
		at_leave(file, line);
	}
}

void at_no_ipd(const char *file, int line, int link, int ms)
{
	struct session *s = &at_session;
	struct deadline deadline = deadline_in_ms(ms);
	int64_t since = clock_ns();
	int got = 1;
	while (got > 0 && !incoming_left(&s->in, link) && !take_notice(s, link))
		got = exchange_any_piece(s, deadline, "nothing");
	if (got > 0) {
		const uint8_t *came = NULL;
		size_t n = incoming_peek(&s->in, link, &came, 4096);
		struct buf seen = { 0 };
		shown(&seen, came, n);
		buf_append(&s->outcome.actual, came, n);
		session_end(
			s, "fail", "expected no %s, came \"%s\"", name_of(link), buf_text(&seen));
		buf_finish(&seen);
	}
	if (got || !session_waited(s, since, "no data are to come"))
		at_leave(file, line);
}

void at_ipd_follow(const char *file, int line, int link, uint64_t seed, uint64_t offset)
{
	struct session *s = &at_session;
	if (!incoming_follow(&s->in, link, seed, offset)) {
		session_end(s, "fail", "%s", s->in.why);
		at_leave(file, line);
	}
}

/* Takes in what is there, without waiting. */
static bool take_all(struct session *s)
{
	int got;
	while ((got = exchange_any_piece(s, (struct deadline){ 0 }, "+IPD")) > 0)
		;
	return got == 0;
}

uint64_t at_ipd_count(const char *file, int line, int link)
{
	struct session *s = &at_session;
	if (!take_all(s))
		at_leave(file, line);
	const struct follow *f = incoming_followed(&s->in, link);
	return f ? f->count : incoming_left(&s->in, link);
}

void at_ipd_until(const char *file, int line, int link, uint64_t count, int timeout_ms)
{
	struct session *s = &at_session;
	const struct patience patience = session_patience(s, limit_ms(timeout_ms));
	const struct follow *f = incoming_followed(&s->in, link);
	int got = 1;
	if (!f)
		got = session_end(s, "error", "%s is not followed", name_of(link)) ? 1 : -1;
	while (got > 0 && f->count < count)
		got = exchange_any_piece(s, session_until(s, &patience), "+IPD");
	if (got == 0)
		session_end(s, "fail", "%s: %llu of %llu bytes came within %d ms", name_of(link),
			(unsigned long long)f->count, (unsigned long long)count,
			limit_ms(timeout_ms));
	if (got <= 0)
		at_leave(file, line);
}

/* +CIPRECVDATA in whatever form the profile allows. */
static bool read_data(struct session *s, const char *command, const char *len)
{
	const char *header = fmt("\002\\+CIPRECVDATA:%s,(?:\"?(?<remote_ip>[0-9.]+)\"?,"
				 "(?<remote_port>[0-9]+),)?",
		len);
	const char *const words[] = { header, "OK", NULL };
	incoming_drop(&s->in, LINK_READ);
	return exchange_words(s, command, words);
}

void at_recvdata(const char *file, int line, const char *command, const void *bytes, size_t len)
{
	struct session *s = &at_session;
	if (!read_data(s, command, fmt("%zu", len)) || !expect_bytes(s, LINK_READ, bytes, len, 1))
		at_leave(file, line);
}

const struct ipd_header *at_recvdata_any(const char *file, int line, const char *command)
{
	static struct ipd_header header;
	struct session *s = &at_session;
	if (!read_data(s, command, "[0-9]+"))
		at_leave(file, line);
	header = (struct ipd_header){ .link = LINK_SINGLE };
	for (size_t i = 0; i < s->got.count; i++)
		if (!s->got.lines[i].urc && text_starts(s->got.lines[i].text, "+CIPRECVDATA"))
			incoming_header(s->got.lines[i].text, &header);
	const struct ipd_header *frame = incoming_frame(&s->in, LINK_READ);
	header.len = frame ? frame->len : 0;
	header.data = frame ? frame->data : (const uint8_t *)"";
	header.t_ns = frame ? frame->t_ns : 0;
	return &header;
}

/* ---- passthrough ---- */

void at_passthrough_begin(const char *file, int line)
{
	at_data_prompt(file, line, "AT+CIPSEND");
}

void at_passthrough_started(const char *file, int line)
{
	struct session *s = &at_session;
	if (!take_all(s))
		at_leave(file, line);
	line_passthrough(s->line, true);
}

void at_passthrough_send(const char *file, int line, const void *bytes, size_t len)
{
	if (!session_send(&at_session, bytes, len))
		at_leave(file, line);
}

void at_passthrough_end(const char *file, int line)
{
	struct session *s = &at_session;
	enum { GUARD_MS = 25 }; /* packets of 20 ms */
	int guard = s->grant.guard_ms > GUARD_MS ? s->grant.guard_ms : GUARD_MS;
	static const char why[] = "silence around +++";
	int after = guard > s->grant.escape_ms ? guard : s->grant.escape_ms;
	if (!exchange_listen(s, guard, why) || !session_send(s, "+++", 3) ||
		!exchange_listen(s, after, why))
		at_leave(file, line);
	s->raw_open = s->data_open = false;
}
