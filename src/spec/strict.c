/* SPDX-License-Identifier: MIT */
/* Reads JSON with jansson and finds positions afterwards: one pass over the text notes a hash of
 * the path of every value with its line and column. */
#include "spec/strict.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_MIB = 16, LARGE_MAX_MIB = 512, PATH_SEED = 0 };

struct strict_position {
	uint64_t path; /* hash */
	int line, column;
};

struct scanner {
	const char *at, *end, *line_start;
	int line;
	struct strict_position *positions;
	size_t count, capacity;
};

static int read_file(struct strict *s, size_t most_mib, struct error *error)
{
	size_t most = most_mib << 20;
	FILE *f AUTO_FILE = fopen(s->file, "re");
	if (!f)
		return error_set(error, s->file, 0, 0, "can't be read: %s", strerror(errno));
	struct buf text = { 0 };
	char part[16384];
	size_t got;
	while ((got = fread(part, 1, sizeof(part), f)) > 0 && text.len <= most)
		buf_append(&text, part, got);
	bool failed = ferror(f);
	int cause = errno;
	s->len = text.len;
	s->text = buf_take(&text);
	if (failed)
		return error_set(error, s->file, 0, 0, "can't be read: %s", strerror(cause));
	if (s->len > most)
		return error_set(error, s->file, 0, 0, "is larger than %zu MiB", most_mib);
	return 0;
}

static int open_file(struct strict *s, const char *path, size_t most_mib, struct error *error)
{
	*s = (struct strict){ .file = strdup(path) };
	if (!s->file)
		return error_set(error, path, 0, 0, "out of memory");
	json_error_t cause;
	if (read_file(s, most_mib, error) == 0) {
		s->root = json_loadb(s->text ? s->text : "", s->len,
			JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &cause);
		if (s->root)
			return 0;
		error_set(error, path, cause.line > 0 ? cause.line : 1,
			cause.column > 0 ? cause.column : 1, "%s", cause.text);
	}
	strict_close(s);
	return -1;
}

int strict_open(struct strict *s, const char *path, struct error *error)
{
	return open_file(s, path, FILE_MAX_MIB, error);
}

int strict_open_large(struct strict *s, const char *path, struct error *error)
{
	return open_file(s, path, LARGE_MAX_MIB, error);
}

void strict_close(struct strict *s)
{
	json_decref(s->root);
	free(s->text);
	free(s->file);
	free(s->positions);
	*s = (struct strict){ 0 };
}

static void skip_space(struct scanner *c)
{
	for (; c->at < c->end && strchr(" \t\r\n", *c->at); c->at++) {
		if (*c->at != '\n')
			continue;
		c->line++;
		c->line_start = c->at + 1;
	}
}

static void note_position(struct scanner *c, uint64_t path)
{
	if (c->count == c->capacity) {
		size_t capacity = c->capacity ? c->capacity * 2 : 256;
		void *larger = realloc(c->positions, capacity * sizeof(*c->positions));
		if (!larger)
			return; /* the position stays unknown, the message does not */
		c->positions = larger;
		c->capacity = capacity;
	}
	c->positions[c->count++] = (struct strict_position){
		.path = path,
		.line = c->line,
		.column = (int)(c->at - c->line_start) + 1,
	};
}

/* Leaves the cursor behind the closing quote. */
static void skip_string(struct scanner *c)
{
	for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
		if (*c->at == '\\')
			c->at++;
	c->at++;
}

static void scan_value(struct scanner *c, uint64_t path);

static void scan_member(struct scanner *c, uint64_t path, bool root)
{
	const char *key = c->at + 1;
	const struct scanner before = *c;
	skip_string(c);
	uint64_t child = root ? path : text_hash(".", 1, path);
	child = text_hash(key, (size_t)(c->at - 1 - key), child);
	struct scanner here = *c;
	c->at = before.at;
	note_position(c, child);
	c->at = here.at;
	skip_space(c);
	c->at++; /* colon */
	skip_space(c);
	scan_value(c, child);
}

static void scan_container(struct scanner *c, uint64_t path, char close)
{
	c->at++;
	bool root = path == text_hash("", 0, PATH_SEED);
	for (size_t index = 0;; index++) {
		skip_space(c);
		if (c->at >= c->end)
			return;
		if (*c->at == close)
			break;
		if (close == '}') {
			scan_member(c, path, root);
		} else {
			char step[24];
			int len = snprintf(step, sizeof(step), "[%zu]", index);
			uint64_t child = text_hash(step, (size_t)len, path);
			note_position(c, child);
			scan_value(c, child);
		}
		skip_space(c);
		if (c->at < c->end && *c->at == ',')
			c->at++;
	}
	c->at++;
}

/* The text is known to be valid: jansson has read it. */
static void scan_value(struct scanner *c, uint64_t path)
{
	if (c->at >= c->end)
		return;
	if (*c->at == '{') {
		scan_container(c, path, '}');
	} else if (*c->at == '[') {
		scan_container(c, path, ']');
	} else if (*c->at == '"') {
		skip_string(c);
	} else {
		while (c->at < c->end && !strchr(",]} \t\r\n", *c->at))
			c->at++;
	}
}

static void scan(struct strict *s)
{
	if (s->positions || !s->text)
		return;
	struct scanner c = {
		.at = s->text, .end = s->text + s->len, .line_start = s->text, .line = 1
	};
	skip_space(&c);
	uint64_t root = text_hash("", 0, PATH_SEED);
	note_position(&c, root);
	scan_value(&c, root);
	s->positions = c.positions;
	s->position_count = c.count;
}

/* Length of the path without its last step. */
static size_t parent_length(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '.' && path[len - 1] != '[')
		len--;
	return len > 0 ? len - 1 : 0;
}

int strict_line(struct strict *s, const char *path, int *column)
{
	scan(s);
	for (size_t len = strlen(path);; len = parent_length(path, len)) {
		uint64_t hash = text_hash(path, len, PATH_SEED);
		for (size_t i = 0; i < s->position_count; i++) {
			if (s->positions[i].path != hash)
				continue;
			if (column)
				*column = s->positions[i].column;
			return s->positions[i].line;
		}
		if (len == 0)
			break;
	}
	if (column)
		*column = 1;
	return 1;
}

int strict_error(struct strict *s, struct error *error, const char *path, const char *format, ...)
{
	char text[sizeof(error->text)];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int column, line = strict_line(s, path, &column);
	return error_set(error, s->file, line, column, "%s", text);
}

int strict_keys(struct strict *s, const char *path, const json_t *object, const char *const keys[],
	struct error *error)
{
	if (!json_is_object(object))
		return strict_error(s, error, path, "must be an object");
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)object, key, value) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i])
			continue;
		struct buf at AUTO_BUF = { 0 };
		buf_printf(&at, "%s%s%s", path, *path ? "." : "", key);
		return strict_error(s, error, buf_text(&at), "unknown key \"%s\"", key);
	}
	return 0;
}
