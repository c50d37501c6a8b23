/* SPDX-License-Identifier: MIT */
#include "monitor/queue.h"

#include <stdlib.h>
#include <string.h>

void queue_finish(struct queue *s)
{
	free(s->data);
	*s = (struct queue){ 0 };
}

static void grow(struct queue *s, size_t need)
{
	size_t size = s->size ? s->size : 4096;
	while (size < need)
		size *= 2;
	uint8_t *data = malloc(size);
	if (!data)
		abort();
	size_t first = s->size - s->head < s->len ? s->size - s->head : s->len;
	if (s->len) {
		memcpy(data, s->data + s->head, first);
		memcpy(data + first, s->data, s->len - first);
	}
	free(s->data);
	s->data = data;
	s->size = size;
	s->head = 0;
}

bool queue_add(struct queue *s, const void *bytes, size_t len)
{
	if (len > QUEUE_MAX - s->len)
		return false;
	if (!len)
		return true;
	if (s->len + len > s->size)
		grow(s, s->len + len);
	size_t at = (s->head + s->len) & (s->size - 1);
	size_t first = s->size - at < len ? s->size - at : len;
	memcpy(s->data + at, bytes, first);
	memcpy(s->data, (const uint8_t *)bytes + first, len - first);
	s->len += len;
	return true;
}

static size_t same_run(const uint8_t *a, const uint8_t *b, size_t len)
{
	if (memcmp(a, b, len) == 0)
		return len;
	size_t n = 0;
	while (a[n] == b[n])
		n++;
	return n;
}

size_t queue_same(const struct queue *s, size_t from, const void *bytes, size_t len)
{
	size_t have = from < s->len ? s->len - from : 0;
	if (len > have)
		len = have;
	if (!len)
		return 0;
	size_t at = (s->head + from) & (s->size - 1);
	size_t first = s->size - at < len ? s->size - at : len;
	size_t same = same_run(s->data + at, bytes, first);
	if (same < first || first == len)
		return same;
	return first + same_run(s->data, (const uint8_t *)bytes + first, len - first);
}

void queue_drop(struct queue *s, size_t len)
{
	if (len > s->len)
		len = s->len;
	if (!len)
		return;
	s->head = (s->head + len) & (s->size - 1);
	s->len -= len;
}

uint8_t queue_at(const struct queue *s, size_t place)
{
	return place < s->len ? s->data[(s->head + place) & (s->size - 1)] : 0;
}
