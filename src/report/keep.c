/* SPDX-License-Identifier: MIT */
#include "report/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 65536

struct keep {
	struct keep *next;
	size_t used, size;
	_Alignas(void *) char bytes[];
};

static void *or_die(void *p)
{
	if (!p) {
		fputs("atconform: out of memory\n", stderr);
		abort();
	}
	return p;
}

static struct keep *block_with(struct keep **k, size_t size)
{
	struct keep *block = *k;
	if (block && block->size - block->used >= size)
		return block;
	size_t room = size > BLOCK ? size : BLOCK;
	block = or_die(malloc(sizeof(*block) + room));
	*block = (struct keep){ .next = *k, .size = room };
	*k = block;
	return block;
}

char *keep_bytes(struct keep **k, const void *bytes, size_t len)
{
	struct keep *block = block_with(k, len + 1);
	char *copy = block->bytes + block->used;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	block->used += len + 1;
	return copy;
}

void *keep_room(struct keep **k, size_t size)
{
	struct keep *block = block_with(k, size + sizeof(void *));
	size_t used = (block->used + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
	block->used = used + size;
	return block->bytes + used;
}

void keep_destroy(struct keep *k)
{
	while (k) {
		struct keep *next = k->next;
		free(k);
		k = next;
	}
}

void *keep_grow(void *array, size_t count, size_t element)
{
	/* Doubled at each power of two: no capacity to keep in step. */
	if (count & (count - 1))
		return array;
	size_t room = count ? count * 2 : 1;
	return or_die(reallocarray(array, room, element));
}
