/* SPDX-License-Identifier: MIT */
#include "cli/bench-switch.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "rig/modem.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 64, LINES_MAX = 32, STEP_MS_MAX = 60000, SETTLE_MS_MAX = 600000 };

struct source {
	struct strict *file;
	struct arena *arena;
	const char *path; /* of the switch, in the file */
	struct error *error;
};

/* Behind the switch's path stands `where`, such as ".lines[1].ms". */
static int wrong(const struct source *s, const char *where, const char *what)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s%s", s->path, where);
	return strict_error(s->file, s->error, path.data, "\"%s\" %s", path.data, what);
}

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
		return wrong(
			s, ".command", "must be a list of at most 64 words, the program first");
	const char **argv = arena_alloc(s->arena, (count + 1) * sizeof(*argv));
	size_t i;
	const json_t *word;
	json_array_foreach (words, i, word) {
		if (!is_word(word))
			return wrong(s, ".command", "must hold non-empty strings only");
		argv[i] = json_string_value(word);
	}
	*out = argv;
	return 0;
}

static int load_ms(
	const struct source *s, const char *where, const json_t *value, int max, int *out)
{
	char what[80];
	if (!value)
		return 0;
	snprintf(what, sizeof(what), "must be a whole number from 0 to %d (milliseconds)", max);
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		json_integer_value(value) > max)
		return wrong(s, where, what);
	*out = (int)json_integer_value(value);
	return 0;
}

static int load_level(const struct source *s, const char *where, const json_t *value, int *out)
{
	*out = -1;
	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return wrong(s, where, "must be true (asserted) or false (released)");
	*out = json_is_true(value);
	return 0;
}

static int load_step(
	const struct source *s, size_t index, const json_t *step, struct rig_modem_step *out)
{
	static const char *const keys[] = { "dtr", "rts", "ms", NULL };
	char at[32], dtr[40], rts[40], ms[40];
	struct buf path AUTO_BUF = { 0 };
	snprintf(at, sizeof(at), ".lines[%zu]", index);
	snprintf(dtr, sizeof(dtr), "%s.dtr", at);
	snprintf(rts, sizeof(rts), "%s.rts", at);
	snprintf(ms, sizeof(ms), "%s.ms", at);
	buf_printf(&path, "%s%s", s->path, at);
	if (!json_is_object(step))
		return wrong(s, at, "must be an object with \"dtr\", \"rts\" and \"ms\"");
	if (strict_keys(s->file, path.data, step, keys, s->error) < 0 ||
		load_level(s, dtr, json_object_get(step, "dtr"), &out->dtr) < 0 ||
		load_level(s, rts, json_object_get(step, "rts"), &out->rts) < 0)
		return -1;
	return load_ms(s, ms, json_object_get(step, "ms"), STEP_MS_MAX, &out->ms);
}

static int load_lines(const struct source *s, const json_t *value, struct rig_switch *out)
{
	const char *name = json_string_value(value);
	size_t count = json_array_size(value);
	if (name && strcmp(name, "esp") == 0) {
		out->lines = modem_esp;
		out->line_count = MODEM_ESP_STEPS;
		return 0;
	}
	if (!json_is_array(value) || count == 0 || count > LINES_MAX)
		return wrong(s, ".lines",
			"must be \"esp\", or a list of at most 32 steps such as {\"dtr\": false, "
			"\"rts\": true, \"ms\": 100}");
	struct rig_modem_step *steps = arena_alloc(s->arena, count * sizeof(*steps));
	for (size_t i = 0; i < count; i++)
		if (load_step(s, i, json_array_get(value, i), &steps[i]) < 0)
			return -1;
	out->lines = steps;
	out->line_count = count;
	return 0;
}

static int load_switch(
	const struct source *s, const json_t *value, bool has_lines, struct rig_switch *out)
{
	static const char *const keys[] = { "command", "settle_ms", NULL };
	static const char *const more_keys[] = { "command", "lines", "settle_ms", NULL };
	const json_t *command = json_object_get(value, "command");
	const json_t *lines = json_object_get(value, "lines");
	struct rig_switch read = { 0 };
	if (!json_is_object(value))
		return wrong(s, "", "must be an object");
	if (strict_keys(s->file, s->path, value, has_lines ? more_keys : keys, s->error) < 0)
		return -1;
	if (!command == !lines)
		return wrong(s, "",
			has_lines ? "needs either \"command\": a list of words, the program "
				    "first, or \"lines\", such as \"esp\""
				  : "needs \"command\": a list of words, the program first");
	if ((command && load_command(s, command, &read.command) < 0) ||
		(lines && load_lines(s, lines, &read) < 0) ||
		load_ms(s, ".settle_ms", json_object_get(value, "settle_ms"), SETTLE_MS_MAX,
			&read.settle_ms) < 0)
		return -1;
	*out = read;
	return 0;
}

int bench_switch_load(struct strict *file, struct arena *arena, const char *path,
	const json_t *object, struct rig_switches *out, struct error *error)
{
	const struct {
		const char *key;
		bool has_lines;
		struct rig_switch *slot;
	} all[] = { { "reset", true, &out->reset }, { "power", false, &out->power } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf at AUTO_BUF = { 0 };
		const json_t *value = json_object_get(object, all[i].key);
		buf_printf(&at, "%s%s%s", path, *path ? "." : "", all[i].key);
		const struct source s = { file, arena, at.data, error };
		if (value && load_switch(&s, value, all[i].has_lines, all[i].slot) < 0)
			return -1;
	}
	return 0;
}
