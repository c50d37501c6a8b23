/* SPDX-License-Identifier: MIT */
/* Takes a recorded command line apart and checks its parameters against the model. */
#include "spec/judge-command.h"

#include "base/buf.h"
#include "base/text.h"
#include "spec/derive-build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ARGUMENTS_MAX = 32 };

struct argument {
	const char *raw;   /* as it stands on the wire */
	const char *plain; /* without quotes and escapes */
	bool quoted, odd;  /* odd: quotes don't close, or a bare comma stands inside them */
};

static void state(struct command_line *out, enum command_state s, const char *requirement,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What nothing in the model refuses by id can't be scored. */
static void state(struct command_line *out, enum command_state s, const char *requirement,
	const char *format, ...)
{
	out->state = s == COMMAND_INVALID && !requirement ? COMMAND_UNSCORED : s;
	out->requirement = requirement;
	va_list args;
	va_start(args, format);
	vsnprintf(out->why, sizeof(out->why), format, args);
	va_end(args);
}

/* Whether the text is this command, with what stands behind a command's name. */
static bool is_command(const struct command *c, const char *text,
	int (*compare)(const char *, const char *, size_t))
{
	size_t len = strlen(c->name);
	if (compare(text, c->name, len) != 0)
		return false;
	const char *rest = text + len;
	if (!*rest || *rest == '?' || *rest == '=')
		return true;
	const struct form *execute = &c->forms[FORM_EXECUTE];
	return execute->present && execute->syntax[len] != '\0' && *rest != '+';
}

static const struct command *find_command(const struct spec *spec, const char *text,
	int (*compare)(const char *, const char *, size_t))
{
	const struct command *best = NULL;
	for (size_t i = 0; i < spec->command_count; i++) {
		const struct command *c = &spec->commands[i];
		if (is_command(c, text, compare) && (!best || strlen(c->name) > strlen(best->name)))
			best = c;
	}
	return best;
}

static struct argument read_argument(struct arena *a, const char **cursor)
{
	struct argument arg = { 0 };
	struct buf plain = { 0 };
	const char *start = *cursor, *p = start;
	bool inside = false;
	arg.quoted = *p == '"';
	for (; *p && (inside || *p != ','); p++) {
		if (*p == '"') {
			inside = !inside;
			continue;
		}
		arg.odd |= inside && *p == ',';
		if (inside && *p == '\\' && p[1])
			p++;
		buf_putc(&plain, *p);
	}
	arg.odd |= inside;
	arg.raw = arena_text(a, start, (size_t)(p - start));
	arg.plain = arena_text(a, buf_text(&plain), plain.len);
	buf_finish(&plain);
	*cursor = p;
	return arg;
}

/* ARGUMENTS_MAX + 1 when there are more. */
static size_t split(struct arena *a, const char *text, struct argument *out)
{
	size_t count = 0;
	if (!*text)
		return 0;
	for (;;) {
		if (count == ARGUMENTS_MAX)
			return ARGUMENTS_MAX + 1;
		out[count++] = read_argument(a, &text);
		if (!*text)
			return count;
		text++;
	}
}

static bool is_named(const struct parameter *p, const char *value)
{
	if ((p->typical && strcmp(p->typical, value) == 0) ||
		(p->other && strcmp(p->other, value) == 0))
		return true;
	for (const char **v = p->also_accepts; *v; v++)
		if (strcmp(*v, value) == 0)
			return true;
	for (const char **v = p->documented; *v; v++)
		if (strcmp(*v, value) == 0)
			return true;
	return false;
}

static bool is_refused(const struct parameter *p, const char *raw)
{
	for (const char **v = p->also_refuses; *v; v++)
		if (strcmp(*v, raw) == 0)
			return true;
	return false;
}

static void judge_value(
	struct command_line *out, const struct slot *slot, const struct argument *arg)
{
	const struct parameter *p = slot->parameter;
	bool bare = p->type == PARAM_INTEGER || p->type == PARAM_HEX;
	int64_t number;
	const char *why;
	if (is_refused(p, arg->raw))
		state(out, COMMAND_INVALID, p->refuses, "<%s> must not be %.60s", p->name,
			arg->raw);
	else if (bare == arg->quoted)
		state(out, COMMAND_INVALID, p->wrong_type, "<%s> is %.60s", p->name, arg->raw);
	else if (p->type == PARAM_INTEGER && !text_integer(arg->plain, &number))
		state(out, COMMAND_INVALID, p->wrong_type, "<%s> is no integer: %.60s", p->name,
			arg->raw);
	else if (!spec_value_fits(p, arg->plain, false, &why) && !is_named(p, arg->plain))
		/* Of a number too big or too small the reason says which. */
		state(out, COMMAND_INVALID, p->refuses, "<%s> %.*s%s%s", p->name,
			strchr("-0123456789", *why) ? 0 : 60, arg->raw,
			strchr("-0123456789", *why) ? "" : " ", why);
	else if (arg->odd)
		state(out, COMMAND_UNCERTAIN, NULL, "<%s> has quotes or commas that don't pair up",
			p->name);
	else if (!p->bounded && p->value_count == 0 && !is_named(p, arg->plain))
		state(out, COMMAND_UNCERTAIN, NULL, "the range of <%s> is not stated", p->name);
}

static void judge_argument(
	struct command_line *out, const struct slot *slot, const struct argument *arg)
{
	if (*arg->raw)
		judge_value(out, slot, arg);
	else if (slot->optional)
		state(out, COMMAND_UNCERTAIN, NULL, "the optional <%s> is empty",
			slot->parameter->name);
	else
		state(out, COMMAND_INVALID, out->form->empty, "<%s> is empty",
			slot->parameter->name);
}

/* From the one that says nothing against the command to the one that settles it. */
static int weight(enum command_state s)
{
	return s == COMMAND_VALID ? 0 : s == COMMAND_UNCERTAIN ? 1 : s == COMMAND_UNSCORED ? 2 : 3;
}

/* One bad parameter is enough; one that can't be judged leaves the others to it. */
static void judge_shape(struct command_line *out, const struct line_syntax *line,
	const struct shape *shape, const struct argument *args)
{
	size_t slots[SLOTS_MAX], given = line_given_slots(line, shape, slots);
	for (size_t i = 0; i < given; i++) {
		struct command_line one = *out;
		one.state = COMMAND_VALID;
		judge_argument(&one, &line->slots[slots[i]], &args[i]);
		if (weight(one.state) > weight(out->state))
			*out = one;
	}
}

/* Optional groups can leave the same number in several ways: the one that fits best counts. */
static void judge_arguments(struct command_line *out, const struct line_syntax *line,
	const struct argument *args, size_t count)
{
	const struct form *form = out->form;
	struct command_line best = *out;
	bool found = false;
	for (size_t i = 0; i < line->shape_count; i++) {
		if (line->shapes[i].count != count)
			continue;
		struct command_line one = *out;
		judge_shape(&one, line, &line->shapes[i], args);
		if (!found || weight(one.state) < weight(best.state))
			best = one;
		found = true;
	}
	size_t most = line_full_shape(line)->count;
	if (found)
		*out = best;
	else if (count > most)
		state(out, COMMAND_INVALID, form->surplus, "%zu parameters, %zu at most", count,
			most);
	else
		state(out, COMMAND_INVALID, form->missing, "%zu parameters are not enough", count);
}

static void judge_parameters(struct command_line *out, const char *text)
{
	struct arena *a = arena_create();
	struct line_syntax line;
	const char *why;
	struct argument args[ARGUMENTS_MAX];
	if (!line_parse(a, out->command, out->form, &line, &why)) {
		state(out, COMMAND_UNSCORED, NULL, "%s", why);
	} else if (line.slot_count == 0) {
		if (strcmp(text, out->form->syntax) != 0)
			state(out, COMMAND_UNSCORED, NULL, "not as the syntax prints it");
	} else {
		size_t skip = strlen(out->command->name) + (out->form->kind == FORM_SET);
		judge_arguments(out, &line, args, split(a, text + skip, args));
	}
	arena_destroy(a);
}

/* Of several set forms the one that has least against the line: which of them the module takes
 * depends on its state. */
static struct command_line judge_forms(const struct command *command, const char *text)
{
	const char *rest = text + strlen(command->name);
	enum form_kind kind = strcmp(rest, "?") == 0 ? FORM_QUERY
			      : *rest == '='         ? FORM_SET
						     : FORM_EXECUTE;
	struct command_line best = { .command = command, .form = &command->forms[kind] };
	if (!best.form->present) {
		state(&best, COMMAND_UNSCORED, NULL,
			"the document has no such form of the command");
		return best;
	}
	best.state = COMMAND_VALID;
	judge_parameters(&best, text);
	for (size_t i = 0; kind == FORM_SET && i < command->more_set_count; i++) {
		struct command_line one = {
			.command = command, .form = &command->more_sets[i], .state = COMMAND_VALID
		};
		judge_parameters(&one, text);
		if (weight(one.state) < weight(best.state))
			best = one;
	}
	return best;
}

const struct form *spec_form_of(const struct command *command, const char *command_line)
{
	if (!is_command(command, command_line, strncasecmp))
		return NULL;
	const struct form *form = judge_forms(command, command_line).form;
	return form->present ? form : NULL;
}

void command_line_judge(struct command_line *out, const struct spec *spec, const char *text)
{
	*out = (struct command_line){ .command = find_command(spec, text, strncmp) };
	if (!out->command) {
		out->command = find_command(spec, text, strncasecmp);
		state(out, out->command ? COMMAND_UNSCORED : COMMAND_UNKNOWN, NULL,
			out->command ? "lower case letters in a command are not documented"
				     : "no such command");
		return;
	}
	const char *rest = text + strlen(out->command->name);
	if (strcmp(rest, "=?") == 0) {
		state(out, COMMAND_UNSCORED, NULL, "the document describes no test form");
		return;
	}
	*out = judge_forms(out->command, text);
}
