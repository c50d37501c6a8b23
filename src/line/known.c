/* SPDX-License-Identifier: MIT */
#include "line/known.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct known {
	const char *name;
	bool data, passthrough, ends, restarts;
	int length_field; /* which parameter is the length; -1: the first, or the second behind a
			     link id */
} table[] = {
	{ "AT+CIPSEND", .data = true, .passthrough = true, .length_field = -1 },
	{ "AT+CIPSENDEX", .data = true, .ends = true, .length_field = -1 },
	{ "AT+MQTTPUBRAW", .data = true, .length_field = 2 },
	{ "AT+RST", .restarts = true },
	{ "AT+RESTORE", .restarts = true },
	{ "AT+GSLP", .restarts = true },
	{ "AT+SYSROLLBACK", .restarts = true },
	{ "AT+CIUPDATE", .restarts = true },
};

bool known_is(const char *command, const char *name)
{
	size_t len = strlen(name);
	if (strncasecmp(command, name, len) != 0)
		return false;
	return strchr("=?\r\n", command[len]) != NULL; /* the end of the text included */
}

static const struct known *lookup(const char *command)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (known_is(command, table[i].name))
			return &table[i];
	return NULL;
}

bool known_takes_data(const char *command)
{
	const struct known *k = lookup(command);
	return k && k->data && command[strlen(k->name)] != '?';
}

bool known_passthrough(const char *command)
{
	const struct known *k = lookup(command);
	return k && k->passthrough && command[strlen(k->name)] == '\0';
}

bool known_data_ends(const char *command)
{
	const struct known *k = lookup(command);
	return k && k->ends;
}

bool known_restarts(const char *command)
{
	const struct known *k = lookup(command);
	return k && k->restarts;
}

/* Parameter `index`, or NULL. Commas in quotes don't count. */
static const char *parameter(const char *command, int index)
{
	const char *p = strchr(command, '=');
	bool quoted = false;
	for (p = p ? p + 1 : NULL; p && index > 0; p++) {
		if (*p == '\0')
			return NULL;
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == ',' && !quoted)
			index--;
	}
	return p;
}

static bool starts_number(const char *p)
{
	return p && *p >= '0' && *p <= '9';
}

int64_t known_data_length(const char *command)
{
	const struct known *k = lookup(command);
	if (!k || !k->data)
		return -1;
	int field = k->length_field >= 0 ? k->length_field : starts_number(parameter(command, 1));
	const char *p = parameter(command, field);
	/* Longer than any length that is taken: then it is not known. */
	if (!starts_number(p) || strspn(p, "0123456789") > 6)
		return -1;
	return atol(p);
}
