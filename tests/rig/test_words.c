/* SPDX-License-Identifier: MIT */
/* Splitting a command line as a shell does. */
#include "rig/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void check(const char *text, const char *const expected[])
{
	char **words = words_split(text);
	cr_assert_not_null(words);
	size_t i = 0;
	for (; expected[i]; i++) {
		cr_assert_not_null(words[i]);
		cr_assert_str_eq(words[i], expected[i]);
	}
	cr_assert_null(words[i]);
	free(words);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

Test(words, blanks_separate)
{
	check("  a  bc\td ", WORDS("a", "bc", "d"));
}

Test(words, quotes_keep_blanks)
{
	check("run 'a b' \"c d\"e", WORDS("run", "a b", "c de"));
}

Test(words, empty_quotes_are_a_word)
{
	check("a '' \"\"", WORDS("a", "", ""));
}

Test(words, backslashes)
{
	check("a\\ b '\\n' \"\\\"\\n\"", WORDS("a b", "\\n", "\"\\n"));
}

Test(words, nothing_is_expanded)
{
	check("$HOME *", WORDS("$HOME", "*"));
}

Test(words, open_quote_is_refused)
{
	cr_assert_null(words_split("a 'b"));
	cr_assert_null(words_split("a \"b'"));
}

Test(words, empty)
{
	char **words = words_split("  ");
	cr_assert_null(words[0]);
	free(words);
}
