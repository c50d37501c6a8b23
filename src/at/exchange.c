/* SPDX-License-Identifier: MIT */
#include "at/exchange.h"

#include "base/text.h"
#include "line/known.h"
#include "spec/response.h"

#include <stdlib.h>
#include <string.h>

void exchange_begin(struct session *s)
{
	for (size_t i = 0; i < s->expected_count; i++)
		expectation_finish(&s->expected[i]);
	s->expected_count = 0;
}

struct expectation *exchange_alternative(struct session *s, const char *final)
{
	size_t n = s->expected_count;
	s->expected = realloc(s->expected, (n + 1) * sizeof(*s->expected));
	if (!s->expected)
		abort();
	s->expected[n] = (struct expectation){ .final = final };
	s->expected_count = n + 1;
	return &s->expected[n];
}

static bool add_line(struct session *s, const struct line_piece *piece)
{
	const char *text = piece->text ? piece->text : (const char *)piece->bytes;
	size_t len = piece->text ? piece->text_len : piece->len;
	if (piece->kind != LINE_URC && piece->text && session_noise(s, piece->text))
		return true;
	if (got_add(&s->got, text, len, piece->kind == LINE_URC)) {
		if (s->error_codes_pass && response_is_error_code(text))
			s->got.lines[s->got.count - 1].skippable = true;
		return true;
	}
	return session_end(s, "fail", "after \"%s\": more than %d lines without a final result",
		buf_text(&s->sent), MATCH_MAX_LINES);
}

/* Collects until the final result or the deadline. */
static bool collect(struct session *s, struct deadline deadline)
{
	for (;;) {
		struct line_piece piece;
		int got = session_piece(s, deadline, &piece);
		if (got <= 0)
			return got == 0;
		switch (piece.kind) {
		case LINE_ECHO:
			s->echoed = true;
			break;
		case LINE_BLANK:
		case LINE_PAYLOAD:
			break;
		case LINE_INFO:
		case LINE_PROMPT:
		case LINE_URC:
		case LINE_NOISE:
			if (!add_line(s, &piece))
				return false;
			break;
		case LINE_FINAL:
			s->got.final = strdup(piece.text);
			s->final_ns = piece.t_ns;
			return true;
		}
	}
}

static bool settle(struct session *s, const struct expectation *e)
{
	fields_take(&s->fields, e, &s->got);
	for (size_t i = 0; i < s->got.count; i++) {
		const struct got_line *l = &s->got.lines[i];
		if (l->urc && !l->taken && !session_queue(s, l->text))
			return false;
	}
	return true;
}

bool exchange_keep_urcs(struct session *s)
{
	for (size_t i = 0; i < s->got.count; i++)
		s->got.lines[i].taken = false;
	return settle(s, &(struct expectation){ 0 });
}

/* "UART_CUR-3" -> length of "UART_CUR" */
static size_t command_part(const char *requirement)
{
	const char *dash = strrchr(requirement, '-');
	return dash ? (size_t)(dash - requirement) : strlen(requirement);
}

/* A deviation from what this case judges, or from the general rules; any other one is only met on
 * the way. */
static bool concerns_case(const struct session *s, const struct deviation *d)
{
	size_t n = command_part(d->requirement);
	if (n == 7 && memcmp(d->requirement, "GENERAL", 7) == 0)
		return true;
	for (size_t i = 0; i < s->grant.requirement_count; i++) {
		const char *id = s->grant.requirements[i].id;
		if (command_part(id) == n && memcmp(id, d->requirement, n) == 0)
			return true;
	}
	return false;
}

static void deviation_json(
	struct session *s, const struct deviation *d, const struct buf *expected, struct buf *json)
{
	struct buf actual = { 0 };
	got_describe(&s->got, &actual);
	buf_puts(json, "{\"id\":");
	buf_json_text(json, d->id);
	buf_puts(json, ",\"requirement\":");
	buf_json_text(json, d->requirement);
	buf_puts(json, ",\"source\":");
	buf_json_text(json, d->source);
	buf_puts(json, ",\"command\":");
	buf_json_bytes(json, buf_text(&s->sent), s->sent.len);
	buf_puts(json, ",\"expected\":");
	buf_json_bytes(json, buf_text(expected), expected->len);
	buf_puts(json, ",\"actual\":");
	buf_json_bytes(json, buf_text(&actual), actual.len < 4096 ? actual.len : 4096);
	buf_putc(json, '}');
	buf_finish(&actual);
}

