/* SPDX-License-Identifier: MIT */
/* `atconform explain`: a command, requirement or case in words. */
#include "cli/catalogue.h"
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char explain_help[] =
	"usage: atconform explain [--spec DIR]... COMMAND | REQUIREMENT | CASE\n\n"
	"Says what the specification demands there, in which section and line, and which cases "
	"judge\n"
	"it. Example: atconform explain UART_CUR-4\n";

/* -1: go on. */
static int explain_options(struct catalogue *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "spec", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (opt == 's') {
			words_add(&c->extra, optarg);
		} else if (opt == 'h') {
			fputs(explain_help, stdout);
			return EXIT_CONFORMS;
		} else {
			return cli_bad_option("explain", argv, opt);
		}
	}
	return -1;
}

static void print_words(const char *const *list, const char *before)
{
	for (size_t i = 0; list[i]; i++)
		printf("%s%s", i ? " " : before, list[i]);
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
		if (catalogue_judges(one, r))
			printf("  case %s (%s:%d)\n", one->id, one->file, one->line);
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
	int code = explain_options(&c, argc, argv);
	if (code < 0 && optind + 1 != argc)
		code = cli_usage("explain", "expects one command, requirement or case");
	if (code < 0 && catalogue_load(&c, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		const struct requirement *r = spec_requirement(&c.model, argv[optind]);
		code = EXIT_CONFORMS;
		if (r)
			explain_requirement(&c, r);
		else if (!explain_command(&c, argv[optind]) && !explain_case(&c, argv[optind]))
			code = cli_usage("explain", "nothing is called \"%s\"", argv[optind]);
	}
	catalogue_finish(&c);
	return code;
}
