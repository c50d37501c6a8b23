/* SPDX-License-Identifier: MIT */
/* What a journal amounts to, as plain data for the formats. Strings are UTF-8 without NUL and live
 * as long as the run; text that came from the IUT is untrusted: every format escapes for itself.
 * Wire bytes stay in the journal file and are read per attempt (report/wire.h). */
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include "base/attempt.h"
#include "report/report.h"
#include "report/time-account.h"
#include "report/waiver.h"

#include <stddef.h>

struct keep;

enum run_standing { /* of a case, beside its verdict */
	RUN_AS_IS,
	RUN_WAIVED,    /* bad, and a waiver expects it */
	RUN_BEFORE,    /* bad, and as bad in the baseline: known */
	RUN_REGRESSED, /* better in the baseline */
	RUN_NEW,       /* bad, and not in the baseline */
};

struct run_requirement {
	const char *id, *command, *section, *text, *judge;
	int line;
	bool inferred;
	/* From the cases that name it, filled by run_judge(). */
	size_t counts[VERDICT_COUNT];
	bool tested;
	enum verdict verdict; /* the worst of them: pass means that all of them passed */
};

struct run_known { /* a known deviation that the profile lists */
	const char *id, *requirement, *text, *source;
};

struct run_probe {
	const char *name, *text;
	bool ok;
};

struct run_deviation { /* a known deviation that happened */
	const char *id, *requirement, *source, *command, *expected, *actual;
};

struct run_breach {
	const char *id, *text;
	enum run_standing standing; /* of one outside every lease */
};

struct run_recovery {
	int64_t t_ns, ms;
	const char *step, *text;
	bool ok;
};

struct run_peer { /* a partner on the network, run by the tester for one attempt */
	int number;
	bool client; /* it connected by itself */
	const char *kind, *address;
	int port;
	int64_t connections, received, sent; /* bytes as the peer counted them */
};

struct run_attempt {
	int number, line; /* line: which IUT */
	enum attempt_why why;
	bool leased;              /* false: decided without touching the IUT */
	int64_t from, to;         /* its part of the journal file, in bytes */
	int64_t start_ns, end_ns; /* since the run's start */
	enum verdict verdict;     /* VERDICT_MISSING until judged */
	bool judged, inferred;
	int64_t ms;
	int at;
	const char *requirement, *message, *file, *expected, *actual;
	struct run_deviation *deviations;
	size_t deviation_count;
	struct run_breach *breaches;
	size_t breach_count;
	const char **notes;
	size_t note_count;
	struct run_recovery *recoveries; /* of the line, before the lease */
	size_t recovery_count;
	struct run_peer *peers; /* in the order in which they were opened */
	size_t peer_count;
	int64_t broker_lines;          /* what was told of the MQTT broker */
	bool answered;                 /* the lease was given back: the sums are of all of it */
	uint64_t answer, answer_lines; /* struct answer_sum: what the module said */
};

struct run_wait { /* time that the document demands, or nothing was to come in, by reason */
	const char *why;
	int64_t ns, count;
};

struct run_time {            /* where the time went; see report/time-account.h */
	bool told;           /* the journal says enough for an account */
	struct time_sum sum; /* of all lines */
	struct run_time_line {
		int line;
		struct time_sum sum;
	} * lines;
	size_t line_count;
	struct run_wait *waits; /* the longest first */
	size_t wait_count;
};

struct run_part { /* a run that was merged into this one */
	const char *id, *time, *host, *iut, *bench, *end;
	int64_t shard, cases; /* shard 0: it was of no shard */
};

struct run_board { /* of a run that had several, or lost one */
	int line;
	const char *address, *firmware; /* "": not known; lines of AT+GMR, a newline between */
	const char *out;                /* why it could not be used any more, or "" */
	bool back;                      /* when the run was resumed */
};

struct run_was {                      /* a case of the baseline */
	const char *id, *requirement; /* that it failed by there, or "" */
	enum verdict verdict;
	bool gone; /* from the suite */
};

struct run_baseline { /* the earlier run that this one is held against */
	bool given;
	const char *path, *run, *time, *iut, *firmware, *profile;
	const char **breaches; /* requirements broken outside every case; NULL-terminated */
};

enum waiver_state {
	WAIVER_HOLDS,     /* for at least one case */
	WAIVER_IDLE,      /* nothing to waive: not judged, or bad with another message */
	WAIVER_ELSEWHERE, /* for another profile */
	WAIVER_STALE,     /* what it is for passes */
	WAIVER_UNMATCHED, /* there is no such case or requirement */
	WAIVER_EXPIRED,
};

struct run_waiver {
	struct waiver w;
	bool known; /* there is such a case or requirement, planned in this run or not */
	enum waiver_state state;
	size_t count; /* of what it waives */
};

struct run_case {
	const char *id, *family, *suite, *name; /* id = family/suite/name */
	const char *command, *kind, *file;
	int line;
	const char **requirements, **tags, **needs; /* NULL-terminated */
	struct run_attempt *attempts;
	size_t attempt_count;
	/* What they amount to, filled by run_judge(). */
	const struct run_attempt *decides;
	enum verdict verdict;
	enum run_standing standing;
	const struct run_was *was;       /* in the baseline, or NULL */
	const struct run_waiver *waiver; /* when it is waived */
};

struct run_left_out {         /* cases that were not run, for one reason */
	enum verdict verdict; /* skipped, unequipped or n/a */
	const char *why;
	size_t count;
};

struct run_nvs { /* writes to the flash behind a line by commands of one name */
	int line;
	const char *command;
	int64_t by_cases, by_rig;
};

