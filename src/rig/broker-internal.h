/* SPDX-License-Identifier: MIT */
/* What the files of the broker share. */
#ifndef RIG_BROKER_INTERNAL_H
#define RIG_BROKER_INTERNAL_H

#include "rig/broker.h"

struct bufferevent;

enum {
	BROKER_LISTENERS = 16,
	BROKER_LINES = 4096,     /* of the log, of a lease, that can be found */
	BROKER_JOURNALED = 4096, /* and that are journaled */
	BROKER_LINE = 2000,      /* bytes of one, the rest is cut */
	BROKER_READY_MS = 5000,
	BROKER_STOP_MS = 2000,
	BROKER_RETRY_MS = 5,
};

struct broker_listener {
	char kind[24];
	uint16_t port;
};

struct broker_user {
	const char *fact; /* "" or "other_": what stands before username and password */
	char *name, *password;
};

/* A line of the log. */
struct broker_line {
	char *text;
};

enum broker_state { BROKER_OFF, BROKER_STARTING, BROKER_READY, BROKER_STOPPING };

/* What a worker waits for. */
enum broker_asked { BROKER_NOTHING, BROKER_RUNNING, BROKER_GONE, BROKER_AGAIN, BROKER_LOG };

struct broker_search {
	char *glob;
	void *pattern; /* pcre2_code */
	uint64_t since;
};

struct broker {
	struct lane *lane;
	bool own;
	enum broker_state state;
	bool mended; /* files and ports are made */
	char *dir;   /* its folder */
	struct broker_listener listeners[BROKER_LISTENERS];
	size_t listener_count;
	uint16_t ports[BROKER_LISTENERS + 1]; /* for the monitor */
	struct broker_user users[6];
	size_t user_count;
	struct peers_broker *place; /* what observers are told */
	int failures;               /* starts that failed in a row */
	struct error why;

	pid_t pid;
	int out;
	struct event readable, exited, timer, retry;
	struct bufferevent *probe;
	bool wanted_end; /* it was told to go */
	bool exiting;    /* it has ended, and waits to be reaped */

	struct buf partial;
	struct broker_line *lines; /* a ring */
	uint64_t line_count;       /* of this lease */
	char last[200];            /* the last line, for messages */
	char fault[120];           /* why the rig ended it, or "" */

	enum broker_asked asked;
	struct broker_search search;
	struct event patience; /* of a search */
};

/* broker-files.c */
/* Makes the folder with configuration, passwords and ACL; chooses ports. 0, or -1 with *error. */
int broker_files(struct broker *b, struct error *error);
/* A listener that is on more addresses than its own, or NULL. */
const char *broker_strays(const struct broker *b);
uint16_t broker_port(const struct broker *b, const char *kind); /* 0: none */
/* broker-probe.c: asks with a CONNECT until it is answered */
void broker_probe(struct broker *b);
void broker_probe_end(struct broker *b);
/* broker-log.c */
void broker_log_take(struct broker *b); /* what is there */
void broker_log_clear(struct broker *b);
void broker_log_search(struct broker *b, const json_t *json);
void broker_log_forget(struct broker *b); /* nobody searches any more */
/* {"e":"broker",…} */
void broker_tell(const struct broker *b, const char *what, const char *text);
/* broker.c */
void broker_is_ready(struct broker *b);
void broker_start_failed(struct broker *b, const char *why);

#endif
