/* SPDX-License-Identifier: MIT */
/* Who has a port: clear messages instead of bare errno texts. */
#ifndef RIG_BUSY_H
#define RIG_BUSY_H

#include "base/error.h"

/* Locks the open port for this run. -1 with *error naming the port and, when /proc shows it, the
 * process that has it. */
int busy_lock(int fd, const char *path, struct error *error);
/* Fills *error for an open() of a port that failed with this errno. Returns -1. */
int busy_explain(const char *path, int failure, struct error *error);

#endif
