/* SPDX-License-Identifier: MIT */
/* The peers of a lease: made at its first request, gone with it, whatever ends it. What they do is
 * journaled and shown to the monitor in the order in which it happens. */
#include "rig/broker.h"
#include "rig/internal.h"

#include "base/cleanup.h"
#include "monitor/monitor.h"
#include "peers/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
	REPORT_LEN = 32768, /* of bulk that is not kept, a line each */
	LINES_MAX = 4096,   /* with bytes, of a peer and direction; the rest is bulk */
	TOLD_MAX = 256,     /* requests, answers and errors of a peer, each */
};

/* Bytes of one peer in one direction. */
struct flow {
	struct journal_flow *kept;
	uint64_t unreported;
	int connection, lines;
};

struct lane_peers {
	struct lane *lane;
	struct peers *peers;
	struct flow rx[PEERS_MAX], tx[PEERS_MAX];
	uint64_t told[PEERS_MAX][PEERS_GONE];
	struct buf answer; /* waits for room at the worker */
};

/* ---- the journal ---- */

static struct buf *begin_line(struct lane *lane, int peer, int connection, const char *what)
{
	struct buf *line = journal_begin(lane->journal, "peer", -1);
	journal_int(line, "l", lane->index);
	journal_int(line, "c", lane->worker ? lane->worker->case_index : -1);
	journal_int(line, "p", peer);
	journal_int(line, "k", connection);
	journal_text(line, "what", what);
	return line;
}

static void report(struct lane_peers *lp, struct flow *flow, int peer, const char *what)
{
	if (!flow->unreported)
		return;
	struct buf *line = begin_line(lp->lane, peer, flow->connection, what);
	journal_int(line, "len", (int64_t)flow->unreported);
	journal_end(lp->lane->journal);
	flow->unreported = 0;
}

static void report_both(struct lane_peers *lp, int peer)
{
	report(lp, &lp->rx[peer], peer, "rx");
	report(lp, &lp->tx[peer], peer, "tx");
}

/* A message has a line of its own, if not with all its bytes. */
static void journal_message(
	struct lane_peers *lp, struct flow *flow, const struct peers_event *event, bool whole)
{
	if (flow->lines++ >= LINES_MAX)
		return;
	struct buf *line =
		begin_line(lp->lane, event->peer, event->connection, peers_word(event->what));
	journal_text(line, "topic", event->topic);
	journal_int(line, "qos", event->qos);
	journal_bool(line, "retain", event->retain);
	if (event->what == PEERS_MESSAGE)
		journal_bool(line, "duplicate", event->duplicate);
	if (whole) {
		buf_puts(line, ",\"bytes\":");
		buf_json_bytes(line, event->bytes, event->len);
	} else {
		journal_int(line, "len", (int64_t)event->len);
	}
	journal_end(lp->lane->journal);
}

static void journal_data(struct lane_peers *lp, const struct peers_event *event)
{
	const char *what = peers_word(event->what);
	bool in = event->what == PEERS_RX || event->what == PEERS_MESSAGE;
	struct flow *flow = &(in ? lp->rx : lp->tx)[event->peer];
	if (!flow->kept)
		flow->kept = journal_flow_create();
	bool whole = journal_flow_add(flow->kept, event->bytes, event->len);
	if (flow->connection != event->connection)
		report(lp, flow, event->peer, what);
	flow->connection = event->connection;
	if (event->topic) {
		journal_message(lp, flow, event, whole);
		return;
	}
	if (!whole || flow->lines >= LINES_MAX) {
		flow->unreported += event->len;
		if (flow->unreported >= REPORT_LEN)
			report(lp, flow, event->peer, what);
		return;
	}
	flow->lines++;
	struct buf *line = begin_line(lp->lane, event->peer, event->connection, what);
	buf_puts(line, ",\"bytes\":");
	buf_json_bytes(line, event->bytes, event->len);
	journal_end(lp->lane->journal);
}

static void put_end(struct buf *line, const char *key, const struct peers_end *end)
{
	char text[64];
	snprintf(text, sizeof(text), strchr(end->address, ':') ? "[%s]:%u" : "%s:%u", end->address,
		end->port);
	journal_text(line, key, text);
}

