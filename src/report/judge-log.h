/* SPDX-License-Identifier: MIT */
/* A log of somebody's conversation with a module: a recorded session (fixtures/transcripts) or the
 * journal of a run. Read as a stream: memory does not grow with it. */
#ifndef REPORT_JUDGE_LOG_H
#define REPORT_JUDGE_LOG_H

#include "base/error.h"
#include "report/judge-session.h"

struct judge_log;

struct judge_log_facts {
	const char *path;    /* of the file */
	bool journal;        /* of a run; otherwise a recorded session */
	const char *title;   /* of a recorded session, or "" */
	const char *profile; /* of a run, or "" */
	const char *run, *iut, *program;
	bool cut;         /* the last line is only a part of one; known at the end */
	bool other_model; /* a run that was judged by another model than `spec` */
	int64_t records;  /* bytes there and back, pieces of them */
	int64_t aside;    /* of these outside every case: probes and recovery are not judged */
	int64_t last_ns;  /* time of the last one */
};

/* Opens a log file or a run's folder and reads what its first line says. 0, or -1 with *error:
 * file, line and column. */
int judge_log_open(struct judge_log **out, const char *path, struct error *error);
void judge_log_close(struct judge_log *log); /* NULL is fine */
const struct judge_log_facts *judge_log_facts(const struct judge_log *log);

/* A finding and the case of the run in which it happened, "" in a recorded session. */
typedef void judge_log_fn(void *user, const struct finding *finding, const char *case_id);
/* Judges all of it. 0, or -1 with *error. */
int judge_log_run(struct judge_log *log, const struct spec *spec, const struct profile *profile,
	judge_log_fn *on_finding, void *user, struct error *error);

#endif
