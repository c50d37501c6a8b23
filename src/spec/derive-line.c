/* SPDX-License-Identifier: MIT */
/* Command lines for derived cases: which parameters there are, which may be left out together, and
 * the text that results. */
#include "base/buf.h"
#include "spec/derive-build.h"

#include <string.h>

struct collector {
	struct line_syntax *line;
	const struct command *command;
	const struct form *form;
	bool leading[GROUPS_MAX]; /* "[<link_id>,]": comes or not by itself */
	int parent[GROUPS_MAX];
	const char *why;
};

static bool is_leading(const struct syntax *group)
{
	return group->kind != SYNTAX_LITERAL || group->text[0] != ',';
}

static bool collect(struct collector *c, const struct syntax *tree, int parent)
{
	struct line_syntax *line = c->line;
	for (const struct syntax *n = tree; n; n = n->next) {
		if (n->kind == SYNTAX_FIELD) {
			if (line->slot_count == SLOTS_MAX) {
				c->why = "too many parameters";
				return false;
			}
			line->slots[line->slot_count++] = (struct slot){
				.parameter = spec_form_parameter(c->command, c->form, n->text),
				.optional = parent >= 0,
				.quoted = n->quoted,
			};
		} else if (n->kind == SYNTAX_GROUP) {
			int group = (int)line->group_count;
			if (line->group_count == GROUPS_MAX) {
				c->why = "too many optional groups";
				return false;
			}
			c->leading[group] = is_leading(n->children);
			c->parent[group] = parent;
			line->group_count++;
			if (!collect(c, n->children, group))
				return false;
		}
	}
	return true;
}

/* A group stands only inside a given one, and behind the earlier ones beside it. */
static bool is_possible(const struct collector *c, uint32_t groups)
{
	for (int g = 0; g < (int)c->line->group_count; g++) {
		if (!(groups >> g & 1))
			continue;
		if (c->parent[g] >= 0 && !(groups >> c->parent[g] & 1))
			return false;
		for (int earlier = 0; earlier < g; earlier++)
			if (c->parent[earlier] == c->parent[g] && !c->leading[earlier] &&
				!(groups >> earlier & 1))
				return false;
	}
	return true;
}

struct renderer {
	const struct line_syntax *line;
	const struct values *values;
	uint32_t groups;
	size_t group, slot, given;
	size_t *given_slots; /* may be NULL */
	struct buf text;
};

static void render(struct renderer *r, const struct syntax *tree, bool given)
{
	for (const struct syntax *n = tree; n; n = n->next) {
		if (n->kind == SYNTAX_GROUP) {
			bool inside = given && (r->groups >> r->group & 1);
			r->group++;
			render(r, n->children, inside);
		} else if (n->kind == SYNTAX_FIELD) {
			size_t slot = r->slot++;
			if (given && r->given_slots)
				r->given_slots[r->given] = slot;
			r->given += given;
			if (given && r->values)
				buf_puts(&r->text, r->values->text[slot]);
		} else if (given) {
			buf_puts(&r->text, n->text);
		}
	}
}

static size_t find_given(const struct line_syntax *line, uint32_t groups, size_t *slots)
{
	struct renderer r = { .line = line, .groups = groups, .given_slots = slots };
	render(&r, line->tree, true);
	buf_finish(&r.text);
	return r.given;
}

bool line_parse(struct arena *a, const struct command *command, const struct form *form,
	struct line_syntax *out, const char **why)
{
	*out = (struct line_syntax){ 0 };
	struct collector c = { .line = out, .command = command, .form = form };
	if (!syntax_parse(a, form->syntax, &out->tree, why))
		return false;
	bool fine = collect(&c, out->tree, -1);
	*why = c.why;
	if (!fine)
		return false;
	bool literal = out->tree && out->tree->kind == SYNTAX_LITERAL;
	out->head = literal ? out->tree->text : "";
	uint32_t all = (UINT32_C(1) << out->group_count) - 1;
	for (uint32_t groups = 0; groups <= all; groups++) {
		if (!is_possible(&c, groups))
			continue;
		if (out->shape_count == SHAPES_MAX) {
			*why = "too many ways to leave groups out";
			return false;
		}
		out->shapes[out->shape_count++] =
			(struct shape){ .groups = groups, .count = find_given(out, groups, NULL) };
	}
	return true;
}

const struct shape *line_full_shape(const struct line_syntax *line)
{
	return &line->shapes[line->shape_count - 1];
}

bool line_allows(const struct line_syntax *line, size_t count)
{
	for (size_t i = 0; i < line->shape_count; i++)
		if (line->shapes[i].count == count)
			return true;
	return false;
}

size_t line_given_slots(
	const struct line_syntax *line, const struct shape *shape, size_t slots[SLOTS_MAX])
{
	return find_given(line, shape->groups, slots);
}

static const char *keep(struct arena *a, struct buf *text)
{
	const char *kept = arena_text(a, buf_text(text), text->len);
	buf_finish(text);
	return kept;
}

const char *line_render(struct arena *a, const struct line_syntax *line, const struct shape *shape,
	const struct values *values)
{
	struct renderer r = { .line = line, .groups = shape->groups, .values = values };
	render(&r, line->tree, true);
	return keep(a, &r.text);
}

const char *line_render_first(
	struct arena *a, const struct line_syntax *line, const struct values *values, size_t count)
{
	struct buf text = { 0 };
	buf_puts(&text, line->head);
	for (size_t i = 0; i < count; i++) {
		const char *quote = line->slots[i].quoted && i > 0 ? "\"" : "";
		buf_printf(&text, "%s%s%s%s", i ? "," : "", quote, values->text[i],
			line->slots[i].quoted ? "\"" : "");
	}
	return keep(a, &text);
}

const char *slot_wire_text(struct arena *a, const struct slot *slot, const char *value)
{
	enum parameter_type type = slot->parameter->type;
	if (type == PARAM_INTEGER || type == PARAM_HEX)
		return value;
	struct buf text = { 0 };
	const char *quote = slot->quoted ? "" : "\"";
	buf_puts(&text, quote);
	for (const char *p = value; *p; p++) {
		if (strchr("\\\",", *p))
			buf_putc(&text, '\\');
		buf_putc(&text, *p);
	}
	buf_puts(&text, quote);
	return keep(a, &text);
}

void typical_values(struct arena *a, const struct line_syntax *line, struct values *out)
{
	for (size_t i = 0; i < line->slot_count; i++)
		out->text[i] =
			slot_wire_text(a, &line->slots[i], line->slots[i].parameter->typical);
}
