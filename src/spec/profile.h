/* SPDX-License-Identifier: MIT */
/* A profile: what the IUT claims to be. Known deviations, absent commands, log noise; inherited. */
#ifndef SPEC_PROFILE_H
#define SPEC_PROFILE_H

#include "spec/spec.h"

/* A firmware that the profile is for: each pattern fits a line of its answer to AT+GMR. */
struct profile_firmware {
	const char **lines; /* PCRE2 patterns over whole lines, NULL-terminated */
	const char *source;
};

struct profile {
	const char *name, *title;
	const char **deviations;           /* ids, NULL-terminated, inherited ones included */
	const char **absent;               /* command names, NULL-terminated */
	const char **noise;                /* globs over lines, NULL-terminated */
	struct profile_firmware *firmware; /* its own: never inherited */
	size_t firmware_count;
	void *memory;
};

/* Loads NAME from a folder of profiles, or a path to a .json file; checks it against the spec
 * (NULL: unchecked). */
int profile_load(struct profile *out, const char *dir, const char *name, const struct spec *spec,
	struct error *error);
void profile_finish(struct profile *profile);
bool profile_has_deviation(const struct profile *profile, const char *id);
bool profile_absent(const struct profile *profile, const char *command);
/* Whether these lines of AT+GMR are of a firmware that the profile is for; *which (may be NULL) is
 * the line that the first pattern fits. Lines are NULL-terminated. */
bool profile_is_for(const struct profile *profile, const char *const *lines, const char **which);

enum { PROFILE_NAMES = 4, PROFILE_NAME_SIZE = 64 };
/* The profiles of a folder that are for such a firmware, in order of their names: how many, of
 * which the first are in `names`. -1 with *error on a file that is no profile. */
int profile_detect(const char *dir, const char *const *lines,
	char names[PROFILE_NAMES][PROFILE_NAME_SIZE], struct error *error);

#endif
