/* SPDX-License-Identifier: MIT */
/* The verbs that speak with the module. */
#include "at/at.h"

#include "at/exchange.h"
#include "at/leave.h"
#include "at/peer.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void at_exchange(const char *file, int line, const char *const words[])
{
	if (!exchange_words(&at_session, words[0], words + 1))
		at_leave(file, line);
}

void at_raw(const char *file, int line, const void *bytes, size_t len)
{
	struct session *s = &at_session;
	if (!s->raw_open) {
		if (!session_drain(s))
			at_leave(file, line);
		buf_clear(&s->wire);
		if (!s->data_open)
			buf_clear(&s->sent);
		s->echoed = false;
		s->raw_open = true;
	}
	if (s->data_open)
		s->data_sent += len;
	else
		buf_append(&s->sent, bytes, len);
	if (!session_send(s, bytes, len))
		at_leave(file, line);
}

void at_response(const char *file, int line, const char *const words[])
{
	struct session *s = &at_session;
	exchange_trim(s);
	if (!exchange_words(s, NULL, words))
		at_leave(file, line);
}

void at_any_response(const char *file, int line)
{
	struct session *s = &at_session;
	exchange_trim(s);
	bool ok = exchange_collect(s, NULL);
	if (ok && !s->got.final)
		ok = session_end(
			s, "fail", "after \"%s\" came no final result", buf_text(&s->sent));
	if (!ok || !exchange_keep_urcs(s))
		at_leave(file, line);
}

void at_ask(const char *file, int line, const char *command_line)
{
	if (!exchange_model(&at_session, command_line))
		at_leave(file, line);
}

void at_any(const char *file, int line, const char *command_line)
{
	struct session *s = &at_session;
	bool ok = exchange_collect(s, command_line);
	if (ok && !s->got.final)
		ok = session_end(s, "fail", "after \"%s\" came no final result within %d ms",
			command_line, s->grant.answer_ms);
	if (!ok || !exchange_keep_urcs(s))
		at_leave(file, line);
}

bool deviated(void)
{
	return at_session.deviated;
}

bool said(const char *text)
{
	const struct got *got = &at_session.got;
	for (size_t i = 0; i < got->count; i++) {
		if (strcmp(got->lines[i].text, text) == 0)
			return true;
	}
	return got->final && strcmp(got->final, text) == 0;
}

void at_given(const char *file, int line, const char *command_line)
{
	struct session *s = &at_session;
	if (!exchange_collect(s, command_line))
		at_leave(file, line);
	if (!exchange_keep_urcs(s))
		at_leave(file, line);
	if (s->got.final && strcmp(s->got.final, "OK") == 0)
		return;
	struct buf seen = { 0 };
	got_describe(&s->got, &seen);
	session_end(s, "inconclusive", "\"%s\" was answered with \"%s\"", command_line,
		seen.len ? buf_text(&seen) : "nothing");
	buf_finish(&seen);
	at_leave(file, line);
}

/* The index-th line of the last response that is no unsolicited one. */
static const struct got_line *information(size_t index)
{
	const struct got *got = &at_session.got;
	for (size_t i = 0; i < got->count; i++) {
		if (!got->lines[i].urc && index-- == 0)
			return &got->lines[i];
	}
	return NULL;
}

size_t line_count(void)
{
	size_t n = 0;
	while (information(n))
		n++;
	return n;
}

const char *line_text(size_t index)
{
	const struct got_line *line = information(index);
	return line ? line->text : "";
}

bool at_line_like(const char *file, int line, size_t index, const char *expected)
{
	const struct got_line *l = information(index);
	int fits = l ? exchange_fits(&at_session, expected, l->text, l->len) : 0;
	if (fits < 0)
		at_leave(file, line);
	return fits > 0;
}

enum { TEXTS = 16 };

static char *next_text(void)
{
	static char texts[TEXTS][512];
	static unsigned next;
	return texts[next++ % TEXTS];
}

const char *escaped(const char *text)
{
	char *out = next_text(), *p = out;
	for (; *text && p < out + 509; text++) {
		if (strchr("\\\",", *text))
			*p++ = '\\';
		*p++ = *text;
	}
	*p = '\0';
	return out;
}

const char *fmt(const char *format, ...)
{
	char *out = next_text();
	va_list args;
	va_start(args, format);
	vsnprintf(out, 512, format, args);
	va_end(args);
	return out;
}

/* Takes the first queued line that fits, at *from or behind it; *from becomes its place. */
static int take_queued_from(struct session *s, const char *expected, size_t *from)
{
	for (size_t i = *from; i < s->queued; i++) {
		int fits = exchange_fits(s, expected, s->queue[i], strlen(s->queue[i]));
		if (fits < 0)
			return -1;
		if (!fits)
			continue;
		free(s->queue[i]);
		memmove(&s->queue[i], &s->queue[i + 1], (--s->queued - i) * sizeof(*s->queue));
		*from = i;
		return 1;
	}
	return 0;
}

static int take_queued(struct session *s, const char *expected)
{
	size_t from = 0;
	return take_queued_from(s, expected, &from);
}

static const char *shown_word(const char *word)
{
	return word[0] == '\001' || word[0] == '\002' ? word + 1 : word;
}

