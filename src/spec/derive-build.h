/* SPDX-License-Identifier: MIT */
/* What the parts of the derivation share. Private to src/spec. */
#ifndef SPEC_DERIVE_BUILD_H
#define SPEC_DERIVE_BUILD_H

#include "spec/arena.h"
#include "spec/derive.h"
#include "spec/syntax.h"

enum { SLOTS_MAX = 16, GROUPS_MAX = 8, SHAPES_MAX = 32 };

/* A parameter's place in a command line. */
struct slot {
	const struct parameter *parameter;
	bool optional;
	bool quoted; /* the syntax prints the quotes */
};

/* A command line of which some optional groups are given. */
struct shape {
	uint32_t groups; /* bit n: group n, in the order of their opening brackets */
	size_t count;    /* parameters given */
};

struct line_syntax {
	struct syntax *tree;
	const char *head; /* all before the first parameter */
	struct slot slots[SLOTS_MAX];
	size_t slot_count;
	size_t group_count;
	struct shape shapes[SHAPES_MAX]; /* the last one is complete */
	size_t shape_count;
};

/* Wire texts by slot. */
struct values {
	const char *text[SLOTS_MAX];
};

/* Values by slot, as a query shows them. */
struct set_values {
	const char *value[SLOTS_MAX];
};

struct builder {
	struct arena *arena;
	const struct command *command;
	struct derived *out;
	const struct form *form; /* the one cases are made for */
	const char *prefix;      /* "set", "execute" */
	struct line_syntax line;
	bool has_state;    /* a query shows what could change */
	bool can_put_back; /* and everything needed to set it again */
};

/* derive-line.c: command lines out of syntax and values. */
bool line_parse(struct arena *a, const struct command *command, const struct form *form,
	struct line_syntax *out, const char **why);
const struct shape *line_full_shape(const struct line_syntax *line);
bool line_allows(const struct line_syntax *line, size_t count);
/* Indices of the slots that the shape gives. */
size_t line_given_slots(
	const struct line_syntax *line, const struct shape *shape, size_t slots[SLOTS_MAX]);
const char *line_render(struct arena *a, const struct line_syntax *line, const struct shape *shape,
	const struct values *values);
/* The first `count` values behind the head, whatever the syntax says. */
const char *line_render_first(
	struct arena *a, const struct line_syntax *line, const struct values *values, size_t count);
/* A value as it stands on the wire: quoted and escaped where its type wants it. */
const char *slot_wire_text(struct arena *a, const struct slot *slot, const char *value);
void typical_values(struct arena *a, const struct line_syntax *line, struct values *out);

/* derive-name.c: "-1" -> "minus_1", "" -> "empty". */
const char *name_of_value(struct arena *a, const char *text);
const char *unique_name(struct arena *a, const struct derived *d, const char *name);

/* derive-step.c */
/* Whether this kind of case is left out on purpose. */
bool is_unscored(const struct form *form, const char *kind);
struct derived_case *add_case(
	struct builder *b, const char *name, const char *requirement, int file_line);
void add_tag(struct builder *b, struct derived_case *c, const char *tag);
void add_need(struct builder *b, struct derived_case *c, const char *need);
struct step *add_step(
	struct builder *b, struct derived_case *c, enum step_kind kind, const char *claim);
struct step *add_send(struct builder *b, struct derived_case *c, const char *send,
	const char *final, const char *claim);
/* A set or execute command that is to be accepted: response and effects of the form. The values in
 * it, or NULL. */
struct step *add_accepted(
	struct builder *b, struct derived_case *c, const char *send, const struct values *values);
/* How many bytes follow behind a prompt, by the values or the typical ones; NULL: none do. */
const char *data_length(const struct builder *b, const struct values *values);
void add_check(struct builder *b, struct step *s, const struct check *check);
/* Asks and remembers everything under "before." */
void add_before(struct builder *b, struct derived_case *c);
/* Asks and compares with what was before. */
void add_unchanged(struct builder *b, struct derived_case *c, const char *claim);
/* Asks and compares with the values. */
void add_shows(
	struct builder *b, struct derived_case *c, const struct set_values *set, const char *claim);
/* Sets what was before; with no query, the typical values. NULL when there is nothing to do. */
struct step *add_put_back(struct builder *b, struct derived_case *c);
void find_state(struct builder *b);
/* Whether the query shows the parameter, and it stays as it is set. */
bool is_shown(struct builder *b, const struct parameter *p);
/* The facilities for a line format that is not the typical one. */
void add_format_needs(struct builder *b, struct derived_case *c, const struct values *values);

/* derive-setup.c: puts setup and teardown round the steps of all cases made so far, and adds the
 * facilities that their values ask for. */
void derive_setup(struct builder *b);

/* derive-tags.c: `destructive` and `nvs`, from what the steps of all cases send. */
void derive_tags(struct builder *b, const struct spec *spec);

/* derive-set.c: all cases of a form with parameters. */
void derive_parameters(struct builder *b);
void derive_arities(struct builder *b);
void derive_state(struct builder *b);

#endif
