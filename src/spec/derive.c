/* SPDX-License-Identifier: MIT */
/* Derives the cases of a command: its forms, its parameters, its examples. */
#include "spec/derive.h"

#include "base/text.h"
#include "spec/derive-build.h"

#include <stdio.h>
#include <string.h>

static const char *const prefixes[FORM_COUNT] = {
	[FORM_EXECUTE] = "execute",
	[FORM_QUERY] = "query",
	[FORM_SET] = "set",
};

static void derive_plain_form(struct builder *b)
{
	if (is_unscored(b->form, "answers"))
		return;
	struct derived_case *c =
		add_case(b, arena_printf(b->arena, "%s_answers_as_documented", b->prefix),
			b->form->requirement, b->form->file_line);
	add_accepted(b, c, b->form->syntax, NULL)->claim = "the answer is as documented";
	if (b->form->undo)
		add_put_back(b, c);
}

static int use_form(struct builder *b, const struct form *form, struct error *error)
{
	b->form = form;
	b->prefix =
		form->name ? arena_printf(b->arena, "set_%s", form->name) : prefixes[form->kind];
	const char *why;
	if (!line_parse(b->arena, b->command, form, &b->line, &why))
		return error_set(error, b->command->file, b->form->file_line, 1, "%s: %s",
			b->form->syntax, why);
	for (size_t i = 0; i < b->line.slot_count; i++)
		if (!b->line.slots[i].parameter || !b->line.slots[i].parameter->typical)
			return error_set(error, b->command->file, b->form->file_line, 1,
				"%s: a parameter has no typical value", b->form->syntax);
	find_state(b);
	return 0;
}

static int derive_form(struct builder *b, const struct form *form, struct error *error)
{
	if (!form->present)
		return 0;
	if (use_form(b, form, error) < 0)
		return -1;
	if (b->line.slot_count == 0) {
		derive_plain_form(b);
		return 0;
	}
	derive_arities(b);
	derive_parameters(b);
	if (form->kind == FORM_SET)
		derive_state(b);
	return 0;
}

/* The parameters of an example, as far as plain commas part them: enough for a line format. */
static struct values example_values(struct builder *b, const char *arguments)
{
	struct values values;
	typical_values(b->arena, &b->line, &values);
	for (size_t i = 0; i < b->line.slot_count && arguments; i++) {
		size_t len = strcspn(arguments, ",");
		values.text[i] = arena_text(b->arena, arguments, len);
		arguments = arguments[len] ? arguments + len + 1 : NULL;
	}
	return values;
}

/* Facilities of a form are asked for when the example is of that form. */
static struct derived_case *add_example(struct builder *b, const struct example *e, bool own)
{
	const struct form *set = b->form;
	b->form = own ? spec_form_of(b->command, e->send) : NULL;
	struct derived_case *c = add_case(b,
		arena_printf(b->arena, "example_line_%d_is_%s", e->line,
			strcmp(e->final, "ERROR") == 0 ? "refused" : "accepted"),
		e->requirement, e->file_line);
	b->form = set;
	return c;
}

static void derive_example(struct builder *b, const struct example *e)
{
	const char *name = b->command->name;
	size_t len = strlen(name);
	bool own = strncmp(e->send, name, len) == 0;
	bool sets = own && e->send[len] == '=' && b->command->forms[FORM_SET].present;
	bool refused = strcmp(e->final, "ERROR") == 0;
	struct derived_case *c = add_example(b, e, own);
	if (sets)
		add_before(b, c);
	struct step *s =
		add_send(b, c, e->send, e->final, "the answer is as the example prints it");
	s->responses = e->responses;
	s->response_count = e->response_count;
	s->restarts = own && b->command->restarts && !refused && e->send[len] != '?';
	if (!sets || refused)
		return;
	s->uart = b->form->effect;
	const struct values values = example_values(b, e->send + len + 1);
	add_format_needs(b, c, &values);
	s->data = data_length(b, &values);
	struct values typical;
	typical_values(b->arena, &b->line, &typical);
	if (b->can_put_back || strcmp(e->send, line_render(b->arena, &b->line,
						       line_full_shape(&b->line), &typical)) != 0)
		add_put_back(b, c);
}

/* The set form of an example that is one: it says how to put back what the example did. */
static int derive_examples(struct builder *b, struct error *error)
{
	for (size_t i = 0; i < b->command->example_count; i++) {
		const struct form *set = spec_form_of(b->command, b->command->examples[i].send);
		if (!set || set->kind != FORM_SET)
			set = &b->command->forms[FORM_SET];
		if (set->present && b->form != set && use_form(b, set, error) < 0)
			return -1;
		derive_example(b, &b->command->examples[i]);
	}
	return 0;
}

int derive_command(struct derived *out, const struct spec *spec, const struct command *command,
	struct error *error)
{
	*out = (struct derived){ .memory = arena_create() };
	struct builder b = { .arena = out->memory, .command = command, .out = out };
	int status = derive_form(&b, &command->forms[FORM_QUERY], error);
	if (status == 0)
		status = derive_form(&b, &command->forms[FORM_EXECUTE], error);
	for (size_t i = FORM_SET; status == 0 && spec_form(command, i); i++)
		status = derive_form(&b, spec_form(command, i), error);
	if (status == 0)
		status = derive_examples(&b, error);
	if (status == 0) {
		derive_setup(&b);
		derive_tags(&b, spec);
	}
	if (status < 0)
		derived_finish(out);
	return status;
}

void derived_finish(struct derived *d)
{
	arena_destroy(d->memory);
	*d = (struct derived){ 0 };
}
