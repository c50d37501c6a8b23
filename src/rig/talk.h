/* SPDX-License-Identifier: MIT */
/* The rig's own short conversations with an IUT, for probes and recovery: blocking, in the thread
 * of the line, every wait with a deadline, every byte journaled as outside a lease. */
#ifndef RIG_TALK_H
#define RIG_TALK_H

#include "rig/journal.h"
#include "rig/link.h"

struct nvs;

struct talk {
	struct link *link;
	struct journal *journal;
	const struct rig_bench *bench;
	struct journal_flow *tx, *rx;
	struct nvs *nvs; /* counts what is sent; NULL: nobody does */
	int lane;
	int cancel_fd;
	struct deadline deadline; /* of everything; no wait goes beyond it */
	struct buf got;           /* since the last question; bounded, the newest bytes */
	bool lost, cancelled;     /* nothing more can be said */
	bool echo;                /* the last command came back */
	bool changed;             /* recovery did more than ask */
	bool clogged;             /* the line takes no bytes */
	bool heard;               /* anything at all, since it was set to false */
};

enum talk_answer {
	TALK_OK,
	TALK_ERROR,
	TALK_OTHER,  /* bytes, but no final result */
	TALK_SILENT, /* nothing at all, or the line is lost */
};

/* Waits for the rest of a line of which a part has come: it would begin somebody else's answer. */
void talk_end_line(struct talk *t);
void talk_finish(struct talk *t);
/* Whether more can be said: line there, not cancelled, time left. */
bool talk_alive(const struct talk *t);
/* Reads once, within timeout_ms. Bytes, 0 when nothing came. */
size_t talk_read(struct talk *t, int timeout_ms);
void talk_send(struct talk *t, const char *text);
void talk_write(struct talk *t, const char *bytes, size_t len);
/* Sends a command line and reads up to its OK or ERROR. */
enum talk_answer talk_ask(struct talk *t, const char *command, int timeout_ms);
/* Reads until nothing comes for quiet_ms; false when that was not so within limit_ms. */
bool talk_drain(struct talk *t, int quiet_ms, int limit_ms);
/* Reads until this line comes. */
bool talk_await(struct talk *t, const char *line, int timeout_ms);
/* Notes in the journal and in the struct that the line has gone. */
void talk_lost(struct talk *t);
void talk_line_event(struct talk *t, const char *what, const char *text);
/* What came, for a person, shortened, in a static buffer of the thread. */
const char *talk_said(const struct talk *t);

#endif
