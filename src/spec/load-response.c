/* SPDX-License-Identifier: MIT */
/* Responses: information lines with their templates, alone or as alternatives. */
#include "spec/load.h"
#include "spec/syntax.h"
#include "spec/template.h"

#include <string.h>

static const struct field line_fields[] = {
	{ "line", FIELD_STRING, offsetof(struct response_line, text), true },
	{ "repeat", FIELD_BOOL, offsetof(struct response_line, repeat), false },
	{ "optional", FIELD_BOOL, offsetof(struct response_line, optional), false },
	{ NULL },
};

static int check_template(struct loader *l, const char *text)
{
	if (strncmp(text, "re:", 3) == 0) {
		struct error cause = { 0 };
		struct template *t = template_create(text, NULL, &cause);
		template_destroy(t);
		return t ? 0 : load_error(l, NULL, "%s", cause.text);
	}
	struct syntax *tree;
	const char *why;
	if (!syntax_parse(l->scratch, text, &tree, &why))
		return load_error(l, NULL, "template: %s", why);
	return tree ? 0 : load_error(l, NULL, "template is empty");
}

static int load_response_line(struct loader *l, const json_t *value, struct response_line *out)
{
	if (json_is_string(value)) {
		size_t len = json_string_length(value);
		out->text = arena_text(l->arena, json_string_value(value), len);
	} else if (!json_is_object(value)) {
		return load_error(l, NULL, "must be a line, or {\"line\": …, \"repeat\": true}");
	} else if (load_fields(l, value, line_fields, out) < 0) {
		return -1;
	}
	return check_template(l, out->text);
}

int load_response(struct loader *l, const json_t *array, struct response *out)
{
	if (!json_is_array(array))
		return load_error(l, NULL, "must be an array of lines");
	out->count = json_array_size(array);
	out->lines = arena_alloc(l->arena, (out->count + 1) * sizeof(*out->lines));
	int status = 0;
	for (size_t i = 0; i < out->count && status == 0; i++) {
		size_t mark = load_into_index(l, i);
		status = load_response_line(l, json_array_get(array, i), &out->lines[i]);
		load_up(l, mark);
	}
	return status;
}

static int load_alternatives(
	struct loader *l, const json_t *array, struct response **out, size_t *count)
{
	if (!json_is_array(array) || json_array_size(array) == 0)
		return load_error(l, NULL, "must be an array of at least one response");
	*count = json_array_size(array);
	*out = arena_alloc(l->arena, *count * sizeof(**out));
	int status = 0;
	for (size_t i = 0; i < *count && status == 0; i++) {
		size_t mark = load_into_index(l, i);
		status = load_response(l, json_array_get(array, i), &(*out)[i]);
		load_up(l, mark);
	}
	return status;
}

int load_responses(struct loader *l, const json_t *object, struct response **out, size_t *count)
{
	const json_t *one = json_object_get(object, "response");
	const json_t *many = json_object_get(object, "responses");
	if (one && many)
		return load_error(l, "responses", "\"response\" is given too");
	if (!one && !many)
		return load_error(l, NULL, "key \"response\" is missing");
	size_t mark = load_into(l, one ? "response" : "responses");
	int status;
	if (one) {
		*count = 1;
		*out = arena_alloc(l->arena, sizeof(**out));
		status = load_response(l, one, *out);
	} else {
		status = load_alternatives(l, many, out, count);
	}
	load_up(l, mark);
	return status;
}
