/* SPDX-License-Identifier: MIT */
/* Compiles line templates. A template without fields is compared byte by byte; the others become a
 * PCRE2 pattern in which every field is one numbered group. The lines come from firmware and are
 * not trusted: repetitions are possessive and the matcher is limited. JIT is not used: a case
 * matches each pattern a few times, and compiling to machine code costs more than it saves. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "spec/template.h"

#include "base/buf.h"
#include "spec/syntax.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KIB = 1024 };

struct field {
	const char *name;
	const struct parameter *parameter; /* NULL: free text */
	uint32_t group;
	char *text; /* after a match; NULL: took no part */
};

struct template
{
	struct arena *arena;
	char *literal; /* without fields: the whole line */
	size_t literal_len;
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct field *fields;
	size_t field_count;
	char *texts; /* of the fields */
};

struct builder {
	struct template *template;
	const struct command *command;
	struct buf pattern;
};

static void put_literal(struct buf *out, const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9');
		if (plain)
			buf_putc(out, *text);
		else
			buf_printf(out, "\\x%02x", (unsigned char)*text);
	}
}

/* Free text reaches to the next literal, or to the end of the line. */
static void put_free_text(struct buf *out, bool last)
{
	buf_puts(out, last ? "(.*+)" : "(.*?)");
}

static void put_field(struct buf *out, const struct parameter *p, const struct syntax *node,
	const struct syntax *behind)
{
	static const char *const patterns[] = {
		[PARAM_INTEGER] = "-?[0-9]++",
		[PARAM_STRING] = "[^,\"]*+",
		[PARAM_MAC] = "[0-9A-Fa-f:]++",
		[PARAM_IP] = "[0-9.]++",
		[PARAM_HEX] = "[0-9A-Fa-f]++",
	};
	if (!p || p->type == PARAM_TEXT) {
		put_free_text(out, !node->next && !behind);
		return;
	}
	const char *pattern = patterns[p->type];
	if (p->type == PARAM_INTEGER || p->type == PARAM_HEX) {
		buf_printf(out, "(%s)", pattern);
		return;
	}
	const char *inner = p->type == PARAM_STRING ? "(?:[^\"\\\\]|\\\\.)*+" : pattern;
	if (node->quoted)
		buf_printf(out, "(%s)", inner);
	else /* both ways count as one group */
		buf_printf(out, "(?|\"(%s)\"|(%s))", inner, pattern);
}

static void put_sequence(struct builder *b, const struct syntax *tree, const struct syntax *behind)
{
	for (const struct syntax *n = tree; n; n = n->next) {
		const struct syntax *next = n->next ? n->next : behind;
		if (n->kind == SYNTAX_LITERAL) {
			put_literal(&b->pattern, n->text);
		} else if (n->kind == SYNTAX_GROUP) {
			buf_puts(&b->pattern, "(?:");
			put_sequence(b, n->children, next);
			buf_puts(&b->pattern, ")?");
		} else {
			struct template *t = b->template;
			struct field *f =
				arena_push(t->arena, &t->fields, &t->field_count, sizeof(*f));
			f->name = n->text;
			f->parameter = b->command ? spec_parameter(b->command, n->text) : NULL;
			f->group = (uint32_t)t->field_count;
			put_field(&b->pattern, f->parameter, n, behind);
		}
	}
}

