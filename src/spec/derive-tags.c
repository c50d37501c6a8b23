/* SPDX-License-Identifier: MIT */
/* Which cases write to flash, and which rewrite it: told by what they send, setup and teardown
 * included, so that no case goes without the tag that lets an operator leave it out. */
#include "spec/derive-build.h"
#include "spec/effect.h"

/* A worker has the models of one command only, and no use for tags. */
static struct effect effect_here(
	const struct builder *b, const struct spec *spec, const char *command_line)
{
	struct effect e = effect_of(spec, command_line);
	const struct spec own = { .commands = (struct command *)b->command, .command_count = 1 };
	return e.command ? e : effect_of(&own, command_line);
}

static void add_tags_of(struct builder *b, const struct spec *spec, struct derived_case *c)
{
	for (size_t i = 0; i < c->step_count; i++) {
		const struct step *s = &c->steps[i];
		struct effect e = { 0 };
		if (s->kind == STEP_SEND)
			e = effect_here(b, spec, s->send);
		else if (s->kind == STEP_RESTORE)
			e.stores = e.destructive = true;
		if (e.stores)
			add_tag(b, c, "nvs");
		if (e.destructive)
			add_tag(b, c, "destructive");
	}
}

void derive_tags(struct builder *b, const struct spec *spec)
{
	for (size_t i = 0; i < b->out->count; i++)
		add_tags_of(b, spec, &b->out->cases[i]);
}
