/* SPDX-License-Identifier: MIT */
/* The live line of a run: done/total, verdicts, current case, time left. Plain lines when standard
 * error is no terminal or in CI: each case that did not pass, and a heartbeat every 10 s or 10 %.
 * Cases that needed no module are named once another has the line; when none ever has, counted.
 * All functions take NULL for no progress at all. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include "base/attempt.h"
#include "report/report.h"

struct progress;
/* Cases count by their verdicts; what is done and left, by attempts. */
struct progress *progress_create(FILE *out, bool terminal, size_t cases, size_t attempts);
void progress_case_started(struct progress *p, const char *name);
/* An attempt of case `index`: the case's verdict may change again with the next one. */
void progress_case_ended(struct progress *p, size_t index, const char *name, enum attempt_why why,
	enum verdict v, const char *message);
/* Of a run that goes on: what a case amounts to so far, and how many of its attempts are done. */
void progress_before(struct progress *p, size_t index, enum verdict v, size_t attempts);
void progress_more(struct progress *p, size_t attempts); /* than were thought of: retries */
void progress_note(struct progress *p, const char *text);
void progress_tick(struct progress *p); /* now and then while nothing ends: heartbeat, time left */
void progress_destroy(struct progress *p); /* clears the live line */

#endif
