/* SPDX-License-Identifier: MIT */
/* Several runs, such as the shards of one plan, made into the journal of one. */
#ifndef REPORT_MERGE_H
#define REPORT_MERGE_H

#include "base/error.h"

#include <stddef.h>

/* Writes DIR/journal.jsonl: the parts by shard, each with its events in their order. It is there as
 * a whole or not at all, and replaces nothing. What a missing shard would have run is planned and
 * has no verdict. 0, or -1 with *error: a run can't be read, is there twice, or they are not of one
 * suite, profile, firmware and set of options, or run the same cases. */
int merge_runs(const char *const paths[], size_t count, const char *dir, struct error *error);

#endif
