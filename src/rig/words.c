/* SPDX-License-Identifier: MIT */
#include "rig/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word from *text to *out, both moved on. False when a quote is left open. */
static bool take_word(const char **text, char **out)
{
	char quote = '\0';
	const char *in = *text;
	for (; *in && (quote || !blank(*in)); in++) {
		if (*in == quote) {
			quote = '\0';
		} else if (!quote && (*in == '"' || *in == '\'')) {
			quote = *in;
		} else if (*in == '\\' && in[1] && quote != '\'' &&
			   (!quote || strchr("\"\\$`", in[1]))) {
			*(*out)++ = *++in;
		} else {
			*(*out)++ = *in;
		}
	}
	*(*out)++ = '\0';
	*text = in;
	return !quote;
}

char **words_split(const char *text)
{
	/* At most one word for every two bytes, and every word with its end fits in len + 1. */
	size_t len = strlen(text);
	size_t slots = len / 2 + 2;
	char **words = malloc(slots * sizeof(*words) + len + 1);
	if (!words)
		abort();
	char *out = (char *)(words + slots);
	size_t count = 0;
	for (;;) {
		while (blank(*text))
			text++;
		if (!*text)
			break;
		words[count++] = out;
		if (!take_word(&text, &out)) {
			free(words);
			return NULL;
		}
	}
	words[count] = NULL;
	return words;
}
