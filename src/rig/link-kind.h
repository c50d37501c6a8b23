/* SPDX-License-Identifier: MIT */
/* What the files of the link kinds share. Only link*.c include it. */
#ifndef RIG_LINK_KIND_H
#define RIG_LINK_KIND_H

#include "rig/link.h"

#include <stdbool.h>
#include <sys/stat.h>

/* A link that plays a recording has to know which case is on. */
struct link_stage {
	struct recorded_start (*begin)(struct link *link, const char *case_id);
	void (*end)(struct link *link); /* what belongs to the case can be read now */
	void (*leave)(struct link *link);
	bool (*departed)(struct link *link, char *why, size_t size);
};

/* One table of functions a kind. `check` may be NULL, and so may `modem`, `power`
 * and `control`. */
struct link_kind {
	const char *scheme; /* with its colon */
	const char *form;   /* for messages */
	unsigned can;
	bool (*network)(const char *rest, int index, struct link_network *out); /* or NULL */
	int (*check)(const char *rest, struct error *error);
	int (*open)(struct link *link, struct error *error);
	void (*close)(struct link *link); /* also what a failed open left */
	ssize_t (*read)(struct link *link, void *bytes, size_t size);       /* or NULL: of fd */
	ssize_t (*write)(struct link *link, const void *bytes, size_t len); /* or NULL */
	const struct link_stage *stage;                                     /* or NULL */
	/* Or NULL: a terminal's, of fd. 0, or -errno with link->why. */
	int (*set_uart)(struct link *link, const struct rig_uart *uart);
	/* Or NULL: there are none. 1 asserted, 0 not, -1 as it is. As above. */
	int (*modem)(struct link *link, int dtr, int rts);
	int (*send_break)(struct link *link, bool on); /* or NULL; as above */
	int (*power)(struct link *link, struct error *error);
	int (*control)(
		struct link *link, const char *json, struct buf *answer, struct error *error);
};

struct adapter;

struct link {
	const struct link_kind *kind;
	char *address;
	const char *rest; /* behind the scheme */
	struct link_place place;
	struct rig_uart uart;
	int fd;
	bool socket;
	char why[200];
	pid_t pid;       /* of the program behind exec: and virtual: */
	int out;         /* virtual: the program's standard output, kept open for it; else -1 */
	struct buf name; /* virtual: and serial: of the port, as it was opened */
	struct adapter *adapter; /* serial: what it was opened on first; or NULL */
	/* pty: what the path was, and what it led to, when it was opened first; st_nlink 0: not yet
	 */
	struct stat path_was, device_was;
	struct player *player;  /* replay: */
	struct rfc2217 *remote; /* rfc2217: */
	int64_t quiet_ns;       /* rfc2217: when what was written has left the far port, about */
};

extern const struct link_kind link_exec, link_pty, link_replay, link_rfc2217, link_serial, link_tcp,
	link_virtual;

/* Opens a terminal device non-blocking, locks it and sets link->uart. */
int link_open_tty(struct link *link, const char *path, struct error *error);
void link_log_path(const struct link *link, struct buf *path);
/* The file for a program's standard error, or -1. Removed again by link_drop_log when empty. */
int link_open_log(const struct link *link);
void link_drop_log(const struct link *link);
/* The value of a key in `a=1&b=2` at *query, moved on; false at the end. Undoes %XX. */
bool link_next_option(const char **query, struct buf *key, struct buf *value);
/* "host:5000" and "[::1]:5000", taken apart. False when it is neither. */
bool link_split_host(const char *text, struct buf *host, struct buf *port);
struct addrinfo;
/* The addresses of host and port, for freeaddrinfo. NULL with *error. */
struct addrinfo *link_resolve(
	const struct link *link, const char *host, const char *port, struct error *error);
/* A server with one client at a time may be slow to see that the one before has left. Whether to
 * try once more, after a pause. */
bool link_busy_again(const struct link *link, struct deadline deadline);
enum { LINK_BUSY_MS = 2000 };
/* Fills *error for a server that hangs up at once, and said this, made visible. -1. */
int link_hung_up(const struct link *link, const char *said, struct error *error);
/* Connects a socket within the deadline. The descriptor, or -errno. */
int link_connect(
	int domain, const void *address, unsigned size, struct deadline deadline, int cancel_fd);

#endif
