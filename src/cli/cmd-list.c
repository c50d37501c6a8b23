/* SPDX-License-Identifier: MIT */
/* `atconform list`: the cases, or the requirements, without touching a device. */
#include "cli/catalogue.h"
#include "cli/cli.h"
#include "cli/list-requirements.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char list_help[] =
	"usage: atconform list [--requirements] [--json] [--spec DIR]... [PATTERN]...\n\n"
	"PATTERN is a glob over family/command/case or command/case, a family, a command or a\n"
	"requirement id. --json prints an array of objects. --requirements lists what the cases\n"
	"judge; PATTERN is a glob over requirement ids, a family or a command then.\n";

struct list_options {
	bool json, requirements;
};

/* -1: go on. */
static int list_options(struct list_options *o, struct catalogue *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "requirements", no_argument, NULL, 'r' },
		{ "spec", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (opt == 'j') {
			o->json = true;
		} else if (opt == 'r') {
			o->requirements = true;
		} else if (opt == 's') {
			words_add(&c->extra, optarg);
		} else if (opt == 'h') {
			fputs(list_help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option("list", argv, opt);
		}
	}
	return -1;
}

static void json_list(struct buf *out, const char *key, const char *const *list)
{
	buf_printf(out, ", \"%s\": [", key);
	for (size_t i = 0; list[i]; i++) {
		buf_puts(out, i ? ", " : "");
		buf_json_text(out, list[i]);
	}
	buf_putc(out, ']');
}

static void print_json(const struct suite *suite)
{
	struct buf out AUTO_BUF = { 0 };
	buf_puts(&out, "[");
	for (size_t i = 0; i < suite->count; i++) {
		const struct rig_case *c = &suite->cases[i];
		buf_puts(&out, i ? ",\n {\"case\": " : "\n {\"case\": ");
		buf_json_text(&out, c->id);
		buf_puts(&out, ", \"command\": ");
		buf_json_text(&out, c->command);
		buf_printf(&out, ", \"kind\": \"%s\"", c->kind);
		json_list(&out, "requirements", c->requirements);
		json_list(&out, "tags", c->tags);
		json_list(&out, "needs", c->needs);
		buf_puts(&out, ", \"file\": ");
		buf_json_text(&out, c->file);
		buf_printf(&out, ", \"line\": %d}", c->line);
	}
	buf_puts(&out, "\n]\n");
	fwrite(out.data, 1, out.len, stdout);
}

static void print_words(const char *const *list, const char *before)
{
	for (size_t i = 0; list[i]; i++)
		printf("%s%s", i ? " " : before, list[i]);
}

static void print_text(const struct suite *suite)
{
	for (size_t i = 0; i < suite->count; i++) {
		const struct rig_case *c = &suite->cases[i];
		printf("%-60s", c->id);
		print_words(c->requirements, " ");
		print_words(c->tags, "  #");
		print_words(c->needs, "  needs ");
		putchar('\n');
	}
	printf("%zu cases\n", suite->count);
}

static int list_cases(struct catalogue *c, bool json, const char *const patterns[])
{
	struct error error = { 0 };
	if (suite_select(&c->suite, patterns, &error) < 0)
		return cli_fail(EXIT_USAGE, &error);
	if (json)
		print_json(&c->suite);
	else
		print_text(&c->suite);
	return EXIT_CONFORMS;
}

int cmd_list(int argc, char **argv)
{
	struct list_options o = { 0 };
	struct catalogue c = { 0 };
	struct error error = { 0 };
	int code = list_options(&o, &c, argc, argv);
	const char *const *patterns = (const char *const *)argv + optind;
	if (code < 0 && catalogue_load(&c, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0)
		code = o.requirements ? list_requirements(&c, o.json, patterns)
				      : list_cases(&c, o.json, patterns);
	catalogue_finish(&c);
	return code;
}
