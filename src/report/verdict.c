/* SPDX-License-Identifier: MIT */
/* The nine verdicts by name. */
#include "report/report.h"

#include <string.h>

static const char *const names[VERDICT_COUNT] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_FAIL] = "fail",
	[VERDICT_DEVIATION] = "deviation",
	[VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_UNEQUIPPED] = "unequipped",
	[VERDICT_ERROR] = "error",
	[VERDICT_NA] = "n/a",
	[VERDICT_SKIPPED] = "skipped",
	[VERDICT_MISSING] = "missing",
};

const char *verdict_name(enum verdict v)
{
	return (unsigned)v < VERDICT_COUNT ? names[v] : "?";
}

bool verdict_parse(const char *name, enum verdict *out)
{
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		if (strcmp(names[v], name) == 0) {
			*out = (enum verdict)v;
			return true;
		}
	}
	return false;
}
