/* SPDX-License-Identifier: MIT */
/* The verbs that ask the rig's peers: each is one request, or a few. */
#include "at/peer.h"

#include "at/leave.h"
#include "at/peer-model.h"
#include "at/peer-request.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEERS = 64, PAYLOAD = 60000 };

static struct {
	char address[PEERS][46], kind[PEERS][16];
	int port[PEERS];
} peers;

/* ---- opening ---- */

static void needed(const char *file, int line, const char *kind)
{
	at_needs(file, line, "peers");
	if (strstr(kind, "tls"))
		at_needs(file, line, "tls");
}

/* The number of the peer that the answer tells of. */
static int remember(const char *kind)
{
	int64_t n = request_told("peer");
	if (n < 0 || n >= PEERS)
		return -1;
	snprintf(peers.address[n], sizeof(peers.address[n]), "%s", peer_told("address"));
	snprintf(peers.kind[n], sizeof(peers.kind[n]), "%s", kind);
	peers.port[n] = (int)request_told("port");
	return (int)n;
}

static int remembered(const char *file, int line, const char *kind)
{
	int n = remember(kind);
	if (n < 0) {
		session_end(&at_session, "error", "the rig opened a peer without a number");
		at_leave(file, line);
	}
	return n;
}

int at_peer_open(const char *file, int line, const char *kind, int port, const char *options)
{
	needed(file, line, kind);
	request_begin("open", -1);
	request_text("kind", kind);
	request_member("port", port);
	request_options(options);
	request_finish(file, line);
	return remembered(file, line, kind);
}

static bool is_peer(int peer)
{
	return peer >= 0 && peer < PEERS;
}

const char *peer_address(int peer)
{
	return is_peer(peer) ? peers.address[peer] : "";
}

int peer_port(int peer)
{
	return is_peer(peer) ? peers.port[peer] : 0;
}

void at_peer_as(const char *file, int line, int peer, const char *to, int port)
{
	static const char *const datagrams[] = { "udp", "dns", "sntp" };
	const char *kind = is_peer(peer) ? peers.kind[peer] : "";
	bool udp = false;
	for (size_t i = 0; i < sizeof(datagrams) / sizeof(datagrams[0]); i++)
		udp = udp || text_starts(kind, datagrams[i]);
	struct buf json = { 0 };
	at_needs(file, line, "air");
	at_session.routed = true;
	buf_puts(&json, "{\"air\":{\"route\":{\"to\":");
	buf_json_text(&json, to);
	buf_printf(&json, ",\"port\":%d,\"protocol\":\"%s\",\"at\":\"%s:%d\"}}}", port,
		udp ? "udp" : "tcp", peer_address(peer), peer_port(peer));
	static char text[600];
	snprintf(text, sizeof(text), "%s", buf_text(&json));
	buf_finish(&json);
	at_control(file, line, text);
}

/* Where the module's server really is: below 1024 not always where it was asked to be. */
static void find_server(
	const char *file, int line, const char *kind, const char **address, int *port)
{
	*address = NULL;
	if (strcmp(kind, "udp") != 0 && has("control") &&
		at_control_tried(file, line, "{\"get\":\"server\"}")) {
		int64_t asked = 0, real = 0;
		bool there = text_integer(told("asked"), &asked) && asked == *port &&
			     text_integer(told("port"), &real) && real > 0;
		if (there && *told("address")) {
			*address = told("address");
			*port = (int)real;
		}
	}
	if (!*address)
		*address = at_network(file, line, "module_address");
}

bool at_peer_connect_tried(
	const char *file, int line, const char *kind, int port, const char *options, int *peer)
{
	const char *address;
	struct answer out = { .may_be_refused = true };
	needed(file, line, kind);
	find_server(file, line, kind, &address, &port);
	request_begin("connect", -1);
	request_text("kind", kind);
	request_text("address", address);
	request_member("port", port);
	request_options(options);
	if (!request_ask(NULL, 0, bench_ms("connect"), &out))
		at_leave(file, line);
	if (out.refused)
		return false;
	*peer = remembered(file, line, kind);
	return true;
}

int at_peer_connect(const char *file, int line, const char *kind, int port, const char *options)
{
	int peer = -1;
	if (at_peer_connect_tried(file, line, kind, port, options, &peer))
		return peer;
	session_end(&at_session, "fail", "the module's port %d takes no %s connection: %s", port,
		kind, peer_told("text"));
	at_leave(file, line);
}

int peer_open_model(const struct model_peer *model, const char *file)
{
	int peer = at_peer_open(file, model->file_line, model->kind, model->port, model->options);
	if (!model->as)
		return peer;
	char to[256];
	const char *colon = strrchr(model->as, ':');
	snprintf(to, sizeof(to), "%.*s", (int)(colon - model->as), model->as);
	at_peer_as(file, model->file_line, peer, to, atoi(colon + 1));
	return peer;
}

void at_peer_set(const char *file, int line, int peer, int connection, const char *options)
{
	request_begin("set", peer);
	request_member("connection", connection);
	request_options(options);
	request_finish(file, line);
}

