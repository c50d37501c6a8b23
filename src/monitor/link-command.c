/* SPDX-License-Identifier: MIT */
#include "monitor/link-command.h"

#include "line/known.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIELDS_MAX = 10 };

/* The parameters of a command line: where each begins. Commas in quotes don't part them. */
static size_t fields_of(const char *command, const char *out[FIELDS_MAX])
{
	const char *p = strchr(command, '=');
	size_t count = 0;
	bool quoted = false;
	if (!p)
		return 0;
	out[count++] = ++p;
	for (; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == ',' && !quoted && count < FIELDS_MAX)
			out[count++] = p + 1;
	}
	return count;
}

static bool is_number(const char *field)
{
	return *field >= '0' && *field <= '9';
}

int link_place(int link)
{
	return link == -1 ? LINK_PLACES - 1 : link >= 0 && link < LINK_PLACES - 1 ? link : -1;
}

bool link_is_start(const char *command)
{
	return known_is(command, "AT+CIPSTART") || known_is(command, "AT+CIPSTARTEX");
}

bool link_start_read(const char *command, struct link_start *out)
{
	const char *field[FIELDS_MAX];
	if (!link_is_start(command))
		return false;
	bool chosen = known_is(command, "AT+CIPSTARTEX");
	size_t count = fields_of(command, field);
	size_t at = count && is_number(field[0]);
	if (count < at + 3)
		return false;
	*out = (struct link_start){ .link = at ? atoi(field[0]) : -1, .any_link = chosen && !at };
	out->udp = strncasecmp(field[at], "\"UDP", 4) == 0;
	out->ssl = strncasecmp(field[at], "\"SSL", 4) == 0;
	out->port = (uint16_t)atoi(field[at + 2]);
	out->changes =
		out->udp && count > at + 4 && is_number(field[at + 4]) && *field[at + 4] != '0';
	return true;
}

int link_of_close(const char *command)
{
	const char *field[FIELDS_MAX];
	if (!known_is(command, "AT+CIPCLOSE"))
		return LINK_NONE;
	if (fields_of(command, field) == 0)
		return -1;
	return is_number(field[0]) ? atoi(field[0]) : LINK_NONE;
}

int link_of_data(const char *command)
{
	const char *field[FIELDS_MAX];
	if (!known_is(command, "AT+CIPSEND") && !known_is(command, "AT+CIPSENDEX"))
		return LINK_NONE;
	size_t count = fields_of(command, field);
	return count > 1 && is_number(field[1]) ? atoi(field[0]) : -1;
}

bool link_data_escapes(const char *command)
{
	return known_is(command, "AT+CIPSENDEX");
}

bool link_data_elsewhere(const char *command)
{
	const char *field[FIELDS_MAX];
	return fields_of(command, field) > 2;
}

int link_of_read(const char *command)
{
	const char *field[FIELDS_MAX];
	if (!known_is(command, "AT+CIPRECVDATA"))
		return LINK_NONE;
	return fields_of(command, field) > 1 ? atoi(field[0]) : -1;
}
