/* SPDX-License-Identifier: MIT */
/* `atconform explain`: a command, requirement or case in words. */
#include "cli/catalogue.h"
#include "cli/cli.h"
#include "cli/proof.h"

#include "base/log.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct explained {
	struct catalogue catalogue;
	struct proof proof;
	bool proven; /* there is a kill matrix; all else can be told without */
};

static const char explain_help[] =
	"usage: atconform explain [--spec DIR]... COMMAND | REQUIREMENT | CASE\n\n"
	"Says what the specification demands there, in which section and line, which cases judge\n"
	"it, and which faults of the virtual module prove that those cases can fail. Example:\n"
	"atconform explain UART_CUR-4\n";

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

enum { KILLERS_SHOWN = 3 };

/* Whether the fault shows that the case can fail by the requirement. What the session monitor
 * judges, any case may have noticed. */
static bool proves(
	const struct proof_fault *f, const struct requirement *r, const struct rig_case *one)
{
	return (r->judge == JUDGE_MONITOR || catalogue_judges(one, r)) &&
	       proof_killed_by(f, one->id);
}

static size_t count_killers(
	const struct suite *suite, const struct proof_fault *f, const struct requirement *r)
{
	size_t count = 0;
	if (!proof_breaks(f, r->id))
		return 0;
	for (size_t i = 0; i < suite->count; i++)
		count += proves(f, r, &suite->cases[i]);
	return count;
}

static void print_killers(const struct suite *suite, const struct proof_fault *f,
	const struct requirement *r, size_t count)
{
	size_t shown = 0;
	printf("  proven by fault %s: %s\n    killed by", f->name, f->text);
	for (size_t i = 0; i < suite->count && shown < KILLERS_SHOWN; i++) {
		if (proves(f, r, &suite->cases[i]))
			printf("%s %s", shown++ ? "," : "", suite->cases[i].id);
	}
	if (count > shown)
		printf(" and %zu more", count - shown);
	putchar('\n');
}

/* The faults that prove the cases of a requirement, or only how many there are. */
static void explain_proof(const struct explained *e, const struct requirement *r, bool whole)
{
	const struct suite *suite = &e->catalogue.suite;
	size_t faults = 0;
	if (!e->proven || r->judge == JUDGE_UNTESTABLE)
		return;
	for (size_t i = 0; i < e->proof.count; i++) {
		size_t killers = count_killers(suite, &e->proof.faults[i], r);
		if (killers > 0 && whole)
			print_killers(suite, &e->proof.faults[i], r, killers);
		faults += killers > 0;
	}
	if (faults == 0)
		puts("  proven by no fault");
	else if (!whole)
		printf("  proven by %zu fault%s\n", faults, faults == 1 ? "" : "s");
}

/* The faults that a case kills. */
static void explain_kills(const struct explained *e, const struct rig_case *one)
{
	size_t count = 0;
	for (size_t i = 0; i < e->proof.count; i++) {
		const struct proof_fault *f = &e->proof.faults[i];
		if (!proof_killed_by(f, one->id))
			continue;
		printf("  kills fault %s, which breaks", f->name);
		for (size_t k = 0; proof_broken(f, k); k++)
			printf(" %s", proof_broken(f, k));
		printf(": %s\n", f->text);
		count++;
	}
	if (e->proven && count == 0)
		puts("  kills no fault");
}

static void explain_requirement(const struct explained *e, const struct requirement *r, bool whole)
{
	const struct catalogue *c = &e->catalogue;
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
	explain_proof(e, r, whole);
	for (size_t i = 0; i < c->model.deviation_count; i++) {
		const struct deviation *d = &c->model.deviations[i];
		if (strcmp(d->requirement, r->id) == 0)
			printf("  known deviation %s: %s\n    source: %s\n", d->id, d->text,
				d->source);
	}
}

static bool explain_command(const struct explained *e, const char *word)
{
	const struct catalogue *c = &e->catalogue;
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
			explain_requirement(e, r, false);
	}
	return true;
}

static bool explain_case(const struct explained *e, const char *word)
{
	const struct catalogue *c = &e->catalogue;
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
		explain_kills(e, one);
		for (size_t k = 0; one->requirements[k]; k++)
			explain_requirement(
				e, spec_requirement(&c->model, one->requirements[k]), false);
	}
	return found;
}

static bool explain(struct explained *e, const char *word)
{
	const struct requirement *r = spec_requirement(&e->catalogue.model, word);
	if (!r)
		return explain_command(e, word) || explain_case(e, word);
	explain_requirement(e, r, true);
	return true;
}

int cmd_explain(int argc, char **argv)
{
	struct explained e = { 0 };
	struct error error = { 0 };
	int code = explain_options(&e.catalogue, argc, argv);
	if (code < 0 && optind + 1 != argc)
		code = cli_usage("explain", "expects one command, requirement or case");
	if (code < 0 && catalogue_load(&e.catalogue, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	if (code < 0) {
		code = EXIT_CONFORMS;
		e.proven = proof_load(&e.proof, &error) == 0;
		if (!explain(&e, argv[optind]))
			code = cli_usage("explain", "nothing is called \"%s\"", argv[optind]);
		else if (!e.proven)
			log_warn("%s: the faults that prove the cases are not shown",
				error_text(&error));
	}
	proof_finish(&e.proof);
	catalogue_finish(&e.catalogue);
	return code;
}
