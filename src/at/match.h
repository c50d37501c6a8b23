/* SPDX-License-Identifier: MIT */
/* Compares the lines that came with the lines that a case expects. Pure: no channel, no clock. */
#ifndef AT_MATCH_H
#define AT_MATCH_H

#include "base/buf.h"
#include "spec/spec.h"
#include "spec/template.h"

#include <stdbool.h>
#include <stddef.h>

enum { MATCH_MAX_LINES = 512, MATCH_MAX_WORDS = 64 };

/* A line that came. */
struct got_line {
	char *text; /* NUL-terminated, without line end; NULs inside are kept */
	size_t len;
	bool skippable; /* may belong to the response, or have come in between */
	bool urc;       /* known unsolicited line: kept for urc() when it came in between */
	bool taken;     /* set by a match: belongs to the response, as its `word`th line */
	size_t word;
};

struct got {
	struct got_line *lines;
	size_t count;
	char *final; /* NULL: none came */
};

void got_finish(struct got *got);
/* False when there is no room for more. */
bool got_add(struct got *got, const char *text, size_t len, bool urc);
/* The lines and the final result, one a line. */
void got_describe(const struct got *got, struct buf *out);

/* One expected line. */
struct word {
	const char *text;
	struct template *template; /* NULL: the text is literal */
	bool repeat, optional;
};

struct expectation {
	struct word words[MATCH_MAX_WORDS];
	size_t count;
	const char *final; /* NULL: no final result is part of it */
};

void expectation_finish(struct expectation *e);
/* A word of a case: literal, or marked as template or pattern ("\001…", "\002…"). */
bool expectation_add_word(struct expectation *e, const char *word, const struct command *command,
	struct error *error);
/* A line of the model. */
bool expectation_add_line(struct expectation *e, const struct response_line *line,
	const struct command *command, struct error *error);
void expectation_describe(const struct expectation *e, struct buf *out);
/* Whether all of it fits, and marks the lines taken. *why (may be NULL): what does not fit. */
bool expectation_match(const struct expectation *e, struct got *got, const char **why);

/* Fields of the templates of the last response that had any. */
struct fields {
	struct field {
		char *name, *value;
	} * items;
	size_t count;
};

void fields_finish(struct fields *f);
void fields_set(struct fields *f, const char *name, const char *value);
const char *fields_get(const struct fields *f, const char *name);
/* Takes them from a response that matched; leaves them alone when it has no template. */
void fields_take(struct fields *f, const struct expectation *e, const struct got *got);

#endif
