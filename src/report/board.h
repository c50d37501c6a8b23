/* SPDX-License-Identifier: MIT */
/* The boards of a run that had several, or lost one: what each is, what it ran, whether it was
 * lost. */
#ifndef REPORT_BOARD_H
#define REPORT_BOARD_H

#include "base/buf.h"
#include "report/json-out.h"
#include "report/run.h"

/* In one line: its number, address, firmware, attempts, why it is out. */
void board_text(struct buf *out, const struct run *run, const struct run_board *b);
/* Whether this board is worth a word in a short report: it is out, or of other firmware than the
 * first. */
bool board_stands_out(const struct run *run, const struct run_board *b);
/* The list `boards`, unless there is none. */
void boards_json(struct json_out *j, const struct run *run);

#endif
