/* SPDX-License-Identifier: MIT */
/* The requirements of the model, in its order, each with the cases that judge it. */
#include "cli/list-requirements.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const grades[] = { [GRADE_STATED] = "stated", [GRADE_INFERRED] = "inferred" };
static const char *const judges[] = {
	[JUDGE_CASE] = "case", [JUDGE_MONITOR] = "monitor", [JUDGE_UNTESTABLE] = "untestable"
};

/* The command that the requirement is of; NULL: of all. */
static const struct command *owner(const struct catalogue *c, const struct requirement *r)
{
	return *r->command ? spec_command(&c->model, r->command) : NULL;
}

static bool means(const char *pattern, const struct requirement *r, const struct command *command)
{
	if (text_glob(pattern, r->id) ||
		strcasecmp(pattern, command ? command->family : "general") == 0)
		return true;
	return command && (strcasecmp(pattern, command->name) == 0 ||
				  strcasecmp(pattern, command->suite) == 0);
}

static bool wanted(
	const struct catalogue *c, const struct requirement *r, const char *const patterns[])
{
	for (size_t i = 0; patterns[i]; i++) {
		if (means(patterns[i], r, owner(c, r)))
			return true;
	}
	return !patterns[0];
}

/* A pattern that means no requirement is an error that names it. */
static int check(const struct catalogue *c, const char *const patterns[], struct error *error)
{
	for (size_t p = 0; patterns[p]; p++) {
		const char *const one[] = { patterns[p], NULL };
		bool used = false;
		for (size_t i = 0; i < c->model.requirement_count && !used; i++)
			used = wanted(c, &c->model.requirements[i], one);
		if (!used)
			return error_set(error, NULL, 0, 0,
				"no requirement matches \"%s\"; `atconform list --requirements` "
				"shows them, e.g. 'UART_CUR-*', uart_cur, basic",
				patterns[p]);
	}
	return 0;
}

static void text_member(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, ", \"%s\": ", key);
	buf_json_text(out, text);
}

static void json_row(struct buf *out, const struct catalogue *c, const struct requirement *r)
{
	const struct command *command = owner(c, r);
	buf_puts(out, "{\"id\": ");
	buf_json_text(out, r->id);
	text_member(out, "family", command ? command->family : "general");
	text_member(out, "command", r->command);
	text_member(out, "title", command ? command->title : "");
	text_member(out, "section", r->section);
	text_member(out, "command_section", command ? command->section : "");
	buf_printf(out, ", \"line\": %d, \"grade\": \"%s\", \"judge\": \"%s\"", r->line,
		grades[r->grade], judges[r->judge]);
	text_member(out, "text", r->text);
	text_member(out, "untestable", r->reason);
	buf_puts(out, ", \"cases\": [");
	const char *between = "";
	for (size_t i = 0; i < c->suite.count; i++) {
		if (!catalogue_judges(&c->suite.cases[i], r))
			continue;
		buf_puts(out, between);
		buf_json_text(out, c->suite.cases[i].id);
		between = ", ";
	}
	buf_puts(out, "]");
	text_member(out, "file", r->file);
	buf_printf(out, ", \"file_line\": %d}", r->file_line);
}

static void text_row(struct buf *out, const struct catalogue *c, const struct requirement *r)
{
	size_t cases = 0;
	for (size_t i = 0; i < c->suite.count; i++)
		cases += catalogue_judges(&c->suite.cases[i], r);
	buf_printf(out, "%-18s %-7s %4d  %-8s ", r->id, r->section, r->line, grades[r->grade]);
	if (r->judge == JUDGE_CASE)
		buf_printf(out, "%4zu case%s  ", cases, cases == 1 ? " " : "s");
	else
		buf_printf(out, "%-11s ", judges[r->judge]);
	buf_puts(out, r->text);
}

int list_requirements(const struct catalogue *c, bool json, const char *const patterns[])
{
	struct error error = { 0 };
	if (check(c, patterns, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	struct buf out AUTO_BUF = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < c->model.requirement_count; i++) {
		const struct requirement *r = &c->model.requirements[i];
		if (!wanted(c, r, patterns))
			continue;
		if (json)
			buf_puts(&out, count ? ",\n " : "[\n ");
		(json ? json_row : text_row)(&out, c, r);
		if (!json)
			buf_putc(&out, '\n');
		count++;
	}
	if (json)
		buf_puts(&out, "\n]\n");
	else
		buf_printf(&out, "%zu requirements\n", count);
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_CONFORMS;
}
