/* SPDX-License-Identifier: MIT */
/* Waiting until a module that restarts answers again. */
#ifndef AT_RESTART_H
#define AT_RESTART_H

#include "at/session.h"

/* Polls with AT until it answers OK, at the host's present rate. */
bool restart_wait(struct session *s, int timeout_ms);
/* The same without a restart: the first poll goes out at once. */
bool restart_resync(struct session *s, int timeout_ms);
bool restart_tolerate(struct session *s, bool on, const char *why);

#endif