static int compile(struct template *t, const char *pattern, size_t len, struct error *error)
{
	int code;
	PCRE2_SIZE offset;
	t->code = pcre2_compile((PCRE2_SPTR)pattern, len,
		PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_NEVER_UTF |
			PCRE2_NEVER_BACKSLASH_C,
		&code, &offset, NULL);
	if (!t->code) {
		char text[160];
		pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
		return error_set(error, "", 0, 0, "pattern: %s at character %zu", text, offset + 1);
	}
	t->match = pcre2_match_data_create_from_pattern(t->code, NULL);
	t->limits = pcre2_match_context_create(NULL);
	if (!t->match || !t->limits)
		return error_set(error, "", 0, 0, "out of memory");
	pcre2_set_match_limit(t->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(t->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(t->limits, HEAP_LIMIT_KIB);
	return 0;
}

/* Named groups of a pattern are its fields. */
static void name_fields(struct template *t)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;
	pcre2_pattern_info(t->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(t->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(t->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < count; i++, table += size) {
		struct field *f = arena_push(t->arena, &t->fields, &t->field_count, sizeof(*f));
		f->group = (uint32_t)(table[0] << 8 | table[1]);
		f->name = arena_text(
			t->arena, (const char *)table + 2, strlen((const char *)table + 2));
	}
}

static int build(
	struct template *t, const char *text, const struct command *command, struct error *error)
{
	if (strncmp(text, "re:", 3) == 0) {
		if (compile(t, text + 3, strlen(text + 3), error) < 0)
			return -1;
		name_fields(t);
		return 0;
	}
	struct syntax *tree;
	const char *why;
	if (!syntax_parse(t->arena, text, &tree, &why))
		return error_set(error, "", 0, 0, "template: %s", why);
	if (!tree || (tree->kind == SYNTAX_LITERAL && !tree->next)) {
		t->literal =
			arena_text(t->arena, tree ? tree->text : "", tree ? strlen(tree->text) : 0);
		t->literal_len = strlen(t->literal);
		return 0;
	}
	struct builder b = { .template = t, .command = command };
	put_sequence(&b, tree, NULL);
	int status = compile(t, buf_text(&b.pattern), b.pattern.len, error);
	buf_finish(&b.pattern);
	return status;
}

struct template *template_create(
	const char *text, const struct command *command, struct error *error)
{
	struct arena *arena = arena_create();
	struct template *t = arena_alloc(arena, sizeof(*t));
	t->arena = arena;
	if (build(t, text, command, error) == 0)
		return t;
	template_destroy(t);
	return NULL;
}

void template_destroy(struct template *t)
{
	if (!t)
		return;
	pcre2_code_free(t->code);
	pcre2_match_data_free(t->match);
	pcre2_match_context_free(t->limits);
	free(t->texts);
	arena_destroy(t->arena);
}

static _Thread_local char reason[320];

static bool differ(const char **why)
{
	if (why)
		*why = reason;
	return false;
}

/* Copies the fields out; false when there is no memory for them. */
static bool keep_fields(struct template *t, const char *line, size_t len)
{
	const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(t->match);
	free(t->texts);
	/* Each field is a part of the line; named groups of a pattern may overlap. */
	t->texts = malloc((len + 1) * (t->field_count + 1));
	if (!t->texts)
		return false;
	char *at = t->texts;
	for (size_t i = 0; i < t->field_count; i++) {
		PCRE2_SIZE from = offsets[2 * t->fields[i].group];
		PCRE2_SIZE to = offsets[2 * t->fields[i].group + 1];
		t->fields[i].text = NULL;
		if (from == PCRE2_UNSET || to < from || to > len)
			continue;
		memcpy(at, line + from, to - from);
		at[to - from] = '\0';
		t->fields[i].text = at;
		at += to - from + 1;
	}
	return true;
}

static void forget_fields(struct template *t)
{
	for (size_t i = 0; i < t->field_count; i++)
		t->fields[i].text = NULL;
}

static bool fields_fit(struct template *t)
{
	for (size_t i = 0; i < t->field_count; i++) {
		const struct field *f = &t->fields[i];
		const char *cause;
		if (!f->text || !f->parameter ||
			spec_value_fits(f->parameter, f->text, true, &cause))
			continue;
		snprintf(reason, sizeof(reason), "<%s> \"%.80s\" %s", f->name, f->text, cause);
		return false;
	}
	return true;
}

bool template_match(struct template *t, const char *line, size_t len, const char **why)
{
	snprintf(reason, sizeof(reason), "does not fit the template");
	if (t->literal) {
		bool same = len == t->literal_len && memcmp(line, t->literal, len) == 0;
		return same || differ(why);
	}
	forget_fields(t);
	int count = pcre2_match(t->code, (PCRE2_SPTR)line, len, 0, 0, t->match, t->limits);
	if (count < 0 && count != PCRE2_ERROR_NOMATCH)
		snprintf(reason, sizeof(reason), "can't be compared (PCRE2 error %d)", count);
	if (count < 0)
		return differ(why);
	if (!keep_fields(t, line, len) || !fields_fit(t)) {
		forget_fields(t);
		return differ(why);
	}
	return true;
}

const char *template_field(struct template *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].text && strcmp(t->fields[i].name, name) == 0)
			return t->fields[i].text;
	return NULL;
}

const char *template_field_name(const struct template *t, size_t index)
{
	return index < t->field_count ? t->fields[index].name : NULL;
}
