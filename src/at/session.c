/* SPDX-License-Identifier: MIT */
#include "at/session.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool session_end(struct session *s, const char *verdict, const char *format, ...)
{
	if (s->outcome.verdict)
		return false; /* the first cause stays */
	s->outcome.verdict = verdict;
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_puts(&s->outcome.why, text);
	return false;
}

static bool lost(struct session *s, int error)
{
	return session_end(s, "error", "the rig is gone: %s", strerror(-error));
}

static void abort_read(struct session *s, size_t len)
{
	json_error_t where;
	json_t *root = json_loadb(s->message + 1, len, 0, &where);
	const char *why = json_string_value(json_object_get(root, "why"));
	session_end(s, "", "ended by the rig: %s", why ? why : "no reason given");
	json_decref(root);
}

static void ack_read(struct session *s, size_t len)
{
	json_error_t where;
	json_t *root = json_loadb(s->message + 1, len, 0, &where);
	const char *text = json_string_value(json_object_get(root, "text"));
	s->acked = true;
	s->ack_ok = json_is_true(json_object_get(root, "ok"));
	buf_clear(&s->ack_text);
	buf_puts(&s->ack_text, text ? text : "");
	json_decref(root);
}

static void peer_read(struct session *s, size_t len)
{
	s->acked = true;
	buf_clear(&s->peer_answer);
	buf_append(&s->peer_answer, s->message + 1, len);
}

static void rx_read(struct session *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s->message + 1;
	if (len < 8)
		return;
	enum { BITS = 11 };
	uint64_t t = 0;
	if (s->uart.baud > 0)
		s->line_ns += (int64_t)(len - 8) * BITS * 1000000000 / s->uart.baud;
	for (int i = 7; i >= 0; i--)
		t = t << 8 | p[i];
	size_t room = SESSION_MAX_WIRE - s->wire.len, n = len - 8;
	buf_append(&s->wire, p + 8, n < room ? n : room);
	line_feed(s->line, p + 8, n, (int64_t)t);
}

/* Takes one message: 1; 0 when none came in time; -1 when the case is over. */
static int receive(struct session *s, int timeout_ms)
{
	ssize_t len = channel_receive(s->fd, s->message, timeout_ms);
	if (len == -ETIMEDOUT)
		return 0;
	if (len < 0) {
		lost(s, (int)len);
		return -1;
	}
	switch (s->message[0]) {
	case CHANNEL_RX:
		rx_read(s, (size_t)len);
		return 1;
	case CHANNEL_ACK:
		ack_read(s, (size_t)len);
		return 1;
	case CHANNEL_PEER:
		peer_read(s, (size_t)len);
		return 1;
	case CHANNEL_ABORT:
		abort_read(s, (size_t)len);
		return -1;
	default:
		session_end(s, "error", "the rig sent a message of unknown type 0x%02x",
			(unsigned char)s->message[0]);
		return -1;
	}
}

const char *const *session_spec_dirs(void)
{
	enum { DIRS = 32 };
	static const char *dirs[DIRS + 1];
	static char text[4096];
	const char *all = getenv("ATCONFORM_SPEC");
	char *rest = NULL;
	size_t n = 0;
	if (dirs[0] || !all || strlen(all) >= sizeof(text))
		return dirs;
	memcpy(text, all, strlen(all) + 1);
	for (char *one = strtok_r(text, ":", &rest); one && n < DIRS;
		one = strtok_r(NULL, ":", &rest))
		dirs[n++] = one;
	return dirs;
}

