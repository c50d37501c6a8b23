/* SPDX-License-Identifier: MIT */
/* Reads one command's model file. */
#include "spec/load.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[FORM_COUNT] = {
	[FORM_EXECUTE] = "execute",
	[FORM_QUERY] = "query",
	[FORM_SET] = "set",
};

#define PLAIN_FIELDS                                                                               \
	{ "line", FIELD_LINE, offsetof(struct form, line), true },                                 \
		{ "syntax", FIELD_STRING, offsetof(struct form, syntax), true },                   \
		{ "response", FIELD_OTHER, 0, false }, { "responses", FIELD_OTHER, 0, false },     \
		{ "final", FIELD_STRING, offsetof(struct form, final), true },                     \
		{ "requirement", FIELD_STRING, offsetof(struct form, requirement), true },         \
		{ "needs", FIELD_LIST, offsetof(struct form, needs), false },                      \
		{ "setup", FIELD_LIST, offsetof(struct form, setup), false },                      \
		{ "teardown", FIELD_LIST, offsetof(struct form, teardown), false },                \
		{ "unscored", FIELD_OTHER, 0, false },                                             \
		{ "timeout", FIELD_STRING, offsetof(struct form, timeout), false },                \
	{                                                                                          \
		"may_refuse", FIELD_BOOL, offsetof(struct form, may_refuse), false                 \
	}

static const struct field query_fields[] = { PLAIN_FIELDS, { NULL } };
static const struct field set_fields[] = {
	PLAIN_FIELDS,
	{ "name", FIELD_STRING, offsetof(struct form, name), false },
	{ "data", FIELD_STRING, offsetof(struct form, data), false },
	{ "parameters", FIELD_OTHER, 0, false },
	{ "effect", FIELD_STRING, offsetof(struct form, effect), false },
	{ "stored", FIELD_STRING, offsetof(struct form, stored), false },
	{ "destructive", FIELD_BOOL, offsetof(struct form, destructive), false },
	{ "undo", FIELD_TEXT, offsetof(struct form, undo), false },
	{ "omitted", FIELD_STRING, offsetof(struct form, omitted), false },
	{ "missing", FIELD_STRING, offsetof(struct form, missing), false },
	{ "surplus", FIELD_STRING, offsetof(struct form, surplus), false },
	{ "empty", FIELD_STRING, offsetof(struct form, empty), false },
	{ "reads_back", FIELD_STRING, offsetof(struct form, reads_back), false },
	{ "persists", FIELD_STRING, offsetof(struct form, persists), false },
	{ "volatile", FIELD_STRING, offsetof(struct form, lost), false },
	{ "restored", FIELD_STRING, offsetof(struct form, restored), false },
	{ NULL },
};

static const char *const derived_kinds[] = { "missing", "surplus", "empty", "reads_back",
	"persists", "volatile", "restored", "omitted", "answers", NULL };

static int load_unscored(struct loader *l, const json_t *object, struct form *form)
{
	const json_t *reasons = json_object_get(object, "unscored");
	form->unscored = arena_alloc(l->arena, sizeof(*form->unscored));
	if (!reasons)
		return 0;
	size_t mark = load_into(l, "unscored");
	int status = strict_keys(&l->strict, l->path, reasons, derived_kinds, l->error);
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)reasons, key, value) {
		if (status < 0)
			break;
		if (json_string_length(value) == 0)
			status = load_error(l, key, "must be the reason, as a string");
		else if (json_object_get(object, key))
			status = load_error(l, key, "is a requirement of this form too");
		arena_push_text(l->arena, &form->unscored, arena_text(l->arena, key, strlen(key)));
	}
	load_up(l, mark);
	return status;
}

static int load_form(struct loader *l, const json_t *object, enum form_kind kind, struct form *form)
{
	form->kind = kind;
	form->present = true;
	form->file_line = load_line(l, NULL);
	if (load_fields(l, object, kind == FORM_QUERY ? query_fields : set_fields, form) < 0 ||
		load_unscored(l, object, form) < 0)
		return -1;
	if (form->effect && strcmp(form->effect, "uart") != 0)
		return load_error(l, "effect", "must be \"uart\"");
	if (form->stored && strcmp(form->stored, "nvs") != 0)
		return load_error(l, "stored", "must be \"nvs\"");
	if (form->data && kind != FORM_SET)
		return load_error(l, "data", "has a meaning in a set form only");
	if (load_check_timeout(l, form) < 0 ||
		load_check_setup(l, form->setup, form->teardown) < 0 ||
		load_parameters(l, object, &form->parameters, &form->parameter_count) < 0)
		return -1;
	return load_responses(l, object, &form->responses, &form->response_count);
}

