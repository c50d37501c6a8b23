/* SPDX-License-Identifier: MIT */
/* The live line of a run: done/total, verdicts, current case, time left. Plain lines when standard
 * error is no terminal or in CI: each case that did not pass, and a heartbeat every 10 s or 10 %.
 * All functions take NULL for no progress at all. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include "report/report.h"

struct progress;
struct progress *progress_create(FILE *out, bool terminal, size_t total);
void progress_case_started(struct progress *p, const char *name);
void progress_case_ended(struct progress *p, const char *name, enum verdict v, const char *message);
void progress_note(struct progress *p, const char *text);
void progress_tick(struct progress *p); /* now and then while nothing ends: heartbeat, time left */
void progress_destroy(struct progress *p); /* clears the live line */

#endif