/* The wire parser's language: unsolicited lines and final results of the general model. */
static bool learn(struct session *s)
{
	struct error error = { 0 };
	if (!s->general.memory &&
		spec_load_command(&s->general, s->grant.spec_dirs, NULL, &error) < 0)
		return session_end(s, "error", "%s", error_text(&error));
	const struct spec *g = &s->general;
	s->urcs = calloc(g->urc_count + 1, sizeof(*s->urcs));
	s->finals = calloc(g->final_count + 1, sizeof(*s->finals));
	if (!s->urcs || !s->finals)
		abort();
	for (size_t i = 0; i < g->urc_count; i++)
		s->urcs[i] = (struct line_urc){ g->urcs[i].text, g->urcs[i].payload };
	for (size_t i = 0; i < g->final_count; i++)
		s->finals[i] = (struct line_final){ g->finals[i].text, g->finals[i].ok };
	s->line = line_create(&(struct line_grammar){ .urcs = s->urcs,
		.urc_count = g->urc_count,
		.finals = s->finals,
		.final_count = g->final_count });
	return true;
}

static bool take_grant(struct session *s, int timeout_ms)
{
	struct error error = { 0 };
	ssize_t len = channel_receive(s->fd, s->message, timeout_ms);
	if (len == -ETIMEDOUT)
		return session_end(s, "error", "no lease from the rig within %d ms", timeout_ms);
	if (len < 0)
		return lost(s, (int)len);
	if (s->message[0] == CHANNEL_ABORT) {
		abort_read(s, (size_t)len);
		return false;
	}
	if (s->message[0] != CHANNEL_GRANT)
		return session_end(s, "error", "the rig did not send a lease first");
	if (grant_parse(&s->grant, s->message + 1, (size_t)len, &error) < 0)
		return session_end(s, "error", "%s", error_text(&error));
	s->clock_offset_ns = s->grant.t_ns - clock_ns();
	s->uart = s->grant.uart;
	if (s->grant.verdict)
		return session_end(s, s->grant.verdict, "decided by the rig");
	return true;
}

bool session_greet(struct session *s, int fd, const char *case_id)
{
	*s = (struct session){ .fd = fd };
	/* Before the lease, not in it: nobody else needs the line for that. */
	struct error ignored = { 0 };
	if (session_spec_dirs()[0])
		spec_load_command(&s->general, session_spec_dirs(), NULL, &ignored);
	int sent = channel_send(s->fd, CHANNEL_HELLO, case_id, strlen(case_id));
	return sent < 0 ? lost(s, sent) : true;
}

bool session_begin(struct session *s, int timeout_ms)
{
	return take_grant(s, timeout_ms) && learn(s);
}

bool session_open(struct session *s, const char *path, const char *case_id)
{
	int fd = channel_connect(path);
	if (fd >= 0)
		return session_greet(s, fd, case_id);
	*s = (struct session){ .fd = -1 };
	return session_end(s, "error", "%s: %s", path, strerror(-fd));
}

void session_close(struct session *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	for (size_t i = 0; i < s->expected_count; i++)
		expectation_finish(&s->expected[i]);
	free(s->expected);
	s->expected = NULL;
	s->expected_count = 0;
	while (s->queued)
		free(s->queue[--s->queued]);
	got_finish(&s->got);
	fields_finish(&s->fields);
	line_destroy(s->line);
	s->line = NULL;
	free(s->urcs);
	free(s->finals);
	free(s->suite);
	s->urcs = NULL;
	s->finals = NULL;
	s->suite = NULL;
	spec_finish(&s->general);
	spec_finish(&s->model);
	buf_finish(&s->wire);
	buf_finish(&s->ack_text);
	buf_finish(&s->sent);
	buf_finish(&s->peer_answer);
	incoming_finish(&s->in);
	inbox_finish(&s->inbox);
}

void session_finish(struct session *s)
{
	session_close(s);
	grant_finish(&s->grant);
	buf_finish(&s->outcome.why);
	buf_finish(&s->outcome.expected);
	buf_finish(&s->outcome.actual);
	s->outcome.verdict = NULL;
}

bool session_tell(struct session *s, enum channel_type type, const char *json)
{
	int sent = channel_send(s->fd, type, json, strlen(json));
	return sent < 0 ? lost(s, sent) : true;
}

