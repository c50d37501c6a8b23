/* SPDX-License-Identifier: MIT */
/* Writes to the flash of the module behind a line: counted, journaled one by one so that a killed
 * run still has them, and capped. A write is a command that the model calls stored, answered with
 * OK; the rig's own count too. */
#ifndef RIG_NVS_H
#define RIG_NVS_H

#include "rig/journal.h"
#include "spec/spec.h"

struct nvs {
	const struct spec *spec; /* NULL: nothing is counted */
	struct journal *journal;
	int lane;
	/* So far, those of a resumed run included. The line's thread counts what it sends itself
	 * while the loop asks for another line. */
	_Atomic int64_t writes;
	int64_t most; /* -1: no cap */
};

/* The command was answered with OK during this case; -1: the rig itself sent it. */
void nvs_answered(struct nvs *nvs, int case_index, const char *command);
/* Whether the cap leaves no further write. */
bool nvs_spent(const struct nvs *nvs);
/* Whether a case with these tags writes. */
bool nvs_is_writer(const char *const *tags);

#endif
