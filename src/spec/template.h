/* SPDX-License-Identifier: MIT */
/* Line templates such as +UART_CUR:<baudrate>,<databits> compiled to PCRE2 patterns with one named
 * group a field, typed by the command's parameter table. */
#ifndef SPEC_TEMPLATE_H
#define SPEC_TEMPLATE_H

#include "spec/spec.h"

struct template;

/* Compiles; command may be NULL (then every field is free text up to the next literal). Text that
 * begins with "re:" is a PCRE2 pattern by itself. NULL with *error filled (file empty). */
struct template *template_create(
	const char *text, const struct command *command, struct error *error);
void template_destroy(struct template *t);
/* Whether the whole line fits, fields within their types and ranges; *why (may be NULL) says what
 * does not, in a static buffer. */
bool template_match(struct template *t, const char *line, size_t len, const char **why);
/* After a match: the field's text (quotes removed), or NULL when it took no part. Valid until the
 * next match. */
const char *template_field(struct template *t, const char *name);
/* Names of the fields in order of appearance; NULL behind the last. */
const char *template_field_name(const struct template *t, size_t index);

#endif
