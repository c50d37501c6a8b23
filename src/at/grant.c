/* SPDX-License-Identifier: MIT */
#include "at/grant.h"

#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything lives in one list of blocks beside the JSON values that own the strings. */
struct block {
	struct block *next;
	max_align_t data[];
};

struct memory {
	json_t *root;
	struct block *blocks;
};

static void *allocate(struct grant *g, size_t count, size_t size)
{
	struct memory *memory = g->memory;
	struct block *b = calloc(1, sizeof(*b) + (count + 1) * size);
	if (!b)
		abort();
	b->next = memory->blocks;
	memory->blocks = b;
	return b->data;
}

static const char *text(const json_t *object, const char *key, const char *fallback)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : fallback;
}

static int64_t number(const json_t *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? (int64_t)json_number_value(value) : fallback;
}

static const char **texts(struct grant *g, const json_t *array)
{
	size_t count = json_array_size(array), n = 0;
	const char **out = allocate(g, count, sizeof(*out));
	for (size_t i = 0; i < count; i++) {
		const char *one = json_string_value(json_array_get(array, i));
		if (one)
			out[n++] = one;
	}
	return out;
}

static void read_requirements(struct grant *g, const json_t *array)
{
	g->requirement_count = json_array_size(array);
	g->requirements = allocate(g, g->requirement_count, sizeof(*g->requirements));
	for (size_t i = 0; i < g->requirement_count; i++) {
		const json_t *one = json_array_get(array, i);
		g->requirements[i] = (struct grant_requirement){
			.id = text(one, "id", ""),
			.section = text(one, "section", ""),
			.grade = text(one, "grade", ""),
			.text = text(one, "text", ""),
			.line = (int)number(one, "line", 0),
		};
	}
}

static void read_match(struct grant *g, struct deviation_match *out, const json_t *match)
{
	const json_t *lines = json_object_get(match, "response");
	out->command = text(match, "command", "");
	out->final = text(match, "final", "");
	out->response.count = json_array_size(lines);
	out->response.lines = allocate(g, out->response.count, sizeof(*out->response.lines));
	for (size_t i = 0; i < out->response.count; i++) {
		const json_t *one = json_array_get(lines, i);
		struct response_line *line = &out->response.lines[i];
		line->text = json_is_string(one) ? json_string_value(one) : text(one, "line", "");
		line->repeat = json_is_true(json_object_get(one, "repeat"));
		line->optional = json_is_true(json_object_get(one, "optional"));
	}
}

static void read_deviations(struct grant *g, const json_t *array)
{
	g->deviation_count = json_array_size(array);
	g->deviations = allocate(g, g->deviation_count, sizeof(*g->deviations));
	for (size_t i = 0; i < g->deviation_count; i++) {
		const json_t *one = json_array_get(array, i);
		const json_t *matches = json_object_get(one, "match");
		struct deviation *d = &g->deviations[i];
		d->id = text(one, "id", "");
		d->requirement = text(one, "requirement", "");
		d->text = text(one, "text", "");
		d->source = text(one, "source", "");
		d->match_count = json_array_size(matches);
		d->matches = allocate(g, d->match_count, sizeof(*d->matches));
		for (size_t k = 0; k < d->match_count; k++)
			read_match(g, &d->matches[k], json_array_get(matches, k));
	}
}

static void read_bench(struct grant *g, const json_t *root)
{
	const json_t *times = json_object_get(root, "timeouts_ms");
	const json_t *uart = json_object_get(root, "uart");
	const json_t *stopbits = json_object_get(uart, "stopbits");
	g->answer_ms = (int)number(times, "answer", 1500);
	g->restart_ms = (int)number(times, "restart", 5000);
	g->silence_ms = (int)number(times, "silence", 60);
	g->deadline_ms = (int)number(root, "deadline_ms", 30000);
	g->join_ms = (int)number(times, "join", 20000);
	g->scan_ms = (int)number(times, "scan", 15000);
	g->lease_ms = (int)number(times, "lease", 10000);
	g->connect_ms = (int)number(times, "connect", 15000);
	g->escape_ms = (int)number(times, "escape", 1000);
	g->sntp_ms = (int)number(times, "sntp", 15000);
	g->update_ms = (int)number(times, "update", 120000);
	g->mqtt_ms = (int)number(times, "mqtt", 15000);
	g->guard_ms = (int)number(root, "guard_ms", 60);
	g->facilities = texts(g, json_object_get(root, "facilities"));
	g->spec_dirs = texts(g, json_object_get(root, "spec"));
	g->noise = texts(g, json_object_get(root, "noise"));
	g->absent = texts(g, json_object_get(root, "absent"));
	g->uart = (struct grant_uart){
		.baud = number(uart, "baud", 115200),
		.databits = (int)number(uart, "databits", 8),
		.stopbits = json_is_number(stopbits) ? json_number_value(stopbits) : 1,
		.parity = text(uart, "parity", "none"),
		.flow = text(uart, "flow", "none"),
	};
}

