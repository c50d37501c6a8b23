/* SPDX-License-Identifier: MIT */
/* What the files of the rig's event loop share: the run, its cases and the workers. */
#ifndef RIG_INTERNAL_H
#define RIG_INTERNAL_H

#include "base/buf.h"
#include "base/channel.h"
#include "rig/journal.h"
#include "rig/lane.h"
#include "rig/rig.h"

#include <jansson.h>

enum {
	HELLO_MS = 10000,  /* from connecting to the first message */
	GRACE_MS = 500,    /* from ABORT to SIGKILL */
	BREACHES_MAX = 50, /* journaled of one lease */
	MORE_MAX = 4,      /* a case's deadline is put off by so many times of it at most */
};

/* What somebody said about how a case ended. Strings are owned. */
struct said {
	char *verdict, *message, *file, *requirement, *expected, *actual;
	int at;
};

struct case_state {
	/* Over all attempts. */
	int attempts; /* begun */
	int judged;   /* of these, with a verdict, and no retries */
	int retried;  /* retries with a verdict */
	bool decided; /* has the verdict that was known beforehand */
	bool bad;     /* one of the judged, or the last retry, was */
	bool failed;  /* and it was a fail */
	bool cut;     /* the last one has no verdict: the run was killed, or gave up */

	/* The present attempt. */
	bool wanted; /* in this pass */
	int number;  /* from 1 */
	enum attempt_why why;
	bool finished; /* has its verdict line */
	struct worker *worker;
	bool leased; /* was granted at least once */
	bool gone;   /* its worker has ended */
	bool late;   /* its worker did not come in its turn: others go before it */
	bool has_worker, has_result;
	bool has_abort; /* by the rig, before the worker had a verdict */
	struct said by_worker, by_criterion, by_rig; /* by_criterion.verdict: the result */
	int deviations;
	char *breach, *breach_text;       /* the first */
	char *deviation, *deviation_text; /* the first: its requirement, its id and source */
	bool dropped;                     /* the run ends: no verdict */
	int64_t granted_ns, gone_ns;
};

enum worker_state { WORKER_NEW, WORKER_RUNNER, WORKER_QUEUED, WORKER_LEASED, WORKER_REFUSED };

/* A connection to the rig's socket: a worker, or the suite program's parent. */
struct worker {
	struct rig *rig;
	struct worker *next;
	enum worker_state state;
	int fd;
	pid_t pid;
	int case_index;
	struct lane *lane;
	struct event readable, writable, timer;
	bool aborted;
	int more_ms;             /* so much later than at first is its deadline */
	enum channel_type asked; /* the request the lane's thread works on, or 0 */
};

struct rig {
	const struct rig_plan *plan;
	struct journal *journal;
	struct event_base *base;
	char *dir; /* private */
	char *pki; /* the run's certificates, in it */
	int cancel_fd, done_fd, listen_fd;
	struct event listening, lane_done, write_failed, interrupt, terminate, runner_ended,
		deadline, tick, next_broker;
	struct buf socket_path;

	struct lane *lanes;
	size_t lane_count;
	struct case_state *cases;
	size_t unleased; /* cases of this pass that were not granted yet */
	int repeat;      /* rounds for each case, at least 1 */
	bool retrying;   /* this pass is of retries: each begins from a settled IUT */
	bool cut_short;  /* this pass ends before its time: a fail is tried again first */
	size_t *order;   /* the cases in the order in which they are to be run */
	size_t turn;     /* in it: those before have had a lease in this pass, or need none */
	size_t absent;   /* in it: the case whose worker is waited for */
	int absent_s;    /* so long */
	struct worker *workers;
	struct buf grant_tail; /* the part of a lease that is the same for all */
	char *message;         /* CHANNEL_SIZE + 1 bytes */

	pid_t runner;
	int runner_pidfd, runner_status;
	bool runner_started, runner_gone, runner_killed;
	bool again;   /* the suite program gave up: another one goes on with what is left */
	int given_up; /* so often */
	bool granting, stopping;
	bool putting_back;
	bool failed_fast; /* the run ends when what is leased has ended */
	size_t opened;    /* lanes that were tried */
	size_t usable;    /* of these, passed their probes */
	const struct lane *last_out;

	enum rig_end end;
	int signal;
	struct error *error;
};

