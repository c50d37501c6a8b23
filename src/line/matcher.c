/* SPDX-License-Identifier: MIT */
#include "line/matcher.h"

#include <stdlib.h>
#include <string.h>

/* Patterns that begin with a field stand in the bucket of their own, behind those of the bytes. */
enum { BUCKET_FIELD = 256, BUCKET_COUNT = 257 };

struct matcher {
	struct line_grammar grammar;
	size_t first[BUCKET_COUNT + 1]; /* bucket b is order[first[b]] up to order[first[b + 1]] */
	const char **order;
};

static size_t bucket_of(const char *pattern)
{
	return pattern[0] == '<' ? BUCKET_FIELD : (uint8_t)pattern[0];
}

struct matcher *matcher_create(const struct line_grammar *grammar)
{
	struct matcher *m = calloc(1, sizeof(*m));
	const char **order = calloc(grammar->urc_count + 1, sizeof(*order));
	if (!m || !order)
		abort();
	m->grammar = *grammar;
	m->order = order;
	size_t n = 0;
	for (size_t b = 0; b < BUCKET_COUNT; b++) {
		m->first[b] = n;
		for (size_t i = 0; i < grammar->urc_count; i++) {
			const struct line_urc *urc = &grammar->urcs[i];
			/* The syntax of counted headers is the parser's own. */
			if (!urc->payload && bucket_of(urc->pattern) == b)
				order[n++] = urc->pattern;
		}
	}
	m->first[BUCKET_COUNT] = n;
	return m;
}

void matcher_destroy(struct matcher *m)
{
	if (!m)
		return;
	free(m->order);
	free(m);
}

static size_t link_digits(const char *text, size_t len)
{
	size_t n = 0;
	while (n < len && n < 3 && text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

int matcher_link(const char *text, size_t len)
{
	size_t n = link_digits(text, len);
	if (n == 0 || n == len || text[n] != ',')
		return -1;
	return atoi(text);
}

/* Behind a field's '>'. A '<' that nothing closes is an ordinary character. */
static const char *field_end(const char *pattern)
{
	const char *end = *pattern == '<' ? strchr(pattern, '>') : NULL;
	return end ? end + 1 : NULL;
}

/* How many bytes of text the pattern's next element takes; 0: it does not fit here. */
static size_t element_step(const char *pattern, const char *behind, const char *text, size_t len)
{
	if (behind)
		return link_digits(text, len);
	return len > 0 && *pattern != '\0' && *pattern == *text;
}

/* Goes back to the last open field only, as for a glob: linear in practice. */
static bool pattern_matches(const char *pattern, const char *text, size_t len)
{
	static const char link_id[] = "<link_id>";
	const char *open = NULL;
	size_t at = 0;
	size_t retry = 0;
	for (;;) {
		const char *behind = field_end(pattern);
		if (behind && strncmp(pattern, link_id, sizeof(link_id) - 1) != 0) {
			open = pattern = behind;
			retry = at;
			continue;
		}
		size_t step = element_step(pattern, behind, text + at, len - at);
		if (step) {
			pattern = behind ? behind : pattern + 1;
			at += step;
		} else if (at == len && *pattern == '\0') {
			return true;
		} else if (open && retry < len) {
			pattern = open;
			at = ++retry;
		} else {
			return false;
		}
	}
}

static bool bucket_matches(const struct matcher *m, size_t bucket, const char *text, size_t len)
{
	for (size_t i = m->first[bucket]; i < m->first[bucket + 1]; i++)
		if (pattern_matches(m->order[i], text, len))
			return true;
	return false;
}

bool matcher_urc(const struct matcher *m, const char *text, size_t len)
{
	if (len == 0)
		return false;
	return bucket_matches(m, (uint8_t)text[0], text, len) ||
	       bucket_matches(m, BUCKET_FIELD, text, len);
}

bool matcher_urc_head(const struct matcher *m, const char *text, size_t len)
{
	if (len == 0)
		return true;
	size_t bucket = (uint8_t)text[0];
	for (size_t i = m->first[bucket]; i < m->first[bucket + 1]; i++) {
		size_t literal = strcspn(m->order[i], "<");
		if (memcmp(m->order[i], text, len < literal ? len : literal) == 0 &&
			(len <= literal || m->order[i][literal] || text[literal] == '\r'))
			return true;
	}
	return false;
}

const struct line_final *matcher_final(const struct matcher *m, const char *text, size_t len)
{
	for (size_t i = 0; i < m->grammar.final_count; i++) {
		const struct line_final *final = &m->grammar.finals[i];
		if (final->text[0] == text[0] && strlen(final->text) == len &&
			memcmp(final->text, text, len) == 0)
			return final;
	}
	return NULL;
}

bool matcher_counts(const struct matcher *m, const char *payload)
{
	for (size_t i = 0; i < m->grammar.urc_count; i++) {
		const char *kind = m->grammar.urcs[i].payload;
		if (kind && strcmp(kind, payload) == 0)
			return true;
	}
	return false;
}
