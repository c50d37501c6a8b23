/* SPDX-License-Identifier: MIT */
/* Cases of a form with parameters. In each, one thing differs from a command that is known to be
 * good: the value of one parameter, or the number of them. */
#include "base/buf.h"
#include "base/text.h"
#include "spec/derive-build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unchanged[] = "the refused command changes nothing";

static const char *full_line(struct builder *b, const struct values *values)
{
	return line_render(b->arena, &b->line, line_full_shape(&b->line), values);
}

static void add_accept_case(struct builder *b, const char *name, const char *requirement, int line,
	const struct shape *shape, const struct values *values)
{
	struct derived_case *c = add_case(b, name, requirement, line);
	struct values typical;
	typical_values(b->arena, &b->line, &typical);
	add_format_needs(b, c, values);
	add_before(b, c);
	const char *send = line_render(b->arena, &b->line, shape, values);
	add_accepted(b, c, send, values);
	/* Without a query the typical values are the ones to leave behind: they may be there now.
	 */
	if (b->form->undo || b->can_put_back || strcmp(send, full_line(b, &typical)) != 0)
		add_put_back(b, c);
}

static void add_refuse_case(
	struct builder *b, const char *name, const char *requirement, int line, const char *send)
{
	struct derived_case *c = add_case(b, name, requirement, line);
	add_before(b, c);
	add_send(b, c, send, "ERROR", "the command is refused");
	add_unchanged(b, c, unchanged);
	struct step *back = add_put_back(b, c);
	if (back)
		back->if_deviated = true;
}

/* The names of values that were used already, so that min and "also" don't make a case twice. */
struct seen {
	const char **list;
};

static bool first_time(struct builder *b, struct seen *seen, const char *value)
{
	for (const char **v = seen->list; v && *v; v++)
		if (strcmp(*v, value) == 0)
			return false;
	arena_push_text(b->arena, &seen->list, value);
	return true;
}

static void accept_value(
	struct builder *b, size_t slot, struct seen *seen, const char *value, const char *label)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	if (!value || !first_time(b, seen, value))
		return;
	struct values values;
	typical_values(b->arena, &b->line, &values);
	values.text[slot] = slot_wire_text(b->arena, &b->line.slots[slot], value);
	add_accept_case(b,
		arena_printf(b->arena, "%s_%s_accepts_%s", b->prefix, p->name,
			label ? label : name_of_value(b->arena, value)),
		p->accepts, p->file_line, line_full_shape(&b->line), &values);
}

/* A text of that many bytes that begins like the typical one. */
static const char *text_of_length(struct builder *b, const struct parameter *p, int64_t len)
{
	size_t have = spec_is_bench_fact(p->typical) ? 0 : strlen(p->typical),
	       want = len < 0 ? 0 : (size_t)len;
	char *text = arena_alloc(b->arena, want + 1);
	for (size_t i = 0; i < want; i++)
		text[i] = i < have ? p->typical[i] : 'a';
	return text;
}

static const char *length_label(struct builder *b, int64_t len)
{
	return arena_printf(b->arena, "%lld_byte%s", (long long)len, len == 1 ? "" : "s");
}

static void accept_bounds(struct builder *b, size_t slot, struct seen *seen)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	const int64_t bounds[] = { p->min, p->max };
	for (int i = 0; p->bounded && i < 2; i++) {
		if (bounds[i] == INT64_MIN || bounds[i] == INT64_MAX)
			continue;
		if (p->type == PARAM_INTEGER)
			accept_value(b, slot, seen,
				arena_printf(b->arena, "%lld", (long long)bounds[i]), NULL);
		else if (p->type != PARAM_HEX || bounds[i] > 0)
			accept_value(b, slot, seen, text_of_length(b, p, bounds[i]),
				length_label(b, bounds[i]));
	}
}

static void derive_accepts(struct builder *b, size_t slot)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	struct seen seen = { 0 };
	if (!p->accepts)
		return;
	for (size_t i = 0; i < p->value_count; i++)
		accept_value(b, slot, &seen, p->values[i], NULL);
	accept_bounds(b, slot, &seen);
	accept_value(b, slot, &seen, p->typical, NULL);
	accept_value(b, slot, &seen, p->other, NULL);
	for (size_t i = 0; p->also_accepts[i]; i++)
		accept_value(b, slot, &seen, p->also_accepts[i], NULL);
}

