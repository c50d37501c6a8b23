/* SPDX-License-Identifier: MIT */
/* Where the time of a line went: each moment is one of five kinds' and of one only, so that their
 * sum is the wall time. Pure: fed with what a journal says, in its order; times in ns since the
 * run's start. Nonsense (times that go back, negative lengths) is put right silently: it can make
 * an account wrong, and nothing else. */
#ifndef REPORT_TIME_ACCOUNT_H
#define REPORT_TIME_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum time_kind {
	TIME_LINE,   /* bytes of a case are on the line, in one direction or in both */
	TIME_WAIT,   /* the document demands it, or nothing was to come; and the line is idle */
	TIME_MODULE, /* else: what ends it is the module's or the network's doing */
	TIME_BENCH,  /* between cases: probes, recovery, the broker's start, with their bytes */
	TIME_TESTER, /* the rest */
	TIME_KINDS
};

enum time_pace {        /* of a line: whether its bytes take the time that the rate says */
	TIME_PACE_SEEN, /* judged lease by lease, by when they come */
	TIME_PACE_ALWAYS,
	TIME_PACE_NEVER
};

struct time_sum {
	int64_t wall, kind[TIME_KINDS];
	/* Leases with bytes; and those of them in which these took the time that the rate says. In
	 * the others they are taken to take none. */
	int64_t leases, paced;
};

struct time_span {
	int64_t from, to;
	bool wait; /* demanded; else on the line, or a moment */
	bool own;  /* what is before it is the module's */
};

struct time_account {
	bool open, leased;
	enum time_pace pace;
	int64_t byte_ns, first_byte_ns; /* now, and when the line was opened */
	int64_t since, last;            /* begin of the present segment; latest time seen */
	int64_t sent_to, received_to;   /* the line is busy until then, each direction */
	int64_t bench_from, bench_to;   /* between cases; from < 0: nothing yet */
	struct time_span *spans;        /* of the segment */
	size_t count, room;
	int64_t nominal, impossible; /* what the segment's bytes take; of that, what can't be */
	struct time_sum sum;
};

/* Begins an account; at 115200 baud until told otherwise. */
void time_begin(struct time_account *a, int64_t t);
/* "115200,8,1,none,none"; what is not like that is passed over. `first`: what it returns to. */
void time_rate(struct time_account *a, const char *uart, bool first);
void time_pace(struct time_account *a, enum time_pace pace); /* known; else it is seen */
void time_rate_back(struct time_account *a);                 /* after recovery */
void time_sent(struct time_account *a, int64_t t, int64_t bytes);
void time_received(struct time_account *a, int64_t t, int64_t bytes);
/* The module, or the network at its other side, did something that is not on the line. */
void time_moved(struct time_account *a, int64_t t);
void time_waited(struct time_account *a, int64_t from, int64_t to); /* demanded; in a lease */
void time_bench(struct time_account *a, int64_t from, int64_t to);  /* between leases */
void time_lease(struct time_account *a, int64_t t);
void time_release(struct time_account *a, int64_t t);
/* The run was interrupted, and goes on at t. */
void time_pause(struct time_account *a, int64_t t);
/* Ends the account and adds it to *sum; nothing when it was never begun. */
void time_end(struct time_account *a, int64_t t, struct time_sum *sum);
void time_add(struct time_sum *sum, const struct time_sum *more);

/* Whether most leases were paced: else there is no ratio. */
bool time_is_paced(const struct time_sum *sum);
/* Wall time against line and demanded waits; 0 when there is none, or these are below a second:
 * then what a run takes at its begin and end is all that it would say. */
double time_ratio(const struct time_sum *sum);
const char *time_kind_name(enum time_kind kind); /* "line", "demanded waits" … */

#endif
