/* SPDX-License-Identifier: MIT */
/* The one session of this worker, and the ways out of a case. Inside src/at only. */
#ifndef AT_LEAVE_H
#define AT_LEAVE_H

#include "at/session.h"

/* The session of the running case. */
extern struct session at_session;
/* Ends the case as its outcome says: the verdict goes to the rig, the channel is closed, then
 * Criterion is told: a failed assertion for a fail, a skip for everything else. */
_Noreturn void at_leave(const char *file, int line);
/* "../../x/suites/basic/at.c" -> "suites/basic/at.c" */
const char *at_source(const char *file);
/* How long a worker may take at most, its wait for a line included: what the rig says, else
 * AT_BACKSTOP_S. */
int at_backstop_s(void);
/* A member of an answer by its path (grant_member), as text; "": there is none. Valid as fmt()'s.
 */
const char *at_member(const json_t *answer, const char *path) __attribute__((returns_nonnull));

#endif
