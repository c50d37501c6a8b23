/* SPDX-License-Identifier: MIT */
/* Reads what a case needs around it: command lines before and after, facilities of a value, and the
 * time that an answer may take. */
#include "base/text.h"
#include "spec/load.h"

#include <string.h>

/* Kept in step with the bench's "timeouts_ms". */
static const char *const timeouts[] = { "restart", "join", "scan", "lease", NULL };

static int check_lines(struct loader *l, const char *key, const char *const *lines)
{
	size_t mark = load_into(l, key);
	int status = 0;
	for (size_t i = 0; lines[i] && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		if (!text_starts(lines[i], "AT") || strpbrk(lines[i], "\r\n"))
			status = load_error(l, NULL, "must be a command line such as AT+CWMODE=1");
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

int load_check_setup(struct loader *l, const char *const *setup, const char *const *teardown)
{
	if (check_lines(l, "setup", setup) < 0)
		return -1;
	return check_lines(l, "teardown", teardown);
}

int load_check_timeout(struct loader *l, const struct form *form)
{
	if (!form->timeout)
		return 0;
	for (size_t i = 0; timeouts[i]; i++)
		if (strcmp(timeouts[i], form->timeout) == 0)
			return 0;
	return load_error(l, "timeout", "must be restart, join, scan or lease");
}

static int add_needs(struct loader *l, const char *value, const json_t *list, struct parameter *p)
{
	const char *why;
	if (!spec_value_fits(p, value, false, &why))
		return load_error(l, value, "is not a value of the parameter: %s", why);
	if (!json_is_array(list) || json_array_size(list) == 0)
		return load_error(l, value, "must be a list of facilities");
	struct value_needs *place =
		arena_push(l->arena, &p->value_needs, &p->value_needs_count, sizeof(*place));
	place->value = arena_text(l->arena, value, strlen(value));
	place->needs = arena_alloc(l->arena, sizeof(*place->needs));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *need = json_string_value(json_array_get(list, i));
		if (!need || !*need)
			return load_error(l, value, "must hold names of facilities");
		arena_push_text(l->arena, &place->needs, arena_text(l->arena, need, strlen(need)));
	}
	return 0;
}

int load_value_needs(struct loader *l, const json_t *object, struct parameter *p)
{
	const json_t *table = json_object_get(object, "value_needs");
	if (!table)
		return 0;
	if (!json_is_object(table))
		return load_error(l, "value_needs", "must be an object");
	size_t mark = load_into(l, "value_needs");
	int status = 0;
	const char *value;
	json_t *list;
	json_object_foreach ((json_t *)table, value, list) {
		status = add_needs(l, value, list, p);
		if (status < 0)
			break;
	}
	load_up(l, mark);
	return status;
}