/* What the network makes a peer say has an end: somebody may flood it. */
static bool too_much(struct lane_peers *lp, const struct peers_event *event)
{
	bool bounded = event->what == PEERS_REQUEST || event->what == PEERS_ANSWER ||
		       event->what == PEERS_ERROR;
	return ++lp->told[event->peer][event->what] > TOLD_MAX && bounded;
}

static void journal_event(struct lane_peers *lp, const struct peers_event *event)
{
	if (too_much(lp, event))
		return;
	report_both(lp, event->peer);
	struct buf *line =
		begin_line(lp->lane, event->peer, event->connection, peers_word(event->what));
	bool accepted = event->what == PEERS_ACCEPT;
	if (event->what == PEERS_OPEN || event->what == PEERS_CONNECT)
		journal_text(line, "kind", event->kind);
	if (event->what == PEERS_OPEN) {
		journal_text(line, "address", event->local.address);
		journal_int(line, "port", event->local.port);
	} else if (accepted || event->what == PEERS_CONNECT) {
		put_end(line, "from", accepted ? &event->remote : &event->local);
		put_end(line, "to", accepted ? &event->local : &event->remote);
	} else {
		if (*event->how)
			journal_text(line, "how", event->how);
		if (event->topic) {
			journal_text(line, "topic", event->topic);
			journal_int(line, "qos", event->qos);
		} else {
			journal_text(line, "text", event->text);
		}
	}
	journal_end(lp->lane->journal);
}

/* What was not kept whole gets its total at the end. */
static void end_flow(struct lane_peers *lp, struct flow *flow, int peer, const char *what)
{
	if (!flow->kept)
		return;
	report(lp, flow, peer, what);
	if (journal_flow_is_bulk(flow->kept) || flow->lines >= LINES_MAX) {
		struct buf *line = begin_line(lp->lane, peer, -1, "bulk");
		journal_text(line, "dir", what);
		journal_flow_put(line, flow->kept);
		journal_end(lp->lane->journal);
	}
	journal_flow_destroy(flow->kept);
	flow->kept = NULL;
}

static void end_told(struct lane_peers *lp, int peer, enum peers_what what)
{
	uint64_t told = lp->told[peer][what];
	char text[64];
	if (told <= TOLD_MAX)
		return;
	snprintf(text, sizeof(text), "%llu more of these", (unsigned long long)told - TOLD_MAX);
	struct buf *line = begin_line(lp->lane, peer, -1, peers_word(what));
	journal_text(line, "text", text);
	journal_end(lp->lane->journal);
}

/* ---- the monitor ---- */

static bool watched(const struct peers_event *event, enum monitor_peer_what *what)
{
	static const struct {
		enum peers_what from;
		enum monitor_peer_what to;
	} both[] = {
		{ PEERS_OPEN, MONITOR_PEER_LISTEN },
		{ PEERS_ACCEPT, MONITOR_PEER_ACCEPT },
		{ PEERS_CONNECT, MONITOR_PEER_CONNECT },
		{ PEERS_TX, MONITOR_PEER_SENT },
		{ PEERS_RX, MONITOR_PEER_RECEIVED },
		{ PEERS_CLOSE, MONITOR_PEER_CLOSED },
		{ PEERS_GONE, MONITOR_PEER_GONE },
	};
	bool listener = event->what == PEERS_CLOSE && event->connection < 0;
	bool half = event->what == PEERS_CLOSE && strcmp(event->how, "half") == 0;
	for (size_t i = 0; !listener && !half && i < sizeof(both) / sizeof(both[0]); i++) {
		if (both[i].from != event->what)
			continue;
		*what = both[i].to;
		return true;
	}
	return false;
}

/* What an observer publishes the module may hand out. */
static void show_mqtt(struct lane_peers *lp, const struct peers_event *event)
{
	const struct monitor_mqtt shown = { .what = MONITOR_MQTT_PUBLISHED,
		.client = event->peer,
		.topic = event->topic,
		.payload = event->bytes,
		.len = event->len,
		.qos = event->qos,
		.retain = event->retain,
		.will = event->what == PEERS_CONNECT,
		.t_ns = journal_now(lp->lane->journal) };
	if (event->topic && (event->what == PEERS_PUBLISH || event->what == PEERS_CONNECT))
		monitor_mqtt_event(lp->lane->monitor, &shown);
}

