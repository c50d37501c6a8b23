/* SPDX-License-Identifier: MIT */
/* A bump allocator: chunks in a list, nothing freed before the end. */
#include "spec/arena.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 32 * 1024, ALIGNMENT = 16 };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char bytes[];
};

struct arena {
	struct chunk *chunks;
};

static void *out_of_memory(void)
{
	log_error("out of memory");
	abort();
}

struct arena *arena_create(void)
{
	struct arena *a = calloc(1, sizeof(*a));
	return a ? a : out_of_memory();
}

void arena_destroy(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *next, *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 2)
		return out_of_memory();
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	struct chunk *c = a->chunks;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return out_of_memory();
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	void *p = c->bytes + c->used;
	c->used += size;
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);
	memcpy(copy, text, len);
	return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = arena_alloc(a, (size_t)(len < 0 ? 0 : len) + 1);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

/* The capacity follows from the count: it doubles whenever the count is a power of two. */
static bool is_full(size_t count)
{
	return (count & (count - 1)) == 0;
}

void *arena_push(struct arena *a, void *array_pointer, size_t *count, size_t element_size)
{
	char *array;
	memcpy(&array, array_pointer, sizeof(array));
	if (is_full(*count)) {
		char *larger = arena_alloc(a, (*count ? *count * 2 : 1) * element_size);
		if (*count)
			memcpy(larger, array, *count * element_size);
		array = larger;
		memcpy(array_pointer, &array, sizeof(array));
	}
	return array + (*count)++ * element_size;
}

void arena_push_text(struct arena *a, const char ***list, const char *text)
{
	size_t count = 0;
	while (*list && (*list)[count])
		count++;
	const char **longer = arena_alloc(a, (count + 2) * sizeof(*longer));
	if (count)
		memcpy(longer, *list, count * sizeof(*longer));
	longer[count] = text;
	*list = longer;
}
