/* SPDX-License-Identifier: MIT */
/* A profile: what the IUT claims to be. Known deviations, absent commands, log noise; inherited. */
#ifndef SPEC_PROFILE_H
#define SPEC_PROFILE_H

#include "spec/spec.h"

struct profile {
	const char *name, *title;
	const char **deviations; /* ids, NULL-terminated, inherited ones included */
	const char **absent;     /* command names, NULL-terminated */
	const char **noise;      /* globs over lines, NULL-terminated */
	void *memory;
};

/* Loads NAME from a folder of profiles, or a path to a .json file; checks it against the spec
 * (NULL: unchecked). */
int profile_load(struct profile *out, const char *dir, const char *name, const struct spec *spec,
	struct error *error);
void profile_finish(struct profile *profile);
bool profile_has_deviation(const struct profile *profile, const char *id);
bool profile_absent(const struct profile *profile, const char *command);

#endif
