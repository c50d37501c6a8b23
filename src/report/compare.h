/* SPDX-License-Identifier: MIT */
/* Runs side by side: what each later one changed against the first, the baseline. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "report/index.h"

enum change {
	CHANGE_NONE,
	CHANGE_REGRESSED, /* passed and does not any more, or was a known deviation and is worse */
	CHANGE_MISSING,   /* had a verdict; planned now, and has none */
	CHANGE_DELETED,   /* not planned any more */
	CHANGE_LOST,      /* was judged; n/a, skipped or unequipped now */
	CHANGE_FIXED,     /* did not pass, and does */
	CHANGE_VERDICT,   /* another verdict, neither better nor worse than the old one */
	CHANGE_BYTES,     /* the same verdict, another response */
	CHANGE_ADDED,     /* not planned before */
	CHANGE_GAINED,    /* was not judged, and is */
	CHANGE_COUNT
};
const char *change_name(enum change change);  /* "regressed" … "unchanged" */
const char *change_title(enum change change); /* for the head of a list */

enum presence {
	PRESENCE_UNKNOWN, /* never sent, or without a result */
	PRESENCE_YES,     /* ended well at least once */
	PRESENCE_NO,      /* only ever refused */
};
const char *presence_name(enum presence presence);

enum drift { /* of a command's latency */
	DRIFT_NONE,
	DRIFT_FASTER,
	DRIFT_SLOWER,
	DRIFT_FEW, /* too few samples for a verdict */
};
const char *drift_name(enum drift drift);

/* What a verdict on latency takes. */
#define DRIFT_SAMPLES  20   /* in each run */
#define DRIFT_ALPHA    0.01 /* over all commands of a run, by Holm's method */
#define DRIFT_RELATIVE 0.20 /* change of the median, of the baseline's median … */
#define DRIFT_US       2000 /* … and this much: a host that does other things too explains less */
#define DRIFT_TIDE     0.6  /* of the commands, one way: the host or the line, says a note */

struct latency {
	size_t samples;
	uint32_t p50, p95; /* µs */
	/* Against the baseline: */
	enum drift drift;
	bool tested;
	double z, p; /* of the two-sided test; p as corrected */
};

struct compare_case {
	const char *id, *command;
	const struct index_case **in; /* for each run; NULL where it is not planned */
	uint8_t *change;              /* for each run, an enum change; 0 for the baseline */
	bool unsteady; /* runs of one firmware gave the same verdict and other bytes */
	enum change worst;
};

struct compare_requirement {
	const struct index_requirement **in; /* for each run */
	const struct index_requirement *any;
	const struct index *any_of;
	uint8_t *change;
	size_t cases;
	enum change worst;
};

struct compare_command {
	const char *name;
	const struct index_command **in; /* for each run */
	struct latency *latency;
	uint8_t *presence;
	size_t cases;
	size_t (*counts)[CHANGE_COUNT]; /* for each run, of its cases */
};

struct compare_run {
	struct index *index;
	char *label; /* short, for the head of a column */
	size_t counts[CHANGE_COUNT], requirements[CHANGE_COUNT];
	size_t order_only; /* of the changed bytes: the same lines in another order */
	size_t gating;     /* what keeps the exit code from 0 */
	bool other_suite;  /* than the baseline's: cases that only one has say nothing */
};

struct compare {
	struct compare_run *runs;
	size_t run_count;
	struct compare_case *cases;
	size_t case_count;
	struct compare_requirement *requirements;
	size_t requirement_count;
	struct compare_command *commands;
	size_t command_count;
	size_t unsteady;
	bool common; /* suites or versions differ, and that was allowed */
	char **notes;
	size_t note_count;
	struct keep *memory;
};

/* Compares the runs of these paths. `common`: runs of different suites or versions are compared on
 * what they share. 0, or -1 with *error: a run can't be read, is cut off, is there twice, or they
 * are of different suites or versions. */
int compare_open(struct compare **out, const char *const paths[], size_t count, bool common,
	struct error *error);
void compare_close(struct compare *c); /* NULL is fine */
bool compare_gates(const struct compare *c, size_t run, const struct compare_case *x);
/* Whether nothing stands in the way of a release: nothing is regressed, missing or lost. */
bool compare_passes(const struct compare *c);
/* The same lines in another order. */
bool compare_order_only(const struct compare_case *x, size_t run);

/* Write one format each, of a struct compare; for file_out(). */
int compare_console(const void *compare, FILE *out, struct error *error);
int compare_json(const void *compare, FILE *out, struct error *error);
int compare_html(const void *compare, FILE *out, struct error *error);

/* --- for the parts of this --- */
void compare_latencies(struct compare *c);
void compare_note(struct compare *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Both ascending. z > 0: the second are longer. */
double mann_whitney(const uint32_t *a, size_t n, const uint32_t *b, size_t m, double *z);
/* Corrects p[0..count) in place. */
void holm(double *p, size_t count);

#endif
