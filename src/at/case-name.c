/* SPDX-License-Identifier: MIT */
#include "at/case-name.h"

#include "at/broker.h"
#include "at/leave.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *case_number(void)
{
	static char text[9];
	if (*text)
		return text;
	const struct grant *g = &at_session.grant;
	uint64_t hash = text_hash(g->case_id, strlen(g->case_id), 0);
	const int64_t more[] = { g->t_ns, g->attempt, getpid() };
	hash = text_hash(more, sizeof(more), hash);
	snprintf(text, sizeof(text), "%08x", (unsigned)(hash ^ hash >> 32));
	return text;
}

const char *case_name(const char *what)
{
	if (strcmp(what, "client_id") == 0)
		return client_id();
	if (strcmp(what, "topic") == 0)
		return fmt("ac/%s", case_number());
	return NULL;
}

const char *topic(const char *name)
{
	return fmt("ac/%s/%s", case_number(), name);
}

const char *client_id(void)
{
	return fmt("ac-%s", case_number());
}
