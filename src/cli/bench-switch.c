/* SPDX-License-Identifier: MIT */
#include "cli/bench-switch.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <string.h>

enum { WORDS_MAX = 64 };

struct source {
	struct strict *file;
	struct arena *arena;
	const char *path; /* of the value, in the file */
	const char *key;  /* its name, for messages */
	struct error *error;
};

static bool is_word(const json_t *value)
{
	const char *text = json_string_value(value);
	return text && *text && strlen(text) == json_string_length(value);
}

/* ["relay", "off-on"]: the words of a program, run without a shell. */
static int load_command(const struct source *s, const json_t *words, const char *const **out)
{
	size_t count = json_array_size(words);
	if (!json_is_array(words) || count == 0 || count > WORDS_MAX)
		return strict_error(s->file, s->error, s->path,
			"\"%s\" needs \"command\": a list of at most %d words, the program first",
			s->key, WORDS_MAX);
	const char **argv = arena_alloc(s->arena, (count + 1) * sizeof(*argv));
	size_t i;
	const json_t *word;
	json_array_foreach (words, i, word) {
		if (!is_word(word))
			return strict_error(s->file, s->error, s->path,
				"\"%s.command\" must hold non-empty strings only", s->key);
		argv[i] = json_string_value(word);
	}
	*out = argv;
	return 0;
}

static int load_switch(const struct source *s, const json_t *value, const char *const **out)
{
	static const char *const keys[] = { "command", NULL };
	if (!json_is_object(value))
		return strict_error(s->file, s->error, s->path, "\"%s\" must be an object", s->key);
	if (strict_keys(s->file, s->path, value, keys, s->error) < 0)
		return -1;
	return load_command(s, json_object_get(value, "command"), out);
}

int bench_switch_load(struct strict *file, struct arena *arena, const char *path,
	const json_t *object, struct rig_switches *out, struct error *error)
{
	const struct {
		const char *key;
		const char *const **slot;
	} all[] = { { "reset", &out->reset_command }, { "power", &out->power_command } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf at AUTO_BUF = { 0 };
		const json_t *value = json_object_get(object, all[i].key);
		buf_printf(&at, "%s%s%s", path, *path ? "." : "", all[i].key);
		const struct source s = { file, arena, at.data, all[i].key, error };
		if (value && load_switch(&s, value, all[i].slot) < 0)
			return -1;
	}
	return 0;
}
