/* SPDX-License-Identifier: MIT */
/* A complete response against the alternatives that the model gives: information lines in order,
 * some optional, some repeated, and the fields read out of them. */
#ifndef SPEC_RESPONSE_H
#define SPEC_RESPONSE_H

#include "spec/spec.h"

struct response_field {
	char *name, *text;
};

struct response_fields {
	struct response_field *items;
	size_t count;
};

/* Whether all lines (no echo, blank lines, URCs or final result among them) are one of the
 * alternatives. `fields`, may be NULL, is filled (free it with response_fields_finish); of a field
 * that comes more than once the first is kept. *why, may be NULL: what the best alternative lacks,
 * in a static buffer. count 0: no line may come. */
bool response_match(const struct response *alternatives, size_t count,
	const struct command *command, const char *const *lines, size_t line_count,
	struct response_fields *fields, const char **why);
void response_fields_finish(struct response_fields *fields);
const char *response_field(const struct response_fields *fields, const char *name); /* or NULL */
/* "ERR CODE:0x01090000", which may stand before ERROR. */
bool response_is_error_code(const char *line);

#endif
