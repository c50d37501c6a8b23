/* SPDX-License-Identifier: MIT */
#include "report/wire.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/journal.h"
#include "report/lines.h"
#include "report/text.h"

#include <string.h>

const char *wire_kind_name(enum wire_kind kind)
{
	static const char *const names[] = { [WIRE_TX] = "tx",
		[WIRE_RX] = "rx",
		[WIRE_NOTE] = "note",
		[WIRE_LINE] = "line",
		[WIRE_BREACH] = "breach",
		[WIRE_DEVIATION] = "deviation" };
	return names[kind];
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void add_bytes(struct buf *out, const json_t *string)
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

static void say_bytes(struct buf *out, const json_t *o)
{
	const json_t *len = json_object_get(o, "len");
	if (len && !json_object_get(o, "bytes"))
		buf_printf(out, "[%lld bytes, not kept]", (long long)json_integer_value(len));
	else
		add_bytes(out, json_object_get(o, "bytes"));
}

static void say_bulk(struct buf *out, const json_t *o)
{
	buf_printf(out, "%lld bytes %s in all, SHA-256 ",
		(long long)json_integer_value(json_object_get(o, "total")),
		strcmp(text_of(o, "dir"), "tx") == 0 ? "sent" : "received");
	text_clean(out, text_of(o, "sha256"));
	buf_puts(out, ", the last of them: ");
	add_bytes(out, json_object_get(o, "last"));
}

static void say_note(struct buf *out, const json_t *o)
{
	text_clean(out, text_of(o, "text"));
}

static void say_tolerate(struct buf *out, const json_t *o)
{
	bool on = json_is_true(json_object_get(o, "on"));
	buf_puts(out, on ? "the monitor looks away: " : "the monitor looks again ");
	text_clean(out, text_of(o, "why"));
}

static void say_line(struct buf *out, const json_t *o)
{
	text_clean(out, text_of(o, "what"));
	buf_putc(out, ' ');
	text_clean(out, text_of(o, "text"));
}

static void say_breach(struct buf *out, const json_t *o)
{
	text_clean(out, text_of(o, "id"));
	buf_puts(out, " broken: ");
	text_clean(out, text_of(o, "text"));
}

static void say_deviation(struct buf *out, const json_t *o)
{
	text_clean(out, text_of(o, "id"));
	buf_puts(out, " after ");
	text_clean(out, text_of(o, "command"));
}

static const struct {
	const char *event;
	enum wire_kind kind;
	bool of_line; /* belongs to the line rather than to the case */
	void (*say)(struct buf *out, const json_t *object);
} kinds[] = {
	{ "tx", WIRE_TX, false, say_bytes },
	{ "rx", WIRE_RX, false, say_bytes },
	{ "bulk", WIRE_NOTE, false, say_bulk },
	{ "note", WIRE_NOTE, false, say_note },
	{ "tolerate", WIRE_NOTE, false, say_tolerate },
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

struct scan {
	const struct run *run;
	long c;
	int lane;
	wire_fn *fn;
	void *user;
	struct buf text;
};

static void tell(struct scan *s, const json_t *o)
{
	int k = kind_of(text_of(o, "e"));
	if (k < 0)
		return;
	const char *owner = kinds[k].of_line ? "l" : "c";
	const json_t *number = json_object_get(o, owner);
	if (!number || json_integer_value(number) != (kinds[k].of_line ? s->lane : s->c))
		return;
	buf_clear(&s->text);
	kinds[k].say(&s->text, o);
	struct wire_event event = { .kind = kinds[k].kind,
		.t_ns = json_integer_value(json_object_get(o, "t")),
		.text = buf_text(&s->text),
		.len = s->text.len };
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
	lines_finish(&lines);
	buf_finish(&s.text);
	return got < 0 ? error_set(error, run->path, 0, 0, "%s", strerror(-got)) : 0;
}

struct capped {
	struct buf *out; /* the beginning */
	struct buf tail; /* the end, when the beginning is full */
	enum wire_style style;
	size_t head_limit, tail_limit, left_out;
	int64_t start_ns, before_ns;
};

static void say_text(
	struct buf *line, const struct capped *c, const struct wire_event *e, size_t len)
{
	static const char *const marks[] = { [WIRE_TX] = "->",
		[WIRE_RX] = "<-",
		[WIRE_NOTE] = "--",
		[WIRE_LINE] = "==",
		[WIRE_BREACH] = "!!",
		[WIRE_DEVIATION] = "~~" };
	buf_printf(line, "%11.3f %+10.3f %s ", (double)(e->t_ns - c->start_ns) / 1e6,
		(double)(e->t_ns - c->before_ns) / 1e6, marks[e->kind]);
	buf_append(line, e->text, len);
	buf_puts(line, len < e->len ? " [cut]\n" : "\n");
}

static void say_json(
	struct buf *line, const struct capped *c, const struct wire_event *e, size_t len)
{
	buf_printf(line, "[%lld,\"%s\",", (long long)(e->t_ns - c->start_ns) / 1000,
		wire_kind_name(e->kind));
	text_json_script(line, e->text, len);
	buf_puts(line, len < e->len ? ",1],\n" : "],\n");
}

/* Cut where no escape and no UTF-8 sequence is torn apart for long: a torn one reads as text. */
static size_t shortened(const struct wire_event *e, size_t most)
{
	if (e->len <= most)
		return e->len;
	size_t len = most;
	while (len && ((unsigned char)e->text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void add_event(void *user, const struct wire_event *e)
{
	struct capped *c = user;
	AUTO_BUF struct buf line = { 0 };
	/* One event may not eat the room of all others. */
	size_t len = shortened(e, c->tail_limit);
	if (c->style == WIRE_TEXT)
		say_text(&line, c, e, len);
	else
		say_json(&line, c, e, len);
	c->before_ns = e->t_ns;
	if (!c->tail.len && c->out->len + line.len <= c->head_limit) {
		buf_append(c->out, line.data, line.len);
		return;
	}
	buf_append(&c->tail, line.data, line.len);
	if (c->tail.len <= 2 * c->tail_limit)
		return;
	/* Drop whole lines, seldom: each byte moves once in a while only. */
	size_t drop = c->tail.len - c->tail_limit;
	const char *end = memchr(c->tail.data + drop, '\n', c->tail.len - drop);
	drop = end ? (size_t)(end - c->tail.data) + 1 : c->tail.len;
	c->left_out += drop;
	buf_drop_front(&c->tail, drop);
}

int wire_collect(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a, enum wire_style style, size_t limit, struct error *error)
{
	struct capped capped = { .out = out,
		.style = style,
		.head_limit = out->len + limit / 2,
		.tail_limit = limit / 4,
		.start_ns = a->start_ns,
		.before_ns = a->start_ns };
	int result = wire_each(run, c, a, add_event, &capped, error);
	if (capped.left_out && style == WIRE_TEXT)
		buf_printf(out, "[%zu bytes of this log left out; all of it is in the journal]\n",
			capped.left_out);
	else if (capped.left_out)
		buf_printf(out, "[0,\"cut\",\"%zu\"],\n", capped.left_out);
	if (capped.tail.len)
		buf_append(out, capped.tail.data, capped.tail.len);
	buf_finish(&capped.tail);
	return result;
}
