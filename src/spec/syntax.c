/* SPDX-License-Identifier: MIT */
/* Parses the template language. */
#include "spec/syntax.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16, NAME_MAX_BYTES = 31 };

struct parser {
	struct arena *arena;
	const char *at;
	const char *why;
	int depth;
};

static struct syntax *append(struct parser *p, struct syntax ***tail, enum syntax_kind kind)
{
	struct syntax *node = arena_alloc(p->arena, sizeof(*node));
	node->kind = kind;
	**tail = node;
	*tail = &node->next;
	return node;
}

static void parse_literal(struct parser *p, struct syntax ***tail)
{
	struct syntax *node = append(p, tail, SYNTAX_LITERAL);
	char *text = arena_alloc(p->arena, strlen(p->at) + 1);
	size_t len = 0;
	while (*p->at && !strchr("<[]", *p->at)) {
		if (*p->at == '\\' && p->at[1])
			p->at++;
		text[len++] = *p->at++;
	}
	node->text = text;
}

static bool parse_field(struct parser *p, struct syntax ***tail)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *name = ++p->at;
	size_t len = strspn(name, allowed);
	if (len == 0 || name[len] != '>' || len > NAME_MAX_BYTES) {
		p->why = "'<' without a parameter name of a-z, 0-9 and _ (at most 31) and '>'";
		return false;
	}
	struct syntax *node = append(p, tail, SYNTAX_FIELD);
	node->text = arena_text(p->arena, name, len);
	p->at += len + 1;
	return true;
}

static bool parse_sequence(struct parser *p, struct syntax **out)
{
	struct syntax **tail = out;
	while (*p->at && *p->at != ']') {
		if (*p->at == '<') {
			if (!parse_field(p, &tail))
				return false;
		} else if (*p->at == '[') {
			struct syntax *group = append(p, &tail, SYNTAX_GROUP);
			p->at++;
			if (++p->depth > DEPTH_MAX) {
				p->why = "groups nested too deep";
				return false;
			}
			if (!parse_sequence(p, &group->children))
				return false;
			p->depth--;
			if (*p->at != ']' || !group->children) {
				p->why = *p->at ? "empty group" : "'[' without ']'";
				return false;
			}
			p->at++;
		} else {
			parse_literal(p, &tail);
		}
	}
	return true;
}

/* A field is quoted when the literals beside it say so. */
static void mark_quoted(struct syntax *tree)
{
	for (struct syntax *before = NULL, *n = tree; n; before = n, n = n->next) {
		if (n->kind == SYNTAX_GROUP)
			mark_quoted(n->children);
		if (n->kind != SYNTAX_FIELD || !before || before->kind != SYNTAX_LITERAL)
			continue;
		size_t len = strlen(before->text);
		n->quoted = len && before->text[len - 1] == '"' && n->next &&
			    n->next->kind == SYNTAX_LITERAL && n->next->text[0] == '"';
	}
}

bool syntax_parse(struct arena *a, const char *text, struct syntax **out, const char **why)
{
	struct parser p = { .arena = a, .at = text };
	*out = NULL;
	bool fine = parse_sequence(&p, out);
	if (fine && *p.at) {
		p.why = "']' without '['";
		fine = false;
	}
	if (why)
		*why = p.why;
	if (fine)
		mark_quoted(*out);
	return fine;
}

int syntax_fields(const struct syntax *tree, int (*field)(void *user, const char *name), void *user)
{
	int stopped = 0;
	for (const struct syntax *n = tree; n && !stopped; n = n->next) {
		if (n->kind == SYNTAX_FIELD)
			stopped = field(user, n->text);
		else if (n->kind == SYNTAX_GROUP)
			stopped = syntax_fields(n->children, field, user);
	}
	return stopped;
}
