/* SPDX-License-Identifier: MIT */
/* The steps of which derived cases are made: asking what is, setting, asking again, putting back.
 */
#include "base/text.h"
#include "spec/derive-build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct derived_case *add_case(
	struct builder *b, const char *name, const char *requirement, int file_line)
{
	name = unique_name(b->arena, b->out, name);
	struct derived_case *c = arena_push(b->arena, &b->out->cases, &b->out->count, sizeof(*c));
	*c = (struct derived_case){
		.name = name,
		.command = b->command,
		.form = b->form,
		.requirement = requirement,
		.file = b->command->file,
		.line = file_line,
	};
	c->tags = arena_alloc(b->arena, sizeof(*c->tags));
	c->needs = arena_alloc(b->arena, sizeof(*c->needs));
	for (const char **tag = b->command->tags; *tag; tag++)
		add_tag(b, c, *tag);
	for (const char **need = b->command->needs; *need; need++)
		add_need(b, c, *need);
	for (const char **need = b->form ? b->form->needs : NULL; need && *need; need++)
		add_need(b, c, *need);
	return c;
}

bool is_unscored(const struct form *form, const char *kind)
{
	for (const char **k = form->unscored; *k; k++)
		if (strcmp(*k, kind) == 0)
			return true;
	return false;
}

static void add_word(struct builder *b, const char ***list, const char *word)
{
	for (const char **w = *list; *w; w++)
		if (strcmp(*w, word) == 0)
			return;
	arena_push_text(b->arena, list, word);
}

void add_tag(struct builder *b, struct derived_case *c, const char *tag)
{
	add_word(b, &c->tags, tag);
}

void add_need(struct builder *b, struct derived_case *c, const char *need)
{
	add_word(b, &c->needs, need);
}

struct step *add_step(
	struct builder *b, struct derived_case *c, enum step_kind kind, const char *claim)
{
	struct step *s = arena_push(b->arena, &c->steps, &c->step_count, sizeof(*s));
	*s = (struct step){ .kind = kind, .claim = claim };
	return s;
}

struct step *add_send(struct builder *b, struct derived_case *c, const char *send,
	const char *final, const char *claim)
{
	struct step *s = add_step(b, c, STEP_SEND, claim);
	s->send = send;
	s->final = final;
	return s;
}

const char *data_length(const struct builder *b, const struct values *values)
{
	for (size_t i = 0; b->form->data && i < b->line.slot_count; i++)
		if (strcmp(b->line.slots[i].parameter->name, b->form->data) == 0)
			return values ? values->text[i] : b->line.slots[i].parameter->typical;
	return NULL;
}

struct step *add_accepted(
	struct builder *b, struct derived_case *c, const char *send, const struct values *values)
{
	const struct form *form = b->form;
	struct step *s = add_send(b, c, send, form->final, "the command is accepted");
	s->responses = form->responses;
	s->response_count = form->response_count;
	s->restarts = b->command->restarts && form->kind != FORM_QUERY;
	s->uart = form->effect && strcmp(form->effect, "uart") == 0;
	s->data = data_length(b, values);
	return s;
}

void add_check(struct builder *b, struct step *s, const struct check *check)
{
	struct check *place = arena_push(b->arena, &s->checks, &s->check_count, sizeof(*place));
	*place = *check;
}

static struct step *add_query(struct builder *b, struct derived_case *c, const char *claim)
{
	const struct form *query = &b->command->forms[FORM_QUERY];
	struct step *s = add_send(b, c, query->syntax, query->final, claim);
	s->facts = true;
	s->responses = query->responses;
	s->response_count = query->response_count;
	return s;
}

/* Fields of the query's response, each once. */
struct fields {
	struct builder *builder;
	const struct parameter *items[64];
	size_t count;
};

static int note_field(void *user, const char *name)
{
	struct fields *f = user;
	const struct parameter *p = spec_parameter(f->builder->command, name);
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i] == p)
			return 0;
	if (p && f->count < sizeof(f->items) / sizeof(f->items[0]))
		f->items[f->count++] = p;
	return 0;
}

static void find_fields(struct builder *b, struct fields *out)
{
	*out = (struct fields){ .builder = b };
	const struct form *query = &b->command->forms[FORM_QUERY];
	for (size_t i = 0; query->present && i < query->response_count; i++)
		for (size_t j = 0; j < query->responses[i].count; j++) {
			struct syntax *tree;
			const char *text = query->responses[i].lines[j].text;
			if (strncmp(text, "re:", 3) != 0 &&
				syntax_parse(b->arena, text, &tree, NULL))
				syntax_fields(tree, note_field, out);
		}
}

static const struct parameter *find_field(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->items[i]->name, name) == 0)
			return f->items[i];
	return NULL;
}

bool is_shown(struct builder *b, const struct parameter *p)
{
	struct fields fields;
	find_fields(b, &fields);
	return !p->moving && find_field(&fields, p->name);
}

static const char *put_back_field(const struct parameter *p)
{
	return p->put_back ? p->put_back : p->name;
}

void find_state(struct builder *b)
{
	struct fields fields;
	find_fields(b, &fields);
	b->has_state = false;
	for (size_t i = 0; i < fields.count; i++)
		b->has_state |= !fields.items[i]->moving;
	b->can_put_back = b->has_state;
	for (size_t i = 0; i < b->line.slot_count; i++) {
		const struct parameter *p = b->line.slots[i].parameter;
		const struct parameter *shown = find_field(&fields, put_back_field(p));
		if (!shown || shown->moving)
			b->can_put_back = false;
	}
}

static bool is_rate(const struct builder *b, const struct parameter *p)
{
	return b->form->effect && strcmp(p->name, "baudrate") == 0 && p->tolerance_percent > 0;
}

