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
	if (check_values(l, "documented", p, p->documented, false) < 0)
		return -1;
	return check_values(l, "also_refuses", p, p->also_refuses, false);
}

/* What a walk over templates needs: the command, and which of its parameters were named. */
struct walk {
	const struct command *command;
	const struct form *form; /* that the template belongs to, or NULL */
	bool *used;
	bool *form_used; /* the same for the form's own */
	bool free_names; /* names that are no parameters are fine */
	const char *unknown;
};

static int note_field(void *user, const char *name)
{
	struct walk *w = user;
	const struct parameter *p = spec_form_parameter(w->command, w->form, name);
	const struct parameter *common = spec_parameter(w->command, name);
	if (p == common && p)
		w->used[p - w->command->parameters] = true;
	else if (p)
		w->form_used[p - w->form->parameters] = true;
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
	const struct parameter *p = spec_form_parameter(w->command, w->form, name);
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
	const struct walk *w = user;
	const struct parameter *p = spec_form_parameter(w->command, w->form, name);
	return p && p->other;
}

/* Read-back and its kin need something to ask, and something else to set. */
static int check_state_kinds(struct loader *l, const struct form *form, struct walk *w)
{
	const struct command *c = w->command;
	const struct {
		const char *key, *id;
	} kinds[] = { { "reads_back", form->reads_back }, { "persists", form->persists },
		{ "volatile", form->lost }, { "restored", form->restored } };
	struct syntax *tree;
	syntax_parse(l->scratch, form->syntax, &tree, NULL);
	bool other = syntax_fields(tree, has_other, w) != 0;
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

static int has_field(void *user, const char *name)
{
	return strcmp(user, name) == 0;
}

static bool is_sent_by(struct loader *l, const struct form *form, const char *name)
{
	struct syntax *tree;
	return form->present && syntax_parse(l->scratch, form->syntax, &tree, NULL) &&
	       syntax_fields(tree, has_field, (void *)name) != 0;
}

static int check_data(struct loader *l, const struct form *form, const struct command *c)
{
	const struct parameter *p = form->data ? spec_form_parameter(c, form, form->data) : NULL;
	if (!form->data || (p && p->type == PARAM_INTEGER && is_sent_by(l, form, p->name)))
		return 0;
	return load_error(l, "data", "must be a whole number among the parameters of the syntax");
}

static int check_parameter_ids(struct loader *l, const struct spec *spec, const struct parameter *p)
{
	const struct {
		const char *key, *id;
	} ids[] = { { "accepts", p->accepts }, { "refuses", p->refuses },
		{ "wrong_type", p->wrong_type } };
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (load_check_id(l, spec, ids[i].key, ids[i].id) < 0)
			return -1;
	return 0;
}

static int check_own_parameters(struct loader *l, const struct spec *spec, const struct walk *w)
{
	int status = 0;
	size_t mark = load_into(l, "parameters");
	for (size_t i = 0; i < w->form->parameter_count && status == 0; i++) {
		const struct parameter *p = &w->form->parameters[i];
		size_t inner = load_into(l, p->name);
		if (!w->form_used[i])
			status =
				load_error(l, NULL, "no template of this form names <%s>", p->name);
		else
			status = check_parameter_ids(l, spec, p);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

static int check_form(
	struct loader *l, const struct spec *spec, const json_t *object, struct walk *w)
{
	const struct form *form = w->form;
	w->form_used = arena_alloc(l->scratch, form->parameter_count + 1);
	if (check_syntax(l, form, w) < 0 ||
		check_responses(l, object, form->responses, form->response_count, w) < 0 ||
		check_form_ids(l, spec, form) < 0 || check_state_kinds(l, form, w) < 0 ||
		check_data(l, form, w->command) < 0)
		return -1;
	return check_own_parameters(l, spec, w);
}

static int check_forms(struct loader *l, const struct spec *spec, struct walk *w)
{
	static const char *const names[FORM_COUNT] = { "execute", "query", "set" };
	const json_t *forms = json_object_get(l->strict.root, "forms");
	for (size_t i = 0; (w->form = spec_form(w->command, i)); i++) {
		if (!w->form->present)
			continue;
		const char *name = names[w->form->kind];
		const json_t *object = json_object_get(forms, name);
		char path[32];
		snprintf(path, sizeof(path), "forms.%s", name);
		if (json_is_array(object)) {
			snprintf(path, sizeof(path), "forms.%s[%zu]", name, i - FORM_SET);
			object = json_array_get(object, i - FORM_SET);
		}
		size_t mark = load_into(l, path);
		int status = check_form(l, spec, object, w);
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

static bool is_sent(struct loader *l, const struct command *c, const char *name)
{
	for (size_t i = 0; spec_form(c, i); i++)
		if (is_sent_by(l, spec_form(c, i), name))
			return true;
	return false;
}

static int check_parameter_use(
	struct loader *l, const struct spec *spec, const struct walk *w, const struct parameter *p)
{
	if (!w->used[p - w->command->parameters])
		return load_error(l, NULL, "no template names the parameter <%s>", p->name);
	if (p->put_back && !spec_parameter(w->command, p->put_back))
		return load_error(l, "put_back", "there is no parameter \"%s\"", p->put_back);
	if (check_parameter_ids(l, spec, p) < 0)
		return -1;
	const char *key = p->accepts      ? "accepts"
			  : p->refuses    ? "refuses"
			  : p->wrong_type ? "wrong_type"
					  : NULL;
	if (key && !is_sent(l, w->command, p->name))
		return load_error(l, key, "no command line has the parameter <%s>", p->name);
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
