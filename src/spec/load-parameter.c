/* SPDX-License-Identifier: MIT */
/* Reads the parameter table of a command. */
#include "base/text.h"
#include "spec/load.h"

#include <string.h>

struct raw_parameter {
	struct parameter parameter;
	const char *type;
	int64_t min, max, min_bytes, max_bytes;
};

static const struct field parameter_fields[] = {
	{ "line", FIELD_LINE, offsetof(struct raw_parameter, parameter.line), false },
	{ "type", FIELD_STRING, offsetof(struct raw_parameter, type), true },
	{ "min", FIELD_INTEGER, offsetof(struct raw_parameter, min), false },
	{ "max", FIELD_INTEGER, offsetof(struct raw_parameter, max), false },
	{ "min_bytes", FIELD_INTEGER, offsetof(struct raw_parameter, min_bytes), false },
	{ "max_bytes", FIELD_INTEGER, offsetof(struct raw_parameter, max_bytes), false },
	{ "values", FIELD_OTHER, 0, false },
	{ "typical", FIELD_TEXT, offsetof(struct raw_parameter, parameter.typical), false },
	{ "other", FIELD_TEXT, offsetof(struct raw_parameter, parameter.other), false },
	{ "tolerance_percent", FIELD_PERCENT,
		offsetof(struct raw_parameter, parameter.tolerance_percent), false },
	{ "put_back", FIELD_STRING, offsetof(struct raw_parameter, parameter.put_back), false },
	{ "moving", FIELD_BOOL, offsetof(struct raw_parameter, parameter.moving), false },
	{ "accepts", FIELD_STRING, offsetof(struct raw_parameter, parameter.accepts), false },
	{ "refuses", FIELD_STRING, offsetof(struct raw_parameter, parameter.refuses), false },
	{ "wrong_type", FIELD_STRING, offsetof(struct raw_parameter, parameter.wrong_type), false },
	{ "also_accepts", FIELD_LIST, offsetof(struct raw_parameter, parameter.also_accepts),
		false },
	{ "value_needs", FIELD_OTHER, 0, false },
	{ "documented", FIELD_LIST, offsetof(struct raw_parameter, parameter.documented), false },
	{ "also_refuses", FIELD_LIST, offsetof(struct raw_parameter, parameter.also_refuses),
		false },
	{ NULL },
};

static const struct {
	const char *word;
	enum parameter_type type;
	bool counted; /* min_bytes and max_bytes rather than min and max */
} types[] = {
	{ "integer", PARAM_INTEGER, false },
	{ "string", PARAM_STRING, true },
	{ "mac", PARAM_MAC, false },
	{ "ip", PARAM_IP, false },
	{ "hex", PARAM_HEX, true },
	{ "text", PARAM_TEXT, true },
};

static int read_type(struct loader *l, const char *word, struct parameter *p, bool *counted)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].word, word) != 0)
			continue;
		p->type = types[i].type;
		*counted = types[i].counted;
		return 0;
	}
	return load_error(l, "type", "must be integer, string, mac, ip, hex or text");
}

static int read_bounds(struct loader *l, const json_t *object, const struct raw_parameter *raw,
	bool counted, struct parameter *p)
{
	const char *low = counted ? "min_bytes" : "min", *high = counted ? "max_bytes" : "max";
	static const char *const all[] = { "min", "max", "min_bytes", "max_bytes" };
	for (size_t i = 0; i < 4; i++)
		if (json_object_get(object, all[i]) &&
			((!counted && p->type != PARAM_INTEGER) ||
				(strcmp(all[i], low) != 0 && strcmp(all[i], high) != 0)))
			return load_error(
				l, all[i], "has no meaning for the type \"%s\"", raw->type);
	bool has_min = json_object_get(object, low), has_max = json_object_get(object, high);
	p->bounded = has_min || has_max;
	p->min = has_min ? (counted ? raw->min_bytes : raw->min) : counted ? 0 : INT64_MIN;
	p->max = has_max ? (counted ? raw->max_bytes : raw->max) : INT64_MAX;
	if (counted && (p->min < 0 || (has_max && p->max > 4096)))
		return load_error(l, p->min < 0 ? low : high, "must be within 0 and 4096");
	if (p->min > p->max)
		return load_error(l, low, "\"%s\" is larger than \"%s\"", low, high);
	return 0;
}

static int read_values(struct loader *l, const json_t *object, struct parameter *p)
{
	const json_t *values = json_object_get(object, "values");
	if (!values)
		return 0;
	if (!json_is_object(values) || json_object_size(values) == 0)
		return load_error(l, "values", "must be an object of at least one value");
	if (p->bounded)
		return load_error(l, "values", "bounds are given too");
	p->values = arena_alloc(l->arena, json_object_size(values) * sizeof(char *));
	p->meanings = arena_alloc(l->arena, json_object_size(values) * sizeof(char *));
	size_t mark = load_into(l, "values");
	int status = 0;
	const char *key;
	json_t *meaning;
	json_object_foreach ((json_t *)values, key, meaning) {
		int64_t number;
		if (p->type == PARAM_INTEGER && !text_integer(key, &number))
			status = load_error(l, key, "is not an integer");
		else if (!json_is_string(meaning))
			status = load_error(l, key, "must be a string: what the value means");
		if (status < 0)
			break;
		p->values[p->value_count] = arena_text(l->arena, key, strlen(key));
		p->meanings[p->value_count++] = arena_text(
			l->arena, json_string_value(meaning), json_string_length(meaning));
	}
	load_up(l, mark);
	return status;
}

static int load_parameter(
	struct loader *l, const char *name, const json_t *object, struct parameter *out)
{
	struct raw_parameter raw = { 0 };
	bool counted = false;
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0' || !*name)
		return load_error(l, NULL, "a parameter's name is of a-z, 0-9 and _");
	if (load_fields(l, object, parameter_fields, &raw) < 0 ||
		read_type(l, raw.type, &raw.parameter, &counted) < 0 ||
		read_bounds(l, object, &raw, counted, &raw.parameter) < 0 ||
		read_values(l, object, &raw.parameter) < 0 ||
		load_value_needs(l, object, &raw.parameter) < 0)
		return -1;
	*out = raw.parameter;
	out->name = arena_text(l->arena, name, strlen(name));
	out->file_line = load_line(l, NULL);
	return load_check_parameter(l, out);
}

int load_parameters(struct loader *l, const json_t *object, struct parameter **out, size_t *count)
{
	const json_t *table = json_object_get(object, "parameters");
	if (!table)
		return 0;
	if (!json_is_object(table))
		return load_error(l, "parameters", "must be an object");
	struct parameter *list =
		arena_alloc(l->arena, (json_object_size(table) + 1) * sizeof(*list));
	*out = list;
	size_t mark = load_into(l, "parameters");
	int status = 0;
	const char *name;
	json_t *parameter;
	json_object_foreach ((json_t *)table, name, parameter) {
		size_t inner = load_into(l, name);
		status = load_parameter(l, name, parameter, &list[(*count)++]);
		load_up(l, inner);
		if (status < 0)
			break;
	}
	load_up(l, mark);
	return status;
}