/* ---- bytes ---- */

void at_peer_send(
	const char *file, int line, int peer, int connection, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	do {
		struct answer out = { 0 };
		size_t n = len < PAYLOAD ? len : PAYLOAD;
		request_begin("send", peer);
		request_member("connection", connection);
		if (!request_ask(p, n, 0, &out))
			at_leave(file, line);
		p += n;
		len -= n;
	} while (len);
}

void at_peer_send_pattern(const char *file, int line, int peer, int connection, uint64_t seed,
	uint64_t offset, uint64_t count)
{
	request_begin("send", peer);
	request_member("connection", connection);
	request_json("pattern",
		fmt("{\"seed\":%llu,\"offset\":%llu,\"bytes\":%llu}", (unsigned long long)seed,
			(unsigned long long)offset, (unsigned long long)count));
	request_finish(file, line);
}

static bool wait_for(const char *file, int line, int peer, int connection, const char *what,
	int64_t count, int timeout_ms)
{
	request_begin("wait", peer);
	request_member("connection", connection);
	request_text("for", what);
	request_member("count", count);
	request_member("timeout_ms", timeout_ms);
	struct answer out = { 0 };
	int64_t since = clock_ns();
	if (!request_ask(NULL, 0, timeout_ms, &out))
		at_leave(file, line);
	bool reached = strcmp(peer_told("reached"), "true") == 0;
	if (!reached && !session_waited(&at_session, since, "the peer is to see nothing"))
		at_leave(file, line);
	return reached;
}

/* The number of the connection that is meant; -1: there is none. */
static int64_t connection_of(int connection)
{
	int64_t latest = -1;
	if (connection >= 0)
		return connection;
	return text_integer(peer_told("latest"), &latest) ? latest : -1;
}

static bool is_udp(int peer)
{
	return is_peer(peer) && text_starts(peers.kind[peer], "udp");
}

/* Bytes received so far, after a state has been told. */
static int64_t received_by(int peer, int connection)
{
	int64_t k = connection_of(connection), total = 0;
	if (connection >= 0 || !is_udp(peer))
		return k < 0 ? 0 : request_told(fmt("connections.%lld.received", (long long)k));
	for (int i = 0; *peer_told(fmt("connections.%d.from", i)); i++)
		total += request_told(fmt("connections.%d.received", i));
	return total;
}

static void ask_state(const char *file, int line, int peer)
{
	request_begin("state", peer);
	request_finish(file, line);
}

static struct answer taken; /* the bytes of the last "take" */

static size_t take(const char *file, int line, int peer, int connection, size_t max, bool datagram)
{
	request_begin("take", peer);
	request_member("connection", connection);
	request_member("max", max < PAYLOAD ? (int64_t)max : PAYLOAD);
	if (datagram)
		request_json("datagrams", "true");
	taken = request_finish(file, line);
	return taken.len;
}

const void *at_peer_take(const char *file, int line, int peer, int connection, size_t *len)
{
	*len = take(file, line, peer, connection, *len, is_udp(peer));
	return taken.bytes;
}

static void shown(struct buf *out, const uint8_t *bytes, size_t len)
{
	enum { SHOWN = 60 };
	text_visible(out, bytes, len < SHOWN ? len : SHOWN);
	buf_puts(out, len > SHOWN ? "..." : "");
}

static _Noreturn void differs(const char *file, int line, int peer, size_t at,
	const uint8_t *expected, size_t len, const uint8_t *came, size_t came_len)
{
	struct outcome *o = &at_session.outcome;
	struct buf want = { 0 }, seen = { 0 };
	shown(&want, expected, len);
	shown(&seen, came, came_len);
	buf_append(&o->expected, expected, len < 4096 ? len : 4096);
	buf_append(&o->actual, came, came_len < 4096 ? came_len : 4096);
	session_end(&at_session, "fail",
		"peer %d (%s): from byte %zu on expected \"%s\", received \"%s\"", peer,
		is_peer(peer) ? peers.kind[peer] : "?", at, buf_text(&want), buf_text(&seen));
	buf_finish(&want);
	buf_finish(&seen);
	at_leave(file, line);
}

void at_peer_expect(const char *file, int line, int peer, int connection, const void *bytes,
	size_t len, int timeout_ms)
{
	const uint8_t *expected = bytes;
	struct deadline deadline =
		deadline_in_ms(timeout_ms ? timeout_ms : at_session.grant.answer_ms);
	size_t done = 0;
	for (;;) {
		ask_state(file, line, peer);
		int64_t before = received_by(peer, connection);
		size_t n = take(file, line, peer, connection, len - done, false), same = 0;
		while (same < n && taken.bytes[same] == expected[done + same])
			same++;
		if (same < n)
			differs(file, line, peer, done + same, expected + done + same,
				len - done - same, taken.bytes + same, n - same);
		done += n;
		if (done == len)
			return;
		if (n == 0 && !wait_for(file, line, peer, connection, "bytes", before + 1,
				      deadline_left_ms(deadline)))
			differs(file, line, peer, done, expected + done, len - done,
				(const uint8_t *)"", 0);
	}
}

