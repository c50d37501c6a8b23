/* SPDX-License-Identifier: MIT */
/* Brings a line back into a known state before the next lease. */
#ifndef RIG_RECOVER_H
#define RIG_RECOVER_H

#include "rig/talk.h"

/* After a case that passed (dirty false) one AT is enough, unless it fails; otherwise the whole
 * ladder, and once more when the line was lost on the way. False: the line is out, *why says what
 * was tried last. True also for a module that answers although nothing has restarted it (AT+RST
 * refused, no switch that works): its cases go on, and the step "settle", not ok, says so. */
bool recover_line(struct talk *t, bool dirty, struct error *why);
/* The longest that recover_line takes, roughly, with the commands of the bench's switches. */
int64_t recover_most_ms(const struct rig_bench *bench);
/* Out of passthrough, where a run that was killed may have left it. True when AT is answered then.
 */
bool recover_escape(struct talk *t);
/* Waits until the IUT answers AT after a restart, at whatever rate of the bench's list; the host is
 * left at that rate. */
bool recover_wait_restart(struct talk *t);
/* Tries the bench's rates; true with the host's side left at the one that was answered. */
bool recover_find_rate(struct talk *t);
/* The bench's reset or power switch, or the link's own; "reset" or "power". 0, or -1 with *error.
 */
int recover_switch(struct talk *t, const char *how, struct error *error);

#endif