static bool wait_answer(struct session *s, int timeout_ms, const char *request)
{
	struct deadline deadline = deadline_in_ms(timeout_ms);
	while (!s->acked) {
		int got = receive(s, deadline_left_ms(deadline));
		if (got < 0)
			return false;
		if (got == 0)
			return session_end(s, "error", "the rig did not answer %s", request);
	}
	return true;
}

bool session_ask(struct session *s, enum channel_type type, const char *json)
{
	s->acked = false;
	if (!session_tell(s, type, json) || !wait_answer(s, s->grant.deadline_ms, json))
		return false;
	/* A port that can't do what the bench says it can is no mistake of the tester's. */
	if (!s->ack_ok && type == CHANNEL_UART)
		return session_end(s, "inconclusive", "%s", buf_text(&s->ack_text));
	if (!s->ack_ok)
		return session_end(
			s, "error", "the rig could not do %s: %s", json, buf_text(&s->ack_text));
	return true;
}

bool session_peer(struct session *s, const struct buf *request, int timeout_ms,
	const uint8_t **bytes, size_t *len, bool *refused)
{
	const char *text = request->data;
	s->acked = false;
	int sent = channel_send(s->fd, CHANNEL_PEER, text, request->len);
	if (sent < 0)
		return lost(s, sent);
	if (!wait_answer(s, s->grant.deadline_ms + timeout_ms, text))
		return false;
	const char *answer = buf_text(&s->peer_answer);
	size_t head = strnlen(answer, s->peer_answer.len);
	if (bytes) {
		bool more = head < s->peer_answer.len;
		*bytes = (const uint8_t *)answer + head + more;
		*len = s->peer_answer.len - head - more;
	}
	json_t *json = json_loadb(answer, head, JSON_ALLOW_NUL, NULL);
	bool ok = json_is_true(json_object_get(json, "ok"));
	const char *why = json_string_value(json_object_get(json, "text"));
	const char *how = json_string_value(json_object_get(json, "how"));
	if (refused)
		*refused = !ok;
	else if (!ok && how && strcmp(how, "no-connection") == 0)
		session_end(s, "fail", "the module has no connection to the peer (any more): %s",
			why ? why : "");
	else if (!ok)
		session_end(s, "error", "the tester's peers can't do %.300s: %s", text,
			why ? why : "no reason given");
	json_decref(json);
	return ok || refused;
}

bool session_send(struct session *s, const void *bytes, size_t len)
{
	line_sent(s->line, bytes, len);
	int sent = channel_send(s->fd, CHANNEL_TX, bytes, len);
	s->sent_ns = clock_ns() + s->clock_offset_ns;
	return sent < 0 ? lost(s, sent) : true;
}

struct patience session_patience(const struct session *s, int timeout_ms)
{
	return (struct patience){ deadline_in_ms(timeout_ms), s->line_ns };
}

struct deadline session_until(const struct session *s, const struct patience *p)
{
	return (struct deadline){ p->deadline.at_ns + s->line_ns - p->line_ns };
}

/* Data, or a header of it. */
static bool keep(struct session *s, const struct line_piece *piece)
{
	if (inbox_is(&s->inbox, piece))
		return inbox_add(&s->inbox, piece) ||
		       session_end(s, "fail", "more messages than a case may leave untaken");
	if (piece->kind != LINE_PAYLOAD)
		inbox_close(&s->inbox);
	return incoming_add(&s->in, piece) || session_end(s, "fail", "%s", s->in.why);
}

int session_any(struct session *s, struct deadline deadline, struct line_piece *out)
{
	while (!line_next(s->line, out)) {
		int got = receive(s, deadline_left_ms(deadline));
		if (got <= 0)
			return got;
	}
	return !incoming_is(out) || keep(s, out) ? 1 : -1;
}