static int check_set_name(struct loader *l, const struct command *command, const struct form *form)
{
	const char *name = form->name;
	if (!name)
		return load_error(l, NULL, "key \"name\" is missing: there are several set forms");
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return load_error(l, "name", "a set form's name is of a-z, 0-9 and _");
	for (size_t i = FORM_SET; spec_form(command, i) && spec_form(command, i) != form; i++)
		if (strcmp(spec_form(command, i)->name, name) == 0)
			return load_error(l, "name", "\"%s\" is there already", name);
	return 0;
}

/* One set form, or a list of them: the first has its place among the forms. */
static int load_sets(struct loader *l, const json_t *value, struct command *command)
{
	if (!json_is_array(value)) {
		int status = load_form(l, value, FORM_SET, &command->forms[FORM_SET]);
		if (status == 0 && command->forms[FORM_SET].name)
			return load_error(l, "name", "there is only one set form");
		return status;
	}
	size_t count = json_array_size(value);
	if (count < 2)
		return load_error(l, NULL, "must be a set form, or a list of several");
	command->more_sets = arena_alloc(l->arena, (count - 1) * sizeof(*command->more_sets));
	int status = 0;
	for (size_t i = 0; i < count && status == 0; i++) {
		struct form *form = i ? &command->more_sets[i - 1] : &command->forms[FORM_SET];
		size_t mark = load_into_index(l, i);
		status = load_form(l, json_array_get(value, i), FORM_SET, form);
		command->more_set_count = i;
		if (status == 0)
			status = check_set_name(l, command, form);
		load_up(l, mark);
	}
	return status;
}