static void show(struct lane_peers *lp, const struct peers_event *event)
{
	struct monitor_peer shown = { .peer = event->peer,
		.connection = event->connection,
		.udp = strcmp(event->protocol, "udp") == 0,
		.tls = strcmp(event->protocol, "tls") == 0,
		.how = event->how,
		.by_module = event->what == PEERS_CLOSE && !event->by_tester,
		.local_port = event->local.port,
		.remote_port = event->remote.port,
		.bytes = event->bytes,
		.len = event->len,
		.t_ns = journal_now(lp->lane->journal) };
	if (strcmp(event->protocol, "mqtt") == 0)
		show_mqtt(lp, event);
	else if (watched(event, &shown.what))
		monitor_peer_event(lp->lane->monitor, &shown);
}

static void on_event(void *user, const struct peers_event *event)
{
	struct lane_peers *lp = user;
	if (event->what == PEERS_RX || event->what == PEERS_TX || event->what == PEERS_MESSAGE ||
		event->what == PEERS_PUBLISH)
		journal_data(lp, event);
	else if (event->what != PEERS_GONE)
		journal_event(lp, event);
	show(lp, event);
}

/* ---- the worker ---- */

static bool send_answer(struct worker *worker, const struct buf *answer)
{
	char kind = CHANNEL_PEER;
	struct iovec parts[2] = { { &kind, 1 }, { answer->data, answer->len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	if (sendmsg(worker->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return true;
	return errno != EAGAIN && errno != ENOBUFS;
}

/* An answer that finds no room waits, and the worker is not read meanwhile. */
static void on_answer(void *user, const char *message, size_t len)
{
	struct lane_peers *lp = user;
	struct worker *worker = lp->lane->worker;
	if (!worker || worker->aborted)
		return;
	buf_clear(&lp->answer);
	buf_append(&lp->answer, message, len);
	if (send_answer(worker, &lp->answer)) {
		buf_clear(&lp->answer);
		return;
	}
	event_del(&worker->readable);
	event_add(&worker->writable, NULL);
}

void peer_worker_writable(struct lane *lane)
{
	struct lane_peers *lp = lane->peers;
	struct worker *worker = lane->worker;
	if (!lp || !lp->answer.len || !worker)
		return;
	if (!send_answer(worker, &lp->answer)) {
		event_add(&worker->writable, NULL);
		return;
	}
	buf_clear(&lp->answer);
	if (!lane->unsent.len)
		event_add(&worker->readable, NULL);
}

bool peer_answer_waits(const struct lane *lane)
{
	return lane->peers && lane->peers->answer.len;
}

static struct lane_peers *create(struct lane *lane)
{
	struct lane_peers *lp = calloc(1, sizeof(*lp));
	if (!lp)
		abort();
	const struct peers_place place = { .base = lane->rig->base,
		.host_address = lane->network.host,
		.module_address = lane->network.module,
		.other_address = lane->network.other,
		.more_addresses = lane->network.more,
		.pki_dir = lane->network.pki,
		.broker = broker_place(lane) };
	lp->lane = lane;
	lp->peers = peers_create(&place, on_event, on_answer, lp);
	return lp;
}

/* What is asked of the line's broker is none of the peers' business. */
static bool for_broker(struct lane *lane, const char *bytes, size_t len)
{
	static const char name[] = "\"broker\"";
	if (!memmem(bytes, len, name, strlen(name)))
		return false;
	json_t *json = json_loadb(bytes, strnlen(bytes, len), JSON_ALLOW_NUL, NULL);
	const char *what = json_string_value(json_object_get(json, "do"));
	bool is = what && strcmp(what, "broker") == 0;
	if (is)
		broker_request(lane, json);
	json_decref(json);
	return is;
}

void peer_request(struct worker *worker, const char *bytes, size_t len)
{
	struct lane *lane = worker->lane;
	if (worker->aborted)
		return;
	if (!lane->peers)
		lane->peers = create(lane);
	lane->had_peers = true;
	if (!for_broker(lane, bytes, len))
		peers_request(lane->peers->peers, bytes, len);
}

void peer_answer(struct lane *lane, const char *message, size_t len)
{
	if (lane->peers)
		on_answer(lane->peers, message, len);
}

void peer_end(struct lane *lane)
{
	struct lane_peers *lp = lane->peers;
	if (!lp)
		return;
	peers_destroy(lp->peers);
	for (int i = 0; i < PEERS_MAX; i++) {
		end_told(lp, i, PEERS_REQUEST);
		end_told(lp, i, PEERS_ANSWER);
		end_told(lp, i, PEERS_ERROR);
		end_flow(lp, &lp->rx[i], i, "rx");
		end_flow(lp, &lp->tx[i], i, "tx");
	}
	buf_finish(&lp->answer);
	free(lp);
	lane->peers = NULL;
}

/* ---- the run ---- */

static const char *fact(const json_t *network, const char *key)
{
	const char *text = json_string_value(json_object_get(network, key));
	return text ? text : "";
}

/* The virtual module's network is the line's own; another module's the bench's. */
static void find_network(struct rig *rig, struct lane *lane, const json_t *facts)
{
	struct link_network *network = &lane->network;
	json_t *own = facts ? json_deep_copy(facts) : NULL;
	if (link_network(lane->address, lane->index, network)) {
		network->pki = rig->pki;
		if (own) {
			json_object_set_new(own, "host_address", json_string(network->host));
			json_object_set_new(own, "other_address", json_string(network->other));
			json_object_set_new(own, "module_address", json_string(network->module));
		}
	} else {
		snprintf(network->host, sizeof(network->host), "%s", fact(facts, "host_address"));
		snprintf(
			network->other, sizeof(network->other), "%s", fact(facts, "other_address"));
		snprintf(network->module, sizeof(network->module), "%s",
			fact(facts, "module_address"));
		network->pki = rig->plan->bench->pki;
	}
	lane->facts = own ? json_dumps(own, JSON_COMPACT) : NULL;
	json_decref(own);
}

static int make_pki(struct rig *rig, struct error *error)
{
	const char **hosts AUTO_FREE = calloc(rig->lane_count + 1, sizeof(*hosts));
	size_t count = 0;
	if (!hosts)
		abort();
	for (size_t i = 0; i < rig->lane_count; i++)
		if (rig->lanes[i].network.own)
			hosts[count++] = rig->lanes[i].network.host;
	if (!count || !rig->plan->bench->air)
		return 0;
	if (mkdir(rig->pki, 0700) < 0)
		return error_set(error, NULL, 0, 0, "can't make %s: %s", rig->pki, strerror(errno));
	return peers_pki(rig->pki, hosts, error);
}

/* An address that the bench declares must be this machine's. */
static int check_own(struct rig *rig, const char *key, const char *address, struct error *error)
{
	struct error why = { 0 };
	const struct rig_bench *bench = rig->plan->bench;
	if (!*address || peers_check_address(address, &why) == 0)
		return 0;
	rig->end = RIG_UNUSABLE;
	return error_set(error, NULL, 0, 0, "%s: network.%s: %s",
		bench->file ? bench->file : bench->name, key, why.text);
}

static int check_host(struct rig *rig, const struct lane *lane, struct error *error)
{
	const struct link_network *network = &lane->network;
	if (network->own)
		return 0;
	int failed = check_own(rig, "host_address", network->host, error);
	return failed ? failed : check_own(rig, "other_address", network->other, error);
}

static int check_pki(struct rig *rig, struct error *error)
{
	const struct rig_bench *bench = rig->plan->bench;
	struct error why = { 0 };
	if (!bench->pki || peers_check_pki(bench->pki, &why) == 0)
		return 0;
	rig->end = RIG_UNUSABLE;
	return error_set(error, NULL, 0, 0, "%s: network.pki: %s",
		bench->file ? bench->file : bench->name, why.text);
}

int peer_prepare(struct rig *rig, struct error *error)
{
	const struct rig_bench *bench = rig->plan->bench;
	json_t *facts = bench->network ? json_loads(bench->network, 0, NULL) : NULL;
	struct buf dir AUTO_BUF = { 0 };
	int failed = 0;
	buf_printf(&dir, "%s/pki", rig->dir);
	rig->pki = buf_take(&dir);
	for (size_t i = 0; i < rig->lane_count && !failed; i++) {
		find_network(rig, &rig->lanes[i], facts);
		failed = check_host(rig, &rig->lanes[i], error);
	}
	json_decref(facts);
	if (!failed)
		failed = check_pki(rig, error);
	return failed ? failed : make_pki(rig, error);
}
