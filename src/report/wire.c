/* SPDX-License-Identifier: MIT */
#include "report/wire.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/journal.h"
#include "report/lines.h"
#include "report/text.h"

#include <string.h>

#define END_SHOWN 160 /* characters of the end of what was not kept */

const char *wire_kind_name(enum wire_kind kind)
{
	static const char *const names[] = { [WIRE_TX] = "tx",
		[WIRE_RX] = "rx",
		[WIRE_PEER_RX] = "prx",
		[WIRE_PEER_TX] = "ptx",
		[WIRE_PEER] = "peer",
		[WIRE_BROKER] = "broker",
		[WIRE_NOTE] = "note",
		[WIRE_LINE] = "line",
		[WIRE_BREACH] = "breach",
		[WIRE_DEVIATION] = "deviation",
		[WIRE_WAIT] = "wait" };
	return names[kind];
}

const char *wire_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

void wire_say_bytes(struct buf *out, const json_t *string)
{
	AUTO_BUF struct buf bytes = { 0 };
	size_t need = json_string_length(string);
	if (!need)
		return;
	buf_append(&bytes, json_string_value(string), need);
	long n = report_wire_bytes(string, bytes.data);
	if (n > 0)
		text_visible(out, bytes.data, (size_t)n);
}

static void say_bytes(struct buf *out, const json_t *o, struct wire_event *event)
{
	const json_t *string = json_object_get(o, "bytes");
	const unsigned char *p = (const unsigned char *)json_string_value(string);
	wire_say_bytes(out, string);
	/* Each character is one byte: what continues one does not count. */
	for (size_t i = 0; i < json_string_length(string); i++)
		event->bytes += (p[i] & 0xc0) != 0x80;
}

void wire_say_bulk(struct buf *out, const json_t *o)
{
	AUTO_BUF struct buf last = { 0 };
	buf_printf(out, "%lld bytes %s in all, SHA-256 ",
		(long long)json_integer_value(json_object_get(o, "total")),
		strcmp(wire_text(o, "dir"), "tx") == 0 ? "sent" : "received");
	text_clean(out, wire_text(o, "sha256"));
	wire_say_bytes(&last, json_object_get(o, "last"));
	size_t from = last.len > END_SHOWN ? last.len - END_SHOWN : 0;
	buf_puts(out, ", the last of them: ");
	buf_append(out, buf_text(&last) + from, last.len - from);
}

static void say_bulk(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	wire_say_bulk(out, o);
}

static void say_note(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	text_clean(out, wire_text(o, "text"));
}

static void say_control(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	buf_puts(out, "control port: ");
	text_clean(out, wire_text(o, "json"));
	buf_puts(out, " answered ");
	text_clean(out, wire_text(o, "answer"));
}

static void say_tolerate(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	bool on = json_is_true(json_object_get(o, "on"));
	buf_puts(out, on ? "the monitor looks away: " : "the monitor looks again ");
	text_clean(out, wire_text(o, "why"));
}

static void say_line(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	text_clean(out, wire_text(o, "what"));
	buf_putc(out, ' ');
	text_clean(out, wire_text(o, "text"));
}

static void say_breach(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	text_clean(out, wire_text(o, "id"));
	buf_puts(out, " broken: ");
	text_clean(out, wire_text(o, "text"));
}

static void say_deviation(struct buf *out, const json_t *o, struct wire_event *event)
{
	(void)event;
	text_clean(out, wire_text(o, "id"));
	buf_puts(out, " after ");
	text_clean(out, wire_text(o, "command"));
}

static const struct {
	const char *event;
	enum wire_kind kind;
	bool of_line; /* belongs to the line rather than to the case */
	void (*say)(struct buf *out, const json_t *object, struct wire_event *event);
} kinds[] = {
	{ "tx", WIRE_TX, false, say_bytes },
	{ "rx", WIRE_RX, false, say_bytes },
	{ "peer", WIRE_PEER, false, wire_peer_event },
	{ "broker", WIRE_BROKER, false, wire_broker_event },
	{ "bulk", WIRE_NOTE, false, say_bulk },
	{ "note", WIRE_NOTE, false, say_note },
	{ "tolerate", WIRE_NOTE, false, say_tolerate },
	{ "control", WIRE_NOTE, false, say_control },
	{ "line", WIRE_LINE, true, say_line },
	{ "breach", WIRE_BREACH, false, say_breach },
	{ "deviation", WIRE_DEVIATION, false, say_deviation },
};

