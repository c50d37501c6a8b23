/* SPDX-License-Identifier: MIT */
#include "monitor/prefix.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

/* Length of the command's name: up to '=', '?' or the end. */
static size_t name_length(const char *command_line)
{
	return strcspn(command_line, "=?");
}

static const struct command *find(const struct spec *spec, const char *name, size_t len)
{
	for (size_t i = 0; i < spec->command_count; i++) {
		const char *known = spec->commands[i].name;
		if (strncasecmp(known, name, len) == 0 && known[len] == '\0')
			return &spec->commands[i];
	}
	return NULL;
}

static bool response_has(const struct response *response, const char *prefix, size_t len)
{
	for (size_t i = 0; i < response->count; i++)
		if (strncmp(response->lines[i].text, prefix, len) == 0)
			return true;
	return false;
}

static bool model_has(const struct command *command, const char *prefix, size_t len)
{
	const struct form *form;
	for (size_t f = 0; (form = spec_form(command, f)); f++)
		for (size_t i = 0; i < form->response_count; i++)
			if (response_has(&form->responses[i], prefix, len))
				return true;
	for (size_t e = 0; e < command->example_count; e++)
		for (size_t i = 0; i < command->examples[e].response_count; i++)
			if (response_has(&command->examples[e].responses[i], prefix, len))
				return true;
	return false;
}

static bool deviation_has(
	const struct spec *spec, const char *command_line, const char *prefix, size_t len)
{
	for (size_t d = 0; d < spec->deviation_count; d++)
		for (size_t i = 0; i < spec->deviations[d].match_count; i++) {
			const struct deviation_match *match = &spec->deviations[d].matches[i];
			if (response_has(&match->response, prefix, len) &&
				text_glob(match->command, command_line))
				return true;
		}
	return false;
}

/* "+UART_CUR" against "AT+UART_CUR". */
static bool names(const char *command, const char *prefix, size_t len)
{
	return text_starts(command, "AT+") && strlen(command + 2) == len &&
	       strncmp(command + 2, prefix, len) == 0;
}

enum prefix prefix_judge(const struct spec *spec, const char *command_line, const char *info)
{
	size_t len = strcspn(info, ":=,");
	if (info[0] != '+' || !info[len] || !command_line)
		return PREFIX_FITS;
	const struct command *sent = find(spec, command_line, name_length(command_line));
	if (!sent || names(sent->name, info, len) || model_has(sent, info, len) ||
		deviation_has(spec, command_line, info, len))
		return PREFIX_FITS;
	for (size_t i = 0; i < spec->command_count; i++)
		if (names(spec->commands[i].name, info, len))
			return PREFIX_FOREIGN;
	return PREFIX_UNKNOWN;
}

bool prefix_belongs(const struct spec *spec, const char *command_line, const char *info)
{
	const struct command *sent =
		command_line ? find(spec, command_line, name_length(command_line)) : NULL;
	size_t len = strcspn(info, ":=,");
	return sent && info[len] &&
	       (names(sent->name, info, len) || model_has(sent, info, len) ||
		       deviation_has(spec, command_line, info, len));
}

bool prefix_prompts(const struct spec *spec, const char *command_line)
{
	const struct command *sent = find(spec, command_line, name_length(command_line));
	return sent && model_has(sent, ">", 1);
}
