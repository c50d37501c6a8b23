/* SPDX-License-Identifier: MIT */
#include "rig/secret.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { FORMS = 4 };

struct form {
	char *text;
	size_t len;
};

/* A secret as it may stand somewhere. */
struct secret {
	struct form raw[2];      /* as it is, and as a parameter of an AT command */
	struct form json[FORMS]; /* both, as text and as bytes of a JSON string */
};

struct secrets {
	struct secret *all;
	size_t count, longest;
	struct buf masked;
};

/* Members of journal lines that are free text or bytes; the others are the rig's own words. */
static const char *const keys[] = { "text", "message", "expected", "actual", "command", "why",
	"bytes", "last", "topic", "argv", "json", "answer" };

static struct form form_of(struct buf *b)
{
	size_t len = b->len;
	return (struct form){ buf_take(b), len };
}

/* In a parameter a comma, a quotation mark and a backslash have a backslash before them. */
static void escape(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr(",\"\\", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

/* Without the quotation marks. */
static struct form json_form(const struct form *raw, bool bytes)
{
	struct buf json = { 0 };
	if (bytes)
		buf_json_bytes(&json, raw->text, raw->len);
	else
		buf_json_text(&json, raw->text);
	buf_drop_front(&json, 1);
	json.data[--json.len] = '\0';
	return form_of(&json);
}

static void secret_init(struct secret *s, const char *word)
{
	struct buf raw = { 0 };
	struct buf escaped = { 0 };
	buf_puts(&raw, word);
	escape(&escaped, word);
	s->raw[0] = form_of(&raw);
	s->raw[1] = form_of(&escaped);
	for (int i = 0; i < FORMS; i++)
		s->json[i] = json_form(&s->raw[i / 2], i % 2);
}

struct secrets *secrets_create(const char *const *words)
{
	size_t count = 0;
	while (words && words[count])
		count++;
	if (!count)
		return NULL;
	struct secrets *s = calloc(1, sizeof(*s));
	if (!s || !(s->all = calloc(count, sizeof(*s->all))))
		abort();
	for (s->count = 0; s->count < count; s->count++) {
		struct secret *one = &s->all[s->count];
		secret_init(one, words[s->count]);
		s->longest = one->raw[1].len > s->longest ? one->raw[1].len : s->longest;
	}
	return s;
}

void secrets_destroy(struct secrets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->all[i].raw[0].text);
		free(s->all[i].raw[1].text);
		for (int k = 0; k < FORMS; k++)
			free(s->all[i].json[k].text);
	}
	free(s->all);
	buf_finish(&s->masked);
	free(s);
}

/* ---- texts ---- */

/* The length of the longest of these that stands at the beginning, or 0. */
static size_t longest_at(
	const struct form *forms, size_t count, const char *text, size_t len, size_t best)
{
	for (size_t i = 0; i < count; i++)
		if (forms[i].len > best && forms[i].len <= len &&
			memcmp(forms[i].text, text, forms[i].len) == 0)
			best = forms[i].len;
	return best;
}

static size_t secret_at(const struct secrets *s, bool json, const char *text, size_t len)
{
	size_t best = 0;
	for (size_t i = 0; i < s->count; i++)
		best = json ? longest_at(s->all[i].json, FORMS, text, len, best)
			    : longest_at(s->all[i].raw, 2, text, len, best);
	return best;
}

static bool mask(const struct secrets *s, bool json, const char *text, size_t len, struct buf *out)
{
	bool found = false;
	for (size_t i = 0; i < len;) {
		size_t n = secret_at(s, json, text + i, len - i);
		found |= n > 0;
		if (n)
			buf_puts(out, "***");
		else
			buf_putc(out, text[i]);
		i += n ? n : 1;
	}
	return found;
}

bool secrets_mask_text(const struct secrets *s, const char *text, struct buf *out)
{
	struct buf masked AUTO_BUF = { 0 };
	if (!s || !text || !mask(s, false, text, strlen(text), &masked))
		return false;
	buf_puts(out, buf_text(&masked));
	return true;
}

/* ---- lines ---- */

/* The end of the JSON string that begins at the quotation mark. */
static size_t string_end(const char *text, size_t len)
{
	size_t i = 1;
	while (i < len && text[i] != '"')
		i += text[i] == '\\' ? 2 : 1;
	return i < len ? i + 1 : len;
}

static bool is_free(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == len && memcmp(keys[i], key, len) == 0)
			return true;
	return false;
}

/* A journal line is one flat object, but for lists of texts, and facts of the network in an object
 * of their own: a broker's are among them. */
void secrets_mask_line(const struct secrets *s, struct buf *line)
{
	struct buf out AUTO_BUF = { 0 };
	bool open = false;
	int depth = 0;
	if (!s)
		return;
	for (size_t i = 0; i < line->len;) {
		if (line->data[i] != '"') {
			depth += (line->data[i] == '{') - (line->data[i] == '}');
			buf_putc(&out, line->data[i++]);
			continue;
		}
		size_t n = string_end(line->data + i, line->len - i);
		bool key = i + n < line->len && line->data[i + n] == ':';
		if (key)
			open = depth > 1 || is_free(line->data + i + 1, n - 2);
		if (open && !key)
			mask(s, true, line->data + i, n, &out);
		else
			buf_append(&out, line->data + i, n);
		i += n;
	}
	buf_clear(line);
	buf_append(line, out.data, out.len);
}

/* ---- bytes ---- */

/* How many of the first bytes of a secret the text ends with. */
static size_t beginning_at_end(const struct form *form, const char *text, size_t len)
{
	size_t n = form->len - 1 < len ? form->len - 1 : len;
	while (n && memcmp(form->text, text + len - n, n) != 0)
		n--;
	return n;
}

static void star(struct buf *out, size_t from, size_t to, size_t offset)
{
	for (size_t i = from > offset ? from : offset; i < to; i++)
		out->data[i - offset] = '*';
}

const void *secrets_mask_bytes(
	const struct secrets *s, struct secrets_stream *stream, const void *bytes, size_t len)
{
	if (!s || !len)
		return bytes;
	struct secrets *own = (struct secrets *)s;
	size_t before = stream->tail.len;
	buf_append(&stream->tail, bytes, len);
	const struct buf *all = &stream->tail;
	buf_clear(&own->masked);
	buf_append(&own->masked, bytes, len);
	for (size_t i = 0; i < all->len;) {
		size_t n = secret_at(s, false, all->data + i, all->len - i);
		star(&own->masked, i, i + n, before);
		i += n ? n : 1;
	}
	for (size_t i = 0; i < s->count * 2; i++) {
		const struct form *form = &s->all[i / 2].raw[i % 2];
		size_t n = beginning_at_end(form, all->data, all->len);
		star(&own->masked, all->len - n, all->len, before);
	}
	if (all->len > s->longest)
		buf_drop_front(&stream->tail, all->len - s->longest);
	return own->masked.data;
}

void secrets_stream_finish(struct secrets_stream *stream)
{
	buf_finish(&stream->tail);
}
