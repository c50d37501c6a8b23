/* SPDX-License-Identifier: MIT */
/* Reading JSON objects by tables: type, presence and place of every key, and errors with a path. */
#include "spec/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_LINE_MAX = 100000 };

int load_open(struct loader *l, const char *path, struct arena *arena, struct error *error)
{
	*l = (struct loader){ .arena = arena, .error = error };
	l->file = arena_text(arena, path, strlen(path));
	if (strict_open(&l->strict, path, error) < 0)
		return -1;
	l->scratch = arena_create();
	return 0;
}

void load_close(struct loader *l)
{
	strict_close(&l->strict);
	arena_destroy(l->scratch);
	l->scratch = NULL;
}

size_t load_into(struct loader *l, const char *key)
{
	size_t mark = l->path_len;
	int len = snprintf(l->path + mark, sizeof(l->path) - mark, "%s%s", mark ? "." : "", key);
	if (len > 0 && mark + (size_t)len < sizeof(l->path))
		l->path_len = mark + (size_t)len;
	else
		l->path[mark] = '\0'; /* too deep to name: errors name what is around it */
	return mark;
}

size_t load_into_index(struct loader *l, size_t index)
{
	size_t mark = l->path_len;
	int len = snprintf(l->path + mark, sizeof(l->path) - mark, "[%zu]", index);
	if (len > 0 && mark + (size_t)len < sizeof(l->path))
		l->path_len = mark + (size_t)len;
	else
		l->path[mark] = '\0';
	return mark;
}

void load_up(struct loader *l, size_t mark)
{
	l->path_len = mark;
	l->path[mark] = '\0';
}

int load_error(struct loader *l, const char *key, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t mark = key ? load_into(l, key) : l->path_len;
	strict_error(&l->strict, l->error, l->path, "%s", text);
	load_up(l, mark);
	return -1;
}

int load_line(struct loader *l, const char *key)
{
	size_t mark = key ? load_into(l, key) : l->path_len;
	int line = strict_line(&l->strict, l->path, NULL);
	load_up(l, mark);
	return line;
}

static int read_text(
	struct loader *l, const char *key, const json_t *value, bool empty, const char **out)
{
	if (!json_is_string(value))
		return load_error(l, key, "must be a string");
	size_t len = json_string_length(value);
	if (len == 0 && !empty)
		return load_error(l, key, "must not be empty");
	if (memchr(json_string_value(value), '\0', len))
		return load_error(l, key, "must not contain a NUL");
	*out = arena_text(l->arena, json_string_value(value), len);
	return 0;
}

static int read_number(struct loader *l, const char *key, const json_t *value, int64_t min,
	int64_t max, int64_t *out)
{
	if (!json_is_integer(value))
		return load_error(l, key, "must be an integer");
	*out = json_integer_value(value);
	if (*out < min || *out > max)
		return load_error(
			l, key, "must be within %lld and %lld", (long long)min, (long long)max);
	return 0;
}

static int read_list(struct loader *l, const char *key, const json_t *value, const char ***out)
{
	if (!json_is_array(value))
		return load_error(l, key, "must be an array of strings");
	size_t count = json_array_size(value), mark = load_into(l, key);
	const char **list = arena_alloc(l->arena, (count + 1) * sizeof(*list));
	int status = 0;
	for (size_t i = 0; i < count && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		status = read_text(l, NULL, json_array_get(value, i), true, &list[i]);
		load_up(l, inner);
	}
	load_up(l, mark);
	*out = list;
	return status;
}

static int read_int(
	struct loader *l, const char *key, const json_t *value, int min, int max, int *out)
{
	int64_t number = 0;
	if (read_number(l, key, value, min, max, &number) < 0)
		return -1;
	*out = (int)number;
	return 0;
}

static int read_field(struct loader *l, const struct field *f, const json_t *value, void *place)
{
	switch (f->type) {
	case FIELD_STRING:
		return read_text(l, f->key, value, false, place);
	case FIELD_TEXT:
		return read_text(l, f->key, value, true, place);
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			return load_error(l, f->key, "must be true or false");
		*(bool *)place = json_is_true(value);
		return 0;
	case FIELD_LINE:
		return read_int(l, f->key, value, 1, DOCUMENT_LINE_MAX, place);
	case FIELD_PERCENT:
		return read_int(l, f->key, value, 0, 100, place);
	case FIELD_INTEGER:
		return read_number(l, f->key, value, INT64_MIN, INT64_MAX, place);
	case FIELD_LIST:
		return read_list(l, f->key, value, place);
	case FIELD_OTHER:
		break;
	}
	return 0;
}

static const struct field *find_field(const struct field *fields, const char *key)
{
	for (; fields->key; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

int load_fields(struct loader *l, const json_t *object, const struct field *fields, void *out)
{
	if (!json_is_object(object))
		return load_error(l, NULL, "must be an object");
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)object, key, value) {
		const struct field *f = find_field(fields, key);
		if (!f)
			return load_error(l, key, "unknown key \"%s\"", key);
		if (read_field(l, f, value, (char *)out + f->offset) < 0)
			return -1;
	}
	for (const struct field *f = fields; f->key; f++) {
		if (json_object_get(object, f->key))
			continue;
		if (f->required)
			return load_error(l, NULL, "key \"%s\" is missing", f->key);
		if (f->type == FIELD_LIST)
			*(const char ***)((char *)out + f->offset) =
				arena_alloc(l->arena, sizeof(char *));
	}
	return 0;
}

int load_array(struct loader *l, const json_t *object, const char *key,
	int (*each)(struct loader *l, const json_t *value, void *user), void *user)
{
	const json_t *array = json_object_get(object, key);
	if (!array)
		return 0;
	if (!json_is_array(array))
		return load_error(l, key, "must be an array");
	size_t mark = load_into(l, key);
	int status = 0;
	for (size_t i = 0; i < json_array_size(array) && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		status = each(l, json_array_get(array, i), user);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}
