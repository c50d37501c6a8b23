/* SPDX-License-Identifier: MIT */
/* What showed that the cases can fail: the faults of the virtual module, and the cases that noticed
 * them (docs/kill-matrix.json, which tools/kill-matrix writes). */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t;

/* A fault that was killed: a case failed by a requirement that it breaks. */
struct proof_fault {
	const char *name, *text;
	const struct json_t *breaks, *killers;
};

struct proof {
	struct proof_fault *faults; /* in the order of the file */
	size_t count;
	struct json_t *memory;
};

/* 0, or -1 with *error when the file is nowhere or is no kill matrix; *out is empty then. */
int proof_load(struct proof *out, struct error *error);
void proof_finish(struct proof *proof);
bool proof_breaks(const struct proof_fault *fault, const char *requirement);
/* Whether that case (family/command/case) failed by what the fault breaks. */
bool proof_killed_by(const struct proof_fault *fault, const char *case_id);
/* The requirement that the fault breaks, by number from 0; NULL behind the last. */
const char *proof_broken(const struct proof_fault *fault, size_t index);

#endif
