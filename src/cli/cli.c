/* SPDX-License-Identifier: MIT */
/* What the subcommands share: usage errors, word lists, the model folders. */
#include "cli/cli.h"

#include "base/log.h"
#include "cli/paths.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int cli_fail(enum exit_code code, const struct error *error)
{
	log_error("%s", error_text(error));
	return code;
}

int cli_usage(const char *command, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_error("%s: %s; see `atconform %s --help`", command, text, command);
	return EXIT_USAGE;
}

int cli_bad_option(const char *command, char **argv, int opt)
{
	const char *word = argv[optind - 1];
	if (opt == ':')
		return cli_usage(command, "option %s needs a value", word);
	return cli_usage(command, "unknown option %s", word);
}

void words_add(struct words *w, const char *word)
{
	const char **items = realloc(w->items, (w->count + 2) * sizeof(*items));
	if (!items)
		abort();
	items[w->count++] = word;
	items[w->count] = NULL;
	w->items = items;
}

void words_finish(struct words *w)
{
	free(w->items);
	*w = (struct words){ 0 };
}

int cli_spec_dirs(struct words *dirs, const struct words *extra, struct error *error)
{
	static char *own;
	if (!own)
		own = paths_data("suites");
	if (!own)
		return error_set(error, NULL, 0, 0,
			"the specification model (suites/) is nowhere; set ATCONFORM_DATA to the "
			"project's folder");
	words_add(dirs, own);
	for (size_t i = 0; i < extra->count; i++)
		words_add(dirs, extra->items[i]);
	return 0;
}