static void refuse_text(struct builder *b, size_t slot, struct seen *seen, const char *wire,
	const char *label, const char *requirement)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	if (!first_time(b, seen, wire))
		return;
	struct values values;
	typical_values(b->arena, &b->line, &values);
	values.text[slot] = wire;
	add_refuse_case(b,
		arena_printf(b->arena, "%s_%s_refuses_%s", b->prefix, p->name,
			label ? label : name_of_value(b->arena, wire)),
		requirement, p->file_line, full_line(b, &values));
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Just below the lowest value, just above the highest, and the holes beside a value. */
static void refuse_neighbours(struct builder *b, size_t slot, struct seen *seen)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	if (p->type != PARAM_INTEGER)
		return;
	int64_t *numbers = arena_alloc(b->arena, 2 * p->value_count * sizeof(*numbers));
	size_t count = 0;
	for (size_t i = 0; i < p->value_count; i++) {
		int64_t number;
		if (!text_integer(p->values[i], &number))
			continue;
		if (number > INT64_MIN)
			numbers[count++] = number - 1;
		if (number < INT64_MAX)
			numbers[count++] = number + 1;
	}
	qsort(numbers, count, sizeof(*numbers), by_number);
	for (size_t i = 0; i < count; i++) {
		const char *text = arena_printf(b->arena, "%lld", (long long)numbers[i]);
		if (!spec_value_fits(p, text, false, NULL))
			refuse_text(b, slot, seen, text, NULL, p->refuses);
	}
}

static void refuse_bounds(struct builder *b, size_t slot, struct seen *seen)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	if (!p->bounded)
		return;
	const int64_t outside[] = { p->min == INT64_MIN ? p->min : p->min - 1,
		p->max == INT64_MAX ? p->max : p->max + 1 };
	const bool exists[] = { p->min != INT64_MIN, p->max != INT64_MAX };
	for (int i = 0; i < 2; i++) {
		if (!exists[i] || (p->type != PARAM_INTEGER && outside[i] < 0))
			continue;
		if (p->type == PARAM_INTEGER) {
			refuse_text(b, slot, seen,
				arena_printf(b->arena, "%lld", (long long)outside[i]), NULL,
				p->refuses);
			continue;
		}
		const char *text = text_of_length(b, p, outside[i]);
		refuse_text(b, slot, seen, slot_wire_text(b->arena, &b->line.slots[slot], text),
			length_label(b, outside[i]), p->refuses);
	}
}

static void derive_refuses(struct builder *b, size_t slot)
{
	const struct parameter *p = b->line.slots[slot].parameter;
	struct seen seen = { 0 };
	if (p->refuses) {
		refuse_bounds(b, slot, &seen);
		refuse_neighbours(b, slot, &seen);
		for (size_t i = 0; p->also_refuses[i]; i++)
			refuse_text(b, slot, &seen, p->also_refuses[i], NULL, p->refuses);
	}
	if (!p->wrong_type)
		return;
	if (p->type == PARAM_INTEGER || p->type == PARAM_HEX) {
		refuse_text(b, slot, &seen, arena_printf(b->arena, "\"%s\"", p->typical), "quoted",
			p->wrong_type);
		refuse_text(b, slot, &seen, "word", "a_word", p->wrong_type);
	} else if (!b->line.slots[slot].quoted) {
		refuse_text(b, slot, &seen, p->typical, "unquoted", p->wrong_type);
	}
}

void derive_parameters(struct builder *b)
{
	for (size_t slot = 0; slot < b->line.slot_count; slot++) {
		derive_accepts(b, slot);
		derive_refuses(b, slot);
	}
}

static const char *count_words(struct builder *b, size_t count)
{
	if (count == 0)
		return "out_parameters";
	return arena_printf(b->arena, "_%zu_parameter%s", count, count == 1 ? "" : "s");
}

/* The form itself: complete, and each shorter way that the brackets allow. */
static void derive_shapes(struct builder *b, const struct values *typical)
{
	const struct line_syntax *line = &b->line;
	size_t full = line_full_shape(line)->count;
	if (!is_unscored(b->form, "answers"))
		add_accept_case(b, arena_printf(b->arena, "%s_answers_as_documented", b->prefix),
			b->form->requirement, b->form->file_line, line_full_shape(line), typical);
	for (size_t count = is_unscored(b->form, "omitted") ? 0 : full; count-- > 0;)
		for (size_t i = 0; i < line->shape_count; i++) {
			if (line->shapes[i].count != count)
				continue;
			add_accept_case(b,
				arena_printf(b->arena, "%s_with%s_answers_as_documented", b->prefix,
					count_words(b, count)),
				b->form->omitted ? b->form->omitted : b->form->requirement,
				b->form->file_line, &line->shapes[i], typical);
			break;
		}
}

static void derive_empty(struct builder *b, const struct values *typical)
{
	for (size_t slot = 0; b->line.slot_count > 1 && slot < b->line.slot_count; slot++) {
		if (b->line.slots[slot].optional)
			continue;
		struct values values = *typical;
		values.text[slot] = "";
		add_refuse_case(b,
			arena_printf(b->arena, "%s_%s_empty_is_refused", b->prefix,
				b->line.slots[slot].parameter->name),
			b->form->empty, b->form->file_line, full_line(b, &values));
	}
}

