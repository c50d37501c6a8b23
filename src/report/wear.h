/* SPDX-License-Identifier: MIT */
/* What a run did to the boards, and what it did not ask of them: cases left out and why, writes to
 * flash, settings put back. */
#ifndef REPORT_WEAR_H
#define REPORT_WEAR_H

#include "base/buf.h"
#include "report/run.h"

struct json_out;

/* Fills run->left_out from the verdicts. */
void wear_count_left_out(struct run *run);
int64_t wear_nvs_writes(const struct run *run, int line);
/* The lines that are spoken of: one more than the highest. */
int wear_lines(const struct run *run);
/* Sentences for people; nothing when there is nothing to say. */
void wear_left_out(struct buf *out, const struct run *run);
void wear_nvs(struct buf *out, const struct run *run, int line);
void wear_put_back(struct buf *out, const struct run *run, int line);
/* Members of the run in the JSON report. */
void wear_put(struct json_out *j, const struct run *run);

#endif