void at_peer_expect_nothing(const char *file, int line, int peer, int ms)
{
	ask_state(file, line, peer);
	int64_t before = received_by(peer, PEER_LATEST);
	size_t n = take(file, line, peer, PEER_LATEST, PAYLOAD, false);
	if (n == 0 && wait_for(file, line, peer, PEER_LATEST, "bytes", before + 1, ms))
		n = take(file, line, peer, PEER_LATEST, PAYLOAD, false);
	if (n == 0)
		return;
	struct buf seen = { 0 };
	shown(&seen, taken.bytes, n);
	buf_append(&at_session.outcome.actual, taken.bytes, n < 4096 ? n : 4096);
	session_end(&at_session, "fail", "peer %d was to receive nothing, and received \"%s\"",
		peer, buf_text(&seen));
	buf_finish(&seen);
	at_leave(file, line);
}

void at_peer_expect_pattern(const char *file, int line, int peer, int connection, uint64_t seed,
	uint64_t count, int timeout_ms)
{
	int ms = timeout_ms ? timeout_ms : at_session.grant.answer_ms;
	wait_for(file, line, peer, connection, "bytes", (int64_t)count, ms);
	request_begin("check", peer);
	request_member("connection", connection);
	request_json("pattern", fmt("{\"seed\":%llu}", (unsigned long long)seed));
	request_finish(file, line);
	int64_t good = request_told("good"), bad = request_told("bad");
	if (bad >= 0)
		session_end(&at_session, "fail",
			"peer %d: byte %lld that it received is not the one that was sent", peer,
			(long long)bad);
	else if ((uint64_t)good < count)
		session_end(&at_session, "fail", "peer %d: %lld of %llu bytes arrived within %d ms",
			peer, (long long)good, (unsigned long long)count, ms);
	else
		return;
	at_leave(file, line);
}

/* ---- waiting ---- */

bool at_peer_waited(const char *file, int line, int peer, int connection, const char *what,
	int64_t count, int timeout_ms)
{
	return wait_for(file, line, peer, connection, what, count,
		timeout_ms ? timeout_ms : at_session.grant.answer_ms);
}

void at_peer_wait(const char *file, int line, int peer, int connection, const char *what,
	int64_t count, int timeout_ms)
{
	int ms = timeout_ms ? timeout_ms : at_session.grant.answer_ms;
	if (wait_for(file, line, peer, connection, what, count, ms))
		return;
	session_end(&at_session, "fail", "peer %d (%s) waited %d ms for %s (%lld) in vain", peer,
		is_peer(peer) ? peers.kind[peer] : "?", ms, what, (long long)count);
	at_leave(file, line);
}

static const char *closed_how(int connection)
{
	int64_t k = connection_of(connection);
	return k < 0 ? "" : peer_told(fmt("connections.%lld.closed", (long long)k));
}

bool at_peer_closed(
	const char *file, int line, int peer, int connection, const char *how, int timeout_ms)
{
	int ms = timeout_ms ? timeout_ms : at_session.grant.answer_ms;
	if (!wait_for(file, line, peer, connection, "close", 0, ms))
		return false;
	return !how || strcmp(closed_how(connection), how) == 0;
}

void at_peer_wait_close(
	const char *file, int line, int peer, int connection, const char *how, int timeout_ms)
{
	int ms = timeout_ms ? timeout_ms : at_session.grant.answer_ms;
	if (at_peer_closed(file, line, peer, connection, how, timeout_ms))
		return;
	const char *seen = closed_how(connection);
	if (*seen)
		session_end(&at_session, "fail",
			"the connection of peer %d was to be closed by %s, it ended by %s", peer,
			how ? how : "the module", seen);
	else
		session_end(&at_session, "fail",
			"the connection of peer %d was not closed within %d ms", peer, ms);
	at_leave(file, line);
}

int64_t at_peer_received(const char *file, int line, int peer, int connection)
{
	ask_state(file, line, peer);
	return received_by(peer, connection);
}

int at_peer_requests(const char *file, int line, int peer)
{
	ask_state(file, line, peer);
	return (int)request_told("request_count");
}

const char *at_peer_state(const char *file, int line, int peer, const char *path)
{
	ask_state(file, line, peer);
	return peer_told(path);
}

void at_peer_close(const char *file, int line, int peer, int connection, const char *how)
{
	request_begin("close", peer);
	if (connection == -2)
		request_text("connection", "listener");
	else
		request_member("connection", connection);
	if (how)
		request_text("how", how);
	request_finish(file, line);
}

void peer_finish(void)
{
	struct session *s = &at_session;
	if (s->fd < 0 || !s->routed)
		return;
	s->routed = false;
	session_ask(s, CHANNEL_CONTROL, "{\"air\":{\"route\":{\"clear\":true}}}");
}
