/* SPDX-License-Identifier: MIT */
/* The cases that the suite program has: scenarios and derived ones, and their selection. */
#ifndef CLI_SUITE_H
#define CLI_SUITE_H

#include "base/error.h"
#include "rig/rig.h"

struct suite {
	struct rig_case *cases; /* in run order */
	size_t count;
	struct rig_case *all; /* before any selection, by name */
	size_t all_count;
	const char **elsewhere; /* of the plan, in other shards; NULL-terminated, or NULL */
	void *memory;
};

/* Asks the suite program for its plan. 0, or -1 with *error. */
int suite_load(
	struct suite *out, const char *program, const char *const spec_dirs[], struct error *error);
void suite_finish(struct suite *suite);
/* Whether a case is meant by a pattern: a glob over family/command/case or command/case, a family,
 * a command (cwmode, AT+CWMODE), or a requirement id. */
bool suite_matches(const struct rig_case *c, const char *pattern);
/* Keeps the cases that at least one pattern means (all when there is none). A pattern that means
 * no case at all is an error that names it. */
int suite_select(struct suite *suite, const char *const patterns[], struct error *error);
/* Both directions of traceability: each requirement has a case, each case names known ones. 0, or
 * -1 with *error. */
int suite_check(const struct suite *suite, const struct spec *spec, struct error *error);
/* Keeps part `index` of `of` parts: every of-th case, so that the cases of a command are spread. A
 * part without a case is an error. *hash: of all names, in 17 bytes. */
int suite_shard(struct suite *suite, int index, int of, char *hash, struct error *error);
bool suite_tagged(const struct rig_case *c, const char *tag);

#endif
