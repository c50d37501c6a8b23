/* SPDX-License-Identifier: MIT */
/* Questions before the first case, so that a run can't pass or fail for the wrong reason: is anyone
 * there, is the line looped back, does nonsense get ERROR. */
#ifndef RIG_PROBE_H
#define RIG_PROBE_H

#include "rig/talk.h"

/* 0, or -1 with *error naming what to do. Each answer is journaled. */
int probe_line(struct talk *t, struct error *error);

#endif
