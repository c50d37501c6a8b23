/* SPDX-License-Identifier: MIT */
/* The lines of a file, one at a time, in bounded memory and without a file position of their own,
 * so that several readers can share one descriptor. */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_LONGEST (16 << 20) /* bytes; the journal's writer stays far below */

struct lines {
	int fd;
	int64_t offset; /* in the file, of the byte at data[start] */
	int64_t stop;   /* read no byte from here on; -1: to the end */
	char *data;
	size_t start, len, cap;
	bool eof;
};

void lines_init(struct lines *l, int fd, int64_t from, int64_t stop);
void lines_finish(struct lines *l);
/* 1: a line (without its line end; *whole cleared when the line end is missing), 0: the end, or
 * -errno, -E2BIG for a line that is too long. *text is valid until the next call; *at is its
 * offset. */
int lines_next(struct lines *l, const char **text, size_t *len, int64_t *at, bool *whole);

#endif