struct run_found { /* a setting that a line was found with */
	int line;
	const char *name, *value; /* as the module told it */
};

struct run_put_back { /* a setting that a run changed */
	int line;
	const char *setting, *text; /* setting "": none of them could be tried */
	bool ok;
	int64_t ms;
};

#define RUN_SAMPLES 1024

struct run_latency { /* commands of one name: first byte sent to final result received */
	const char *command;
	uint64_t count, done;     /* all, and those that did not end in ERROR or FAIL */
	uint32_t us[RUN_SAMPLES]; /* all of them, or an even sample */
	size_t kept;
};

enum run_end {
	RUN_CUT,
	RUN_COMPLETE,
	RUN_INTERRUPTED,
	RUN_UNUSABLE,
	RUN_RUNNER_DIED,
	RUN_INTERNAL
};

struct run {
	char *path; /* of the journal file */
	int fd;
	const char *id, *time, *host, *program, *iut, *bench, *profile, *profile_why, *spec;
	const char **argv; /* NULL-terminated */
	int64_t jobs;
	bool gate_inferred, strict, require_all;
	int64_t shard, shards, whole_count; /* --shard: this of so many, of a plan of that many */
	const char *whole_plan;             /* a hash of that plan's names; "": no shard */
	const char **elsewhere;             /* names of that plan in other shards */
	struct run_part *parts;             /* when it is merged from runs */
	size_t part_count;
	struct run_board *boards;
	size_t board_count;
	bool mixed_firmware;           /* they were allowed to differ */
	int64_t merged, merged_shards; /* so many parts; of so many shards, 0: of none */
	int64_t shuffle, repeat, retries, flaky_budget; /* shuffle 0: in the plan's order */
	int64_t resumed;                                /* so many times */
	const char *firmware;                           /* what AT+GMR answered, or "" */
	const char *banner; /* what came when it started, up to "ready", or "" */
	struct run_requirement *requirements, **by_id;
	size_t requirement_count;
	struct run_known *known;
	size_t known_count;
	struct run_probe *probes;
	size_t probe_count;
	struct run_recovery *recoveries; /* those that no lease followed */
	size_t recovery_count;
	struct run_breach *breaches; /* outside every lease */
	size_t breach_count;
	struct run_nvs *nvs;
	size_t nvs_count;
	struct run_found *found;
	size_t found_count;
	struct run_put_back *put_backs;
	size_t put_back_count;
	struct run_left_out *left_out; /* the most frequent first, of each verdict */
	size_t left_out_count;
	struct run_case *cases;
	size_t case_count;
	size_t planned; /* of these; then those that are gone since the baseline */
	struct run_baseline baseline;
	struct run_was *was; /* by name */
	size_t was_count;
	struct run_waiver *waivers;
	size_t waiver_count;
	struct run_latency *latencies;
	size_t latency_count;
	enum run_end end;
	const char *end_text;
	int signal;
	bool half_line; /* the last line was cut off */
	struct run_time time_account;
	int64_t last_ns, lines;
	size_t counts[VERDICT_COUNT], stated_fails, inferred_fails, flaky;
	size_t flaky_counted;                       /* of these, what the budget is for */
	size_t standings[RUN_NEW + 1], waivers_off; /* off: stale, unmatched, expired */
	int exit_code;
	char *detail;
	struct keep *memory;
};

/* The attempt that decides: the worst of those that were to be made, or the last retry. One that
 * never ran reads as `missing`. */
const struct run_attempt *run_final(const struct run_case *c);
/* The case's verdict. Not always that of run_final(): a case can be flaky, an attempt can't. */
enum verdict run_verdict(const struct run_case *c);
/* Bad, and then not, on a retry. */
bool run_flaky(const struct run_case *c);
/* The first attempt that was bad; NULL: none, and the case is not flaky. */
const struct run_attempt *run_first_bad(const struct run_case *c);
/* The case's verdict so far, and the next attempt's: a retry may heal to `flaky`, no other does. */
enum verdict verdict_after(enum verdict before, enum attempt_why why, enum verdict v);
bool verdict_worse(enum verdict a, enum verdict b);
bool verdict_bad(enum verdict v); /* fail, error, inconclusive: what is tried again */
/* Of a retry that was made: one that ends otherwise, as beyond a cap of writes, was not, and
 * decides nothing. */
bool verdict_tried(enum verdict v);
/* Does this case alone keep the exit code from 0 under the run's gates, baseline and waivers? */
bool run_gates(const struct run *run, const struct run_case *c);
/* The same without baseline and waivers. */
bool run_gates_plain(const struct run *run, const struct run_case *c);
/* Something that no case shows keeps the run from conforming: it did not go on to its end, a breach
 * between cases, nothing verified, a waiver that does not hold. */
bool run_itself_failed(const struct run *run);
bool run_breach_gates(const struct run_breach *b);  /* of one outside every case */
bool run_waiver_off(const struct run_waiver *w);    /* stale, unmatched or expired */
const char *run_standing_name(enum run_standing s); /* "waived", "known" … */
const char *run_waiver_state(const struct run_waiver *w);
/* Holds the cases against baseline and waivers. */
void run_stand(struct run *run);
const struct run_requirement *run_requirement(const struct run *run, const char *id);
const struct run_known *run_known(const struct run *run, const char *id);
const char *run_outcome(const struct run *run); /* "Conforms", "Does not conform" … */
/* Fills counts, exit code and detail once everything is read. */
void run_judge(struct run *run);
/* Strings and arrays that live as long as the run. */
const char *run_keep(struct run *run, const char *text, size_t len);
void *run_room(struct run *run, size_t size);

#endif
