/* SPDX-License-Identifier: MIT */
/* Plays what is recorded of a case: each byte when the tester has sent what it sent then before it.
 * Who uses it holds the lock; nothing here waits. */
#ifndef RIG_PLAYER_H
#define RIG_PLAYER_H

#include "base/buf.h"
#include "rig/recording.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { PLAYER_WORD = 8, PLAYER_LINE_MAX = 4096 };

enum player_mode { PLAYER_BETWEEN, PLAYER_PROBES, PLAYER_CASE };

struct player {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, quit;
	int fd; /* readable: there is something in `due` */
	struct recording *recording;
	double speed; /* 0: no pauses */
	enum player_mode mode;
	struct recorded_events events;
	size_t next, done;              /* the event that comes next, and how much of it was sent */
	size_t last;                    /* the event behind the one that was sent last; 0: none */
	int64_t anchor_ns, recorded_ns; /* the same moment, of now and of then */
	struct buf due;                 /* to be read */
	struct buf sent;                /* of the line that is being sent */
	bool echo;
	char old_word[PLAYER_WORD + 1], new_word[PLAYER_WORD + 1]; /* of the probes */
	char departed[700];
};

/* Bytes for the tester, which is woken even if there are none. */
void player_give(struct player *p, const void *bytes, size_t len);
const char *player_bytes(const struct player *p, const struct recorded *event);
/* NULL: nothing more is recorded. */
const struct recorded *player_next(const struct player *p);
void player_give_event(struct player *p, const struct recorded *event);
void player_give_received(struct player *p);
/* In quotes, for a person, shortened. */
void player_show(struct buf *out, const char *bytes, size_t len);
/* The case can't be judged any more; the first reason stays. */
void player_depart(struct player *p, const char *why);
void player_check_end(struct player *p);
/* Whether event number i is that these bytes were sent. */
bool player_is_sent(const struct player *p, size_t i, const char *bytes, size_t len);
/* Of a case: what the tester sends now. */
void player_sent(struct player *p, const char *bytes, size_t len);

#endif
