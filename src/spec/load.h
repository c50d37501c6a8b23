/* SPDX-License-Identifier: MIT */
/* What the parts of the loader share. Private to src/spec. */
#ifndef SPEC_LOAD_H
#define SPEC_LOAD_H

#include "spec/arena.h"
#include "spec/spec.h"
#include "spec/strict.h"

/* Where the reader is: the file, and the path of the value inside it. */
struct loader {
	struct strict strict;
	struct arena *arena;
	struct arena *scratch; /* for templates that are only checked */
	struct error *error;
	const char *file; /* in the arena */
	char path[512];
	size_t path_len;
};

enum field_type {
	FIELD_STRING, /* const char *, not empty */
	FIELD_TEXT,   /* const char *, may be empty */
	FIELD_BOOL,
	FIELD_LINE,    /* int, 1 … 100000 */
	FIELD_PERCENT, /* int, 0 … 100 */
	FIELD_INTEGER, /* int64_t */
	FIELD_LIST,    /* const char **, NULL-terminated, of non-empty strings */
	FIELD_OTHER,   /* read elsewhere; only known here */
};

struct field {
	const char *key; /* NULL ends the table */
	enum field_type type;
	size_t offset;
	bool required;
};

int load_open(struct loader *l, const char *path, struct arena *arena, struct error *error);
void load_close(struct loader *l);
/* Steps into a member or an element; leave with load_up(mark). */
size_t load_into(struct loader *l, const char *key);
size_t load_into_index(struct loader *l, size_t index);
void load_up(struct loader *l, size_t mark);
/* Error at the member `key` of where the reader is (NULL: there itself). Returns -1. */
int load_error(struct loader *l, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Line of the member `key` of where the reader is. */
int load_line(struct loader *l, const char *key);
/* Reads the fields of an object; unknown and missing keys are errors. Lists are never NULL. */
int load_fields(struct loader *l, const json_t *object, const struct field *fields, void *out);
/* Calls `each` for every element of the array member `key`; absent is fine. */
int load_array(struct loader *l, const json_t *object, const char *key,
	int (*each)(struct loader *l, const json_t *value, void *user), void *user);

/* Adds what the file holds to the spec. */
int load_command_file(struct loader *l, struct spec *spec, const char *family, const char *suite);
int load_general_file(struct loader *l, struct spec *spec);
/* "requirements" and "deviations" of an object; ids begin with one of the prefixes. */
struct load_owner {
	struct spec *spec;
	const struct command *command; /* NULL: the general model */
	const char *section;
	const char *prefixes[2];
	size_t first_requirement, first_deviation; /* of this file, in the spec */
};
int load_requirements(struct loader *l, const json_t *root, struct load_owner *owner);
int load_deviations(struct loader *l, const json_t *root, struct load_owner *owner);
/* "response" or "responses" of an object. */
int load_responses(struct loader *l, const json_t *object, struct response **out, size_t *count);
int load_response(struct loader *l, const json_t *array, struct response *out);
/* "forms", "parameters", "examples" of a command. */
int load_forms(struct loader *l, const json_t *root, struct command *command);
/* "parameters" of a command or of a form. */
int load_parameters(struct loader *l, const json_t *object, struct parameter **out, size_t *count);
int load_peers(struct loader *l, const json_t *root, struct command *command);
int load_examples(struct loader *l, const json_t *root, struct command *command);
/* Whether everything in the file fits together. */
int load_check_command(struct loader *l, const struct spec *spec, const struct command *command,
	const struct load_owner *owner);
int load_check_parameter(struct loader *l, const struct parameter *p);
/* Setup and teardown hold command lines; the word of "timeout" is one that a bench has. */
int load_check_setup(struct loader *l, const char *const *setup, const char *const *teardown);
int load_check_timeout(struct loader *l, const struct form *form);
/* "value_needs" of a parameter: an object from value to a list of facilities. */
int load_value_needs(struct loader *l, const json_t *object, struct parameter *p);
/* Whether `id`, given at member `key`, is a requirement. NULL is fine. */
int load_check_id(struct loader *l, const struct spec *spec, const char *key, const char *id);

#endif
