/* SPDX-License-Identifier: MIT */
/* Reads a journal (journal.jsonl) line by line into a run. Strict: a line that can't be what the
 * rig wrote is an error with its number; only the end may be missing. Events and keys that this
 * version does not know are passed over, the format number guards what they mean. */
#ifndef REPORT_JOURNAL_H
#define REPORT_JOURNAL_H

#include "report/run.h"

#include <jansson.h>

#define JOURNAL_FORMAT 1
#define JOURNAL_LANES  64 /* IUT lines of one run */

/* Reads from run->fd. 0, or -1 with *error filled. */
int journal_read(struct run *run, struct error *error);

/* The bytes of a "bytes" string: code points 0-255. Needs room for json_string_length(); returns
 * how many, or -1 when a code point is no byte. */
long report_wire_bytes(const json_t *string, char *out);

#endif
