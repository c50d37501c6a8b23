/* SPDX-License-Identifier: MIT */
/* Matches collected information lines against the alternatives of a response. */
#include "spec/response.h"

#include "spec/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char reason[512];

struct matcher {
	const struct response *response;
	struct template **templates;
	const char *const *lines;
	size_t line_count;
	size_t steps_left; /* optional and repeated lines make this a search: it has an end */
	size_t reached;    /* how far the best try came: lines that fitted */
	struct response_fields *fields;
};

static void note_failure(struct matcher *m, size_t line, const char *wanted, const char *why)
{
	if (line < m->reached && reason[0])
		return;
	m->reached = line;
	if (line >= m->line_count)
		snprintf(reason, sizeof(reason), "the line \"%.120s\" is missing", wanted);
	else if (!wanted)
		snprintf(reason, sizeof(reason), "the line \"%.120s\" is not expected",
			m->lines[line]);
	else
		snprintf(reason, sizeof(reason), "\"%.120s\" is not \"%.120s\": %s", m->lines[line],
			wanted, why);
}

static bool match_from(struct matcher *m, size_t at, size_t line)
{
	if (m->steps_left == 0)
		return false;
	m->steps_left--;
	if (at == m->response->count) {
		if (line == m->line_count)
			return true;
		note_failure(m, line, NULL, NULL);
		return false;
	}
	const struct response_line *wanted = &m->response->lines[at];
	const char *why = "";
	bool fits = line < m->line_count &&
		    template_match(m->templates[at], m->lines[line], strlen(m->lines[line]), &why);
	if (!fits && !wanted->repeat && !wanted->optional)
		note_failure(m, line, wanted->text, why);
	if (fits && match_from(m, wanted->repeat ? at : at + 1, line + 1)) {
		return true;
	}
	return (wanted->repeat || wanted->optional) && match_from(m, at + 1, line);
}

static void keep_field(struct response_fields *out, const char *name, const char *text)
{
	if (response_field(out, name))
		return;
	void *larger = realloc(out->items, (out->count + 1) * sizeof(*out->items));
	if (!larger)
		return;
	out->items = larger;
	struct response_field f = { .name = strdup(name), .text = strdup(text) };
	if (f.name && f.text)
		out->items[out->count++] = f;
}

/* Once it is known that they fit: the same walk again, greedily as before, taking the fields. */
static void keep_line(struct matcher *m, size_t at, size_t line)
{
	struct template *t = m->templates[at];
	if (!template_match(t, m->lines[line], strlen(m->lines[line]), NULL))
		return;
	for (size_t i = 0; template_field_name(t, i); i++) {
		const char *name = template_field_name(t, i), *text = template_field(t, name);
		if (text)
			keep_field(m->fields, name, text);
	}
}

static void keep_fields(struct matcher *m)
{
	size_t at = 0;
	for (size_t line = 0; line < m->line_count && at < m->response->count; line++) {
		while (at < m->response->count) {
			const struct response_line *wanted = &m->response->lines[at];
			bool fits = template_match(
				m->templates[at], m->lines[line], strlen(m->lines[line]), NULL);
			if (fits)
				break;
			if (!wanted->repeat && !wanted->optional)
				return;
			at++;
		}
		if (at == m->response->count)
			return;
		keep_line(m, at, line);
		if (!m->response->lines[at].repeat)
			at++;
	}
}

static bool match_one(const struct response *r, const struct command *command,
	const char *const *lines, size_t line_count, struct response_fields *fields)
{
	struct matcher m = {
		.response = r,
		.lines = lines,
		.line_count = line_count,
		.steps_left = 10000 + 4 * line_count,
		.fields = fields,
		.templates = calloc(r->count + 1, sizeof(struct template *)),
	};
	bool compiled = m.templates != NULL;
	for (size_t i = 0; compiled && i < r->count; i++) {
		struct error error = { 0 };
		m.templates[i] = template_create(r->lines[i].text, command, &error);
		compiled = m.templates[i] != NULL;
		if (!compiled)
			snprintf(reason, sizeof(reason), "%s", error.text);
	}
	bool fits = compiled && match_from(&m, 0, 0);
	if (fits && fields)
		keep_fields(&m);
	for (size_t i = 0; m.templates && i < r->count; i++)
		template_destroy(m.templates[i]);
	free(m.templates);
	return fits;
}

bool response_match(const struct response *alternatives, size_t count,
	const struct command *command, const char *const *lines, size_t line_count,
	struct response_fields *fields, const char **why)
{
	static const struct response none = { 0 };
	if (fields)
		*fields = (struct response_fields){ 0 };
	if (count == 0) {
		alternatives = &none;
		count = 1;
	}
	char first[sizeof(reason)] = "";
	bool fits = false;
	for (size_t i = 0; i < count && !fits; i++) {
		reason[0] = '\0';
		fits = match_one(&alternatives[i], command, lines, line_count, fields);
		if (!fits && i == 0)
			memcpy(first, reason, sizeof(first));
	}
	if (!fits)
		memcpy(reason, first, sizeof(reason));
	if (why)
		*why = fits ? "" : reason;
	return fits;
}

void response_fields_finish(struct response_fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		free(fields->items[i].name);
		free(fields->items[i].text);
	}
	free(fields->items);
	*fields = (struct response_fields){ 0 };
}

const char *response_field(const struct response_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->items[i].name, name) == 0)
			return fields->items[i].text;
	return NULL;
}

bool response_is_error_code(const char *line)
{
	static const char prefix[] = "ERR CODE:";
	if (strncmp(line, prefix, sizeof(prefix) - 1) != 0)
		return false;
	line += sizeof(prefix) - 1;
	line += strspn(line, " ");
	return strncmp(line, "0x", 2) == 0 && strspn(line + 2, "0123456789abcdefABCDEF") == 8 &&
	       line[10] == '\0';
}
