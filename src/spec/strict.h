/* SPDX-License-Identifier: MIT */
/* Strict JSON for files that people write: duplicate and unknown keys are errors, and every error
 * has file, line and column. jansson values carry no position, so a scanner finds it when needed.
 */
#ifndef SPEC_STRICT_H
#define SPEC_STRICT_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

struct strict_position;

struct strict {
	json_t *root;
	char *text;
	size_t len;
	char *file;
	struct strict_position *positions; /* of every value, made at the first question */
	size_t position_count;
};

/* Reads and parses. 0, or -1 with *error (file missing, not UTF-8, syntax, duplicate key). */
int strict_open(struct strict *s, const char *path, struct error *error);
/* The same for files that a program wrote: they may be large. */
int strict_open_large(struct strict *s, const char *path, struct error *error);
void strict_close(struct strict *s);
/* Line (and column, may be NULL) of a value; path such as "parameters.baudrate.min" or
 * "requirements[3].id" ("" is the whole); the key's own position. When there is no such value, that
 * of the nearest one around it. */
int strict_line(struct strict *s, const char *path, int *column);
/* Fills *error with the position of `path`. Returns -1. */
int strict_error(struct strict *s, struct error *error, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Refuses keys of the object at `path` that are not in the NULL-terminated list. */
int strict_keys(struct strict *s, const char *path, const json_t *object, const char *const keys[],
	struct error *error);

#endif
