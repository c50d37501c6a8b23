/* SPDX-License-Identifier: MIT */
/* The timeline as text of a bounded size: the beginning, the end, and what was left out between. */
#include "report/wire.h"

#include "base/cleanup.h"
#include "report/text.h"

#include <string.h>

#define WAIT_NS    1000000000 /* a longer pause gets a line of its own */
#define TEXT_HEAD  384        /* of a long payload in the text style */
#define TEXT_TAIL  96
#define MOST_LANES 32 /* peers named at the beginning of a log */

struct capped {
	struct buf *out; /* the beginning */
	struct buf tail; /* the end, when the beginning is full */
	enum wire_style style;
	size_t head_limit, tail_limit, left_out;
	int64_t start_ns, before_ns, reached_ns;
	bool lanes; /* peers or a broker take part */
};

/* Cut where no UTF-8 sequence is torn apart; a torn escape reads as text. */
static size_t shortened(const struct wire_event *e, size_t most)
{
	if (e->len <= most)
		return e->len;
	size_t len = most;
	while (len && ((unsigned char)e->text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static bool is_bytes(const struct wire_event *e)
{
	return e->kind == WIRE_TX || e->kind == WIRE_RX || e->kind == WIRE_PEER_RX ||
	       e->kind == WIRE_PEER_TX;
}

static void say_lane(struct buf *line, const struct wire_event *e)
{
	char name[40] = "";
	if (e->peer >= 0 && e->connection >= 0)
		snprintf(name, sizeof(name), "p%d.%d", e->peer, e->connection);
	else if (e->peer >= 0)
		snprintf(name, sizeof(name), "p%d", e->peer);
	else if (e->kind == WIRE_BROKER)
		snprintf(name, sizeof(name), "mqtt");
	buf_printf(line, "%-5s ", name);
}

/* Long payload is folded: its beginning and its end. */
static void say_payload(struct buf *line, const struct wire_event *e, size_t most)
{
	if (is_bytes(e) && e->len > TEXT_HEAD + 2 * TEXT_TAIL) {
		buf_append(line, e->text, TEXT_HEAD);
		buf_puts(line, " [...] ");
		buf_append(line, e->text + e->len - TEXT_TAIL, TEXT_TAIL);
		buf_printf(line, " [%lld bytes]\n", (long long)e->bytes);
		return;
	}
	size_t len = shortened(e, most);
	buf_append(line, e->text, len);
	buf_puts(line, len < e->len ? " [cut]\n" : "\n");
}

/* Arrows point to where the bytes go: to the right is away from the tester and out into the
 * network, through the module. */
static void say_text(
	struct buf *line, const struct capped *c, const struct wire_event *e, size_t most)
{
	static const char *const marks[] = { [WIRE_TX] = "->",
		[WIRE_RX] = "<-",
		[WIRE_PEER_RX] = "->",
		[WIRE_PEER_TX] = "<-",
		[WIRE_PEER] = "..",
		[WIRE_BROKER] = "..",
		[WIRE_NOTE] = "--",
		[WIRE_LINE] = "==",
		[WIRE_BREACH] = "!!",
		[WIRE_DEVIATION] = "~~",
		[WIRE_WAIT] = "  " };
	buf_printf(line, "%11.3f %+10.3f ", (double)(e->t_ns - c->start_ns) / 1e6,
		(double)(e->t_ns - c->before_ns) / 1e6);
	if (c->lanes)
		say_lane(line, e);
	buf_printf(line, "%s ", marks[e->kind]);
	say_payload(line, e, most);
}

static void say_json(
	struct buf *line, const struct capped *c, const struct wire_event *e, size_t most)
{
	size_t len = shortened(e, most);
	buf_printf(line, "[%lld,\"%s\",", (long long)(e->t_ns - c->start_ns) / 1000,
		wire_kind_name(e->kind));
	text_json_script(line, e->text, len);
	if (e->peer >= 0 || e->kind == WIRE_BROKER)
		buf_printf(line, ",%lld,%d,%d,%d],\n", (long long)e->bytes, len < e->len, e->peer,
			e->connection);
	else if (len < e->len)
		buf_printf(line, ",%lld,1],\n", (long long)e->bytes);
	else if (is_bytes(e))
		buf_printf(line, ",%lld],\n", (long long)e->bytes);
	else
		buf_puts(line, "],\n");
}

static void add_event(struct capped *c, const struct wire_event *e)
{
	AUTO_BUF struct buf line = { 0 };
	/* One event may not eat the room of all others. */
	if (c->style == WIRE_TEXT)
		say_text(&line, c, e, c->tail_limit);
	else
		say_json(&line, c, e, c->tail_limit);
	c->before_ns = e->t_ns;
	c->reached_ns = e->until_ns > c->reached_ns ? e->until_ns : c->reached_ns;
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

/* A pause is named by how long it was and by who ended it. */
static void add_wait(struct capped *c, int64_t until_ns, const struct wire_event *e)
{
	static const char *const enders[] = { [WIRE_TX] = "the tester sent",
		[WIRE_RX] = "the module sent",
		[WIRE_PEER_RX] = "received",
		[WIRE_PEER_TX] = "sent",
		[WIRE_PEER] = "had news",
		[WIRE_BROKER] = "the broker had news",
		[WIRE_NOTE] = "a note of the case",
		[WIRE_LINE] = "the line changed",
		[WIRE_BREACH] = "a breach",
		[WIRE_DEVIATION] = "a known deviation",
		[WIRE_WAIT] = "" };
	if (until_ns - c->reached_ns <= WAIT_NS)
		return;
	AUTO_BUF struct buf text = { 0 };
	buf_printf(&text, "%.3f s of waiting, until ", (double)(until_ns - c->reached_ns) / 1e9);
	if (e && e->peer >= 0)
		buf_printf(&text, "peer %d ", e->peer);
	buf_puts(&text, e ? enders[e->kind] : "the end of the case");
	struct wire_event wait = { .kind = WIRE_WAIT,
		.t_ns = c->reached_ns,
		.until_ns = c->reached_ns,
		.peer = -1,
		.connection = -1,
		.text = buf_text(&text),
		.len = text.len };
	add_event(c, &wait);
}

static void take_event(void *user, const struct wire_event *e)
{
	struct capped *c = user;
	add_wait(c, e->t_ns, e);
	add_event(c, e);
}

static void add_lanes(struct buf *out, const struct run_attempt *a, enum wire_style style)
{
	for (size_t i = 0; i < a->peer_count && i < MOST_LANES; i++) {
		const struct run_peer *p = &a->peers[i];
		AUTO_BUF struct buf text = { 0 };
		wire_say_peer(&text, p);
		if (style == WIRE_TEXT) {
			buf_printf(out, "p%d: %s\n", p->number, buf_text(&text));
			continue;
		}
		buf_puts(out, "[0,\"lane\",");
		text_json_script(out, buf_text(&text), text.len);
		buf_printf(out, ",%lld,0,%d,-1],\n", (long long)p->connections, p->number);
	}
	if (a->broker_lines && style == WIRE_JSON)
		buf_puts(out, "[0,\"lane\",\"the broker's log\",0,0,-1,-1],\n");
	else if (a->broker_lines)
		buf_puts(out, "mqtt: the broker's log\n");
}

int wire_collect(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a, enum wire_style style, size_t limit, struct error *error)
{
	struct capped capped = { .out = out,
		.style = style,
		.head_limit = out->len + limit / 2,
		.tail_limit = limit / 4,
		.start_ns = a->start_ns,
		.before_ns = a->start_ns,
		.reached_ns = a->start_ns,
		.lanes = a->peer_count > 0 || a->broker_lines > 0 };
	add_lanes(out, a, style);
	int result = wire_each(run, c, a, take_event, &capped, error);
	add_wait(&capped, a->end_ns, NULL);
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
