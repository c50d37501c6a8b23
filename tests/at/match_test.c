/* SPDX-License-Identifier: MIT */
/* Expected lines against lines that came: literal, optional, repeated, in between. */
#include "at/match.h"

#include <criterion/criterion.h>
#include <string.h>

static struct got got;
static struct expectation expected;

static void finish(void)
{
	got_finish(&got);
	expectation_finish(&expected);
	expected = (struct expectation){ 0 };
}

static void came(const char *text, bool urc)
{
	got_add(&got, text, strlen(text), urc);
}

static void expects(const char *text, bool repeat, bool optional)
{
	expected.words[expected.count++] =
		(struct word){ .text = text, .repeat = repeat, .optional = optional };
}

Test(match, literal_lines_in_order, .fini = finish)
{
	expects("a", false, false);
	expects("b", false, false);
	came("a", false);
	cr_assert(!expectation_match(&expected, &got, NULL));
	came("b", false);
	cr_assert(expectation_match(&expected, &got, NULL));
	came("b", false);
	cr_assert(!expectation_match(&expected, &got, NULL));
}

Test(match, bytes_behind_a_nul_count, .fini = finish)
{
	expects("a", false, false);
	got_add(&got, "a\0b", 3, false);
	cr_assert(!expectation_match(&expected, &got, NULL));
}

Test(match, optional_lines, .fini = finish)
{
	expects("a", false, true);
	expects("b", false, false);
	came("b", false);
	cr_assert(expectation_match(&expected, &got, NULL));
}

Test(match, repeated_lines, .fini = finish)
{
	expects("a", true, false);
	expects("b", false, false);
	came("b", false);
	cr_assert(expectation_match(&expected, &got, NULL));
	finish();
	expects("a", true, false);
	expects("b", false, false);
	for (int i = 0; i < 400; i++)
		came("a", false);
	came("b", false);
	cr_assert(expectation_match(&expected, &got, NULL));
}

Test(match, lines_in_between_are_left, .fini = finish)
{
	expects("a", false, false);
	came("u", true);
	came("a", false);
	came("a", true);
	cr_assert(expectation_match(&expected, &got, NULL));
	cr_assert(!got.lines[0].taken && got.lines[1].taken && !got.lines[2].taken);
}

Test(match, final_result, .fini = finish)
{
	expected.final = "OK";
	const char *why;
	cr_assert(!expectation_match(&expected, &got, &why));
	cr_assert_str_eq(why, "no final result");
	got.final = strdup("ERROR");
	cr_assert(!expectation_match(&expected, &got, &why));
}

/* The worst that a module can send against the worst that a model can hold. */
Test(match, stays_quick, .fini = finish, .timeout = 20)
{
	for (int i = 0; i < MATCH_MAX_WORDS - 1; i++)
		expects("a", true, false);
	expects("b", false, false);
	for (int i = 0; i < MATCH_MAX_LINES; i++)
		came("a", true);
	cr_assert(!expectation_match(&expected, &got, NULL));
}