static bool tell_deviation(struct session *s, const struct deviation *d, const struct buf *expected)
{
	bool own = !s->facts_only && concerns_case(s, d);
	struct buf json = { 0 };
	s->deviations_met++;
	if (own)
		deviation_json(s, d, expected, &json);
	else
		buf_printf(&json, "{\"text\":\"known deviation %s, met on the way\"}", d->id);
	bool ok = session_tell(s, own ? CHANNEL_DEVIATION : CHANNEL_NOTE, buf_text(&json));
	buf_finish(&json);
	return ok;
}

static bool deviation_fits(struct session *s, const struct deviation_match *m)
{
	if (!text_glob(m->command, buf_text(&s->sent)) || (!*m->final && s->got.final))
		return false;
	const struct command *command = session_command(s, buf_text(&s->sent));
	struct expectation e = { .final = *m->final ? m->final : NULL };
	struct error error = { 0 };
	bool ok = true;
	for (size_t i = 0; i < m->response.count && ok; i++)
		ok = expectation_add_line(&e, &m->response.lines[i], command, &error);
	ok = ok && expectation_match(&e, &s->got, NULL);
	if (ok)
		ok = settle(s, &e);
	expectation_finish(&e);
	return ok;
}

static const struct deviation *fitting_deviation(struct session *s, bool own)
{
	for (size_t i = 0; i < s->grant.deviation_count; i++) {
		const struct deviation *d = &s->grant.deviations[i];
		for (size_t k = 0; k < d->match_count && concerns_case(s, d) == own; k++) {
			if (deviation_fits(s, &d->matches[k]))
				return d;
		}
	}
	return NULL;
}

/* One response may deviate from the claims of two commands: the case's own comes first. */
static const struct deviation *known_deviation(struct session *s)
{
	const struct deviation *own = fitting_deviation(s, true);
	return own ? own : fitting_deviation(s, false);
}

static void visible(struct buf *out, const struct buf *bytes)
{
	enum { SHOWN = 300 };
	text_visible(out, buf_text(bytes), bytes->len < SHOWN ? bytes->len : SHOWN);
	if (bytes->len > SHOWN)
		buf_puts(out, "...");
}

/* What is in the parser without a line end belongs to the answer that a person wants to see. */
static void take_half_line(struct session *s)
{
	struct line_piece piece;
	line_flush(s->line);
	while (line_next(s->line, &piece)) {
		if (piece.kind != LINE_BLANK)
			got_add(&s->got, (const char *)piece.bytes, piece.len, false);
	}
}

static bool differs(struct session *s, const char *why, int timeout_ms)
{
	struct outcome *o = &s->outcome;
	struct buf expected = { 0 }, actual = { 0 }, sent = { 0 };
	if (!s->got.final)
		take_half_line(s);
	buf_clear(&o->actual);
	got_describe(&s->got, &o->actual);
	visible(&expected, &o->expected);
	visible(&actual, &o->actual);
	visible(&sent, &s->sent);
	if (s->got.final)
		session_end(s, "fail", "after \"%s\" expected \"%s\", came \"%s\"%s%s%s",
			buf_text(&sent), buf_text(&expected), buf_text(&actual), why ? " (" : "",
			why ? why : "", why ? ")" : "");
	else
		session_end(s, "fail",
			"after \"%s\" expected \"%s\", came %s%s%sno final result within %d ms",
			buf_text(&sent), buf_text(&expected), actual.len ? "\"" : "",
			buf_text(&actual), actual.len ? "\" and " : "", timeout_ms);
	buf_finish(&expected);
	buf_finish(&actual);
	buf_finish(&sent);
	return false;
}

