/* SPDX-License-Identifier: MIT */
/* spec-check DIR...: loads the models and derives all cases, for the people who write models.
 * Prints each case with its requirement and steps, then the requirements that no derived case
 * judges. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "spec/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_words(const char *title, const char **words)
{
	for (; *words; words++)
		printf(" %s%s", title, *words);
}

static void print_checks(const struct step *s)
{
	for (size_t i = 0; i < s->check_count; i++) {
		const struct check *c = &s->checks[i];
		if (c->value)
			printf(" %s=%s", c->field, c->value);
		else
			printf(" %s>%s", c->field, c->remember);
		if (c->tolerance_percent)
			printf("~%d%%", c->tolerance_percent);
		if (c->line_rate)
			printf("(line)");
	}
}

static void print_step(const struct step *s)
{
	static const char *const kinds[] = { "", "RESTART", "RESTORE", "ONLINE" };
	struct buf send AUTO_BUF = { 0 };
	text_visible(&send, s->send ? s->send : "", s->send ? strlen(s->send) : 0);
	printf("\t%s%s%s%s%s", s->kind == STEP_SEND ? buf_text(&send) : kinds[s->kind],
		s->setup ? " [setup]" : "", s->cleanup ? " [cleanup]" : "",
		s->if_deviated ? " [if deviated]" : "", s->uart ? " [uart]" : "");
	if (s->kind == STEP_SEND)
		printf(" -> ");
	for (size_t i = 0; i < s->response_count; i++) {
		if (i > 0)
			printf(" or ");
		for (size_t j = 0; j < s->responses[i].count; j++)
			printf("%s%s | ", s->responses[i].lines[j].text,
				s->responses[i].lines[j].repeat     ? "*"
				: s->responses[i].lines[j].optional ? "?"
								    : "");
	}
	printf("%s%s", s->final ? s->final : "", s->restarts ? " [restarts]" : "");
	print_checks(s);
	printf("\n");
}

static void print_case(const struct derived_case *c)
{
	printf("%s/%s/%s  %s", c->command->family, c->command->suite, c->name, c->requirement);
	print_words("#", c->tags);
	print_words("needs:", c->needs);
	printf("\n");
	for (size_t i = 0; i < c->step_count; i++)
		print_step(&c->steps[i]);
}

static bool is_judged(const struct derived *all, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < all[i].count; j++)
			if (strcmp(all[i].cases[j].requirement, id) == 0)
				return true;
	return false;
}

static void print_rest(const struct spec *spec, const struct derived *all)
{
	size_t cases = 0, rest = 0;
	for (size_t i = 0; i < spec->command_count; i++)
		cases += all[i].count;
	printf("\nwithout a derived case:\n");
	for (size_t i = 0; i < spec->requirement_count; i++) {
		const struct requirement *r = &spec->requirements[i];
		if (r->judge != JUDGE_CASE || is_judged(all, spec->command_count, r->id))
			continue;
		printf("%s:%d: %s %s\n", r->file, r->file_line, r->id, r->text);
		rest++;
	}
	printf("\n%zu commands, %zu requirements (%zu without a derived case), %zu deviations, "
	       "%zu derived cases\n",
		spec->command_count, spec->requirement_count, rest, spec->deviation_count, cases);
}

static int check(const struct spec *spec, struct derived *all)
{
	struct error error = { 0 };
	for (size_t i = 0; i < spec->command_count; i++) {
		if (derive_command(&all[i], spec, &spec->commands[i], &error) < 0) {
			fprintf(stderr, "%s\n", error_text(&error));
			return 1;
		}
		for (size_t j = 0; j < all[i].count; j++)
			print_case(&all[i].cases[j]);
	}
	print_rest(spec, all);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc < 2) {
		fprintf(stderr, "usage: spec-check DIR...\n");
		return 2;
	}
	struct spec spec;
	struct error error = { 0 };
	if (spec_load(&spec, (const char *const *)argv + 1, &error) < 0) {
		fprintf(stderr, "%s\n", error_text(&error));
		return 1;
	}
	struct derived *all = calloc(spec.command_count + 1, sizeof(*all));
	int status = all ? check(&spec, all) : 4;
	for (size_t i = 0; all && i < spec.command_count; i++)
		derived_finish(&all[i]);
	free(all);
	spec_finish(&spec);
	return status;
}
