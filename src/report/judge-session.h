/* SPDX-License-Identifier: MIT */
/* One recorded line to a module, judged without the module: its bytes are taken apart into
 * exchanges, which the model judges, and the session monitor looks at the whole. Pure. */
#ifndef REPORT_JUDGE_SESSION_H
#define REPORT_JUDGE_SESSION_H

#include "spec/profile.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_kind {
	FINDING_CONFORMS,
	FINDING_DEVIATES, /* a known deviation of the profile: `id` */
	FINDING_UNSCORED, /* `why` */
	FINDING_BREAKS,   /* the requirement `id` */
	FINDING_KINDS,
};
const char *finding_name(enum finding_kind kind); /* "conforms" … */

/* One exchange, or one breach of the monitor's rules. Text that was on the wire is untrusted, and
 * made visible (\r \n \xHH). */
struct finding {
	enum finding_kind kind;
	bool session;        /* the monitor's; there is no exchange of its own */
	const char *command; /* the command line, or "" */
	const char *id;      /* or "" */
	const char *why, *expected, *actual;
	int line; /* of the log: where the command was sent; of a breach: where it was seen */
	int64_t t_ns;
};
typedef void finding_fn(void *user, const struct finding *finding);

struct judge_session;
/* `live`: the log tells when the tester began and ended a conversation and when it reset the
 * module. Otherwise a command that gets no answer is given up when, long after, the next is sent.
 * Spec and profile must outlive the session; profile NULL: none. */
struct judge_session *judge_session_create(const struct spec *spec, const struct profile *profile,
	bool live, finding_fn *on_finding, void *user);
void judge_session_destroy(struct judge_session *s);
/* `line`: of the log, where these bytes are. */
void judge_session_sent(
	struct judge_session *s, const void *bytes, size_t len, int64_t t_ns, int line);
void judge_session_received(
	struct judge_session *s, const void *bytes, size_t len, int64_t t_ns, int line);
/* Nothing is judged until turned off again. */
void judge_session_tolerate(struct judge_session *s, bool on);
void judge_session_restarted(struct judge_session *s, int64_t t_ns);
/* The tester is through: what waits for an answer never gets it. */
void judge_session_end(struct judge_session *s, int64_t t_ns, int line);
/* The log is over: what waits for an answer might have got it. */
void judge_session_cut(struct judge_session *s);

#endif