/* header.c */
void header_write(struct rig *rig);
void header_note(struct rig *rig, int case_index, const char *text);
void header_end(struct rig *rig);
/* grant.c */
void grant_prepare(struct rig *rig);
/* The JSON of a lease; false when it does not fit into a message. */
bool grant_build(struct rig *rig, const struct worker *worker, struct buf *out);
bool grant_parse_uart(const json_t *json, struct rig_uart *uart, struct error *error);
/* lease.c: the traffic between a worker and its line */
void lease_attach(struct lane *lane); /* the loop reads the line from now on */
void lease_detach(struct lane *lane); /* and no longer */
void lease_begin(struct lane *lane, struct worker *worker);
void lease_end(struct worker *worker);
/* Nothing bad that the case has said counts: something else was broken. */
void lease_overrule(struct case_state *state, const char *why);
void lease_send(struct worker *worker, const char *bytes, size_t len);
void lease_tolerate(struct worker *worker, bool on);
void lease_restarted(struct lane *lane);
void lease_retuned(struct lane *lane);
void lease_worker_writable(struct lane *lane); /* held bytes go on */
/* How long the lease's bytes have kept the line busy so far, in ns. */
int64_t lease_line_ns(struct lane *lane);
void lease_create(struct lane *lane); /* its monitor */
void lease_destroy(struct lane *lane);
/* peer.c: the network partners of a lease */
/* What the lines' networks are, and certificates; before the lines open. */
int peer_prepare(struct rig *rig, struct error *error);
void peer_request(struct worker *worker, const char *bytes, size_t len);
void peer_worker_writable(struct lane *lane); /* a held answer goes on */
bool peer_answer_waits(const struct lane *lane);
/* An answer to the worker that has the line: JSON, or JSON, a NUL byte and bytes. */
void peer_answer(struct lane *lane, const char *message, size_t len);
void peer_end(struct lane *lane); /* all of them are gone */
/* worker.c */
int worker_listen(struct rig *rig, struct error *error);
void worker_accept_all(struct rig *rig);
/* Ends a case from outside; verdict NULL: it gets none, the run ends. */
void worker_abort(struct worker *worker, const char *verdict, const char *why);
/* Takes what is already there: from all, or only from those that have not said who they are. */
void worker_read_all(struct rig *rig, bool only_new);
void worker_kill_all(struct rig *rig);
void worker_close_all(struct rig *rig);
void worker_answer(struct worker *worker, bool ok, const char *text);
/* message.c: what workers and the runner say */
void message_take(struct worker *worker, enum channel_type type, const char *payload, size_t len);
/* schedule.c: which line does what next */
void schedule(struct rig *rig);
/* Once a second. */
void schedule_tick(struct rig *rig);
void schedule_done(struct rig *rig); /* jobs of lanes have ended */
/* A line that its cases can't have any more, because of its error: said where people look. */
void schedule_out(struct lane *lane);
/* A worker's request that takes time: the lane's thread does it, then the worker is answered. */
void schedule_request(struct worker *worker, enum lane_job job);
/* put-back.c: the settings of the lines, when all else is over */
void put_back(struct rig *rig);
void put_back_done(struct rig *rig);       /* jobs of lanes have ended meanwhile */
bool put_back_left(const struct rig *rig); /* by the run that this one resumes */
/* opening.c */
void opening_done(struct lane *lane); /* LANE_OPEN has ended; after the last one the run begins */
/* verdict.c */
void verdict_try(struct rig *rig, size_t case_index); /* writes it when all is known */
void verdict_decided(struct rig *rig);
void verdict_runner_gone(struct rig *rig);
void said_finish(struct said *said);
void verdict_reset(struct case_state *state); /* for the next attempt */
/* pass.c: the suite program is started once for each round of attempts */
void pass_prepare(struct rig *rig);    /* what was before, the order */
bool pass_left(const struct rig *rig); /* is there anything to be run at all? */
/* Begins the next one; false when there is none, or the run is over (rig_stop was called). */
bool pass_begin(struct rig *rig);
void pass_finish(struct rig *rig);
/* runner.c */
int runner_start(struct rig *rig, struct error *error);
void runner_kill(struct rig *rig, int signal);
void runner_reap(struct rig *rig); /* after its end: nothing of it is left */
void runner_finish(struct rig *rig);
/* rig.c */
/* Ends the run in order; text becomes the run's error. */
void rig_stop(struct rig *rig, enum rig_end end, int signal, const char *text);
/* Whether no line's thread has a job. */
bool rig_lanes_rest(const struct rig *rig);
void rig_check_done(struct rig *rig);

#endif
