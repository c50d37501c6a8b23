/* SPDX-License-Identifier: MIT */
/* Requirements and known deviations: ids of one owner, unique, with their lines of the document. */
#include "spec/load.h"

#include <stdlib.h>
#include <string.h>

struct raw_requirement {
	struct requirement requirement;
	const char *grade, *judge;
};

static const struct field requirement_fields[] = {
	{ "id", FIELD_STRING, offsetof(struct raw_requirement, requirement.id), true },
	{ "line", FIELD_LINE, offsetof(struct raw_requirement, requirement.line), true },
	{ "section", FIELD_STRING, offsetof(struct raw_requirement, requirement.section), false },
	{ "grade", FIELD_STRING, offsetof(struct raw_requirement, grade), true },
	{ "text", FIELD_STRING, offsetof(struct raw_requirement, requirement.text), true },
	{ "judge", FIELD_STRING, offsetof(struct raw_requirement, judge), false },
	{ "untestable", FIELD_STRING, offsetof(struct raw_requirement, requirement.reason), false },
	{ NULL },
};

/* COMMAND-1, or COMMAND-D1 with the letter. */
static bool id_fits(const char *id, const char *prefix, const char *letter)
{
	size_t len = prefix ? strlen(prefix) : 0;
	if (len == 0 || strncmp(id, prefix, len) != 0 || id[len] != '-')
		return false;
	id += len + 1;
	if (strncmp(id, letter, strlen(letter)) != 0)
		return false;
	id += strlen(letter);
	size_t digits = strspn(id, "0123456789");
	return digits > 0 && digits <= 4 && id[digits] == '\0' && id[0] != '0';
}

static int check_id(
	struct loader *l, const struct load_owner *owner, const char *id, const char *letter)
{
	for (size_t i = 0; i < 2; i++)
		if (id_fits(id, owner->prefixes[i], letter))
			return 0;
	return load_error(
		l, "id", "\"%s\" is not of the form %s-%sn", id, owner->prefixes[0], letter);
}

static int read_words(struct loader *l, struct raw_requirement *raw)
{
	struct requirement *r = &raw->requirement;
	if (strcmp(raw->grade, "stated") == 0)
		r->grade = GRADE_STATED;
	else if (strcmp(raw->grade, "inferred") == 0)
		r->grade = GRADE_INFERRED;
	else
		return load_error(l, "grade", "must be \"stated\" or \"inferred\"");
	if (raw->judge && strcmp(raw->judge, "monitor") == 0)
		r->judge = JUDGE_MONITOR;
	else if (raw->judge && strcmp(raw->judge, "case") != 0)
		return load_error(l, "judge", "must be \"case\" or \"monitor\"");
	if (!r->reason) {
		r->reason = "";
		return 0;
	}
	if (r->judge == JUDGE_MONITOR)
		return load_error(l, "untestable", "is judged by the monitor");
	r->judge = JUDGE_UNTESTABLE;
	return 0;
}

static int load_requirement(struct loader *l, const json_t *value, void *user)
{
	struct load_owner *owner = user;
	struct raw_requirement raw = { 0 };
	if (load_fields(l, value, requirement_fields, &raw) < 0 ||
		check_id(l, owner, raw.requirement.id, "") < 0 || read_words(l, &raw) < 0)
		return -1;
	struct requirement *r = &raw.requirement;
	struct spec *spec = owner->spec;
	for (size_t i = owner->command ? owner->first_requirement : 0; i < spec->requirement_count;
		i++)
		if (strcmp(spec->requirements[i].id, r->id) == 0)
			return load_error(l, "id", "\"%s\" is there already (line %d)", r->id,
				spec->requirements[i].file_line);
	r->command = owner->command ? owner->command->name : "";
	if (!r->section)
		r->section = owner->section;
	r->file = l->file;
	r->file_line = strict_line(&l->strict, l->path, &r->file_column);
	struct requirement *place =
		arena_push(l->arena, &spec->requirements, &spec->requirement_count, sizeof(*r));
	*place = *r;
	return 0;
}

int load_requirements(struct loader *l, const json_t *root, struct load_owner *owner)
{
	owner->first_requirement = owner->spec->requirement_count;
	return load_array(l, root, "requirements", load_requirement, owner);
}

static const struct field match_fields[] = {
	{ "command", FIELD_STRING, offsetof(struct deviation_match, command), true },
	{ "response", FIELD_OTHER, 0, true },
	{ "final", FIELD_STRING, offsetof(struct deviation_match, final), true },
	{ NULL },
};

static int load_match(struct loader *l, const json_t *value, void *user)
{
	struct deviation *d = user;
	struct deviation_match *m = arena_push(l->arena, &d->matches, &d->match_count, sizeof(*m));
	if (load_fields(l, value, match_fields, m) < 0)
		return -1;
	size_t mark = load_into(l, "response");
	int status = load_response(l, json_object_get(value, "response"), &m->response);
	load_up(l, mark);
	return status;
}

static const struct field deviation_fields[] = {
	{ "id", FIELD_STRING, offsetof(struct deviation, id), true },
	{ "requirement", FIELD_STRING, offsetof(struct deviation, requirement), true },
	{ "text", FIELD_STRING, offsetof(struct deviation, text), true },
	{ "source", FIELD_STRING, offsetof(struct deviation, source), true },
	{ "match", FIELD_OTHER, 0, true },
	{ NULL },
};

static int load_deviation(struct loader *l, const json_t *value, void *user)
{
	struct load_owner *owner = user;
	struct spec *spec = owner->spec;
	struct deviation d = { .file = l->file, .file_line = load_line(l, NULL) };
	if (load_fields(l, value, deviation_fields, &d) < 0 || check_id(l, owner, d.id, "D") < 0 ||
		load_array(l, value, "match", load_match, &d) < 0)
		return -1;
	if (d.match_count == 0)
		return load_error(l, "match", "must hold at least one exchange");
	for (size_t i = owner->command ? owner->first_deviation : 0; i < spec->deviation_count; i++)
		if (strcmp(spec->deviations[i].id, d.id) == 0)
			return load_error(l, "id", "\"%s\" is there already", d.id);
	struct deviation *place =
		arena_push(l->arena, &spec->deviations, &spec->deviation_count, sizeof(d));
	*place = d;
	return load_check_id(l, spec, "requirement", d.requirement);
}

int load_deviations(struct loader *l, const json_t *root, struct load_owner *owner)
{
	owner->first_deviation = owner->spec->deviation_count;
	return load_array(l, root, "deviations", load_deviation, owner);
}

int load_check_id(struct loader *l, const struct spec *spec, const char *key, const char *id)
{
	if (!id || spec_requirement(spec, id))
		return 0;
	return load_error(l, key, "there is no requirement \"%s\"", id);
}
