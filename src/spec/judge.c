/* SPDX-License-Identifier: MIT */
/* Judges recorded exchanges: what the command line asks for, against what came back. */
#include "spec/judge.h"

#include "base/text.h"
#include "spec/judge-command.h"
#include "spec/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void judged(struct judged *out, enum judgement judgement, const char *id, const char *format,
	...) __attribute__((format(printf, 4, 5)));

static void judged(
	struct judged *out, enum judgement judgement, const char *id, const char *format, ...)
{
	out->judgement = judgement;
	snprintf(out->id, sizeof(out->id), "%s", id ? id : "");
	va_list args;
	va_start(args, format);
	vsnprintf(out->why, sizeof(out->why), format, args);
	va_end(args);
}

/* Lines without the log noise that the profile knows and, before ERROR, without error codes. */
static size_t keep_lines(
	const struct exchange *e, const struct profile *profile, bool drop_codes, const char **out)
{
	size_t count = 0;
	for (size_t i = 0; i < e->line_count; i++) {
		bool drop = drop_codes && response_is_error_code(e->lines[i]);
		for (const char **noise = profile ? profile->noise : NULL; noise && *noise; noise++)
			drop |= text_glob(*noise, e->lines[i]);
		if (!drop)
			out[count++] = e->lines[i];
	}
	return count;
}

static bool deviation_fits(const struct deviation *d, const struct command *command,
	const struct exchange *e, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < d->match_count; i++) {
		const struct deviation_match *m = &d->matches[i];
		if (text_glob(m->command, e->command) && strcmp(m->final, e->final) == 0 &&
			response_match(&m->response, 1, command, lines, count, NULL, NULL))
			return true;
	}
	return false;
}

static bool judge_deviations(struct judged *out, const struct spec *spec,
	const struct profile *profile, const struct command *command, const struct exchange *e,
	const char *const *lines, size_t count)
{
	for (size_t i = 0; profile && i < spec->deviation_count; i++) {
		const struct deviation *d = &spec->deviations[i];
		if (!profile_has_deviation(profile, d->id) ||
			!deviation_fits(d, command, e, lines, count))
			continue;
		judged(out, JUDGED_DEVIATES, d->id, "%s", d->text);
		return true;
	}
	return false;
}

static void judge_refusal(struct judged *out, const struct command_line *c,
	const struct exchange *e, const char *const *lines, size_t count)
{
	if (strcmp(e->final, "ERROR") != 0)
		judged(out, JUDGED_BREAKS, c->requirement, "%s, but the answer is \"%s\"", c->why,
			e->final);
	else if (count > 0)
		judged(out, JUDGED_BREAKS, c->requirement, "the line \"%.100s\" is not expected",
			lines[0]);
	else
		judged(out, JUDGED_CONFORMS, c->requirement, "%s: refused", c->why);
}

static bool depends_on_state(const struct command *command, const struct form *form)
{
	return form->may_refuse || command->needs[0] || command->setup[0] || form->setup[0] ||
	       form->needs[0] || command->online || command->more_set_count;
}

/* A text that begins with a quote, as printed: where it ends nobody can tell. */
static bool holds_quotes(const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (const char *p = strstr(lines[i], "\"\""); p; p = strstr(p + 1, "\"\""))
			if (p[2] && p[2] != ',' && p[2] != '"')
				return true;
	return false;
}

static void judge_information(
	struct judged *out, const struct command_line *c, const char *const *lines, size_t count)
{
	const struct form *form = c->form;
	const char *why;
	if (response_match(
		    form->responses, form->response_count, c->command, lines, count, NULL, &why))
		judged(out, JUDGED_CONFORMS, form->requirement, "%s", "as documented");
	else if (count == 0 && depends_on_state(c->command, form))
		judged(out, JUDGED_UNSCORED, "",
			"nothing to tell, which depends on the module's state");
	else if (holds_quotes(lines, count))
		judged(out, JUDGED_UNSCORED, "", "a text with quotes inside can't be taken apart");
	else
		judged(out, JUDGED_BREAKS, form->requirement, "%.240s", why);
}

static void judge_answer(struct judged *out, const struct command_line *c, const struct exchange *e,
	const char *const *lines, size_t count)
{
	const struct form *form = c->form;
	if (strcmp(e->final, form->final) == 0) {
		judge_information(out, c, lines, count);
		return;
	}
	bool refused = strcmp(e->final, "ERROR") == 0;
	if (refused && c->state == COMMAND_UNCERTAIN)
		judged(out, JUDGED_UNSCORED, "", "%s", c->why);
	else if (refused && depends_on_state(c->command, form))
		judged(out, JUDGED_UNSCORED, "", "refused, which depends on the module's state");
	else
		judged(out, JUDGED_BREAKS, form->requirement,
			"the answer ends with \"%s\", not \"%s\"", e->final, form->final);
}

static void judge_line(struct judged *out, const struct command_line *c, const struct exchange *e,
	const char *const *lines, size_t count)
{
	switch (c->state) {
	case COMMAND_UNKNOWN:
		judged(out, JUDGED_UNKNOWN, "", "%s", c->why);
		break;
	case COMMAND_UNSCORED:
		judged(out, JUDGED_UNSCORED, "", "%s", c->why);
		break;
	case COMMAND_INVALID:
		judge_refusal(out, c, e, lines, count);
		break;
	case COMMAND_VALID:
	case COMMAND_UNCERTAIN:
		judge_answer(out, c, e, lines, count);
		break;
	}
}

void judge_exchange(struct judged *out, const struct spec *spec, const struct profile *profile,
	const struct exchange *e)
{
	*out = (struct judged){ 0 };
	struct command_line c;
	command_line_judge(&c, spec, e->command);
	out->form = c.form && c.form->present ? c.form : NULL;
	out->refusal = c.state == COMMAND_INVALID;
	const char **lines = calloc(e->line_count + 1, sizeof(*lines));
	if (!lines) {
		judged(out, JUDGED_UNSCORED, "", "out of memory");
		return;
	}
	size_t count = keep_lines(e, profile, false, lines);
	if (c.command && profile && profile_absent(profile, c.command->name))
		judged(out, JUDGED_UNSCORED, "", "the profile does not claim the command");
	else if (!judge_deviations(out, spec, profile, c.command, e, lines, count)) {
		bool refused = strcmp(e->final, "ERROR") == 0;
		count = keep_lines(e, profile, refused, lines);
		judge_line(out, &c, e, lines, count);
		struct judged broken = *out;
		if (broken.judgement == JUDGED_BREAKS &&
			!judge_deviations(out, spec, profile, c.command, e, lines, count))
			*out = broken;
	}
	free(lines);
}

static void put_response(struct buf *out, const struct response *response, const char *final)
{
	for (size_t i = 0; i < response->count; i++) {
		const struct response_line *line = &response->lines[i];
		buf_printf(out,
			line->optional ? "[%s] "
			: line->repeat ? "%s … "
				       : "%s ",
			line->text);
	}
	buf_puts(out, final);
}

void judge_expected(struct buf *out, const struct judged *judged)
{
	const struct form *form = judged->form;
	if (judged->refusal) {
		buf_puts(out, "ERROR");
		return;
	}
	for (size_t i = 0; form && i < form->response_count; i++) {
		buf_puts(out, i ? " or " : "");
		put_response(out, &form->responses[i], form->final);
	}
}