void add_before(struct builder *b, struct derived_case *c)
{
	if (!b->has_state)
		return;
	struct fields fields;
	find_fields(b, &fields);
	struct step *s = add_query(b, c, "what is set before");
	for (size_t i = 0; i < fields.count; i++) {
		const struct parameter *p = fields.items[i];
		if (p->moving)
			continue;
		add_check(b, s,
			&(struct check){
				.field = p->name,
				.remember = arena_printf(b->arena, "before.%s", p->name),
				.tolerance_percent = p->tolerance_percent,
				.line_rate = is_rate(b, p),
			});
	}
}

void add_unchanged(struct builder *b, struct derived_case *c, const char *claim)
{
	if (!b->has_state)
		return;
	struct fields fields;
	find_fields(b, &fields);
	struct step *s = add_query(b, c, claim);
	for (size_t i = 0; i < fields.count; i++) {
		const struct parameter *p = fields.items[i];
		if (p->moving)
			continue;
		add_check(b, s,
			&(struct check){
				.field = p->name,
				.value = arena_printf(b->arena, "{before.%s}", p->name),
				.tolerance_percent = p->tolerance_percent,
			});
	}
}

void add_shows(
	struct builder *b, struct derived_case *c, const struct set_values *set, const char *claim)
{
	struct step *s = add_query(b, c, claim);
	for (size_t i = 0; i < b->line.slot_count; i++) {
		const struct parameter *p = b->line.slots[i].parameter;
		if (!is_shown(b, p))
			continue;
		add_check(b, s,
			&(struct check){
				.field = p->name,
				.value = set->value[i],
				.tolerance_percent = p->tolerance_percent,
			});
	}
}

/* The complete command with what was remembered in it. */
static const char *earlier_line(struct builder *b)
{
	struct values values;
	for (size_t i = 0; i < b->line.slot_count; i++) {
		const struct slot *slot = &b->line.slots[i];
		enum parameter_type type = slot->parameter->type;
		bool bare = slot->quoted || type == PARAM_INTEGER || type == PARAM_HEX;
		values.text[i] = arena_printf(b->arena, bare ? "{before.%s}" : "\"{before.%s}\"",
			put_back_field(slot->parameter));
	}
	return line_render(b->arena, &b->line, line_full_shape(&b->line), &values);
}

static const char *typical_line(struct builder *b)
{
	struct values values;
	typical_values(b->arena, &b->line, &values);
	return line_render(b->arena, &b->line, line_full_shape(&b->line), &values);
}

struct step *add_put_back(struct builder *b, struct derived_case *c)
{
	struct step *s;
	if (b->form->data || (b->form->undo && !*b->form->undo))
		return NULL; /* what was sent is sent */
	if (b->form->undo) {
		s = add_send(b, c, b->form->undo, "OK", "what the command did is undone");
		s->restarts = b->command->restarts;
	} else if (b->can_put_back) {
		s = add_accepted(b, c, earlier_line(b), NULL);
		s->claim = "what was set before is put back";
	} else if (!b->command->forms[FORM_QUERY].present && !b->command->restarts) {
		s = add_accepted(b, c, typical_line(b), NULL);
		s->claim = "the typical values are put back";
	} else {
		return NULL;
	}
	s->cleanup = true;
	return s;
}

void add_format_needs(struct builder *b, struct derived_case *c, const struct values *values)
{
	for (size_t i = 0; i < b->line.slot_count; i++) {
		const struct parameter *p = b->line.slots[i].parameter;
		for (size_t k = 0; k < p->value_needs_count; k++) {
			const struct value_needs *v = &p->value_needs[k];
			const char *wire = slot_wire_text(b->arena, &b->line.slots[i], v->value);
			for (size_t n = 0; strcmp(wire, values->text[i]) == 0 && v->needs[n]; n++)
				add_need(b, c, v->needs[n]);
		}
		if (!b->form->effect)
			continue;
		if (strcmp(values->text[i], p->typical) != 0)
			add_need(b, c, arena_printf(b->arena, "%s:%s", p->name, values->text[i]));
	}
}

static void put_escaped(struct buf *out, const char *text, bool quoted)
{
	for (; *text; text++) {
		if (quoted && strchr("\\\",", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

int derive_expand(struct buf *out, const char *text,
	const char *(*lookup)(void *user, const char *name), void *user)
{
	bool quoted = false;
	while (*text) {
		size_t len = *text == '{' ? strcspn(text, "}") : 0;
		if (len > 1 && text[len] == '}' && len < 80) {
			char name[80];
			memcpy(name, text + 1, len - 1);
			name[len - 1] = '\0';
			const char *value = lookup(user, name);
			if (!value)
				return -1;
			put_escaped(out, value, quoted);
			text += len + 1;
			continue;
		}
		if (*text == '\\' && text[1])
			buf_putc(out, *text++);
		else if (*text == '"')
			quoted = !quoted;
		buf_putc(out, *text++);
	}
	return 0;
}

/* Six octets in whatever case. */
static bool same_mac(const char *a, const char *b)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? a[i] != ':' : !isxdigit((unsigned char)a[i]))
			return false;
	return a[17] == '\0' && strcasecmp(a, b) == 0;
}

bool derive_same(const char *actual, const char *expected, int tolerance_percent)
{
	int64_t a, e;
	if (strcmp(actual, expected) == 0 || same_mac(actual, expected))
		return true;
	if (tolerance_percent <= 0 || !text_integer(actual, &a) || !text_integer(expected, &e))
		return false;
	double difference = (double)a - (double)e, allowed = (double)e * tolerance_percent / 100;
	return (difference < 0 ? -difference : difference) <= (allowed < 0 ? -allowed : allowed);
}
