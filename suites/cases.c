/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include "at/at.h"
#include "at/leave.h"
#include "base/text.h"

#include <criterion/internal/ordered-set.h>
#include <stdlib.h>
#include <string.h>

static struct cases_item *add(struct cases *c)
{
	c->items = realloc(c->items, (c->count + 1) * sizeof(*c->items));
	if (!c->items)
		abort();
	struct cases_item *item = &c->items[c->count++];
	*item = (struct cases_item){ 0 };
	return item;
}

static char *make_id(const char *family, size_t family_len, const char *suite, const char *name)
{
	struct buf id = { 0 };
	buf_append(&id, family, family_len);
	buf_printf(&id, "/%s/%s", suite, name);
	return buf_take(&id);
}

/* The folder under suites/ that the file is in. */
static const char *family_of(const char *file, size_t *len)
{
	const char *source = at_source(file);
	const char *family = text_starts(source, "suites/") ? source + 7 : source;
	*len = strcspn(family, "/");
	return family;
}

static int add_scenario(struct cases *c, const struct criterion_test *test, struct error *error)
{
	const char *file = at_source(test->data->file_);
	const int line = (int)test->data->line_;
	const struct at_case *about = test->data->data;
	if (!about || !about->requirements[0])
		return error_set(error, file, line, 1,
			"case %s/%s names no requirement: REQ(\"…\")", test->category, test->name);
	const struct command *command = spec_command(&c->spec, test->category);
	if (!command && strcmp(test->category, "general") != 0)
		return error_set(error, file, line, 1, "there is no model of the command of %s/%s",
			test->category, test->name);
	size_t len;
	const char *family = family_of(test->data->file_, &len);
	struct cases_item *item = add(c);
	item->id = make_id(family, len, test->category, test->name);
	item->command = command ? command->name : "";
	item->suite = test->category;
	item->name = test->name;
	item->test = test;
	return 0;
}

static int add_scenarios(
	struct cases *c, const struct criterion_test_set *scenarios, struct error *error)
{
	FOREACH_SET (struct criterion_suite_set *s, scenarios->suites) {
		if (!s->tests)
			continue;
		FOREACH_SET (struct criterion_test *t, s->tests) {
			if (add_scenario(c, t, error) < 0)
				return -1;
		}
	}
	return 0;
}

static int add_derived(struct cases *c, struct error *error)
{
	c->derived = calloc(c->spec.command_count + 1, sizeof(*c->derived));
	if (!c->derived)
		abort();
	for (size_t i = 0; i < c->spec.command_count; i++) {
		const struct command *command = &c->spec.commands[i];
		struct derived *derived = &c->derived[i];
		if (derive_command(derived, &c->spec, command, error) < 0)
			return -1;
		for (size_t k = 0; k < derived->count; k++) {
			struct cases_item *item = add(c);
			item->derived = &derived->cases[k];
			item->id = make_id(command->family, strlen(command->family), command->suite,
				derived->cases[k].name);
			item->command = command->name;
			item->suite = command->suite;
			item->name = derived->cases[k].name;
		}
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct cases_item *x = a, *y = b;
	int suite = strcmp(x->suite, y->suite);
	return suite ? suite : strcmp(x->name, y->name);
}

static const char *file_of(const struct cases_item *item)
{
	return at_source(item->derived ? item->derived->file : item->test->data->file_);
}

static int line_of(const struct cases_item *item)
{
	return item->derived ? item->derived->line : (int)item->test->data->line_;
}

/* Criterion would drop the second one without a word. It knows suite and name only, so that two
 * families can't share them either. */
static int refuse_twins(const struct cases *c, struct error *error)
{
	for (size_t i = 1; i < c->count; i++) {
		const struct cases_item *a = &c->items[i - 1], *b = &c->items[i];
		if (by_name(a, b) == 0)
			return error_set(error, file_of(b), line_of(b), 1,
				"two cases are called %s; the other is at %s:%d", b->id, file_of(a),
				line_of(a));
	}
	return 0;
}

int cases_load(struct cases *out, const struct criterion_test_set *scenarios,
	const char *const dirs[], struct error *error)
{
	*out = (struct cases){ 0 };
	if (spec_load(&out->spec, dirs, error) < 0)
		return -1;
	if (add_scenarios(out, scenarios, error) < 0 || add_derived(out, error) < 0)
		return -1;
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_name);
	return refuse_twins(out, error);
}

void cases_finish(struct cases *cases)
{
	for (size_t i = 0; i < cases->count; i++)
		free(cases->items[i].id);
	free(cases->items);
	for (size_t i = 0; cases->derived && i < cases->spec.command_count; i++)
		derived_finish(&cases->derived[i]);
	free(cases->derived);
	spec_finish(&cases->spec);
	*cases = (struct cases){ 0 };
}