void derive_arities(struct builder *b)
{
	struct values typical;
	typical_values(b->arena, &b->line, &typical);
	derive_shapes(b, &typical);
	size_t full = line_full_shape(&b->line)->count;
	for (size_t count = 0; b->form->missing && count < full; count++)
		if (!line_allows(&b->line, count))
			add_refuse_case(b,
				arena_printf(b->arena, "%s_with%s_is_refused", b->prefix,
					count_words(b, count)),
				b->form->missing, b->form->file_line,
				line_render_first(b->arena, &b->line, &typical, count));
	if (b->form->surplus)
		add_refuse_case(b,
			arena_printf(b->arena, "%s_with_surplus_parameter_is_refused", b->prefix),
			b->form->surplus, b->form->file_line,
			arena_printf(b->arena, "%s,1", full_line(b, &typical)));
	if (b->form->empty)
		derive_empty(b, &typical);
}

/* The "other" value of every parameter that has one. */
static struct set_values other_values(struct builder *b)
{
	struct set_values set;
	for (size_t i = 0; i < b->line.slot_count; i++) {
		const struct parameter *p = b->line.slots[i].parameter;
		set.value[i] = p->other ? p->other : p->typical;
	}
	return set;
}

static void add_set(struct builder *b, struct derived_case *c, const struct set_values *set)
{
	struct values values;
	for (size_t i = 0; i < b->line.slot_count; i++)
		values.text[i] = slot_wire_text(b->arena, &b->line.slots[i], set->value[i]);
	add_format_needs(b, c, &values);
	add_accepted(b, c, full_line(b, &values), &values);
}

static void add_reads_back(struct builder *b, const char *name, const struct set_values *set)
{
	struct derived_case *c = add_case(b, name, b->form->reads_back, b->form->file_line);
	add_before(b, c);
	add_set(b, c, set);
	add_shows(b, c, set, "the query shows what was set");
	add_put_back(b, c);
}

/* All "other" values at once; then each listed value by itself, for modules that take a value and
 * keep another. */
static void derive_reads_back(struct builder *b)
{
	const struct set_values other = other_values(b);
	add_reads_back(b, arena_printf(b->arena, "%s_reads_back", b->prefix), &other);
	for (size_t slot = 0; slot < b->line.slot_count; slot++) {
		const struct parameter *p = b->line.slots[slot].parameter;
		for (size_t i = 0; i < p->value_count && is_shown(b, p); i++) {
			struct set_values set;
			for (size_t k = 0; k < b->line.slot_count; k++)
				set.value[k] = b->line.slots[k].parameter->typical;
			if (strcmp(p->values[i], other.value[slot]) == 0)
				continue;
			set.value[slot] = p->values[i];
			add_reads_back(b,
				arena_printf(b->arena, "%s_%s_reads_back_%s", b->prefix, p->name,
					name_of_value(b->arena, p->values[i])),
				&set);
		}
	}
}

static void derive_restored(struct builder *b)
{
	struct derived_case *c = add_case(
		b, "restore_brings_factory_value_back", b->form->restored, b->form->file_line);
	const struct set_values other = other_values(b);
	add_step(b, c, STEP_RESTORE, "the factory settings come back");
	add_before(b, c);
	add_set(b, c, &other);
	add_step(b, c, STEP_RESTORE, "the factory settings come back")->uart = b->form->effect;
	add_unchanged(b, c, "the query shows the factory value again");
}

static void derive_survives(struct builder *b)
{
	struct derived_case *c =
		add_case(b, arena_printf(b->arena, "%s_survives_restart", b->prefix),
			b->form->persists, b->form->file_line);
	const struct set_values other = other_values(b);
	add_before(b, c);
	add_set(b, c, &other);
	add_step(b, c, STEP_RESTART, "the module restarts");
	add_shows(b, c, &other, "the query shows what was set before the restart");
	add_put_back(b, c);
}

static void derive_lost(struct builder *b)
{
	struct derived_case *c =
		add_case(b, arena_printf(b->arena, "%s_is_lost_at_restart", b->prefix),
			b->form->lost, b->form->file_line);
	const struct set_values other = other_values(b);
	add_before(b, c);
	add_set(b, c, &other);
	add_step(b, c, STEP_RESTART, "the module restarts")->uart = b->form->effect;
	add_unchanged(b, c, "the query shows the earlier value again");
	struct step *back = add_put_back(b, c);
	if (back)
		back->if_deviated = true;
}

void derive_state(struct builder *b)
{
	if (b->form->reads_back)
		derive_reads_back(b);
	if (b->form->persists)
		derive_survives(b);
	if (b->form->lost)
		derive_lost(b);
	if (b->form->restored)
		derive_restored(b);
}
