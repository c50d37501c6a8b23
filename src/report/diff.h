/* SPDX-License-Identifier: MIT */
/* The wire logs of one case in two runs, line beside line. A word that only one of the runs'
 * testers sent (an address, a client id) stands for the word at its place in the other. */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "base/buf.h"
#include "base/error.h"
#include "report/answer.h"
#include "report/index.h"

#define DIFF_LINES 1500 /* of each side; what is beyond is left out, and said */

enum diff_kind { DIFF_TX, DIFF_RX, DIFF_PEER_RX, DIFF_PEER_TX };

struct diff_line {
	enum diff_kind kind;
	int peer;
	size_t from, len; /* in `bytes` */
	int64_t us;       /* since the lease */
	uint64_t sum;     /* equal: the same for the comparison */
};

struct diff_side {
	struct buf bytes;
	struct diff_line *lines;
	size_t count, left_out;
	struct answer answer; /* what the tester sent, to tell its words from the module's */
	uint32_t *own; /* of words by name: the how-manieth that only this tester sent, or 0 */
	size_t own_room;
	bool counted; /* some bytes were only counted */
};

struct diff_row {
	const struct diff_line *was, *is; /* NULL: only the other side has it */
	bool same;
};

struct diff {
	struct diff_side sides[2];
	struct diff_row *rows;
	size_t count;
};

/* A stretch of a line, for marking. */
struct diff_piece {
	size_t from, len; /* in the line */
	bool differs;
	bool own; /* of this run's tester */
};

/* 0, or -1 with *error: a journal can't be read. A case that has no wire log has no rows. */
int diff_open(struct diff *d, const struct index *was, const struct index_case *a,
	const struct index *is, const struct index_case *b, struct error *error);
void diff_finish(struct diff *d);
/* The pieces of one line of a row; returns how many, at most `most`. Side 0 or 1. */
size_t diff_pieces(const struct diff *d, const struct diff_row *row, int side,
	struct diff_piece *pieces, size_t most);

#endif