int session_piece(struct session *s, struct deadline deadline, struct line_piece *out)
{
	int got;
	while ((got = session_any(s, deadline, out)) > 0)
		if (!incoming_is(out))
			break;
		else if (deadline_passed(deadline))
			return 0; /* data alone can come for ever */
	return got;
}

bool session_queue(struct session *s, const char *text)
{
	if (s->queued >= SESSION_MAX_URCS)
		return session_end(s, "fail", "more than %d unsolicited lines", SESSION_MAX_URCS);
	char *copy = strdup(text);
	if (!copy)
		abort();
	s->queue[s->queued++] = copy;
	return true;
}

bool session_noise(const struct session *s, const char *text)
{
	for (size_t i = 0; s->grant.noise && s->grant.noise[i]; i++) {
		if (text_glob(s->grant.noise[i], text))
			return true;
	}
	return false;
}

static bool foreign(struct session *s, const struct line_piece *piece)
{
	struct buf seen = { 0 };
	text_visible(&seen, piece->bytes, piece->len < 300 ? piece->len : 300);
	buf_append(&s->outcome.actual, piece->bytes, piece->len);
	session_end(s, "fail", "a line that nothing asked for: \"%s\"", buf_text(&seen));
	buf_finish(&seen);
	return false;
}

bool session_drain(struct session *s)
{
	enum { DRAIN_MS = 100 }; /* data may come faster than this ends */
	const struct deadline now = { 0 }, end = deadline_in_ms(DRAIN_MS);
	while (!deadline_passed(end)) {
		struct line_piece piece;
		int got = session_any(s, now, &piece);
		if (got <= 0)
			return got == 0;
		if (incoming_is(&piece))
			continue;
		switch (piece.kind) {
		case LINE_BLANK:
		case LINE_ECHO:
		case LINE_PAYLOAD:
			break;
		case LINE_URC:
			if (!session_queue(s, piece.text))
				return false;
			break;
		case LINE_INFO:
		case LINE_FINAL:
		case LINE_PROMPT:
		case LINE_NOISE:
			if (!piece.text || !session_noise(s, piece.text))
				return foreign(s, &piece);
			break;
		}
	}
	return true;
}

/* Times of the rig's clock. */
static bool tell_wait(struct session *s, int64_t from_ns, int64_t to_ns, const char *why)
{
	enum { SHORT_NS = 2000000 };
	if (to_ns - from_ns < SHORT_NS)
		return true;
	struct buf json = { 0 };
	buf_printf(&json,
		"{\"from\":%lld,\"to\":%lld,\"why\":", (long long)(from_ns + s->clock_offset_ns),
		(long long)(to_ns + s->clock_offset_ns));
	buf_json_text(&json, why);
	buf_putc(&json, '}');
	bool ok = session_tell(s, CHANNEL_WAIT, buf_text(&json));
	buf_finish(&json);
	return ok;
}

bool session_waited(struct session *s, int64_t from_ns, const char *why)
{
	return tell_wait(s, from_ns, clock_ns(), why);
}

bool session_will_wait(struct session *s, int ms, const char *why)
{
	int64_t now = clock_ns();
	return tell_wait(s, now, now + (int64_t)ms * 1000000, why);
}

bool session_silence(struct session *s, int ms)
{
	int64_t since = clock_ns();
	struct deadline deadline = deadline_in_ms(ms);
	if (!session_drain(s))
		return false;
	buf_clear(&s->wire);
	while (!deadline_passed(deadline)) {
		if (receive(s, deadline_left_ms(deadline)) < 0)
			return false;
		if (!s->wire.len)
			continue;
		struct buf seen = { 0 };
		text_visible(&seen, s->wire.data, s->wire.len < 300 ? s->wire.len : 300);
		buf_append(&s->outcome.actual, s->wire.data, s->wire.len);
		session_end(
			s, "fail", "expected silence for %d ms, came \"%s\"", ms, buf_text(&seen));
		buf_finish(&seen);
		return false;
	}
	return session_waited(s, since, "nothing is to come");
}

