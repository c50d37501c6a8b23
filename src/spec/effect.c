/* SPDX-License-Identifier: MIT */
#include "spec/effect.h"

#include <string.h>
#include <strings.h>

static void add(struct effect *e, const struct form *form)
{
	e->stores = e->stores || form->stored;
	e->destructive = e->destructive || form->destructive;
}

struct effect effect_of(const struct spec *spec, const char *command_line)
{
	size_t len = strcspn(command_line, "=?");
	const char *rest = command_line + len;
	struct effect e = { 0 };
	for (size_t i = 0; i < spec->command_count && !e.command; i++)
		if (strncasecmp(spec->commands[i].name, command_line, len) == 0 &&
			spec->commands[i].name[len] == '\0')
			e.command = &spec->commands[i];
	if (!e.command || *rest == '?' || strcmp(rest, "=?") == 0)
		return e;
	const struct form *form = spec_form_of(e.command, command_line);
	if (form)
		add(&e, form);
	for (size_t i = 0; !form && spec_form(e.command, i); i++)
		add(&e, spec_form(e.command, i));
	return e;
}
