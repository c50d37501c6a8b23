/* SPDX-License-Identifier: MIT */
/* The journal: everything that happens in a run, one JSON object a line, append-only, one write a
 * line. The only source of every report. Safe to use from several threads. */
#ifndef RIG_JOURNAL_H
#define RIG_JOURNAL_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JOURNAL_WHOLE = 65536, /* bytes of a case and direction that are kept */
	JOURNAL_TAIL = 4096,   /* and of more than that, the last ones */
};

struct journal;

/* One direction of one case: what the bulk rule counts. */
struct journal_flow;
struct journal_flow *journal_flow_create(void);
void journal_flow_destroy(struct journal_flow *flow);

/* Makes the file; an existing one is refused. NULL with *error filled. */
struct journal *journal_create(const char *path, struct error *error);
/* Goes on with one that has so many lines, from that time on. Takes the descriptor. */
struct journal *journal_continue(int fd, int64_t lines, int64_t t_ns);
/* The lock that a run has on its journal while it goes on. False: another process has it. */
bool journal_lock(int fd);
void journal_destroy(struct journal *j);
/* From now on these words are masked (secret.h). NULL-terminated list, or NULL. */
void journal_keep_secret(struct journal *j, const char *const *words);
struct secrets;
const struct secrets *journal_secrets(const struct journal *j); /* NULL: none */
int64_t journal_now(const struct journal *j);                   /* ns since the run's start */
/* 0, or the -errno of the first write that failed. */
int journal_failure(struct journal *j);
/* A descriptor that becomes readable when a write has failed. */
int journal_failure_fd(const struct journal *j);

/* Starts a line `{"n":…,"t":…,"e":"event"` and takes the lock: add members, then journal_end.
 * t_ns < 0: now. */
struct buf *journal_begin(struct journal *j, const char *event, int64_t t_ns);
void journal_end(struct journal *j);
/* `,"key":value` for the line under construction. */
void journal_int(struct buf *line, const char *key, int64_t value);
void journal_text(struct buf *line, const char *key, const char *text); /* UTF-8; NULL: "" */
void journal_list(struct buf *line, const char *key, const char *const *texts);
void journal_bool(struct buf *line, const char *key, bool value);

/* Bytes of the line: "tx" or "rx". Beyond JOURNAL_WHOLE only their number is written. */
void journal_bytes(struct journal *j, const char *direction, int lane, int case_index,
	const void *bytes, size_t len, int64_t t_ns, struct journal_flow *flow);
/* For lines of other kinds with the same rule: counts the bytes; true while all are kept. */
bool journal_flow_add(struct journal_flow *flow, const void *bytes, size_t len);
bool journal_flow_is_bulk(const struct journal_flow *flow);
/* `,"total":…,"sha256":…,"last":…` and a fresh start. */
void journal_flow_put(struct buf *line, struct journal_flow *flow);
/* The case or the pause is over: the bulk line, when there was that much, and a fresh start. */
void journal_flow_end(struct journal *j, const char *direction, int lane, int case_index,
	struct journal_flow *flow);

#endif
