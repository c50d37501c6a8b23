/* SPDX-License-Identifier: MIT */
/* A rig for unit tests: a thread at the other end of a socket pair that answers what it is sent
 * from a script, and writes down every message it gets. */
#ifndef TESTS_AT_FAKE_RIG_H
#define TESTS_AT_FAKE_RIG_H

#include "base/buf.h"
#include "base/channel.h"

#include <pthread.h>
#include <stdbool.h>

enum { FAKE_RIG_STEPS = 16, FAKE_RIG_SEEN = 64 };

/* What comes back for one message of the session. */
struct fake_step {
	const char *reply; /* bytes of the module; NULL: none */
	size_t chunk;      /* so many at a time; 0: all at once */
	const char *ack;   /* JSON of an ACK; NULL: none */
	const char *abort; /* JSON of an ABORT; NULL: none */
	bool hang_up;
	int delay_ms; /* before all that */
};

struct fake_rig {
	int fd;
	pthread_t thread;
	struct fake_step steps[FAKE_RIG_STEPS]; /* one for each TX, UART, RESET or CONTROL */
	size_t step;
	struct {
		char type;
		char *text;
	} seen[FAKE_RIG_SEEN];
	size_t seen_count;
};

/* Starts it; returns the session's end of the socket. */
int fake_rig_start(struct fake_rig *rig, const char *grant);
/* Waits until the session has closed its end. */
void fake_rig_join(struct fake_rig *rig);
void fake_rig_finish(struct fake_rig *rig);
/* How many messages of this type came; the text of the last one. */
size_t fake_rig_count(const struct fake_rig *rig, enum channel_type type);
const char *fake_rig_last(const struct fake_rig *rig, enum channel_type type);

#endif
