/* SPDX-License-Identifier: MIT */
/* What the tests of the line and monitor rooms share: a grammar, pieces as text, recordings. */
#ifndef TESTS_LINE_PIECES_H
#define TESTS_LINE_PIECES_H

#include "base/buf.h"
#include "line/line.h"

enum { PIECES_KINDS = LINE_NOISE + 1 };

extern const struct line_grammar pieces_grammar;

/* Adds a piece as text: "ECHO AT", "." (blank), "INFO …", "FINAL+ OK", "FINAL- ERROR", with '!'
 * when nothing was pending, "PROMPT", "URC …", "DATA[link]2/4 …", "NOISE …"; " | " in between. Data
 * that was cut is put together again. */
struct pieces {
	struct buf text;
	struct buf bytes;     /* all pieces together */
	struct buf data;      /* payload not yet shown */
	struct line_piece at; /* its last part */
	size_t counts[PIECES_KINDS];
};

void pieces_add(struct pieces *p, const struct line_piece *piece);
const char *pieces_text(struct pieces *p);
void pieces_finish(struct pieces *p);

/* One direction of a recorded session at a time. */
typedef void recording_fn(
	void *user, char direction, const void *bytes, size_t len, double seconds);
/* Calls fn for each recorded chunk. False when the file can't be read. */
bool recording_play(const char *path, recording_fn *fn, void *user);

#endif
