/* SPDX-License-Identifier: MIT */
/* `atconform list` and `atconform explain`: what is there, without touching a device. */
#include "cli/cli.h"
#include "cli/paths.h"
#include "cli/suite.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char list_help[] =
	"usage: atconform list [--json] [--spec DIR]... [PATTERN]...\n\n"
	"PATTERN is a glob over family/command/case or command/case, a family, a command or a\n"
	"requirement id. --json prints an array of objects.\n";
static const char explain_help[] =
	"usage: atconform explain [--spec DIR]... COMMAND | REQUIREMENT | CASE\n\n"
	"Says what the specification demands there, in which section and line, and which cases "
	"judge\n"
	"it. Example: atconform explain UART_CUR-4\n";

struct catalogue {
	struct words spec, dirs;
	struct spec model;
	struct suite suite;
	bool json;
};

static int load(struct catalogue *c, struct error *error)
{
	char *program AUTO_FREE = paths_program("atconform-suite");
	if (!program)
		return error_set(error, NULL, 0, 0,
			"the program atconform-suite is not beside atconform; build or install it");
	if (cli_spec_dirs(&c->dirs, &c->spec, error) < 0 ||
		spec_load(&c->model, c->dirs.items, error) < 0 ||
		suite_load(&c->suite, program, c->dirs.items, error) < 0)
		return -1;
	return suite_check(&c->suite, &c->model, error);
}

static void finish(struct catalogue *c)
{
	suite_finish(&c->suite);
	spec_finish(&c->model);
	words_finish(&c->dirs);
	words_finish(&c->spec);
}

/* Options of both subcommands. -1: go on. */
static int options(struct catalogue *c, const char *name, const char *help, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "spec", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (opt == 'j' && strcmp(name, "list") == 0) {
			c->json = true;
		} else if (opt == 's') {
			words_add(&c->spec, optarg);
		} else if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option(name, argv, opt == 'j' ? '?' : opt);
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

int cmd_list(int argc, char **argv)
{
	struct catalogue c = { 0 };
	struct error error = { 0 };
	int code = options(&c, "list", list_help, argc, argv);
	if (code < 0) {
		if (load(&c, &error) < 0 ||
			suite_select(&c.suite, (const char *const *)argv + optind, &error) < 0)
			code = cli_fail(EXIT_USAGE, &error);
	}
	if (code < 0) {
		if (c.json)
			print_json(&c.suite);
		else
			print_text(&c.suite);
		code = EXIT_CONFORMS;
	}
	finish(&c);
	return code;
}

static void explain_requirement(const struct catalogue *c, const struct requirement *r)
{
	static const char *const grades[] = {
		[GRADE_STATED] = "stated by the document", [GRADE_INFERRED] = "inferred"
	};
	printf("%s  section %s, line %d, %s\n  %s\n", r->id, r->section, r->line, grades[r->grade],
		r->text);
	if (r->judge == JUDGE_MONITOR)
		puts("  judged by the session monitor, during every case");
	if (r->judge == JUDGE_UNTESTABLE)
		printf("  not testable: %s\n", r->reason);
	for (size_t i = 0; i < c->suite.count; i++) {
		const struct rig_case *one = &c->suite.cases[i];
		for (size_t k = 0; one->requirements[k]; k++) {
			if (strcmp(one->requirements[k], r->id) == 0)
				printf("  case %s (%s:%d)\n", one->id, one->file, one->line);
		}
	}
	for (size_t i = 0; i < c->model.deviation_count; i++) {
		const struct deviation *d = &c->model.deviations[i];
		if (strcmp(d->requirement, r->id) == 0)
			printf("  known deviation %s: %s\n    source: %s\n", d->id, d->text,
				d->source);
	}
}

static bool explain_command(const struct catalogue *c, const char *word)
{
	const struct command *command = spec_command(&c->model, word);
	bool general = strcasecmp(word, "general") == 0;
	if (!command && !general)
		return false;
	if (command)
		printf("%s  section %s, line %d: %s\n%s\n\n", command->name, command->section,
			command->line, command->title, command->file);
	for (size_t i = 0; i < c->model.requirement_count; i++) {
		const struct requirement *r = &c->model.requirements[i];
		if (command ? strcmp(r->command, command->name) == 0 : !*r->command)
			explain_requirement(c, r);
	}
	return true;
}

static bool explain_case(const struct catalogue *c, const char *word)
{
	bool found = false;
	for (size_t i = 0; i < c->suite.count; i++) {
		const struct rig_case *one = &c->suite.cases[i];
		if (!suite_matches(one, word))
			continue;
		found = true;
		printf("%s  %s case, %s:%d", one->id, one->kind, one->file, one->line);
		print_words(one->tags, "  #");
		print_words(one->needs, "  needs ");
		putchar('\n');
		for (size_t k = 0; one->requirements[k]; k++)
			explain_requirement(c, spec_requirement(&c->model, one->requirements[k]));
	}
	return found;
}

int cmd_explain(int argc, char **argv)
{
	struct catalogue c = { 0 };
	struct error error = { 0 };
	int code = options(&c, "explain", explain_help, argc, argv);
	if (code < 0 && optind + 1 != argc)
		code = cli_usage("explain", "expects one command, requirement or case");
	if (code < 0 && load(&c, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		const struct requirement *r = spec_requirement(&c.model, argv[optind]);
		code = EXIT_CONFORMS;
		if (r)
			explain_requirement(&c, r);
		else if (!explain_command(&c, argv[optind]) && !explain_case(&c, argv[optind]))
			code = cli_usage("explain", "nothing is called \"%s\"", argv[optind]);
	}
	finish(&c);
	return code;
}
