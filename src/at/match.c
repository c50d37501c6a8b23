/* SPDX-License-Identifier: MIT */
#include "at/match.h"

#include <stdlib.h>
#include <string.h>

/* Marks of words that are not literal; see LIKE and RE in at/at.h. */
enum { MARK_TEMPLATE = '\001', MARK_PATTERN = '\002' };

void got_finish(struct got *got)
{
	for (size_t i = 0; i < got->count; i++)
		free(got->lines[i].text);
	free(got->lines);
	free(got->final);
	*got = (struct got){ 0 };
}

bool got_add(struct got *got, const char *text, size_t len, bool urc)
{
	if (got->count >= MATCH_MAX_LINES)
		return false;
	struct got_line *lines = realloc(got->lines, (got->count + 1) * sizeof(*lines));
	char *copy = malloc(len + 1);
	if (!lines || !copy)
		abort();
	memcpy(copy, text, len);
	copy[len] = '\0';
	lines[got->count++] =
		(struct got_line){ .text = copy, .len = len, .skippable = urc, .urc = urc };
	got->lines = lines;
	return true;
}

void got_describe(const struct got *got, struct buf *out)
{
	for (size_t i = 0; i < got->count; i++) {
		if (i)
			buf_putc(out, '\n');
		buf_append(out, got->lines[i].text, got->lines[i].len);
	}
	if (got->final)
		buf_printf(out, "%s%s", got->count ? "\n" : "", got->final);
}

void expectation_finish(struct expectation *e)
{
	for (size_t i = 0; i < e->count; i++)
		template_destroy(e->words[i].template);
	e->count = 0;
}

static bool add(struct expectation *e, struct word word, const char *template,
	const struct command *command, struct error *error)
{
	if (e->count >= MATCH_MAX_WORDS) {
		error_set(error, NULL, 0, 0, "more than %d lines expected", MATCH_MAX_WORDS);
		return false;
	}
	if (template) {
		word.template = template_create(template, command, error);
		if (!word.template)
			return false;
	}
	e->words[e->count++] = word;
	return true;
}

bool expectation_add_word(
	struct expectation *e, const char *word, const struct command *command, struct error *error)
{
	if (word[0] == MARK_TEMPLATE)
		return add(e, (struct word){ .text = word + 1 }, word + 1, command, error);
	if (word[0] != MARK_PATTERN)
		return add(e, (struct word){ .text = word }, NULL, NULL, error);
	struct buf pattern = { 0 };
	buf_printf(&pattern, "re:%s", word + 1);
	bool ok = add(e, (struct word){ .text = word + 1 }, buf_text(&pattern), command, error);
	buf_finish(&pattern);
	return ok;
}

bool expectation_add_line(struct expectation *e, const struct response_line *line,
	const struct command *command, struct error *error)
{
	struct word word = {
		.text = line->text, .repeat = line->repeat, .optional = line->optional
	};
	return add(e, word, line->text, command, error);
}

void expectation_describe(const struct expectation *e, struct buf *out)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct word *w = &e->words[i];
		buf_printf(out, "%s%s%s", i ? "\n" : "", w->text,
			w->repeat     ? " (any number of times)"
			: w->optional ? " (optional)"
				      : "");
	}
	if (e->final)
		buf_printf(out, "%s%s", e->count ? "\n" : "", e->final);
}

static bool word_fits(const struct word *w, const struct got_line *l, const char **why)
{
	if (w->template)
		return template_match(w->template, l->text, l->len, why);
	return strlen(w->text) == l->len && memcmp(w->text, l->text, l->len) == 0;
}

/* Backtracking over words and lines; what failed once is remembered, so that the time stays within
 * words times lines whatever the module sends. */
struct matcher {
	const struct expectation *e;
	struct got *got;
	bool *failed;
};

static bool fits_from(struct matcher *m, size_t word, size_t line)
{
	bool *failed = &m->failed[word * (m->got->count + 1) + line];
	const struct word *w = word < m->e->count ? &m->e->words[word] : NULL;
	struct got_line *l = line < m->got->count ? &m->got->lines[line] : NULL;
	if (!w && !l)
		return true;
	if (*failed)
		return false;
	if (w && l && word_fits(w, l, NULL)) {
		l->taken = true;
		l->word = word;
		if (fits_from(m, w->repeat ? word : word + 1, line + 1))
			return true;
		l->taken = false;
	}
	if (w && (w->optional || w->repeat) && fits_from(m, word + 1, line))
		return true;
	if (l && l->skippable && fits_from(m, word, line + 1))
		return true;
	*failed = true;
	return false;
}

/* The template's own words for the first line that does not fit where it stands. */
static const char *first_reason(const struct expectation *e, const struct got *got)
{
	for (size_t i = 0; i < e->count && i < got->count; i++) {
		const char *why = NULL;
		if (!word_fits(&e->words[i], &got->lines[i], &why))
			return why;
	}
	return NULL;
}

bool expectation_match(const struct expectation *e, struct got *got, const char **why)
{
	if (why)
		*why = NULL;
	for (size_t i = 0; i < got->count; i++)
		got->lines[i].taken = false;
	if (e->final && (!got->final || strcmp(e->final, got->final) != 0)) {
		if (why)
			*why = got->final ? NULL : "no final result";
		return false;
	}
	bool *failed = calloc((e->count + 1) * (got->count + 1), sizeof(*failed));
	if (!failed)
		abort();
	struct matcher m = { e, got, failed };
	bool fits = fits_from(&m, 0, 0);
	free(failed);
	if (!fits && why)
		*why = first_reason(e, got);
	return fits;
}

void fields_finish(struct fields *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].name);
		free(f->items[i].value);
	}
	free(f->items);
	*f = (struct fields){ 0 };
}

void fields_set(struct fields *f, const char *name, const char *value)
{
	char *copy = strdup(value);
	if (!copy)
		abort();
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->items[i].name, name) == 0) {
			free(f->items[i].value);
			f->items[i].value = copy;
			return;
		}
	}
	f->items = realloc(f->items, (f->count + 1) * sizeof(*f->items));
	char *key = strdup(name);
	if (!f->items || !key)
		abort();
	f->items[f->count++] = (struct field){ key, copy };
}

const char *fields_get(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->items[i].name, name) == 0)
			return f->items[i].value;
	}
	return NULL;
}

static void take_line(struct fields *f, struct template *t, const struct got_line *line)
{
	const char *name;
	if (!t || !template_match(t, line->text, line->len, NULL))
		return;
	for (size_t i = 0; (name = template_field_name(t, i)); i++) {
		const char *value = template_field(t, name);
		if (value)
			fields_set(f, name, value);
	}
}

void fields_take(struct fields *f, const struct expectation *e, const struct got *got)
{
	bool any = false;
	for (size_t w = 0; w < e->count; w++)
		any = any || e->words[w].template;
	if (!any)
		return;
	fields_finish(f);
	for (size_t i = 0; i < got->count; i++) {
		if (got->lines[i].taken)
			take_line(f, e->words[got->lines[i].word].template, &got->lines[i]);
	}
}
