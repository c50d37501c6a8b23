/* SPDX-License-Identifier: MIT */
/* Reads the general model: rules of the whole session, unsolicited lines, final results. */
#include "spec/load.h"
#include "spec/syntax.h"

#include <string.h>

struct general {
	const char *title, *section;
	int line;
};

static const struct field general_fields[] = {
	{ "title", FIELD_STRING, offsetof(struct general, title), true },
	{ "section", FIELD_STRING, offsetof(struct general, section), true },
	{ "line", FIELD_LINE, offsetof(struct general, line), true },
	{ "requirements", FIELD_OTHER, 0, true },
	{ "deviations", FIELD_OTHER, 0, false },
	{ "urcs", FIELD_OTHER, 0, true },
	{ "finals", FIELD_OTHER, 0, true },
	{ NULL },
};

static const struct field urc_fields[] = {
	{ "line", FIELD_STRING, offsetof(struct known_line, text), true },
	{ "payload", FIELD_STRING, offsetof(struct known_line, payload), false },
	{ NULL },
};

static const struct field final_fields[] = {
	{ "line", FIELD_STRING, offsetof(struct known_line, text), true },
	{ "ok", FIELD_BOOL, offsetof(struct known_line, ok), true },
	{ NULL },
};

static int load_urc(struct loader *l, const json_t *value, void *user)
{
	static const char *const payloads[] = { "ipd", "recvdata", "subrecv" };
	struct spec *spec = user;
	struct known_line *urc = arena_push(l->arena, &spec->urcs, &spec->urc_count, sizeof(*urc));
	if (load_fields(l, value, urc_fields, urc) < 0)
		return -1;
	struct syntax *tree;
	const char *why;
	if (!syntax_parse(l->scratch, urc->text, &tree, &why))
		return load_error(l, "line", "template: %s", why);
	if (!urc->payload)
		return 0;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		if (strcmp(payloads[i], urc->payload) == 0)
			return 0;
	return load_error(l, "payload", "must be ipd, recvdata or subrecv");
}

static int load_final(struct loader *l, const json_t *value, void *user)
{
	struct spec *spec = user;
	struct known_line *final =
		arena_push(l->arena, &spec->finals, &spec->final_count, sizeof(*final));
	return load_fields(l, value, final_fields, final);
}

int load_general_file(struct loader *l, struct spec *spec)
{
	const json_t *root = l->strict.root;
	struct general general;
	if (load_fields(l, root, general_fields, &general) < 0)
		return -1;
	struct load_owner owner = {
		.spec = spec,
		.section = general.section,
		.prefixes = { "GENERAL", "SESSION" },
	};
	if (load_requirements(l, root, &owner) < 0 || load_deviations(l, root, &owner) < 0 ||
		load_array(l, root, "urcs", load_urc, spec) < 0)
		return -1;
	return load_array(l, root, "finals", load_final, spec);
}
