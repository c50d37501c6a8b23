/* SPDX-License-Identifier: MIT */
/* Memory that lives as long as a run: many small strings in few blocks, and arrays that grow. */
#ifndef REPORT_KEEP_H
#define REPORT_KEEP_H

#include <stddef.h>

struct keep; /* a list of blocks; NULL is the empty one */

char *keep_bytes(struct keep **k, const void *bytes, size_t len); /* NUL behind the last */
void *keep_room(struct keep **k, size_t size);                    /* aligned for pointers */
void keep_destroy(struct keep *k);

/* Makes room for one more element of an array that only ever grows by this call. */
void *keep_grow(void *array, size_t count, size_t element);

#define KEEP_ADD(array, count)                                                                     \
	(*((array) = keep_grow((array), (count), sizeof(*(array))), &(array)[(count)++]))

#endif
