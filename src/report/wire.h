/* SPDX-License-Identifier: MIT */
/* What went over the line during one attempt, read from the journal file when a format asks for
 * it. */
#ifndef REPORT_WIRE_H
#define REPORT_WIRE_H

#include "base/buf.h"
#include "report/run.h"

enum wire_kind { WIRE_TX, WIRE_RX, WIRE_NOTE, WIRE_LINE, WIRE_BREACH, WIRE_DEVIATION };

struct wire_event {
	enum wire_kind kind;
	int64_t t_ns;     /* since the run's start */
	const char *text; /* one line, printable ASCII for tx and rx (\r \n \xHH), else UTF-8 */
	size_t len;
};

typedef void wire_fn(void *user, const struct wire_event *event);
/* Calls fn for each event of the attempt in order. 0, or -1 with *error. */
int wire_each(const struct run *run, const struct run_case *c, const struct run_attempt *a,
	wire_fn *fn, void *user, struct error *error);

const char *wire_kind_name(enum wire_kind kind); /* "tx", "rx", "note" … */

enum wire_style {
	WIRE_TEXT, /* one event a line: ms since the lease, ms since the event before, arrow, bytes
		    */
	WIRE_JSON, /* elements of a JSON list, safe inside <script>: [us since the lease, kind,
		      bytes] */
};

/* The same as text of at most about `limit` bytes: the beginning and the end, and in between a line
 * (an element of kind "cut") that says how much was left out. */
int wire_collect(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a, enum wire_style style, size_t limit, struct error *error);

#endif
