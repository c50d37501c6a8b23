/* SPDX-License-Identifier: MIT */
/* Runs peers for the scripts of this folder: one request a line on standard input, as JSON whose
 * "bytes" are the raw ones; answers and events a line each on standard output. */
#include "base/buf.h"
#include "peers/peers.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct event_base *base;
static struct buf input;
static bool quiet; /* bytes are not told: whoever floods does not read at the same time */

static void put(const char *json, size_t len)
{
	fwrite(json, 1, len, stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

static void on_answer(void *user, const char *message, size_t len)
{
	(void)user;
	struct buf line = { 0 };
	size_t text = strnlen(message, len);
	buf_puts(&line, "{\"answer\":");
	buf_append(&line, message, text);
	if (text < len) {
		buf_puts(&line, ",\"bytes\":");
		buf_json_bytes(&line, message + text + 1, len - text - 1);
	}
	buf_putc(&line, '}');
	put(line.data, line.len);
	buf_finish(&line);
}

static void on_event(void *user, const struct peers_event *e)
{
	(void)user;
	struct buf line = { 0 };
	if (quiet && (e->what == PEERS_RX || e->what == PEERS_TX))
		return;
	buf_printf(&line,
		"{\"event\":\"%s\",\"p\":%d,\"k\":%d,\"len\":%zu,\"how\":", peers_word(e->what),
		e->peer, e->connection, e->len);
	buf_json_text(&line, e->how ? e->how : "");
	buf_puts(&line, ",\"text\":");
	buf_json_text(&line, e->text ? e->text : "");
	if (e->topic) {
		buf_puts(&line, ",\"topic\":");
		buf_json_text(&line, e->topic);
		buf_printf(
			&line, ",\"qos\":%d,\"retain\":%s", e->qos, e->retain ? "true" : "false");
	}
	buf_putc(&line, '}');
	put(line.data, line.len);
	buf_finish(&line);
}

static void raw_bytes(const json_t *text, struct buf *out)
{
	const char *p = json_string_value(text);
	const char *end = p + json_string_length(text);
	for (; p < end; p++) {
		unsigned c = (unsigned char)*p;
		if (c >= 0x80 && p + 1 < end)
			c = (c & 3) << 6 | ((unsigned char)*++p & 0x3f);
		buf_putc(out, (char)c);
	}
}

static void take_line(struct peers *peers, const char *text, size_t len)
{
	struct buf message = { 0 };
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	json_t *bytes = json_incref(json_object_get(json, "bytes"));
	char *raw = NULL;
	if (json_is_string(json)) {
		raw_bytes(json, &message);
	} else {
		json_object_del(json, "bytes");
		raw = json_dumps(json, JSON_COMPACT);
		buf_puts(&message, raw ? raw : "");
	}
	if (bytes) {
		buf_putc(&message, '\0');
		raw_bytes(bytes, &message);
	}
	peers_request(peers, message.data, message.len);
	free(raw);
	json_decref(bytes);
	json_decref(json);
	buf_finish(&message);
}

static void on_input(evutil_socket_t fd, short what, void *user)
{
	(void)what;
	char part[65536];
	ssize_t n = read((int)fd, part, sizeof(part));
	if (n <= 0) {
		event_base_loopbreak(base);
		return;
	}
	buf_append(&input, part, (size_t)n);
	char *end;
	while (input.len && (end = memchr(input.data, '\n', input.len))) {
		take_line(user, input.data, (size_t)(end - input.data));
		buf_drop_front(&input, (size_t)(end - input.data) + 1);
	}
}

/* HOST:PORT:USER:PASSWORD */
static void read_broker(struct peers_broker *broker, char *text)
{
	char *rest = text;
	broker->host = strsep(&rest, ":");
	broker->port = atoi(rest ? strsep(&rest, ":") : "");
	broker->username = rest ? strsep(&rest, ":") : "";
	broker->password = rest ? rest : "";
}

/* drive HOST MORE PKI-DIR MODULE-ADDRESS [quiet|BROKER] */
int main(int argc, char **argv)
{
	struct error error = { 0 };
	const char *const hosts[] = { argc > 1 ? argv[1] : "", NULL };
	struct event readable;
	if (argc < 5)
		return 2;
	struct peers_broker broker = { 0 };
	quiet = argc > 5 && strcmp(argv[5], "quiet") == 0;
	if (argc > 5 && !quiet)
		read_broker(&broker, argv[5]);
	signal(SIGPIPE, SIG_IGN);
	if (*argv[3] && peers_pki(argv[3], hosts, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	base = event_base_new();
	const struct peers_place place = { .base = base,
		.host_address = argv[1],
		.more_addresses = atoi(argv[2]),
		.pki_dir = *argv[3] ? argv[3] : NULL,
		.module_address = argv[4],
		.broker = broker.host ? &broker : NULL };
	struct peers *peers = peers_create(&place, on_event, on_answer, NULL);
	event_assign(&readable, base, 0, EV_READ | EV_PERSIST, on_input, peers);
	event_add(&readable, NULL);
	event_base_dispatch(base);
	event_del(&readable);
	peers_destroy(peers);
	event_base_free(base);
	buf_finish(&input);
	return 0;
}