static bool judge(struct session *s, int timeout_ms)
{
	const char *why = NULL;
	struct buf *expected = &s->outcome.expected;
	for (size_t i = 0; i < s->expected_count; i++) {
		if (expectation_match(&s->expected[i], &s->got, i ? NULL : &why))
			return settle(s, &s->expected[i]);
	}
	buf_clear(expected);
	for (size_t i = 0; i < s->expected_count; i++) {
		buf_puts(expected, i ? "\nor\n" : "");
		expectation_describe(&s->expected[i], expected);
	}
	const struct deviation *d = known_deviation(s);
	if (!d)
		return s->outcome.verdict ? false : differs(s, why, timeout_ms);
	s->deviated = true;
	bool told = tell_deviation(s, d, expected);
	buf_clear(expected);
	return told;
}

/* What the bytes of a short exchange take on the wire: matters at low rates only. */
static int wire_ms(const struct session *s)
{
	enum { ANSWER_BYTES = 200, BITS = 11 };
	int64_t baud = s->uart.baud > 0 ? s->uart.baud : 1;
	size_t bytes = 2 * s->sent.len + s->data_sent + ANSWER_BYTES;
	return (int)((int64_t)bytes * BITS * 1000 / baud);
}

static int answer_limit_ms(const struct session *s)
{
	return s->grant.answer_ms + wire_ms(s) + grant_slow_ms(&s->grant, buf_text(&s->sent));
}

/* A case of one command may need another one. Refused, and absent by the profile: then the case
 * can't be had of this firmware. */
static bool is_claimed(struct session *s)
{
	const char *sent = buf_text(&s->sent);
	if (!s->got.final || strcmp(s->got.final, "ERROR") != 0)
		return true;
	for (const char **absent = s->grant.absent; absent && *absent; absent++)
		if (known_is(sent, *absent))
			return session_end(s, "n/a",
				"the profile does not claim %s, which the case needs", *absent);
	return true;
}

bool exchange_collect(struct session *s, const char *command_line)
{
	got_finish(&s->got);
	s->deviated = false;
	if (command_line) {
		struct buf bytes = { 0 };
		if (!session_drain(s))
			return false;
		buf_clear(&s->wire);
		buf_clear(&s->sent);
		buf_puts(&s->sent, command_line);
		s->echoed = false;
		s->raw_open = s->data_open = false;
		s->data_sent = 0;
		buf_printf(&bytes, "%s\r\n", command_line);
		bool sent = session_send(s, bytes.data, bytes.len);
		buf_finish(&bytes);
		if (!sent)
			return false;
	}
	return collect(s, deadline_in_ms(answer_limit_ms(s))) && is_claimed(s);
}

bool exchange_run(struct session *s, const char *command_line)
{
	return exchange_collect(s, command_line) && judge(s, answer_limit_ms(s));
}

static bool add_model(struct session *s, const struct command *command, const struct form *form)
{
	struct error error = { 0 };
	for (size_t i = 0; i < form->response_count; i++) {
		struct expectation *e = exchange_alternative(s, form->final);
		for (size_t k = 0; k < form->responses[i].count; k++) {
			if (!expectation_add_line(e, &form->responses[i].lines[k], command, &error))
				return session_end(s, "error", "%s", error.text);
		}
	}
	return true;
}

bool exchange_model(struct session *s, const char *command_line)
{
	const struct command *command = session_command(s, command_line);
	const struct form *form = command ? spec_form_of(command, command_line) : NULL;
	exchange_begin(s);
	if (!form)
		return session_end(
			s, "error", "no model says how \"%s\" is answered", command_line);
	if (!add_model(s, command, form))
		return false;
	s->facts_only = true;
	bool ok = exchange_run(s, command_line);
	s->facts_only = false;
	return ok;
}

static bool marked(const char *word)
{
	return word[0] == '\001' || word[0] == '\002';
}

bool exchange_words(struct session *s, const char *command_line, const char *const words[])
{
	size_t count = 0;
	bool any = false;
	while (words[count])
		any = marked(words[count++]) || any;
	if (!count)
		return session_end(s, "error", "an exchange needs a final result");
	const char *sent = command_line ? command_line : buf_text(&s->sent);
	const struct command *command = any ? session_command(s, sent) : NULL;
	struct error error = { 0 };
	exchange_begin(s);
	struct expectation *e = exchange_alternative(s, words[count - 1]);
	for (size_t i = 0; i + 1 < count; i++) {
		if (!expectation_add_word(e, words[i], command, &error))
			return session_end(
				s, "error", "\"%s\": %s", words[i] + marked(words[i]), error.text);
	}
	bool ok = exchange_run(s, command_line);
	s->raw_open = s->data_open = false;
	return ok;
}

