/* SPDX-License-Identifier: MIT */
/* Whether the parts of a command's model fit together: templates and parameters name each other,
 * values lie within their bounds, and every id that is named exists. */
#include "spec/load.h"
#include "spec/syntax.h"

#include <stdio.h>
#include <string.h>

static int check_value(
	struct loader *l, const struct parameter *p, const char *key, const char *value)
{
	const char *why;
	if (!value || spec_value_fits(p, value, false, &why))
		return 0;
	return load_error(l, key, "\"%s\" is not a value of the parameter: %s", value, why);
}

static int check_values(struct loader *l, const char *key, const struct parameter *p,
	const char *const *list, bool fits)
{
	size_t mark = load_into(l, key);
	int status = 0;
	for (size_t i = 0; list[i] && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		if (fits)
			status = check_value(l, p, NULL, list[i]);
		else if (p->type == PARAM_INTEGER && (p->bounded || p->value_count > 0) &&
			 spec_value_fits(p, list[i], false, NULL))
			status = load_error(l, NULL, "\"%s\" is a value of the parameter", list[i]);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

int load_check_parameter(struct loader *l, const struct parameter *p)
{
	if (check_value(l, p, "typical", p->typical) < 0 ||
		check_value(l, p, "other", p->other) < 0)
		return -1;
	if (p->other && !p->typical)
		return load_error(l, "other", "there is no \"typical\" value");
	if (p->other && strcmp(p->typical, p->other) == 0)
		return load_error(l, "other", "is the same as \"typical\"");
	if (p->type == PARAM_TEXT && (p->accepts || p->refuses || p->wrong_type))
		return load_error(l, "type", "free text stands in responses only");
	if (check_values(l, "also_accepts", p, p->also_accepts, true) < 0)
		return -1;
	return check_values(l, "also_refuses", p, p->also_refuses, false);
}

/* What a walk over templates needs: the command, and which of its parameters were named. */
struct walk {
	const struct command *command;
	bool *used;
	bool free_names; /* names that are no parameters are fine */
	const char *unknown;
};

static int note_field(void *user, const char *name)
{
	struct walk *w = user;
	const struct parameter *p = spec_parameter(w->command, name);
	if (p)
		w->used[p - w->command->parameters] = true;
	else if (!w->free_names)
		w->unknown = name;
	return w->unknown != NULL;
}

static int check_template(struct loader *l, const char *key, const char *text, struct walk *w)
{
	struct syntax *tree;
	const char *why;
	if (strncmp(text, "re:", 3) == 0)
		return 0;
	if (!syntax_parse(l->scratch, text, &tree, &why))
		return load_error(l, key, "template: %s", why);
	if (syntax_fields(tree, note_field, w) != 0)
		return load_error(l, key, "template names <%s>, which is no parameter", w->unknown);
	return 0;
}

static int check_responses(struct loader *l, const json_t *object, const struct response *responses,
	size_t count, struct walk *w)
{
	bool one = json_object_get(object, "response") != NULL;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < responses[i].count; j++) {
			char key[64];
			if (one)
				snprintf(key, sizeof(key), "response[%zu]", j);
			else
				snprintf(key, sizeof(key), "responses[%zu][%zu]", i, j);
			if (check_template(l, key, responses[i].lines[j].text, w) < 0)
				return -1;
		}
	return 0;
}

/* A parameter of a command line needs a value that stands for it, and a type with an end. */
static int check_sent_field(void *user, const char *name)
{
	struct walk *w = user;
	const struct parameter *p = spec_parameter(w->command, name);
	bool fine = p && p->type != PARAM_TEXT && p->typical;
	if (!fine)
		w->unknown = name;
	return !fine;
}

static int check_syntax(struct loader *l, const struct form *form, struct walk *w)
{
	static const char *const words[] = { "the name alone or with letters behind it",
		"the name and '?'", "the name, '=' and parameters" };
	const char *name = w->command->name;
	size_t len = strlen(name);
	const char *rest = form->syntax + len;
	bool fine = strncmp(form->syntax, name, len) == 0;
	if (fine && form->kind == FORM_EXECUTE)
		fine = !strpbrk(rest, "=?");
	else if (fine && form->kind == FORM_QUERY)
		fine = strcmp(rest, "?") == 0;
	else if (fine)
		fine = rest[0] == '=' && rest[1] != '\0';
	if (!fine)
		return load_error(l, "syntax", "must be %s", words[form->kind]);
	if (check_template(l, "syntax", form->syntax, w) < 0)
		return -1;
	struct syntax *tree;
	syntax_parse(l->scratch, form->syntax, &tree, NULL);
	if (syntax_fields(tree, check_sent_field, w) != 0)
		return load_error(l, "syntax",
			"<%s> needs a \"typical\" value and a type other than text", w->unknown);
	return 0;
}

static int has_other(void *user, const char *name)
{
	const struct parameter *p = spec_parameter(user, name);
	return p && p->other;
}

/* Read-back and its kin need something to ask, and something else to set. */
static int check_state_kinds(struct loader *l, const struct form *form, const struct command *c)
{
	const struct {
		const char *key, *id;
	} kinds[] = { { "reads_back", form->reads_back }, { "persists", form->persists },
		{ "volatile", form->lost }, { "restored", form->restored } };
	struct syntax *tree;
	syntax_parse(l->scratch, form->syntax, &tree, NULL);
	bool other = syntax_fields(tree, has_other, (void *)c) != 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].id && (form->kind != FORM_SET || !c->forms[FORM_QUERY].present))
			return load_error(l, kinds[i].key, "needs a set form and a query form");
		if (kinds[i].id && !other)
			return load_error(
				l, kinds[i].key, "needs a parameter with an \"other\" value");
	}
	if (form->persists && form->lost)
		return load_error(l, "volatile", "\"persists\" is given too");
	return 0;
}

