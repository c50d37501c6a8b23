/* SPDX-License-Identifier: MIT */
/* The verdicts by name, and what several attempts make of a case. */
#include "report/run.h"

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
	[VERDICT_FLAKY] = "flaky",
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

bool verdict_worse(enum verdict a, enum verdict b)
{
	static const int rank[VERDICT_COUNT] = { [VERDICT_PASS] = 0,
		[VERDICT_NA] = 1,
		[VERDICT_SKIPPED] = 2,
		[VERDICT_UNEQUIPPED] = 3,
		[VERDICT_DEVIATION] = 4,
		[VERDICT_FLAKY] = 5,
		[VERDICT_MISSING] = 6,
		[VERDICT_INCONCLUSIVE] = 7,
		[VERDICT_ERROR] = 8,
		[VERDICT_FAIL] = 9 };
	return rank[a] > rank[b];
}

bool verdict_bad(enum verdict v)
{
	return v == VERDICT_FAIL || v == VERDICT_ERROR || v == VERDICT_INCONCLUSIVE;
}

bool verdict_tried(enum verdict v)
{
	return verdict_bad(v) || v == VERDICT_PASS || v == VERDICT_DEVIATION;
}

enum verdict verdict_after(enum verdict before, enum attempt_why why, enum verdict v)
{
	if (why != ATTEMPT_RETRY)
		return verdict_worse(v, before) ? v : before;
	if (verdict_bad(v))
		return v;
	if (!verdict_tried(v))
		return before == VERDICT_PASS ? v : before;
	/* After a pass nothing heals; the last one decides. */
	return v == before || before == VERDICT_PASS ? v : VERDICT_FLAKY;
}
