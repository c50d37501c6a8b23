/* SPDX-License-Identifier: MIT */
/* Every byte of the recorded sessions belongs to a piece, however the chunks are cut. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "pieces.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay {
	struct line *line;
	struct pieces pieces;
	struct buf received;
	size_t cut; /* bytes fed at a time; 0: as recorded */
};

static void feed(struct replay *r, const char *bytes, size_t len)
{
	struct line_piece piece;
	line_feed(r->line, bytes, len, 0);
	while (line_next(r->line, &piece))
		pieces_add(&r->pieces, &piece);
}

static void chunk(void *user, char direction, const void *bytes, size_t len, double seconds)
{
	struct replay *r = user;
	(void)seconds;
	if (direction == '>') {
		line_sent(r->line, bytes, len);
		return;
	}
	buf_append(&r->received, bytes, len);
	size_t step = r->cut ? r->cut : len;
	for (size_t at = 0; at < len; at += step)
		feed(r, (const char *)bytes + at, len - at < step ? len - at : step);
}

static char *replay(size_t cut, size_t *counts)
{
	struct replay r = { .line = line_create(&pieces_grammar), .cut = cut };
	cr_assert(recording_play(TRANSCRIPTS "/esp-at-2.0.0.jsonl", chunk, &r));
	struct line_piece piece;
	cr_assert_not(line_next(r.line, &piece));
	cr_assert_eq(r.pieces.bytes.len, r.received.len);
	cr_assert_arr_eq(r.pieces.bytes.data, r.received.data, r.received.len);
	if (getenv("SHOW_PIECES"))
		puts(pieces_text(&r.pieces));
	for (size_t i = 0; i < PIECES_KINDS; i++)
		counts[i] = r.pieces.counts[i];
	pieces_text(&r.pieces);
	char *text = buf_take(&r.pieces.text);
	pieces_finish(&r.pieces);
	buf_finish(&r.received);
	line_destroy(r.line);
	return text;
}

Test(transcript, every_byte_is_classified)
{
	size_t counts[PIECES_KINDS];
	char *text AUTO_FREE = replay(0, counts);
	cr_expect_null(strstr(text, "FINAL+!"));
	cr_expect_null(strstr(text, "FINAL-!"));
	cr_expect_eq(counts[LINE_ECHO], 10, "%zu", counts[LINE_ECHO]);
	cr_expect_eq(counts[LINE_BLANK], 326, "%zu", counts[LINE_BLANK]);
	cr_expect_eq(counts[LINE_INFO], 162, "%zu", counts[LINE_INFO]);
	cr_expect_eq(counts[LINE_FINAL], 302, "%zu", counts[LINE_FINAL]);
	cr_expect_eq(counts[LINE_PROMPT], 9, "%zu", counts[LINE_PROMPT]);
	cr_expect_eq(counts[LINE_URC], 39, "%zu", counts[LINE_URC]);
	cr_expect_eq(counts[LINE_PAYLOAD], 12, "%zu", counts[LINE_PAYLOAD]);
	cr_expect_eq(counts[LINE_NOISE], 0, "%zu", counts[LINE_NOISE]);
}

Test(transcript, cuts_change_nothing)
{
	size_t counts[PIECES_KINDS];
	char *whole AUTO_FREE = replay(0, counts);
	static const size_t cuts[] = { 1, 2, 3, 5, 7, 64 };
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		char *cut AUTO_FREE = replay(cuts[i], counts);
		cr_assert_str_eq(cut, whole);
	}
}
