/* SPDX-License-Identifier: MIT */
/* Splits a command line into words as a shell does, without running one: quotes and backslashes,
 * no variables, no globs. */
#ifndef RIG_WORDS_H
#define RIG_WORDS_H

/* A NULL-terminated vector in one allocation (free it), or NULL when a quote is left open. */
char **words_split(const char *text);

#endif
