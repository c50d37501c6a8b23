/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once: strings and tables of one model live and die together. */
#ifndef SPEC_ARENA_H
#define SPEC_ARENA_H

#include <stddef.h>

struct arena;
struct arena *arena_create(void);    /* out of memory ends the program */
void arena_destroy(struct arena *a); /* NULL is fine */
/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_text(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
/* Makes room for one more element behind `count` of them and returns it, zeroed. The array may
 * move. */
void *arena_push(struct arena *a, void *array_pointer, size_t *count, size_t element_size);
/* The same for NULL-terminated lists of texts. */
void arena_push_text(struct arena *a, const char ***list, const char *text);

#endif