int exchange_fits(struct session *s, const char *word, const char *text, size_t len)
{
	struct error error = { 0 };
	exchange_begin(s);
	struct expectation *e = exchange_alternative(s, NULL);
	if (!expectation_add_word(e, word, NULL, &error)) {
		session_end(s, "error", "\"%s\": %s", word + marked(word), error.text);
		return -1;
	}
	struct got one = { 0 };
	got_add(&one, text, len, false);
	bool fits = expectation_match(e, &one, NULL);
	if (fits)
		fields_take(&s->fields, e, &one);
	got_finish(&one);
	return fits;
}

void exchange_prompted(struct session *s, const struct line_piece *prompt)
{
	s->data_open = prompt->command && *prompt->command;
	s->data_sent = 0;
	if (!s->data_open)
		return;
	buf_clear(&s->sent);
	buf_puts(&s->sent, prompt->command);
}

void exchange_trim(struct session *s)
{
	while (!s->data_open && s->sent.len && strchr("\r\n", s->sent.data[s->sent.len - 1]))
		s->sent.data[--s->sent.len] = '\0';
}

bool exchange_foreign(struct session *s, const char *expected, const struct line_piece *piece)
{
	struct buf seen = { 0 };
	text_visible(&seen, piece->bytes, piece->len < 300 ? piece->len : 300);
	session_end(s, "fail", "expected \"%s\", came \"%s\"", expected, buf_text(&seen));
	buf_puts(&s->outcome.expected, expected);
	buf_append(&s->outcome.actual, piece->bytes, piece->len);
	buf_finish(&seen);
	return false;
}

bool exchange_boot_noise(const struct line_piece *piece)
{
	return piece->kind == LINE_NOISE && piece->boot;
}

bool exchange_piece(struct session *s, struct deadline deadline, struct line_piece *piece)
{
	for (;;) {
		int got = session_piece(s, deadline, piece);
		if (got <= 0)
			return false;
		if (piece->kind == LINE_BLANK || piece->kind == LINE_ECHO ||
			piece->kind == LINE_PAYLOAD || exchange_boot_noise(piece))
			continue;
		if (piece->kind == LINE_PROMPT || !piece->text || !session_noise(s, piece->text))
			return true;
	}
}

int exchange_any_piece(struct session *s, struct deadline deadline, const char *expected)
{
	struct line_piece piece;
	int got = session_any(s, deadline, &piece);
	if (got <= 0)
		return got;
	if (incoming_is(&piece) || piece.kind == LINE_BLANK || piece.kind == LINE_ECHO ||
		exchange_boot_noise(&piece))
		return 1;
	if (piece.kind == LINE_URC)
		return session_queue(s, piece.text) ? 1 : -1;
	if (piece.kind != LINE_PROMPT && piece.text && session_noise(s, piece.text))
		return 1;
	exchange_foreign(s, expected, &piece);
	return -1;
}

bool exchange_listen(struct session *s, int ms, const char *why)
{
	const struct deadline end = deadline_in_ms(ms);
	int64_t since = clock_ns();
	struct line_piece piece;
	bool fine = true;
	while (fine && exchange_piece(s, end, &piece))
		fine = piece.kind == LINE_URC ? session_queue(s, piece.text)
					      : exchange_foreign(s, "nothing", &piece);
	return fine && !s->outcome.verdict && (!why || session_waited(s, since, why));
}

bool exchange_prompt(struct session *s, int timeout_ms)
{
	const struct deadline deadline = deadline_in_ms(timeout_ms);
	struct line_piece piece;
	while (exchange_piece(s, deadline, &piece)) {
		if (piece.kind == LINE_PROMPT) {
			exchange_prompted(s, &piece);
			return true;
		}
		if (piece.kind != LINE_URC)
			return exchange_foreign(s, ">", &piece);
		if (!session_queue(s, piece.text))
			return false;
	}
	return session_end(s, "fail", "expected the prompt \">\", which did not come within %d ms",
		timeout_ms);
}