bool session_reset_line(struct session *s)
{
	struct line_piece piece;
	line_reset(s->line);
	while (line_next(s->line, &piece)) {
		if (incoming_is(&piece) && !keep(s, &piece))
			return false;
		if (piece.kind == LINE_URC && !incoming_is(&piece) && !session_queue(s, piece.text))
			return false;
	}
	buf_clear(&s->wire);
	return true;
}

bool session_forget(struct session *s, const char *text)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->queued; i++) {
		if (strcmp(s->queue[i], text) == 0)
			free(s->queue[i]);
		else
			s->queue[kept++] = s->queue[i];
	}
	bool found = kept < s->queued;
	s->queued = kept;
	return found;
}

bool session_set_uart(struct session *s, const struct grant_uart *uart)
{
	struct buf json = { 0 };
	buf_printf(&json,
		"{\"baud\":%lld,\"databits\":%d,\"stopbits\":%g,\"parity\":\"%s\",\"flow\":\"%s\"}",
		(long long)uart->baud, uart->databits, uart->stopbits, uart->parity, uart->flow);
	bool ok = session_ask(s, CHANNEL_UART, buf_text(&json));
	buf_finish(&json);
	if (!ok)
		return false;
	s->uart = *uart;
	return session_reset_line(s);
}

/* "AT+UART_CUR=1,2" -> "uart_cur", "ATE0" -> "ate", "AT" -> "at". */
static void suite_of(const char *command_line, char *out, size_t size)
{
	const char *p = text_starts(command_line, "AT+") ? command_line + 3 : command_line;
	size_t n = strcspn(p, "=?");
	if (p == command_line && text_starts(p, "ATE"))
		n = 3;
	if (n >= size)
		n = size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)p[i]);
	out[n] = '\0';
}

const struct command *session_command(struct session *s, const char *command_line)
{
	char suite[64];
	suite_of(command_line, suite, sizeof(suite));
	if (!s->suite || strcmp(s->suite, suite) != 0) {
		struct error error = { 0 };
		struct spec model;
		if (spec_load_command(&model, s->grant.spec_dirs, suite, &error) < 0)
			return NULL;
		spec_finish(&s->model);
		free(s->suite);
		s->model = model;
		s->suite = strdup(suite);
	}
	return spec_command(&s->model, suite);
}

void session_message(const struct session *s, struct buf *out, const char *file, int line)
{
	const struct outcome *o = &s->outcome;
	if (line)
		buf_printf(out, "%s:%d: ", file, line);
	if (s->grant.requirement_count) {
		const struct grant_requirement *r = &s->grant.requirements[0];
		buf_printf(out, "%s (section %s, line %d): ", r->id, r->section, r->line);
	}
	buf_puts(out, buf_text(&o->why));
}

/* Long answers are in the journal anyway; a verdict has to fit into one message. */
static void json_capped(struct buf *out, const struct buf *bytes)
{
	buf_json_bytes(out, buf_text(bytes), bytes->len < 4096 ? bytes->len : 4096);
}

void session_verdict(
	struct session *s, const char *verdict, const char *message, const char *file, int line)
{
	if (s->fd < 0)
		return;
	struct buf json = { 0 };
	buf_printf(&json, "{\"verdict\":\"%s\",\"message\":", verdict);
	buf_json_text(&json, message);
	buf_puts(&json, ",\"file\":");
	buf_json_text(&json, file);
	buf_printf(&json, ",\"at\":%d,\"expected\":", line);
	json_capped(&json, &s->outcome.expected);
	buf_puts(&json, ",\"actual\":");
	json_capped(&json, &s->outcome.actual);
	buf_putc(&json, '}');
	channel_send(s->fd, CHANNEL_VERDICT, buf_text(&json), json.len);
	buf_finish(&json);
}
