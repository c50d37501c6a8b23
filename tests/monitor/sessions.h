/* SPDX-License-Identifier: MIT */
/* What tests of the monitor share: the language of the parser's tests as a model, breaches as text,
 * and random sessions. */
#ifndef MONITOR_SESSIONS_H
#define MONITOR_SESSIONS_H

#include "base/buf.h"
#include "monitor/monitor.h"

/* Strings are not copied; the two lists are the caller's to free. */
struct spec sessions_spec(void);
/* "7 text, 11 text"; user: a struct buf. */
void sessions_list_breach(void *user, const struct breach *b);
uint32_t sessions_random(uint32_t *state, uint32_t limit);
/* Many sessions of random steps: "> sent", "< received", others as `other` takes them. */
void sessions_at_random(const char *const words[], size_t count, uint32_t sessions,
	void (*other)(struct monitor *m, const char *step));

#endif
