/* SPDX-License-Identifier: MIT */
/* What the parts of the journal reader share: where they are, and strict access to a line's keys.
 */
#ifndef REPORT_READER_H
#define REPORT_READER_H

#include "report/answer.h"
#include "report/exchange.h"
#include "report/journal.h"
#include "report/keep.h"

struct lane {                            /* one line to an IUT */
	long c;                          /* case that holds the lease, or -1 */
	struct run_recovery *recoveries; /* since the last lease */
	size_t recovery_count;
	struct exchange exchange;
	struct answer answer; /* of the case that holds the lease */
	struct buf boot;      /* received since something was sent: where the banner is */
	struct time_account time;
	int64_t broker_ns; /* its broker was started then, between leases; 0: none is starting */
};

struct quick { /* what a line said that was read without the JSON reader; bytes in r->bytes */
	int64_t l, c;
	long count;
};

struct reader {
	struct run *run;
	struct error *error;
	int line;         /* number of the line being read */
	int64_t from, to; /* its place in the file */
	int64_t t;
	int64_t t_now, t_before; /* of this line, once it is known, and of the one before */
	int64_t epoch;           /* begin of the run, or of the part of a merged one */
	const json_t *object;    /* NULL: `quick` instead */
	struct quick quick;
	struct lane lanes[JOURNAL_LANES];
	char *bytes; /* scratch for wire bytes */
	size_t bytes_cap;
	uint64_t random;
};

int reader_fail(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each fails when the key is there with another type; the need_ ones also when it is absent. */
int reader_need_text(struct reader *r, const char *key, const char **out);
int reader_text(struct reader *r, const char *key, const char **out); /* absent: "" */
int reader_need_number(struct reader *r, const char *key, int64_t *out);
int reader_number(struct reader *r, const char *key, int64_t *out); /* absent: unchanged */
int reader_flag(struct reader *r, const json_t *object, const char *key, bool *out);
int reader_list(struct reader *r, const char *key, const char ***out); /* absent: empty list */
/* The case that "c" names; *out NULL for -1. */
int reader_case(struct reader *r, struct run_case **out);
int reader_lane(struct reader *r, struct lane **out, int *number);
/* Wire bytes of "bytes" in r->bytes, or -1 after reader_fail. */
long reader_bytes(struct reader *r, const json_t *string);

/* Reads a line of the commonest kinds as it stands; the handler for it, or NULL: the JSON reader
 * has to look at it. */
typedef int quick_fn(struct reader *r);
quick_fn *journal_quick(struct reader *r, const char *text, size_t len);

/* journal-time.c: what the events say about where the time went. The account of a line, which
 * begins with this call if it has not before. */
struct time_account *reader_time(struct reader *r, struct lane *lane);
int read_wait(struct reader *r);
void reader_time_opened(struct reader *r, struct lane *lane, const char *uart);
void reader_time_recovered(struct reader *r, struct lane *lane, const struct run_recovery *step);
void reader_time_broker(struct reader *r, struct lane *lane, const char *what);
void reader_time_peer(struct reader *r, struct lane *lane, const char *what);
void reader_time_pause(struct reader *r);
void reader_time_part(struct reader *r); /* one begins, or all is read */
void reader_time_done(struct reader *r);
/* Events about the bytes of the lines. */
int read_lease(struct reader *r);
int read_release(struct reader *r);
int read_tx(struct reader *r);
int read_rx(struct reader *r);
int read_recover(struct reader *r);
int read_line_event(struct reader *r);
int read_board(struct reader *r);
int reader_board_out(struct reader *r); /* a line event: the line is out */
int read_peer(struct reader *r);
int read_broker(struct reader *r);
/* Events about cases. */
int read_plan(struct reader *r);
int read_note(struct reader *r);
int read_breach(struct reader *r);
int read_deviation(struct reader *r);
int read_other_of_case(struct reader *r);
int read_verdict(struct reader *r);
/* Events about the boards. */
int read_nvs(struct reader *r);
int read_settings(struct reader *r);
int read_put_back(struct reader *r);
/* Events about what the run is held against. */
int read_baseline(struct reader *r);
int read_was(struct reader *r);
int read_waiver(struct reader *r);
int read_elsewhere(struct reader *r);
int read_part(struct reader *r);
int reader_end_gate(struct reader *r); /* after the last line */
/* The case's present attempt reaches to here in the file. */
void reader_extend(struct reader *r, struct run_case *c);
struct run_attempt *reader_attempt(struct run_case *c);
/* "why"; absent: `otherwise`. */
int reader_why(struct reader *r, enum attempt_why otherwise, enum attempt_why *out);
void reader_drop_lease(struct lane *lane);

#endif
