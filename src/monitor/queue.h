/* SPDX-License-Identifier: MIT */
/* Bytes that one side has and the other does not yet: a queue with a limit. */
#ifndef MONITOR_QUEUE_H
#define MONITOR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_MAX = 1 << 20 };

struct queue {
	uint8_t *data;
	size_t size, head, len; /* a ring; size is a power of two, or 0 */
};

void queue_finish(struct queue *s);
/* False when it would be more than the limit; nothing is added then. */
bool queue_add(struct queue *s, const void *bytes, size_t len);
/* How many of the bytes are the next ones from `from` on. */
size_t queue_same(const struct queue *s, size_t from, const void *bytes, size_t len);
void queue_drop(struct queue *s, size_t len);
/* The byte at a place; 0 behind the end. */
uint8_t queue_at(const struct queue *s, size_t place);

#endif
