/* SPDX-License-Identifier: MIT */
/* The index of a run, beside its journal: what comparing it needs, in a file that is mapped rather
 * than read. The journal is the only source: an index that is absent, of another state of the
 * journal, or damaged is made again, and one that can't be written costs time only. */
#ifndef REPORT_INDEX_H
#define REPORT_INDEX_H

#include "report/run.h"

#define INDEX_NAME "journal.index"

/* Texts by where they are in the text part; index_text() gives them. */
typedef uint32_t index_ref;

struct index_case {
	index_ref id, command, file;
	int32_t line;
	uint32_t requirements, requirement_count; /* in `lists`: requirements by number */
	/* Of the attempt that decides. */
	uint8_t verdict, inferred, flaky, answered;
	uint32_t lane, attempts;
	index_ref requirement, message, expected, actual; /* of cases that did not pass */
	uint32_t unused;
	uint64_t answer, answer_lines;
	int64_t from, to, start_ns, end_ns; /* see struct run_attempt */
};

struct index_requirement {
	index_ref id, command, section, text;
	int32_t line;
	uint8_t inferred, tested, verdict, unused;
};

struct index_command {
	index_ref name;
	uint32_t samples, sample_count; /* in `samples`: microseconds, ascending */
	uint32_t unused;
	uint64_t count, done;
};

enum index_fact {
	FACT_ID,
	FACT_TIME,
	FACT_HOST,
	FACT_PROGRAM,
	FACT_IUT,
	FACT_BENCH,
	FACT_PROFILE,
	FACT_PROFILE_WHY,
	FACT_SPEC,
	FACT_FIRMWARE,
	FACT_BANNER,
	FACT_OUTCOME,
	FACT_DETAIL,
	FACT_COUNT
};

struct index {
	char *path; /* of the journal */
	const struct index_case *cases;
	const struct index_requirement *requirements;
	const struct index_command *commands;
	const uint32_t *lists, *samples;
	const char *texts;
	index_ref facts[FACT_COUNT];
	size_t case_count, requirement_count, command_count;
	size_t counts[VERDICT_COUNT], flaky;
	int64_t lines; /* of the journal */
	enum run_end end;
	int exit_code;
	/* The bytes behind all that. */
	void *bytes;
	size_t size;
	bool mapped;
};

static inline const char *index_text(const struct index *ix, index_ref ref)
{
	return ix->texts + ref;
}

static inline const char *index_fact(const struct index *ix, enum index_fact fact)
{
	return ix->texts + ix->facts[fact];
}

/* Reads RUN (a run folder or a journal): its index, or the journal, whose index is then written. 0,
 * or -1 with *error filled as by run_open(). */
int index_open(struct index **out, const char *path, struct error *error);
void index_close(struct index *ix); /* NULL is fine */
/* Writes the index of a run beside its journal, if that is called journal.jsonl. Whether that
 * worked does not matter to anybody. */
void index_write(const struct run *run);

/* --- for the parts of this, and its tests --- */
struct index_state { /* what the journal was like */
	int64_t size, mtime_ns;
	uint64_t sum; /* of all its bytes */
};
bool index_state_of(int fd, struct index_state *out); /* without the sum */
bool index_sum_of(int fd, uint64_t *sum);
struct index *index_make(const struct run *run, const struct index_state *state);
/* NULL when the bytes are no index that this program wrote. Takes them over in any case. */
struct index *index_of_bytes(void *bytes, size_t size, bool mapped);
const struct index_state *index_state(const struct index *ix);

#endif