/* {"AT+CWJAP=": 20000} */
static void read_slow(struct grant *g, const json_t *object)
{
	const char *command;
	json_t *ms;
	g->slow = allocate(g, json_object_size(object), sizeof(*g->slow));
	json_object_foreach ((json_t *)object, command, ms)
		g->slow[g->slow_count++] =
			(struct grant_slow){ command, (int)json_integer_value(ms) };
}

int grant_parse(struct grant *out, const char *json, size_t len, struct error *error)
{
	json_error_t where;
	json_t *root = json_loadb(json, len, JSON_ALLOW_NUL, &where);
	*out = (struct grant){ 0 };
	if (!json_is_object(root)) {
		json_decref(root);
		return error_set(
			error, "", 0, 0, "the rig's grant is not a JSON object: %s", where.text);
	}
	struct memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		abort();
	memory->root = root;
	out->memory = memory;
	out->case_id = text(root, "case", "");
	out->attempt = (int)number(root, "attempt", 1);
	out->t_ns = number(root, "t", 0);
	out->verdict = text(root, "verdict", NULL);
	out->echo = !json_is_false(json_object_get(root, "echo"));
	read_requirements(out, json_object_get(root, "requirements"));
	read_deviations(out, json_object_get(root, "deviations"));
	read_bench(out, root);
	read_slow(out, json_object_get(root, "slow"));
	return 0;
}

void grant_finish(struct grant *grant)
{
	struct memory *memory = grant->memory;
	if (memory) {
		while (memory->blocks) {
			struct block *b = memory->blocks;
			memory->blocks = b->next;
			free(b);
		}
		json_decref(memory->root);
		free(memory);
	}
	*grant = (struct grant){ 0 };
}

bool grant_has(const struct grant *grant, const char *facility)
{
	for (size_t i = 0; grant->facilities && grant->facilities[i]; i++) {
		if (text_glob(grant->facilities[i], facility))
			return true;
	}
	return false;
}

int grant_slow_ms(const struct grant *grant, const char *command_line)
{
	for (size_t i = 0; i < grant->slow_count; i++) {
		const struct grant_slow *slow = &grant->slow[i];
		if (text_ends(slow->command, "=") ? text_starts(command_line, slow->command)
						  : strcmp(command_line, slow->command) == 0)
			return slow->ms;
	}
	return 0;
}

static const json_t *step_into(const json_t *value, const char *name)
{
	if (json_is_array(value))
		return json_array_get(value, strtoul(name, NULL, 10));
	return json_object_get(value, name);
}

const json_t *grant_member(const json_t *value, const char *path)
{
	char copy[128], *rest = NULL;
	if (strlen(path) >= sizeof(copy))
		return NULL;
	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name = strtok_r(copy, ".", &rest); name; name = strtok_r(NULL, ".", &rest))
		value = step_into(value, name);
	return value;
}

/* The virtual module's own address comes with the lease; the bench file can't know it. */
const char *grant_network(struct grant *grant, const char *path)
{
	const struct memory *memory = grant->memory;
	const json_t *root = memory ? memory->root : NULL;
	const json_t *value =
		strcmp(path, "module_address") == 0 ? json_object_get(root, path) : NULL;
	if (!value)
		value = grant_member(json_object_get(root, "network"), path);
	if (!json_is_integer(value))
		return json_string_value(value);
	char *text = allocate(grant, 24, 1);
	snprintf(text, 24, "%lld", (long long)json_integer_value(value));
	return text;
}
