/* SPDX-License-Identifier: MIT */
/* Text for readers: what the IUT and others wrote, made harmless for terminals, JSON inside HTML
 * and attributes. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/run.h"

#include "base/buf.h"

/* UTF-8 with control, bidirectional and invalid characters made visible, on one line. */
void text_clean(struct buf *out, const char *text);
/* The same with its lines kept. */
void text_clean_lines(struct buf *out, const char *text);
/* On one line, cut after `columns` characters, the cut marked. */
void text_clean_cut(struct buf *out, const char *text, size_t columns);
/* Element text (lines kept) and attribute values (one line) of XML and HTML. */
void text_element(struct buf *out, const char *text);
void text_attribute(struct buf *out, const char *text);
/* A JSON string that may stand inside <script>: pure ASCII, without < > &. */
void text_json_script(struct buf *out, const char *text, size_t len);
/* Quoted for a shell where it must be. */
void text_shell(struct buf *out, const char *word);

/* The command line that repeats one case under the same conditions. */
void text_repeat_command(struct buf *out, const struct run *run, const struct run_case *c);
/* ISO 8601 of a moment of the run, UTC; with fractions and Z, or (`plain`) without both. */
void text_moment(struct buf *out, const struct run *run, int64_t t_ns, bool plain);
/* The same in ms since 1970, 0 when the header's time can't be read. */
int64_t text_moment_ms(const struct run *run, int64_t t_ns);
/* What an attempt has to say, on one line. */
void text_why(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a);
/* What that attempt amounts to by itself: what a waiver's message is held against. */
void text_why_attempt(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a);
/* Why a case stands beside its verdict: who waived it, or what it was in the baseline; or "". */
void text_standing(struct buf *out, const struct run_case *c);
/* An entry that does not hold, with its place, and why. */
void text_waiver(struct buf *out, const struct run *run, const struct run_waiver *w);
/* The baseline in a few words; "" when there is none. */
void text_baseline(struct buf *out, const struct run *run);
/* One of the runs that this one is merged from. */
void text_part(struct buf *out, const struct run *run, const struct run_part *p);
/* "attempt 2 (repeated)". */
void text_attempt(struct buf *out, const struct run_attempt *a);
/* Where the time went: "wall 412 s = line 301 s + demanded waits 80 s + … (ratio 1.08)"; "" when
 * the journal does not tell. */
void text_time(struct buf *out, const struct run *run);
/* Shard, order, repetitions, retries, resumption, as far as there are any: "" for a plain run. */
void text_schedule(struct buf *out, const struct run *run);

#endif