static int kind_of(const char *event)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].event, event) == 0)
			return (int)i;
	return -1;
}

/* Bytes that were only counted: of the same direction and connection, told once. */
struct gathered {
	struct wire_event event;
	int64_t pieces;
};

#define GATHERED 24 /* five links in both directions, and the line */

struct scan {
	const struct run *run;
	long c;
	int lane;
	wire_fn *fn;
	void *user;
	struct buf text;
	struct gathered gathered[GATHERED];
	size_t gathered_count;
};

static void tell_gathered(struct scan *s)
{
	for (size_t i = 0; i < s->gathered_count; i++) {
		struct gathered *g = &s->gathered[i];
		buf_clear(&s->text);
		buf_printf(&s->text, "[%lld bytes", (long long)g->event.bytes);
		if (g->pieces > 1)
			buf_printf(&s->text, " in %lld pieces, over %.3f ms", (long long)g->pieces,
				(double)(g->event.until_ns - g->event.t_ns) / 1e6);
		buf_puts(&s->text, ", not kept]");
		g->event.text = buf_text(&s->text);
		g->event.len = s->text.len;
		s->fn(s->user, &g->event);
	}
	s->gathered_count = 0;
}

static void gather(struct scan *s, const struct wire_event *e)
{
	for (size_t i = 0; i < s->gathered_count; i++) {
		struct gathered *g = &s->gathered[i];
		if (g->event.kind == e->kind && g->event.peer == e->peer &&
			g->event.connection == e->connection) {
			g->event.bytes += e->bytes;
			g->event.until_ns = e->t_ns;
			g->pieces++;
			return;
		}
	}
	if (s->gathered_count == GATHERED)
		tell_gathered(s);
	s->gathered[s->gathered_count++] = (struct gathered){ .event = *e, .pieces = 1 };
}

static bool only_counted(const json_t *o, const struct wire_event *e)
{
	bool bytes = e->kind == WIRE_TX || e->kind == WIRE_RX || e->kind == WIRE_PEER_RX ||
		     e->kind == WIRE_PEER_TX;
	return bytes && json_object_get(o, "len") && !json_object_get(o, "bytes");
}

static void tell(struct scan *s, const json_t *o)
{
	int k = kind_of(wire_text(o, "e"));
	if (k < 0)
		return;
	const char *owner = kinds[k].of_line ? "l" : "c";
	const json_t *number = json_object_get(o, owner);
	if (!number || json_integer_value(number) != (kinds[k].of_line ? s->lane : s->c))
		return;
	if (kinds[k].kind == WIRE_PEER && strcmp(wire_text(o, "what"), "gone") == 0)
		return; /* each of them at the end of the case: nothing that a reader wants */
	int64_t t_ns = json_integer_value(json_object_get(o, "t"));
	struct wire_event event = {
		.kind = kinds[k].kind, .t_ns = t_ns, .until_ns = t_ns, .peer = -1, .connection = -1
	};
	AUTO_BUF struct buf text = { 0 };
	kinds[k].say(&text, o, &event);
	if (only_counted(o, &event)) {
		event.bytes = json_integer_value(json_object_get(o, "len"));
		gather(s, &event);
		return;
	}
	tell_gathered(s);
	event.text = buf_text(&text);
	event.len = text.len;
	s->fn(s->user, &event);
}

int wire_each(const struct run *run, const struct run_case *c, const struct run_attempt *a,
	wire_fn *fn, void *user, struct error *error)
{
	if (a->from >= a->to)
		return 0;
	struct scan s = {
		.run = run, .c = c - run->cases, .lane = a->line, .fn = fn, .user = user
	};
	struct lines lines;
	lines_init(&lines, run->fd, a->from, a->to);
	const char *text;
	size_t len;
	int64_t at;
	bool whole;
	int got;
	while ((got = lines_next(&lines, &text, &len, &at, &whole)) == 1) {
		json_t *o = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
		if (o)
			tell(&s, o);
		json_decref(o);
	}
	tell_gathered(&s);
	lines_finish(&lines);
	buf_finish(&s.text);
	return got < 0 ? error_set(error, run->path, 0, 0, "%s", strerror(-got)) : 0;
}
