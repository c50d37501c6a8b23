/* SPDX-License-Identifier: MIT */
#include "report/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256 << 10)

void lines_init(struct lines *l, int fd, int64_t from, int64_t stop)
{
	*l = (struct lines){ .fd = fd, .offset = from, .stop = stop };
}

void lines_finish(struct lines *l)
{
	free(l->data);
	l->data = NULL;
}

static int make_room(struct lines *l)
{
	if (l->start) {
		memmove(l->data, l->data + l->start, l->len - l->start);
		l->offset += (int64_t)l->start;
		l->len -= l->start;
		l->start = 0;
	}
	if (l->cap - l->len >= CHUNK)
		return 0;
	if (l->cap >= LINES_LONGEST)
		return -E2BIG;
	size_t cap = l->cap ? l->cap * 2 : 2 * CHUNK;
	char *data = realloc(l->data, cap);
	if (!data)
		return -ENOMEM;
	l->data = data;
	l->cap = cap;
	return 0;
}

static int fill(struct lines *l)
{
	int error = make_room(l);
	if (error)
		return error;
	int64_t at = l->offset + (int64_t)l->len;
	size_t want = l->cap - l->len;
	if (l->stop >= 0 && (int64_t)want > l->stop - at)
		want = l->stop > at ? (size_t)(l->stop - at) : 0;
	ssize_t n;
	do
		n = want ? pread(l->fd, l->data + l->len, want, at) : 0;
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->eof = n == 0;
	l->len += (size_t)n;
	return 0;
}

int lines_next(struct lines *l, const char **text, size_t *len, int64_t *at, bool *whole)
{
	size_t seen = 0; /* bytes already searched for a line end */
	for (;;) {
		size_t left = l->len - l->start;
		char *end =
			left > seen ? memchr(l->data + l->start + seen, '\n', left - seen) : NULL;
		if (end || (l->eof && left)) {
			size_t n = end ? (size_t)(end - (l->data + l->start)) : left;
			*text = l->data + l->start;
			*len = n;
			*at = l->offset + (int64_t)l->start;
			*whole = end != NULL;
			l->start += n + (end ? 1 : 0);
			return 1;
		}
		if (l->eof)
			return 0;
		seen = left;
		int error = fill(l);
		if (error)
			return error;
	}
}
