/* SPDX-License-Identifier: MIT */
#include "report/baseline.h"

#include "base/cleanup.h"
#include "report/keep.h"
#include "report/run.h"
#include "spec/strict.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *no_texts[] = { NULL };

/* ---- a journal ---- */

static int of_journal(struct baseline *b, const char *path, struct error *error)
{
	if (run_open(&b->journal, path, error))
		return -1;
	const struct run *run = b->journal;
	if (run->end != RUN_COMPLETE)
		return error_set(error, run->path, (int)run->lines, 0,
			"no baseline: the run did not go on to its end; take one that is complete");
	b->run = run->id;
	b->time = run->time;
	b->iut = run->iut;
	b->firmware = run->firmware;
	b->profile = run->profile;
	size_t breaches = 0;
	b->breaches = keep_room(
		(struct keep **)&b->memory, (run->breach_count + 1) * sizeof(*b->breaches));
	for (; breaches < run->breach_count; breaches++)
		b->breaches[breaches] = run->breaches[breaches].id;
	b->breaches[breaches] = NULL;
	for (size_t i = 0; i < run->planned; i++) {
		const struct run_case *c = &run->cases[i];
		struct baseline_case one = { .id = c->id,
			.command = c->command,
			.requirements = (const char *const *)c->requirements,
			.verdict = run_verdict(c),
			.requirement = run_final(c)->requirement };
		KEEP_ADD(b->cases, b->count) = one;
	}
	return 0;
}

/* ---- report.json ---- */

struct reading {
	struct baseline *b;
	struct strict strict;
	struct error *error;
};

/* The value at one key after the other, or NULL. */
static const json_t *at(const json_t *object, const char *const keys[])
{
	for (; object && *keys; keys++)
		object = json_object_get(object, *keys);
	return object;
}

#define AT(object, ...) at(object, (const char *const[]){ __VA_ARGS__, NULL })

static const char *kept(struct reading *r, const json_t *value)
{
	const char *text = json_string_value(value);
	return keep_bytes((struct keep **)&r->b->memory, text ? text : "", text ? strlen(text) : 0);
}

static const char **kept_list(struct reading *r, const json_t *list, const char *key)
{
	size_t count = json_array_size(list);
	const char **texts = keep_room((struct keep **)&r->b->memory, (count + 1) * sizeof(*texts));
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);
		texts[i] = kept(r, key ? json_object_get(value, key) : value);
	}
	texts[count] = NULL;
	return texts;
}

static int read_test(struct reading *r, const json_t *test, size_t index)
{
	struct baseline_case c = { .id = kept(r, AT(test, "testId")),
		.command = kept(r, AT(test, "labels", "command")),
		.requirements =
			(const char *const *)kept_list(r, AT(test, "labels", "requirements"), NULL),
		.requirement = kept(r, AT(test, "extra", "atconform", "requirement")) };
	const char *verdict = json_string_value(AT(test, "rawStatus"));
	const char *type = json_string_value(AT(test, "type"));
	char path[48];
	if (type && strcmp(type, "run") == 0) /* the run itself, shown as a test */
		return 0;
	snprintf(path, sizeof(path), "results.tests[%zu]", index);
	if (!*c.id)
		return strict_error(&r->strict, r->error, path, "no baseline: no \"testId\"");
	if (!verdict || !verdict_parse(verdict, &c.verdict))
		return strict_error(&r->strict, r->error, path,
			"no baseline: \"rawStatus\" of %s is no verdict", c.id);
	KEEP_ADD(r->b->cases, r->b->count) = c;
	return 0;
}

static int read_report(struct reading *r)
{
	struct baseline *b = r->b;
	const json_t *results = AT(r->strict.root, "results");
	const json_t *own = AT(results, "extra", "atconform");
	const json_t *tests = AT(results, "tests");
	const char *end = json_string_value(AT(own, "end"));
	if (!json_is_object(own) || !json_is_array(tests) || !end)
		return strict_error(&r->strict, r->error, "",
			"no baseline: neither a journal nor a report.json of atconform");
	if (strcmp(end, "complete") != 0)
		return strict_error(&r->strict, r->error, "results.extra.atconform.end",
			"no baseline: the run did not go on to its end; take one that is complete");
	b->run = kept(r, AT(r->strict.root, "runId"));
	b->time = kept(r, AT(own, "time"));
	b->iut = kept(r, AT(results, "environment", "appName"));
	b->firmware = kept(r, AT(results, "environment", "appVersion"));
	b->profile = kept(r, AT(results, "environment", "extra", "atconform", "profile"));
	b->breaches = kept_list(r, AT(own, "breaches"), "requirement");
	int result = 0;
	for (size_t i = 0; i < json_array_size(tests) && !result; i++)
		result = read_test(r, json_array_get(tests, i), i);
	return result;
}

static int of_report(struct baseline *b, const char *path, struct error *error)
{
	struct reading r = { .b = b, .error = error };
	if (strict_open_large(&r.strict, path, error))
		return -1;
	int result = read_report(&r);
	strict_close(&r.strict);
	return result;
}

/* ---- either ---- */

/* A journal's first line is an object of one line; a report's first key is its format. */
static bool is_report(const char *path)
{
	static const char key[] = "\"reportFormat\"";
	char first[64] = "";
	struct stat st;
	FILE *file AUTO_FILE = NULL;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(file = fopen(path, "re")))
		return false;
	size_t len = fread(first, 1, sizeof(first) - 1, file);
	first[len] = '\0';
	const char *p = first + strspn(first, " \t\r\n");
	if (*p++ != '{')
		return false;
	return isspace((unsigned char)*p) || strncmp(p, key, strlen(key)) == 0;
}

static int by_id(const void *a, const void *b)
{
	const struct baseline_case *x = a, *y = b;
	return strcmp(x->id, y->id);
}

static int check(struct baseline *b, const char *path, struct error *error)
{
	if (!b->count)
		return error_set(error, path, 0, 0, "no baseline: the run has no cases");
	qsort(b->cases, b->count, sizeof(*b->cases), by_id);
	for (size_t i = 1; i < b->count; i++)
		if (strcmp(b->cases[i - 1].id, b->cases[i].id) == 0)
			return error_set(error, path, 0, 0,
				"no baseline: two cases are called \"%s\"", b->cases[i].id);
	return 0;
}

int baseline_open(struct baseline *out, const char *path, struct error *error)
{
	*out = (struct baseline){ .run = "",
		.time = "",
		.iut = "",
		.firmware = "",
		.profile = "",
		.breaches = no_texts };
	int result = is_report(path) ? of_report(out, path, error) : of_journal(out, path, error);
	if (!result)
		result = check(out, path, error);
	if (result)
		baseline_close(out);
	return result;
}

void baseline_close(struct baseline *baseline)
{
	free(baseline->cases);
	keep_destroy(baseline->memory);
	run_close(baseline->journal);
	*baseline = (struct baseline){ 0 };
}
