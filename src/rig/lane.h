/* SPDX-License-Identifier: MIT */
/* A lane: one line to one IUT and the thread that does what takes time on it (open, probe, recover,
 * switch), so that the event loop never waits. While a job runs the thread has the link to itself,
 * but for jobs of a lease that leave reading and writing to the loop. */
#ifndef RIG_LANE_H
#define RIG_LANE_H

#include "rig/nvs.h"
#include "rig/settings.h"
#include "rig/talk.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdbool.h>

enum lane_job {
	LANE_NOTHING,
	LANE_OPEN,     /* open and probe */
	LANE_RECOVER,  /* bring into a known state; `dirty` */
	LANE_UART,     /* the host's side: `uart` */
	LANE_SWITCH,   /* `how`: "reset" or "power" */
	LANE_CONTROL,  /* `json`; the answer in `text` */
	LANE_PUT_BACK, /* the settings that were found */
	LANE_QUIT,
};

enum lane_state { LANE_BUSY, LANE_STALE, LANE_READY, LANE_LEASED, LANE_OUT };

enum { LANE_CHUNK = 16384, LANE_HEAD = 9 /* message type and time */ };

struct broker;
struct lane_peers;
struct monitor;
struct rig;
struct worker;

/* What bytes in one direction take on the line. */
struct lane_load {
	int64_t busy_ns, owed_ns, last_ns; /* owed: not yet over at `last` */
};

struct lane {
	int index;
	const char *address;
	const char *adapter, *mac;     /* that the board must have; or NULL */
	const struct profile *profile; /* or NULL */
	bool compared;                 /* with other boards: LANE_OPEN asks for the version */
	struct link_place place;
	struct link_network network;
	char *facts;            /* the bench's network as it is for this line, JSON; or NULL */
	struct rig_bench bench; /* with this line's own rate */
	struct journal *journal;
	struct journal_flow *tx, *rx;
	struct nvs nvs;
	struct settings settings;
	int done_fd; /* eventfd: a job is done */

	/* handed to the thread and back, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started;
	enum lane_job job;
	bool finished;

	/* the job and its result: whose turn it is may touch them */
	struct link *link;
	bool dirty, ok;
	bool settled;   /* recovered when dirty, and not leased since */
	bool had_peers; /* since the last recovery */
	bool altered;   /* by LANE_OPEN or LANE_RECOVER: what the monitor knew no longer holds */
	struct rig_uart uart;
	char how[16];
	struct buf json, text;
	struct error error;
	struct buf firmware; /* by LANE_OPEN when there are several boards: the lines that AT+GMR
				gets, as people see them, a newline between them */

	/* the event loop's */
	struct rig *rig;
	enum lane_state state;
	enum lane_job running; /* LANE_NOTHING when the loop has the link */
	bool lost;
	bool failed; /* LANE_OPEN did */
	struct worker *worker;
	struct event readable, writable;
	bool reading;
	struct monitor *monitor;
	struct lane_peers *peers;           /* of the lease, or NULL */
	struct broker *broker;              /* or NULL: none was wanted yet */
	char chunk[LANE_HEAD + LANE_CHUNK]; /* a message to the worker in the making */
	size_t held;                        /* of it, waiting for room at the worker */
	struct buf unsent;                  /* to the IUT, waiting for room on the line */
	int breaches;
	struct lane_load sent, received; /* of the lease */
	int64_t byte_ns;                 /* on the line, as it is set */
};

/* The thread is started; done_fd is shared by all lanes. */
void lane_init(struct lane *lane);
/* Closes the link and joins the thread, after the running job. */
void lane_finish(struct lane *lane);
/* Gives the thread a job. Only when none is running. */
void lane_start(struct lane *lane, enum lane_job job);
/* Whether the running job has ended; takes it back. */
bool lane_take(struct lane *lane);

#endif