struct cases_item *cases_find(const struct cases *cases, const char *id)
{
	for (size_t i = 0; i < cases->count; i++) {
		if (strcmp(cases->items[i].id, id) == 0)
			return &cases->items[i];
	}
	return NULL;
}

const char *cases_id(const struct cases *cases, const char *suite, const char *name)
{
	const struct cases_item key = { .suite = suite, .name = name };
	const struct cases_item *found =
		cases->count ? bsearch(&key, cases->items, cases->count, sizeof(key), by_name)
			     : NULL;
	return found ? found->id : NULL;
}

static void list(struct buf *out, const char *const *words)
{
	buf_putc(out, '[');
	for (size_t i = 0; words && words[i]; i++) {
		buf_puts(out, i ? "," : "");
		buf_json_text(out, words[i]);
	}
	buf_putc(out, ']');
}

/* A list that grows a word at a time, each once. */
static void put_word(struct buf *out, const char *word, size_t len)
{
	struct buf text = { 0 };
	struct buf json = { 0 };
	buf_append(&text, word, len);
	buf_json_text(&json, buf_text(&text));
	if (!out->len || !strstr(buf_text(out), buf_text(&json)))
		buf_printf(out, "%s%s", out->len ? "," : "", buf_text(&json));
	buf_finish(&json);
	buf_finish(&text);
}

/* Facilities that reach the module through the air. */
static bool is_radio(const char *need, size_t len)
{
	static const char *const needs[] = { "access_point", "peers", "broker", "air", "update",
		"host_address", "softap_client", "phone", "wps_button" };
	static const char suffix[] = "_access_point";
	size_t tail = sizeof(suffix) - 1;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strlen(needs[i]) == len && strncmp(need, needs[i], len) == 0)
			return true;
	return len > tail && strncmp(need + len - tail, suffix, tail) == 0;
}

struct words {
	struct buf tags, needs; /* JSON, without the brackets */
	bool radio;
};

static void put_need(struct words *w, const char *need, size_t len)
{
	put_word(&w->needs, need, len);
	w->radio = w->radio || is_radio(need, len);
}

/* The words of TAGS: those that begin with "needs:" are facilities. */
static void split_words(struct words *w, const char *text)
{
	static const char mark[] = "needs:";
	size_t skip = sizeof(mark) - 1;
	for (const char *p = text ? text : ""; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		if (n > skip && strncmp(p, mark, skip) == 0)
			put_need(w, p + skip, n - skip);
		else if (n)
			put_word(&w->tags, p, n);
		p += n;
	}
}

/* What the operator can leave out by, and what the bench must have. `radio` follows. */
static void put_words(struct buf *out, const struct cases_item *item)
{
	struct words w = { 0 };
	const struct derived_case *d = item->derived;
	for (const char **tag = d ? d->tags : NULL; tag && *tag; tag++)
		put_word(&w.tags, *tag, strlen(*tag));
	for (const char **need = d ? d->needs : NULL; need && *need; need++)
		put_need(&w, *need, strlen(*need));
	if (!d)
		split_words(&w, item->test->data->description);
	if (w.radio)
		put_word(&w.tags, "radio", strlen("radio"));
	buf_printf(out, ",\"tags\":[%s],\"needs\":[%s]", buf_text(&w.tags), buf_text(&w.needs));
	buf_finish(&w.tags);
	buf_finish(&w.needs);
}

static void plan_item(struct buf *out, const struct cases_item *item)
{
	const struct derived_case *d = item->derived;
	buf_puts(out, "{\"case\":");
	buf_json_text(out, item->id);
	buf_puts(out, ",\"command\":");
	buf_json_text(out, item->command);
	buf_printf(out, ",\"kind\":\"%s\",\"requirements\":", d ? "derived" : "scenario");
	if (d)
		list(out, (const char *const[]){ d->requirement, NULL });
	else
		list(out, ((const struct at_case *)item->test->data->data)->requirements);
	put_words(out, item);
	buf_puts(out, ",\"file\":");
	buf_json_text(out, file_of(item));
	buf_printf(out, ",\"line\":%d}", line_of(item));
}

void cases_plan(const struct cases *cases, struct buf *out)
{
	buf_puts(out, "[");
	for (size_t i = 0; i < cases->count; i++) {
		buf_puts(out, i ? ",\n " : "\n ");
		plan_item(out, &cases->items[i]);
	}
	buf_puts(out, cases->count ? "\n]\n" : "]\n");
}
