/* SPDX-License-Identifier: MIT */
#include "report/board.h"

#include "base/cleanup.h"
#include "report/reader.h"
#include "report/text.h"

#include <string.h>

enum { FIRMWARE_SHOWN = 80 };

/* ---- reading ---- */

static int find(struct reader *r, struct run_board **out)
{
	struct run *run = r->run;
	struct lane *lane;
	int l;
	if (reader_lane(r, &lane, &l))
		return -1;
	for (size_t i = 0; i < run->board_count; i++) {
		*out = &run->boards[i];
		if ((*out)->line == l)
			return 0;
	}
	const struct run_board fresh = { .line = l, .address = "", .firmware = "", .out = "" };
	KEEP_ADD(run->boards, run->board_count) = fresh;
	/* By their lines, whichever was opened first. */
	size_t at = run->board_count - 1;
	for (; at > 0 && run->boards[at - 1].line > l; at--)
		run->boards[at] = run->boards[at - 1];
	run->boards[at] = fresh;
	*out = &run->boards[at];
	return 0;
}

/* A run that was resumed says it again; its board may have been mended. */
int read_board(struct reader *r)
{
	struct run_board *b;
	if (find(r, &b))
		return -1;
	b->back = *b->out;
	return reader_text(r, "address", &b->address) || reader_text(r, "firmware", &b->firmware)
		       ? -1
		       : 0;
}

int reader_board_out(struct reader *r)
{
	struct run_board *b;
	if (find(r, &b) || reader_text(r, "text", &b->out))
		return -1;
	b->back = false;
	if (*b->address)
		return 0;
	return reader_text(r, "address", &b->address);
}

/* ---- telling ---- */

static size_t attempts_of(const struct run *run, const struct run_board *b)
{
	size_t count = 0;
	for (size_t i = 0; i < run->planned; i++)
		for (size_t k = 0; k < run->cases[i].attempt_count; k++)
			count += run->cases[i].attempts[k].leased &&
				 run->cases[i].attempts[k].line == b->line;
	return count;
}

/* Its lines one behind the other. */
static void firmware_text(struct buf *out, const char *firmware)
{
	AUTO_BUF struct buf line = { 0 };
	for (const char *c = firmware; *c; c++) {
		if (*c == '\n')
			buf_puts(&line, "; ");
		else
			buf_putc(&line, *c);
	}
	text_clean_cut(out, buf_text(&line), FIRMWARE_SHOWN);
}

void board_text(struct buf *out, const struct run *run, const struct run_board *b)
{
	size_t attempts = attempts_of(run, b);
	buf_printf(out, "line %d, ", b->line);
	text_clean(out, b->address);
	buf_puts(out, *b->firmware ? ", firmware " : "");
	firmware_text(out, b->firmware);
	buf_printf(out, ", %zu attempt%s", attempts, attempts == 1 ? "" : "s");
	if (!*b->out)
		return;
	buf_puts(out, b->back ? "; was out until the run was resumed: " : "; out: ");
	text_clean(out, b->out);
}

bool board_stands_out(const struct run *run, const struct run_board *b)
{
	const char *first = "";
	for (size_t i = 0; i < run->board_count && !*first; i++)
		first = run->boards[i].firmware;
	return *b->out || (*b->firmware && strcmp(b->firmware, first) != 0);
}

void boards_json(struct json_out *j, const struct run *run)
{
	if (!run->board_count)
		return;
	out_open(j, "boards", '[');
	for (size_t i = 0; i < run->board_count; i++) {
		const struct run_board *b = &run->boards[i];
		out_open(j, NULL, '{');
		out_number(j, "line", b->line);
		out_text(j, "address", b->address);
		out_text_if(j, "firmware", b->firmware);
		out_number(j, "attempts", (int64_t)attempts_of(run, b));
		if (*b->out) {
			out_text(j, "out", b->out);
			out_flag(j, "back", b->back);
		}
		out_close(j, '}');
	}
	out_close(j, ']');
}