int load_forms(struct loader *l, const json_t *root, struct command *command)
{
	const json_t *forms = json_object_get(root, "forms");
	const char *const known[] = { kinds[0], kinds[1], kinds[2], NULL };
	if (strict_keys(&l->strict, "forms", forms, known, l->error) < 0)
		return -1;
	size_t mark = load_into(l, "forms");
	int status = 0;
	for (int kind = 0; kind < FORM_COUNT && status == 0; kind++) {
		const json_t *form = json_object_get(forms, kinds[kind]);
		if (!form)
			continue;
		size_t inner = load_into(l, kinds[kind]);
		status = kind == FORM_SET
				 ? load_sets(l, form, command)
				 : load_form(l, form, (enum form_kind)kind, &command->forms[kind]);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

static const struct field example_fields[] = {
	{ "line", FIELD_LINE, offsetof(struct example, line), true },
	{ "send", FIELD_STRING, offsetof(struct example, send), true },
	{ "response", FIELD_OTHER, 0, false },
	{ "responses", FIELD_OTHER, 0, false },
	{ "final", FIELD_STRING, offsetof(struct example, final), true },
	{ "requirement", FIELD_STRING, offsetof(struct example, requirement), true },
	{ NULL },
};

static int load_example(struct loader *l, const json_t *value, void *user)
{
	struct command *command = user;
	struct example *e =
		arena_push(l->arena, &command->examples, &command->example_count, sizeof(*e));
	e->file_line = load_line(l, NULL);
	if (load_fields(l, value, example_fields, e) < 0)
		return -1;
	return load_responses(l, value, &e->responses, &e->response_count);
}

int load_examples(struct loader *l, const json_t *root, struct command *command)
{
	return load_array(l, root, "examples", load_example, command);
}

static const struct field command_fields[] = {
	{ "command", FIELD_STRING, offsetof(struct command, name), true },
	{ "section", FIELD_STRING, offsetof(struct command, section), true },
	{ "line", FIELD_LINE, offsetof(struct command, line), true },
	{ "title", FIELD_STRING, offsetof(struct command, title), true },
	{ "tags", FIELD_LIST, offsetof(struct command, tags), false },
	{ "needs", FIELD_LIST, offsetof(struct command, needs), false },
	{ "setup", FIELD_LIST, offsetof(struct command, setup), false },
	{ "teardown", FIELD_LIST, offsetof(struct command, teardown), false },
	{ "restarts", FIELD_BOOL, offsetof(struct command, restarts), false },
	{ "online", FIELD_BOOL, offsetof(struct command, online), false },
	{ "broker", FIELD_BOOL, offsetof(struct command, broker), false },
	{ "peers", FIELD_OTHER, 0, false },
	{ "forms", FIELD_OTHER, 0, true },
	{ "examples", FIELD_OTHER, 0, false },
	{ "parameters", FIELD_OTHER, 0, false },
	{ "requirements", FIELD_OTHER, 0, true },
	{ "deviations", FIELD_OTHER, 0, false },
	{ NULL },
};

static const struct field message_fields[] = {
	{ "message", FIELD_STRING, offsetof(struct command, name), true },
	{ "section", FIELD_STRING, offsetof(struct command, section), true },
	{ "line", FIELD_LINE, offsetof(struct command, line), true },
	{ "title", FIELD_STRING, offsetof(struct command, title), true },
	{ "tags", FIELD_LIST, offsetof(struct command, tags), false },
	{ "needs", FIELD_LIST, offsetof(struct command, needs), false },
	{ "requirements", FIELD_OTHER, 0, true },
	{ "deviations", FIELD_OTHER, 0, false },
	{ NULL },
};

/* AT+UART_CUR -> UART_CUR, ATE -> ATE, +IPD -> IPD, ERR CODE -> ERR_CODE. */
static const char *bare_name(struct arena *a, const struct command *c)
{
	const char *name = c->name;
	size_t skip = c->message ? *name == '+' : strncmp(name, "AT+", 3) == 0 ? 3 : 0;
	char *bare = arena_text(a, name + skip, strlen(name + skip));
	for (char *p = bare; c->message && *p; p++)
		*p = *p == ' ' ? '_' : *p;
	return bare;
}

/* AT+UART_CUR -> uart_cur, ATE -> ate. */
static const char *suite_name(struct arena *a, const char *bare)
{
	char *name = arena_text(a, bare, strlen(bare));
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

static int check_names(
	struct loader *l, const struct spec *spec, const struct command *command, const char *suite)
{
	const char *bare = bare_name(l->arena, command), *start = command->message ? "" : "AT";
	const char *key = command->message ? "message" : "command";
	if (strncmp(command->name, start, strlen(start)) != 0 || !*bare ||
		bare[strspn(bare, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
		return load_error(l, key, "\"%s\" is not a name such as %s", command->name,
			command->message ? "+IPD" : "AT+CWMODE");
	if (strcmp(command->suite, suite) != 0)
		return load_error(l, key, "the file of \"%s\" must be called %s.json",
			command->name, command->suite);
	const struct command *other = spec_command(spec, command->name);
	if (other)
		return load_error(
			l, key, "\"%s\" is described in %s already", command->name, other->file);
	return 0;
}

/* A message has requirements and deviations; a command all of it. */
static int load_content(struct loader *l, struct command *c)
{
	const json_t *root = l->strict.root;
	c->message = json_object_get(root, "message") != NULL;
	if (load_fields(l, root, c->message ? message_fields : command_fields, c) < 0)
		return -1;
	if (!c->message)
		return 0;
	c->setup = arena_alloc(l->arena, sizeof(*c->setup));
	c->teardown = arena_alloc(l->arena, sizeof(*c->teardown));
	return 0;
}

static int load_parts(struct loader *l, const json_t *root, struct command *c)
{
	if (c->message)
		return 0;
	if (load_check_setup(l, c->setup, c->teardown) < 0 || load_peers(l, root, c) < 0 ||
		load_forms(l, root, c) < 0 ||
		load_parameters(l, root, &c->parameters, &c->parameter_count) < 0)
		return -1;
	return load_examples(l, root, c);
}

int load_command_file(struct loader *l, struct spec *spec, const char *family, const char *suite)
{
	const json_t *root = l->strict.root;
	struct command c = { .file = l->file };
	if (load_content(l, &c) < 0)
		return -1;
	c.family = arena_text(l->arena, family, strlen(family));
	c.suite = suite_name(l->arena, bare_name(l->arena, &c));
	if (check_names(l, spec, &c, suite) < 0 || load_parts(l, root, &c) < 0)
		return -1;
	struct load_owner owner = { .spec = spec,
		.command = &c,
		.section = c.section,
		.prefixes = { bare_name(l->arena, &c) } };
	if (load_requirements(l, root, &owner) < 0 || load_deviations(l, root, &owner) < 0 ||
		load_check_command(l, spec, &c, &owner) < 0)
		return -1;
	struct command *place =
		arena_push(l->arena, &spec->commands, &spec->command_count, sizeof(c));
	*place = c;
	return 0;
}
