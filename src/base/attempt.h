/* SPDX-License-Identifier: MIT */
/* Why a case was given a line: in the journal's leases and verdicts. */
#ifndef BASE_ATTEMPT_H
#define BASE_ATTEMPT_H

#include <stdbool.h>

enum attempt_why {
	ATTEMPT_FIRST,
	ATTEMPT_REPEAT, /* --repeat: each of them has to be good */
	ATTEMPT_RETRY,  /* --retries: after a bad one, from a settled IUT */
	ATTEMPT_RESUME, /* stands for one that was cut off */
};

const char *attempt_why_name(enum attempt_why why);
bool attempt_why_parse(const char *name, enum attempt_why *out);

#endif