static bool wait_urc(struct session *s, const char *expected, int timeout_ms)
{
	const struct deadline deadline = deadline_in_ms(timeout_ms);
	const char *shown = shown_word(expected);
	struct line_piece piece;
	int found = take_queued(s, expected);
	while (found == 0 && exchange_piece(s, deadline, &piece)) {
		if (piece.text && piece.kind != LINE_PROMPT)
			found = exchange_fits(s, expected, piece.text, piece.text_len);
		if (found == 0 && piece.kind != LINE_URC)
			return exchange_foreign(s, shown, &piece);
		if (found == 0 && !session_queue(s, piece.text))
			return false;
	}
	if (found > 0)
		return true;
	buf_puts(&s->outcome.expected, shown);
	return session_end(
		s, "fail", "expected \"%s\", which did not come within %d ms", shown, timeout_ms);
}

void at_urc(const char *file, int line, const char *expected, int timeout_ms)
{
	if (!wait_urc(&at_session, expected, timeout_ms ? timeout_ms : at_session.grant.answer_ms))
		at_leave(file, line);
}

/* Every line goes through the queue, so that the order of arrival is at hand. */
static bool wait_urcs(struct session *s, struct deadline end, int ms, const char *const expected[])
{
	size_t from = 0;
	for (size_t i = 0; expected[i];) {
		struct line_piece piece;
		int found = take_queued_from(s, expected[i], &from);
		if (found < 0)
			return false;
		if (found > 0) {
			i++;
			continue;
		}
		if (!exchange_piece(s, end, &piece)) {
			buf_puts(&s->outcome.expected, shown_word(expected[i]));
			return session_end(s, "fail",
				"expected \"%s\"%s%s%s, which did not come within %d ms",
				shown_word(expected[i]), i ? " after \"" : "",
				i ? shown_word(expected[i - 1]) : "", i ? "\"" : "", ms);
		}
		if (piece.kind != LINE_URC)
			return exchange_foreign(s, shown_word(expected[i]), &piece);
		if (!session_queue(s, piece.text))
			return false;
	}
	return true;
}

void at_urcs(const char *file, int line, int timeout_ms, const char *const expected[])
{
	int ms = timeout_ms ? timeout_ms : at_session.grant.answer_ms;
	if (!wait_urcs(&at_session, deadline_in_ms(ms), ms, expected))
		at_leave(file, line);
}

static bool wait_none(struct session *s, const char *unexpected, int timeout_ms)
{
	const struct deadline end = deadline_in_ms(timeout_ms);
	int64_t since = clock_ns();
	struct line_piece piece;
	for (;;) {
		int found = take_queued(s, unexpected);
		if (found > 0) {
			buf_puts(&s->outcome.actual, shown_word(unexpected));
			session_end(s, "fail", "\"%s\" came, which nothing asked for",
				shown_word(unexpected));
		}
		if (found)
			return false;
		if (!exchange_piece(s, end, &piece))
			return !s->outcome.verdict &&
			       session_waited(s, since, "a line is not to come");
		if (piece.kind != LINE_URC)
			return exchange_foreign(s, "nothing", &piece);
		if (!session_queue(s, piece.text))
			return false;
	}
}

void at_no_urc(const char *file, int line, const char *unexpected, int timeout_ms)
{
	if (!wait_none(&at_session, unexpected, timeout_ms))
		at_leave(file, line);
}

void at_listen_for(const char *file, int line, int ms)
{
	if (!exchange_listen(&at_session, ms, "the case listens"))
		at_leave(file, line);
}

void at_look_again(const char *file, int line, int ms)
{
	if (!exchange_listen(&at_session, ms, NULL))
		at_leave(file, line);
}

void at_takes(const char *file, int line, int ms, const char *why)
{
	if (!session_will_wait(&at_session, ms, why))
		at_leave(file, line);
}

void at_forget_urcs(const char *file, int line)
{
	struct session *s = &at_session;
	if (!session_drain(s))
		at_leave(file, line);
	while (s->queued)
		free(s->queue[--s->queued]);
}

void at_prompt(const char *file, int line)
{
	if (!exchange_prompt(&at_session, at_session.grant.answer_ms))
		at_leave(file, line);
}

void at_silence(const char *file, int line, int ms)
{
	if (!session_silence(&at_session, ms ? ms : at_session.grant.silence_ms))
		at_leave(file, line);
}

void at_unanswered(const char *file, int line, int ms)
{
	struct session *s = &at_session;
	const struct deadline deadline = deadline_in_ms(ms);
	int64_t since = clock_ns();
	struct line_piece piece;
	int got;
	while ((got = session_piece(s, deadline, &piece)) > 0) {
		if (piece.kind != LINE_FINAL)
			continue;
		session_end(s, "fail", "expected no answer for %d ms, came \"%s\"", ms, piece.text);
		buf_puts(&s->outcome.actual, piece.text);
		got = -1;
		break;
	}
	if (got < 0 || !session_waited(s, since, "no answer is to come"))
		at_leave(file, line);
}

void at_until_quiet(const char *file, int line, size_t *ok, size_t *refused)
{
	struct session *s = &at_session;
	struct deadline deadline = deadline_in_ms(s->grant.answer_ms);
	const struct deadline end = deadline_in_ms(s->grant.deadline_ms);
	struct line_piece piece;
	int64_t since = clock_ns();
	int got;
	*ok = *refused = 0;
	while ((got = session_piece(s, deadline, &piece)) > 0 && !deadline_passed(end)) {
		if (piece.kind != LINE_FINAL)
			continue;
		*(piece.ok ? ok : refused) += 1;
		deadline = deadline_in_ms(s->grant.silence_ms);
		since = clock_ns();
	}
	s->raw_open = false;
	if (got < 0 || !session_waited(s, since, "no more answers are to come") ||
		!session_reset_line(s))
		at_leave(file, line);
}
