/* SPDX-License-Identifier: MIT */
/* The template language as a tree: literal text, <name> fields, [ ... ] optional groups. A
 * backslash makes the next character literal. */
#ifndef SPEC_SYNTAX_H
#define SPEC_SYNTAX_H

#include "spec/arena.h"

#include <stdbool.h>

enum syntax_kind { SYNTAX_LITERAL, SYNTAX_FIELD, SYNTAX_GROUP };

struct syntax {
	struct syntax *next;
	enum syntax_kind kind;
	const char *text;        /* the literal, backslashes removed, or the field's name */
	bool quoted;             /* field: the template prints quotes around it */
	struct syntax *children; /* group */
};

/* false and *why (in a static buffer) when the text is broken; *out is NULL for an empty text. */
bool syntax_parse(struct arena *a, const char *text, struct syntax **out, const char **why);
/* Calls back for every field in order, groups included. Stops and returns what the callback
 * returns when that isn't 0. */
int syntax_fields(
	const struct syntax *tree, int (*field)(void *user, const char *name), void *user);

#endif
