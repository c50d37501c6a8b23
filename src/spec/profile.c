/* SPDX-License-Identifier: MIT */
/* Loads profiles: the file, and what it inherits from, checked against the specification. */
#include "spec/profile.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "spec/load.h"
#include "spec/template.h"

#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 8 };

struct reading {
	struct profile *profile;
	const struct spec *spec;
	struct arena *arena;
	struct error *error;
	const char *chain[CHAIN_MAX]; /* files being read, outermost first */
	size_t chain_count;
};

struct raw_profile {
	const char *name, *title, *inherits;
	const char **deviations, **without;
};

static const struct field profile_fields[] = {
	{ "profile", FIELD_STRING, offsetof(struct raw_profile, name), true },
	{ "title", FIELD_STRING, offsetof(struct raw_profile, title), true },
	{ "inherits", FIELD_STRING, offsetof(struct raw_profile, inherits), false },
	{ "without", FIELD_LIST, offsetof(struct raw_profile, without), false },
	{ "firmware", FIELD_OTHER, 0, false },
	{ "deviations", FIELD_LIST, offsetof(struct raw_profile, deviations), false },
	{ "absent", FIELD_OTHER, 0, false },
	{ "noise", FIELD_OTHER, 0, false },
	{ NULL },
};

static bool is_listed(const char *const *list, const char *text)
{
	for (; list && *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

static void add_once(struct reading *r, const char ***list, const char *text)
{
	if (!is_listed(*list, text))
		arena_push_text(r->arena, list, text);
}

struct sourced {
	const char *text, *source;
};

static const struct field absent_fields[] = {
	{ "command", FIELD_STRING, offsetof(struct sourced, text), true },
	{ "source", FIELD_STRING, offsetof(struct sourced, source), true },
	{ NULL },
};

static const struct field noise_fields[] = {
	{ "line", FIELD_STRING, offsetof(struct sourced, text), true },
	{ "source", FIELD_STRING, offsetof(struct sourced, source), true },
	{ NULL },
};

static int read_absent(struct loader *l, const json_t *value, void *user)
{
	struct reading *r = user;
	struct sourced absent;
	if (load_fields(l, value, absent_fields, &absent) < 0)
		return -1;
	if (r->spec && !spec_command(r->spec, absent.text))
		return load_error(l, "command", "there is no command \"%s\"", absent.text);
	add_once(r, &r->profile->absent, absent.text);
	return 0;
}

static int read_noise(struct loader *l, const json_t *value, void *user)
{
	struct reading *r = user;
	struct sourced noise;
	if (load_fields(l, value, noise_fields, &noise) < 0)
		return -1;
	add_once(r, &r->profile->noise, noise.text);
	return 0;
}

static const struct field firmware_fields[] = {
	{ "lines", FIELD_LIST, offsetof(struct profile_firmware, lines), true },
	{ "source", FIELD_STRING, offsetof(struct profile_firmware, source), true },
	{ NULL },
};

static int check_patterns(struct loader *l, const char *const *lines)
{
	size_t mark = load_into(l, "lines");
	int status = 0;
	if (!lines[0])
		status = load_error(l, NULL, "at least one pattern");
	for (size_t i = 0; lines[i] && status == 0; i++) {
		struct error why = { 0 };
		size_t inner = load_into_index(l, i);
		struct template *t =
			template_create(arena_printf(l->arena, "re:%s", lines[i]), NULL, &why);
		if (!t)
			status = load_error(l, NULL, "%s", why.text);
		template_destroy(t);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

static int read_firmware(struct loader *l, const json_t *value, void *user)
{
	const struct reading *r = user;
	struct profile *p = r->profile;
	struct profile_firmware one;
	if (load_fields(l, value, firmware_fields, &one) < 0 || check_patterns(l, one.lines) < 0)
		return -1;
	/* The files that this one inherits from have been read, and are for other firmware. */
	if (r->chain_count == 1)
		*(struct profile_firmware *)arena_push(
			r->arena, &p->firmware, &p->firmware_count, sizeof(one)) = one;
	return 0;
}

static bool take_out(const char **list, const char *text)
{
	while (*list && strcmp(*list, text) != 0)
		list++;
	if (!*list)
		return false;
	for (; *list; list++)
		list[0] = list[1];
	return true;
}

/* What a later release does no longer, or has got. */
static int read_without(struct loader *l, struct reading *r, const char *const *names)
{
	size_t mark = load_into(l, "without");
	int status = 0;
	for (size_t i = 0; names[i] && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		if (!take_out(r->profile->deviations, names[i]) &&
			!take_out(r->profile->absent, names[i]))
			status = load_error(l, NULL,
				"\"%s\" is no deviation and no absent command that is inherited",
				names[i]);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

static int read_deviations(struct loader *l, struct reading *r, const char *const *ids)
{
	size_t mark = load_into(l, "deviations");
	int status = 0;
	for (size_t i = 0; ids[i] && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		if (r->spec && !spec_deviation(r->spec, ids[i]))
			status = load_error(l, NULL, "there is no known deviation \"%s\"", ids[i]);
		add_once(r, &r->profile->deviations, ids[i]);
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

/* The name that a file must bear: its own, without folder and ".json". */
static const char *base_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strlen(name);
	if (text_ends(name, ".json"))
		len -= strlen(".json");
	return arena_text(a, name, len);
}

static int read_profile(struct reading *r, const char *path, struct loader *from);

static int read_inherited(struct loader *l, struct reading *r, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) : 1;
	const char *other =
		arena_printf(r->arena, "%.*s/%s.json", folder, slash ? path : ".", name);
	if (strchr(name, '/'))
		return load_error(l, "inherits", "must be the name of a profile beside this one");
	return read_profile(r, other, l);
}

static int read_content(struct loader *l, struct reading *r, const char *path)
{
	struct raw_profile raw = { 0 };
	if (load_fields(l, l->strict.root, profile_fields, &raw) < 0)
		return -1;
	if (strcmp(raw.name, base_name(r->arena, path)) != 0)
		return load_error(l, "profile", "the file of \"%s\" must be called %s.json",
			raw.name, raw.name);
	if (strcmp(raw.name, "auto") == 0)
		return load_error(l, "profile", "\"auto\" asks the module, and is no name");
	if (raw.inherits && read_inherited(l, r, path, raw.inherits) < 0)
		return -1;
	r->profile->name = raw.name;
	r->profile->title = raw.title;
	if (read_without(l, r, raw.without) < 0 || read_deviations(l, r, raw.deviations) < 0 ||
		load_array(l, l->strict.root, "firmware", read_firmware, r) < 0 ||
		load_array(l, l->strict.root, "absent", read_absent, r) < 0)
		return -1;
	return load_array(l, l->strict.root, "noise", read_noise, r);
}

/* `from`: the file that inherits this one, at whose "inherits" an error of the chain stands. */
static int read_profile(struct reading *r, const char *path, struct loader *from)
{
	if (from && is_listed(r->chain, path))
		return load_error(from, "inherits", "the profile inherits from itself");
	if (from && r->chain_count == CHAIN_MAX - 1)
		return load_error(
			from, "inherits", "more than %d profiles in a row", CHAIN_MAX - 1);
	if (from && access(path, R_OK) != 0)
		return load_error(from, "inherits", "there is no profile %s", path);
	r->chain[r->chain_count++] = path;
	struct loader l;
	if (load_open(&l, path, r->arena, r->error) < 0)
		return -1;
	int status = read_content(&l, r, path);
	load_close(&l);
	r->chain[--r->chain_count] = NULL;
	return status;
}

int profile_load(struct profile *out, const char *dir, const char *name, const struct spec *spec,
	struct error *error)
{
	struct arena *arena = arena_create();
	*out = (struct profile){ .memory = arena };
	struct reading r = { .profile = out, .spec = spec, .arena = arena, .error = error };
	const char **const lists[] = { arena_alloc(arena, sizeof(char *)),
		arena_alloc(arena, sizeof(char *)), arena_alloc(arena, sizeof(char *)) };
	out->deviations = lists[0];
	out->absent = lists[1];
	out->noise = lists[2];
	bool is_path = strchr(name, '/') || text_ends(name, ".json");
	const char *path = is_path ? arena_text(arena, name, strlen(name))
				   : arena_printf(arena, "%s/%s.json", dir, name);
	int status = 0;
	if (!is_path && access(path, R_OK) != 0)
		status = error_set(error, "", 0, 0, "there is no profile \"%s\" (%s)", name, path);
	if (status == 0)
		status = read_profile(&r, path, NULL);
	if (status < 0)
		profile_finish(out);
	return status;
}

void profile_finish(struct profile *profile)
{
	arena_destroy(profile->memory);
	*profile = (struct profile){ 0 };
}

bool profile_has_deviation(const struct profile *profile, const char *id)
{
	return is_listed(profile->deviations, id);
}

bool profile_absent(const struct profile *profile, const char *command)
{
	return is_listed(profile->absent, command);
}
