/* SPDX-License-Identifier: MIT */
#include "base/attempt.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[ATTEMPT_FIRST] = "first",
	[ATTEMPT_REPEAT] = "repeat",
	[ATTEMPT_RETRY] = "retry",
	[ATTEMPT_RESUME] = "resume",
};

const char *attempt_why_name(enum attempt_why why)
{
	return names[why];
}

bool attempt_why_parse(const char *name, enum attempt_why *out)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum attempt_why)i;
			return true;
		}
	}
	return false;
}
