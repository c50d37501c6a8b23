/* SPDX-License-Identifier: MIT */
/* When all lines have been tried: which boards can be used, and whether they are of one firmware. A
 * verdict is to be the same on whichever board the case happens to run. */
#include "rig/internal.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 60 };

/* "line 1 (serial:/dev/ttyUSB1)": programs that are started several times have one address. */
static void name_line(struct buf *out, const struct lane *lane)
{
	size_t len = strlen(lane->address);
	buf_printf(out, "line %d (", lane->index);
	text_visible(out, lane->address, len < SHOWN ? len : SHOWN);
	buf_puts(out, len < SHOWN ? ")" : "...)");
}

/* ---- boards that can't be used ---- */

/* The first of them with its reason, and how many there are. */
static void refuse_unusable(struct rig *rig, size_t failed)
{
	struct buf text AUTO_BUF = { 0 };
	const struct lane *first = rig->lanes;
	while (!first->failed)
		first++;
	if (failed > 1)
		buf_printf(&text, "%zu of %zu boards can't be used, the first: ", failed,
			rig->lane_count);
	buf_puts(&text, first->error.text);
	if (failed < rig->lane_count)
		buf_printf(
			&text, " (--fewer-boards goes on without %s)", failed > 1 ? "them" : "it");
	rig_stop(rig, RIG_UNUSABLE, 0, buf_text(&text));
}

/* False: the run is over. */
static bool sort_out(struct rig *rig)
{
	size_t failed = rig->lane_count - rig->usable;
	if (failed && (!rig->plan->fewer_boards || failed == rig->lane_count)) {
		refuse_unusable(rig, failed);
		return false;
	}
	return true;
}

/* ---- firmware ---- */

static const struct lane *next_usable(const struct rig *rig, const struct lane *after)
{
	const struct lane *end = rig->lanes + rig->lane_count;
	const struct lane *lane = after ? after + 1 : rig->lanes;
	while (lane < end && lane->failed)
		lane++;
	return lane < end ? lane : NULL;
}

static bool same_firmware(const struct lane *a, const struct lane *b)
{
	return strcmp(buf_text(&a->firmware), buf_text(&b->firmware)) == 0;
}

/* The first line of a's version that b does not have in the same place, for people. */
static void quote_difference(struct buf *out, const struct lane *a, const struct lane *b)
{
	const char *x = buf_text(&a->firmware);
	const char *y = buf_text(&b->firmware);
	while (*x) {
		size_t len = strcspn(x, "\n");
		size_t other = strcspn(y, "\n");
		if (len != other || memcmp(x, y, len) != 0)
			break;
		x += len + (x[len] == '\n');
		y += other + (y[other] == '\n');
	}
	size_t len = strcspn(x, "\n");
	if (!len) {
		buf_puts(out, *buf_text(&a->firmware) ? "nothing more" : "nothing");
		return;
	}
	buf_putc(out, '"');
	buf_append(out, x, len < SHOWN ? len : SHOWN);
	buf_puts(out, len < SHOWN ? "\"" : "...\"");
}

/* False: the boards differ, and the run is over. */
static bool compare_firmware(struct rig *rig)
{
	struct buf text AUTO_BUF = { 0 };
	const struct lane *first = next_usable(rig, NULL);
	const struct lane *other = next_usable(rig, first);
	while (other && same_firmware(first, other))
		other = next_usable(rig, other);
	if (!other)
		return true;
	buf_puts(&text, "the boards differ in firmware: to AT+GMR ");
	name_line(&text, first);
	buf_puts(&text, " says ");
	quote_difference(&text, first, other);
	buf_puts(&text, ", ");
	name_line(&text, other);
	buf_puts(&text, " says ");
	quote_difference(&text, other, first);
	if (rig->plan->mixed_firmware) {
		header_note(rig, -1, buf_text(&text));
		return true;
	}
	buf_puts(&text, "; run them apart, or allow it with --mixed-firmware");
	rig_stop(rig, RIG_UNUSABLE, 0, buf_text(&text));
	return false;
}

/* What each of several boards is: their cases are told apart by it. */
static void write_board(const struct lane *lane)
{
	struct buf *line = journal_begin(lane->journal, "board", -1);
	journal_int(line, "l", lane->index);
	journal_text(line, "address", lane->address);
	journal_text(line, "firmware", buf_text(&lane->firmware));
	journal_end(lane->journal);
}

void opening_done(struct lane *lane)
{
	struct rig *rig = lane->rig;
	if (rig->stopping)
		return;
	rig->opened++;
	if (lane->ok) {
		rig->usable++;
		lane->state = LANE_STALE;
		/* A run that was killed has left it somewhere. */
		lane->dirty = rig->plan->resume != NULL || lane->altered;
		lease_attach(lane);
	} else {
		lane->failed = true;
		if (rig->lane_count > 1)
			schedule_out(lane);
	}
	if (lane->ok && rig->lane_count > 1)
		write_board(lane);
	bool all = rig->opened == rig->lane_count && sort_out(rig) && compare_firmware(rig);
	/* Without a pass there are only settings to put back. */
	if (all && !pass_begin(rig) && !rig->stopping)
		event_base_loopbreak(rig->base);
}
