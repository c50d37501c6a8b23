/* SPDX-License-Identifier: MIT */
/* Commands of a bench: what resets a board or cycles its power. */
#ifndef RIG_COMMAND_H
#define RIG_COMMAND_H

#include "base/clock.h"
#include "base/error.h"

/* Runs argv without a shell, with nothing on standard input, and waits for its end, at most
 * limit_ms and not when cancel_fd (-1: none) gets readable. Its process group is gone afterwards,
 * whatever happened. 0, or -1 with *error: one line with the program and its last words. */
int command_run(const char *const *argv, int limit_ms, int cancel_fd, struct error *error);

#endif
