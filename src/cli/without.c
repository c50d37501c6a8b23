/* SPDX-License-Identifier: MIT */
#include "cli/without.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char needs_mark[] = "needs:";

static bool means(const char *word, const struct rig_case *c)
{
	size_t skip = sizeof(needs_mark) - 1;
	bool facility = strncmp(word, needs_mark, skip) == 0;
	const char *const *list = facility ? c->needs : c->tags;
	for (size_t i = 0; list && list[i]; i++)
		if (text_glob(facility ? word + skip : word, list[i]))
			return true;
	return false;
}

const char *without_means(const struct words *without, const struct rig_case *c)
{
	for (size_t i = 0; i < without->count; i++)
		if (means(without->items[i], c))
			return without->items[i];
	return NULL;
}

const char *without_why(struct words *reasons, const char *word)
{
	struct buf text AUTO_BUF = { 0 };
	buf_printf(&text, "left out with --without %s", word);
	for (size_t i = 0; i < reasons->count; i++)
		if (strcmp(reasons->items[i], buf_text(&text)) == 0)
			return reasons->items[i];
	words_add(reasons, buf_take(&text));
	return reasons->items[reasons->count - 1];
}

void without_finish(struct words *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		free((void *)reasons->items[i]);
	words_finish(reasons);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All of one kind, each once, in order. The tags that name where a defect was found are too many,
 * and so are the line formats. */
static void put_known(struct buf *out, const struct suite *suite, bool facilities)
{
	struct words all = { 0 };
	for (size_t i = 0; i < suite->all_count; i++) {
		const struct rig_case *c = &suite->all[i];
		const char *const *list = facilities ? c->needs : c->tags;
		for (size_t k = 0; list && list[k]; k++)
			if (!strchr(list[k], ':'))
				words_add(&all, list[k]);
	}
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), by_text);
	for (size_t i = 0; i < all.count; i++)
		if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
			buf_printf(out, "%s%s", i ? ", " : "", all.items[i]);
	words_finish(&all);
}

int without_check(const struct words *without, const struct suite *suite, struct error *error)
{
	for (size_t i = 0; i < without->count; i++) {
		bool known = false;
		for (size_t k = 0; k < suite->all_count && !known; k++)
			known = means(without->items[i], &suite->all[k]);
		if (known)
			continue;
		struct buf tags AUTO_BUF = { 0 };
		struct buf needs AUTO_BUF = { 0 };
		put_known(&tags, suite, false);
		put_known(&needs, suite, true);
		return error_set(error, NULL, 0, 0,
			"--without %s: no case has that tag; there are %s, and needs: with one of "
			"%s",
			without->items[i], buf_text(&tags), buf_text(&needs));
	}
	return 0;
}
