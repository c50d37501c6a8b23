/* SPDX-License-Identifier: MIT */
/* Waivers: fails that a team knows of and has somebody answer for, each with an end. The file is
 * described in atconform-waivers(5). */
#ifndef REPORT_WAIVER_H
#define REPORT_WAIVER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct waiver {
	const char *file;
	int line;
	const char *cases, *requirement; /* a glob over case names, or one requirement; else "" */
	const char *profile;             /* glob, or FROM..TO; "": every profile */
	const char *message, *pattern;   /* glob over the whole, or PCRE2 found in it; else "" */
	const char *reason, *issue, *owner, *expires; /* expires: YYYY-MM-DD, the last day */
};

struct waivers {
	struct waiver *items;
	size_t count;
	void *memory;
};

/* 0, or -1 with *error: file, line and column of what is wrong. */
int waivers_load(struct waivers *out, const char *path, struct error *error);
void waivers_finish(struct waivers *waivers);

/* Whether a profile of that name is meant. */
bool waiver_of_profile(const struct waiver *w, const char *profile);
/* Whether the last day is over at that moment (ISO 8601; days are UTC). */
bool waiver_expired(const struct waiver *w, const char *time);
/* Whether a message is the expected one. An entry that says none expects none. */
bool waiver_expects(const struct waiver *w, const char *message);
bool waiver_is_day(const char *text);
/* 0, or the offset of what is wrong from 1, with *why filled. */
int waiver_check_pattern(const char *pattern, char why[], size_t size);

#endif
