/* SPDX-License-Identifier: MIT */
/* The verbs about messages that go through the module's own commands. */
#include "at/broker.h"
#include "at/exchange.h"
#include "at/leave.h"
#include "at/message-text.h"
#include "base/pattern.h"
#include "base/text.h"
#include "spec/response.h"

#include <stdlib.h>
#include <string.h>

bool message_same(const struct message *a, const struct message *b)
{
	return strcmp(a->topic, b->topic) == 0 && a->len == b->len &&
	       (a->len == 0 || memcmp(a->payload, b->payload, a->len) == 0);
}

void message_show(struct buf *out, const struct message *m)
{
	enum { SHOWN = 60 };
	buf_puts(out, "topic \"");
	text_visible(out, m->topic, strlen(m->topic));
	buf_printf(out, "\", %zu byte%s", m->len, m->len == 1 ? "" : "s");
	if (!m->len)
		return;
	buf_puts(out, " \"");
	text_visible(out, m->payload, m->len < SHOWN ? m->len : SHOWN);
	buf_puts(out, m->len > SHOWN ? "...\"" : "\"");
}

static int limit_ms(int timeout_ms)
{
	return timeout_ms ? timeout_ms : at_session.grant.answer_ms;
}

/* ---- in ---- */

/* The next one, or NULL: none came in time, or the case is over. */
static const struct message *take(struct session *s, int timeout_ms)
{
	const struct patience patience = session_patience(s, timeout_ms);
	for (;;) {
		const struct message *m = inbox_next(&s->inbox);
		if (m)
			return m;
		if (exchange_any_piece(s, session_until(s, &patience), "+MQTTSUBRECV") <= 0)
			return NULL;
	}
}

/* None came in time: what there is of one belongs to the answer that a person wants to see. */
static void missed(struct session *s, const struct message *expected, int timeout_ms)
{
	struct buf want = { 0 };
	size_t got, len;
	if (expected)
		message_show(&want, expected);
	buf_append(&s->outcome.expected, want.data, want.len);
	const char *of = expected ? " of " : "";
	if (inbox_half(&s->inbox, &got, &len))
		session_end(s, "fail",
			"expected +MQTTSUBRECV%s%s, of which only %zu of %zu bytes came within %d "
			"ms",
			of, buf_text(&want), got, len, timeout_ms);
	else
		session_end(s, "fail", "expected +MQTTSUBRECV%s%s, which did not come within %d ms",
			of, buf_text(&want), timeout_ms);
	buf_finish(&want);
}

static bool expect(struct session *s, const struct message *expected, int timeout_ms)
{
	const struct message *m = take(s, timeout_ms);
	if (m && message_same(m, expected))
		return true;
	if (!m) {
		missed(s, expected, timeout_ms);
		return false;
	}
	struct outcome *o = &s->outcome;
	message_show(&o->expected, expected);
	message_show(&o->actual, m);
	return session_end(s, "fail", "expected +MQTTSUBRECV of %s, came %s",
		buf_text(&o->expected), buf_text(&o->actual));
}

void at_subrecv(const char *file, int line, const char *topic_, const void *payload, size_t len,
	int timeout_ms)
{
	struct message expected = { .topic = topic_, .payload = payload, .len = len };
	if (!expect(&at_session, &expected, limit_ms(timeout_ms)))
		at_leave(file, line);
}

void at_subrecv_pattern(const char *file, int line, const char *topic_, uint64_t seed, size_t len,
	size_t messages, int timeout_ms)
{
	static uint8_t bytes[65536];
	struct session *s = &at_session;
	bool fine =
		len <= sizeof(bytes) || session_end(s, "error", "no message has %zu bytes", len);
	for (size_t i = 0; fine && i < messages; i++) {
		struct message expected = { .topic = topic_, .payload = bytes, .len = len };
		pattern_fill(seed, (uint64_t)i * len, bytes, len);
		fine = expect(s, &expected, limit_ms(timeout_ms));
		if (!fine)
			buf_printf(&s->outcome.why, "; message %zu of %zu", i + 1, messages);
	}
	if (!fine)
		at_leave(file, line);
}

const struct message *at_next_subrecv(const char *file, int line, int timeout_ms)
{
	const struct message *m = take(&at_session, limit_ms(timeout_ms));
	if (m)
		return m;
	missed(&at_session, NULL, limit_ms(timeout_ms));
	at_leave(file, line);
}

void at_no_subrecv(const char *file, int line, int ms)
{
	struct session *s = &at_session;
	int64_t since = clock_ns();
	const struct message *m = take(s, ms);
	if (m) {
		message_show(&s->outcome.actual, m);
		session_end(s, "fail", "expected no +MQTTSUBRECV, came %s",
			buf_text(&s->outcome.actual));
	}
	if (m || s->outcome.verdict || !session_waited(s, since, "no message is to come"))
		at_leave(file, line);
}

size_t at_subrecv_count(const char *file, int line)
{
	struct session *s = &at_session;
	int got;
	while ((got = exchange_any_piece(s, (struct deadline){ 0 }, "+MQTTSUBRECV")) > 0)
		;
	if (got < 0)
		at_leave(file, line);
	return inbox_count(&s->inbox);
}

/* ---- out ---- */

void at_publish_raw(const char *file, int line, const char *command, const void *bytes, size_t len)
{
	at_data_prompt(file, line, command);
	at_raw(file, line, bytes, len);
	at_response(file, line, (const char *const[]){ "+MQTTPUB:OK", NULL });
}

/* "ERR CODE:0x010a6003", with or without a blank behind the colon. */
static bool read_code(const char *text, unsigned *code)
{
	const char *colon = strchr(text, ':');
	char *end;
	if (!response_is_error_code(text) || !colon)
		return false;
	*code = (unsigned)strtoul(colon + 1, &end, 16) & 0xffff;
	return end > colon + 1;
}

void at_error_code(const char *file, int line, unsigned code)
{
	struct session *s = &at_session;
	unsigned seen;
	bool refused_ = s->got.final && (strcmp(s->got.final, "ERROR") == 0 ||
						strcmp(s->got.final, "+MQTTPUB:FAIL") == 0);
	for (size_t i = 0; refused_ && i < line_count(); i++)
		if (read_code(line_text(i), &seen) && seen == code)
			return;
	struct outcome *o = &s->outcome;
	struct buf shown = { 0 };
	buf_printf(&o->expected, "ERR CODE:0x....%04x\nERROR", code);
	got_describe(&s->got, &o->actual);
	text_visible(&shown, buf_text(&o->actual), o->actual.len < 300 ? o->actual.len : 300);
	session_end(s, "fail", "after \"%s\" expected the error code 0x%04x, came \"%s\"",
		buf_text(&s->sent), code, shown.len ? buf_text(&shown) : "nothing");
	buf_finish(&shown);
	at_leave(file, line);
}

void at_refused(const char *file, int line, const char *command, unsigned code)
{
	at_any(file, line, command);
	at_error_code(file, line, code);
}