static int check_form_ids(struct loader *l, const struct spec *spec, const struct form *form)
{
	const struct {
		const char *key, *id;
	} ids[] = { { "requirement", form->requirement }, { "omitted", form->omitted },
		{ "missing", form->missing }, { "surplus", form->surplus },
		{ "empty", form->empty }, { "reads_back", form->reads_back },
		{ "persists", form->persists }, { "volatile", form->lost },
		{ "restored", form->restored } };
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (load_check_id(l, spec, ids[i].key, ids[i].id) < 0)
			return -1;
	return 0;
}

static int check_forms(struct loader *l, const struct spec *spec, struct walk *w)
{
	static const char *const names[FORM_COUNT] = { "execute", "query", "set" };
	const json_t *forms = json_object_get(l->strict.root, "forms");
	for (int kind = 0; kind < FORM_COUNT; kind++) {
		const struct form *form = &w->command->forms[kind];
		if (!form->present)
			continue;
		char path[32];
		snprintf(path, sizeof(path), "forms.%s", names[kind]);
		size_t mark = load_into(l, path);
		int status = check_syntax(l, form, w);
		if (status == 0)
			status = check_responses(l, json_object_get(forms, names[kind]),
				form->responses, form->response_count, w);
		if (status == 0)
			status = check_form_ids(l, spec, form);
		if (status == 0)
			status = check_state_kinds(l, form, w->command);
		load_up(l, mark);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int check_examples(struct loader *l, const struct spec *spec, struct walk *w)
{
	const json_t *examples = json_object_get(l->strict.root, "examples");
	size_t mark = load_into(l, "examples");
	int status = 0;
	for (size_t i = 0; i < w->command->example_count && status == 0; i++) {
		const struct example *e = &w->command->examples[i];
		size_t inner = load_into_index(l, i);
		status = check_responses(
			l, json_array_get(examples, i), e->responses, e->response_count, w);
		if (status == 0)
			status = load_check_id(l, spec, "requirement", e->requirement);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

static int check_deviations(
	struct loader *l, const struct spec *spec, struct walk *w, const struct load_owner *owner)
{
	w->free_names = true;
	for (size_t i = owner->first_deviation; i < spec->deviation_count; i++) {
		const struct deviation *d = &spec->deviations[i];
		for (size_t j = 0; j < d->match_count; j++)
			for (size_t k = 0; k < d->matches[j].response.count; k++)
				if (check_template(l, "deviations",
					    d->matches[j].response.lines[k].text, w) < 0)
					return -1;
	}
	return 0;
}

static int has_field(void *user, const char *name)
{
	return strcmp(user, name) == 0;
}

static bool is_sent(struct loader *l, const struct command *c, const char *name)
{
	for (int kind = 0; kind < FORM_COUNT; kind++) {
		struct syntax *tree;
		if (c->forms[kind].present &&
			syntax_parse(l->scratch, c->forms[kind].syntax, &tree, NULL) &&
			syntax_fields(tree, has_field, (void *)name) != 0)
			return true;
	}
	return false;
}

static int check_parameter_use(
	struct loader *l, const struct spec *spec, const struct walk *w, const struct parameter *p)
{
	if (!w->used[p - w->command->parameters])
		return load_error(l, NULL, "no template names the parameter <%s>", p->name);
	if (p->put_back && !spec_parameter(w->command, p->put_back))
		return load_error(l, "put_back", "there is no parameter \"%s\"", p->put_back);
	const struct {
		const char *key, *id;
	} ids[] = { { "accepts", p->accepts }, { "refuses", p->refuses },
		{ "wrong_type", p->wrong_type } };
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (load_check_id(l, spec, ids[i].key, ids[i].id) < 0)
			return -1;
		if (ids[i].id && !is_sent(l, w->command, p->name))
			return load_error(
				l, ids[i].key, "no command line has the parameter <%s>", p->name);
	}
	return 0;
}

static int check_parameters(struct loader *l, const struct spec *spec, const struct walk *w)
{
	int status = 0;
	size_t mark = load_into(l, "parameters");
	for (size_t i = 0; i < w->command->parameter_count && status == 0; i++) {
		size_t inner = load_into(l, w->command->parameters[i].name);
		status = check_parameter_use(l, spec, w, &w->command->parameters[i]);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

int load_check_command(struct loader *l, const struct spec *spec, const struct command *command,
	const struct load_owner *owner)
{
	struct walk w = {
		.command = command,
		.used = arena_alloc(l->scratch, command->parameter_count + 1),
	};
	if (check_forms(l, spec, &w) < 0 || check_examples(l, spec, &w) < 0 ||
		check_deviations(l, spec, &w, owner) < 0)
		return -1;
	return check_parameters(l, spec, &w);
}
