/* SPDX-License-Identifier: MIT */
/* The verdicts of an earlier run, that a later one is held against: read from its folder, its
 * journal, or its report.json. */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "report/report.h"

struct baseline_case {
	const char *id, *command;
	const char *const *requirements; /* NULL-terminated */
	enum verdict verdict;
	const char *requirement; /* that it failed by, or "" */
};

struct baseline {
	const char *run, *time, *iut, *firmware, *profile;
	const char **breaches; /* requirements broken outside every case; NULL-terminated */
	struct baseline_case *cases;
	size_t count;
	void *memory;
	struct run *journal;
};

/* 0, or -1 with *error: it is no run, or one that did not go on to its end. */
int baseline_open(struct baseline *out, const char *path, struct error *error);
void baseline_close(struct baseline *baseline);

#endif
