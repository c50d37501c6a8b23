/* SPDX-License-Identifier: MIT */
/* Judges the whole session, not only the lines a case looks at: every byte belongs to something,
 * each command gets exactly one final result, and what goes through a link is at one end what it
 * was at the other. Pure: used live by the rig and afterwards on recordings. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "line/line.h"
#include "spec/spec.h"

struct breach {
	const char *requirement; /* "SESSION-2" */
	const char *text;        /* one line */
	const void *bytes;       /* the offending ones, may be NULL */
	size_t len;
	int64_t t_ns;
};

enum monitor_peer_what {
	MONITOR_PEER_LISTEN,  /* local: where */
	MONITOR_PEER_ACCEPT,  /* a connection to it; of UDP: the first datagram of a sender */
	MONITOR_PEER_CONNECT, /* its own connection to the module's server is there */
	MONITOR_PEER_SENT, /* bytes; of UDP: one datagram. Never later than the module has them */
	MONITOR_PEER_RECEIVED, /* the same */
	MONITOR_PEER_CLOSED,   /* the connection is over: `how` */
	MONITOR_PEER_GONE,     /* the peer and all that belongs to it */
};

/* What a peer did, in the order in which it happened between what is sent and received on the line.
 */
struct monitor_peer {
	enum monitor_peer_what what;
	int peer, connection;
	bool udp, tls;
	const char *how; /* CLOSED: "fin", or another word */
	bool by_module;  /* CLOSED: not by the tester */
	uint16_t local_port, remote_port;
	const void *bytes;
	size_t len;
	int64_t t_ns;
};

enum monitor_mqtt_what {
	MONITOR_MQTT_READY, /* the line's broker runs: `host`, `ports`, `only` */
	MONITOR_MQTT_ENDED, /* it was stopped or died: what it held is lost */
	/* Never later than the broker has it. `will`: it is published when the client is lost. */
	MONITOR_MQTT_PUBLISHED,
	MONITOR_MQTT_OTHERS, /* somebody else may publish from now on: a client that is not known */
};

/* What the broker of the line and the rig's own clients of it did, in order with the line. */
struct monitor_mqtt {
	enum monitor_mqtt_what what;
	const char *host;      /* as the module is told it */
	const uint16_t *ports; /* those it listens on; 0 at the end */
	bool only;             /* nobody but the rig's clients and this module uses it */
	int client;            /* whose message it is: a peer's number */
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retain, will;
	int64_t t_ns;
};

struct monitor;
typedef void monitor_breach_fn(void *user, const struct breach *breach);

/* `noise`: globs over lines that the profile knows as log output; NULL-terminated or NULL. Spec and
 * noise must outlive the monitor. */
struct monitor *monitor_create(const struct spec *spec, const char *const *noise,
	monitor_breach_fn *on_breach, void *user);
void monitor_destroy(struct monitor *m);
void monitor_sent(struct monitor *m, const void *bytes, size_t len, int64_t t_ns);
void monitor_received(struct monitor *m, const void *bytes, size_t len, int64_t t_ns);
/* Looks away (wrong baud rate on purpose, hostile bytes) until turned off again; then no command is
 * pending, but late answers to what was sent meanwhile are no breach. */
void monitor_tolerate(struct monitor *m, bool on);
/* A peer of the tester did something. */
void monitor_peer_event(struct monitor *m, const struct monitor_peer *event);
/* The line's broker, or a client of it, did something. */
void monitor_mqtt_event(struct monitor *m, const struct monitor_mqtt *event);
/* The module was reset or powered: boot noise and the start-up line may come. */
void monitor_restarted(struct monitor *m, int64_t t_ns);
/* The host's side of the line has other settings: half a line that came until now could not be read
 * and is nothing. The module has its new rate before the host has, and a URC may come then. */
void monitor_retuned(struct monitor *m);
/* The lease ends: a command without a final result is a breach; nothing is pending any more. */
void monitor_end(struct monitor *m, int64_t t_ns);
/* Whether a command waits for its final result. */
bool monitor_waits(const struct monitor *m);

/* Somebody who sees what the monitor sees: each command when its line end was sent, each piece of
 * the answers before it is judged; not while the monitor looks away. */
struct monitor_watcher {
	void (*on_command)(void *user, const char *command);
	void (*on_piece)(void *user, const struct line_piece *piece);
	void *user;
	bool always; /* also while it looks away */
};
void monitor_watch(struct monitor *m, const struct monitor_watcher *watcher);

/* The rules, for lists and checks: id and one sentence; false when there is no such index. */
bool monitor_rule(size_t index, const char **id, const char **text);

#endif
