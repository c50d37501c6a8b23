/* SPDX-License-Identifier: MIT */
/* The journal of an earlier run, as a replay needs it: what went over a line during one case, in
 * order. Only an index of it is kept in memory. */
#ifndef RIG_RECORDING_H
#define RIG_RECORDING_H

#include "base/buf.h"
#include "base/error.h"

#include "rig/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recording;

enum recorded_kind {
	RECORDED_SENT,
	RECORDED_RECEIVED,
	RECORDED_SWITCH,  /* reset or power */
	RECORDED_CONTROL, /* bytes: the request and the answer, each with a NUL behind it */
	RECORDED_GAP,     /* bytes that the journal only counts */
};

struct recorded {
	enum recorded_kind kind;
	int64_t t_ns;
	int line;       /* of the journal */
	size_t at, len; /* in recorded_events.bytes */
};

struct recorded_events {
	struct recorded *items;
	size_t count;
	struct buf bytes;
	int64_t start_ns;
	bool whole; /* the case gave its line back */
};

/* A run's folder or its journal. NULL with *error: file and line. */
struct recording *recording_open(const char *path, struct error *error);
void recording_close(struct recording *r); /* NULL is fine */
/* The last attempt at a case. false: it never had a line. */
bool recording_case(struct recording *r, const char *case_id, struct recorded_events *out);
/* What was asked of line `index` before its first case. */
bool recording_probes(struct recording *r, int index, struct recorded_events *out);
void recorded_finish(struct recorded_events *events);
struct recorded_start recording_start(const struct recording *r, const char *case_id);

#endif
