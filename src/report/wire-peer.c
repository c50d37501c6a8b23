/* SPDX-License-Identifier: MIT */
/* The network's other side, in words: what the journal's peer events say. All text in them may be
 * of the module's making, and is cleaned. */
#include "report/wire.h"

#include "report/text.h"

#include <string.h>

static void say_place(struct buf *out, const char *address, long long port)
{
	text_clean(out, address);
	if (port > 0)
		buf_printf(out, ":%lld", port);
}

static void say_open(struct buf *out, const json_t *o)
{
	text_clean(out, wire_text(o, "kind"));
	buf_puts(out, " opened at ");
	say_place(out, wire_text(o, "address"),
		(long long)json_integer_value(json_object_get(o, "port")));
}

static void say_accept(struct buf *out, const json_t *o)
{
	buf_puts(out, "connection from ");
	text_clean(out, wire_text(o, "from"));
}

static void say_connect(struct buf *out, const json_t *o)
{
	buf_puts(out, "connected to ");
	text_clean(out, wire_text(o, "to"));
	buf_puts(out, " from ");
	text_clean(out, wire_text(o, "from"));
}

/* "closed by the module (fin)", "refused: too many connections" */
static void say_close(struct buf *out, const json_t *o)
{
	static const struct {
		const char *how, *word;
	} ways[] = { { "rst", "reset" }, { "half", "half closed" }, { "refused", "refused" },
		{ "error", "broken" } };
	const char *how = wire_text(o, "how");
	const char *text = wire_text(o, "text");
	const char *word = "closed";
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].how, how) == 0)
			word = ways[i].word;
	bool who = strncmp(text, "by the ", 7) == 0;
	buf_puts(out, word);
	if (who) {
		buf_putc(out, ' ');
		text_clean(out, text);
	}
	if (*how) {
		buf_puts(out, " (");
		text_clean(out, how);
		buf_putc(out, ')');
	}
	if (*text && !who) {
		buf_puts(out, ": ");
		text_clean(out, text);
	}
}

static const struct {
	const char *what;
	void (*say)(struct buf *out, const json_t *object);
} whats[] = {
	{ "open", say_open },
	{ "accept", say_accept },
	{ "connect", say_connect },
	{ "close", say_close },
	{ "bulk", wire_say_bulk },
};

static int64_t count_of(const json_t *string)
{
	const unsigned char *p = (const unsigned char *)json_string_value(string);
	int64_t count = 0;
	for (size_t i = 0; i < json_string_length(string); i++)
		count += (p[i] & 0xc0) != 0x80;
	return count;
}

static int number(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;
	return n < 0 || n > INT32_MAX ? -1 : (int)n;
}

/* "\"a/b\", QoS 1, retained: hello" */
static void say_message(struct buf *out, const json_t *o)
{
	buf_putc(out, '"');
	text_clean(out, wire_text(o, "topic"));
	buf_printf(out, "\", QoS %lld", (long long)json_integer_value(json_object_get(o, "qos")));
	if (json_is_true(json_object_get(o, "retain")))
		buf_puts(out, ", retained");
	if (json_is_true(json_object_get(o, "duplicate")))
		buf_puts(out, ", duplicate");
	buf_puts(out, ": ");
	wire_say_bytes(out, json_object_get(o, "bytes"));
}

void wire_broker_event(struct buf *out, const json_t *o, struct wire_event *event)
{
	const char *what = wire_text(o, "what"), *text = wire_text(o, "text");
	(void)event;
	if (strcmp(what, "log") != 0) {
		text_clean(out, what);
		buf_puts(out, *text ? ": " : "");
	}
	text_clean(out, text);
}

/* An observer's message, in or out. */
static bool is_message(const char *what)
{
	return strcmp(what, "message") == 0 || strcmp(what, "publish") == 0;
}

void wire_peer_event(struct buf *out, const json_t *o, struct wire_event *event)
{
	const char *what = wire_text(o, "what");
	event->peer = number(o, "p");
	event->connection = number(o, "k");
	if (strcmp(what, "rx") == 0 || strcmp(what, "tx") == 0) {
		const json_t *string = json_object_get(o, "bytes");
		event->kind = *what == 'r' ? WIRE_PEER_RX : WIRE_PEER_TX;
		event->bytes = count_of(string);
		wire_say_bytes(out, string);
		return;
	}
	if (is_message(what)) {
		event->kind = *what == 'm' ? WIRE_PEER_RX : WIRE_PEER_TX;
		event->bytes = count_of(json_object_get(o, "bytes"));
		say_message(out, o);
		return;
	}
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		if (strcmp(whats[i].what, what) == 0) {
			whats[i].say(out, o);
			return;
		}
	}
	const char *about = wire_text(o, *wire_text(o, "topic") ? "topic" : "text");
	text_clean(out, what);
	buf_puts(out, *about ? ": " : "");
	text_clean(out, about);
}

static void say_count(struct buf *out, int64_t count, const char *one, const char *many)
{
	buf_printf(out, "%lld %s", (long long)count, count == 1 ? one : many);
}

void wire_say_peer(struct buf *out, const struct run_peer *p)
{
	text_clean(out, *p->kind ? p->kind : "peer");
	if (p->client)
		buf_puts(out, " client");
	if (*p->address) {
		buf_puts(out, p->client ? " from " : " at ");
		say_place(out, p->address, p->port);
	}
	if (p->connections) {
		buf_puts(out, ", ");
		say_count(out, p->connections, "connection", "connections");
	}
	buf_printf(out, ", %lld bytes received, %lld sent", (long long)p->received,
		(long long)p->sent);
}
