/* SPDX-License-Identifier: MIT */
/* Questions before the first case, so that a run can't pass or fail for the wrong reason: is anyone
 * there, is the line looped back, does nonsense get ERROR. */
#ifndef RIG_PROBE_H
#define RIG_PROBE_H

#include "rig/talk.h"

/* Asks AT until it is answered or the time of a restart is over. */
bool probe_is_answered(struct talk *t);
/* Whether a word that is no command comes back, and nothing else. */
bool probe_is_looped(struct talk *t);
/* 0, or -1 with *error naming what to do. Each answer is journaled. */
int probe_line(struct talk *t, struct error *error);
/* Whether the module is what the profile is for: its version, and that absent commands are absent.
 * Only said, in the journal: the cases judge. */
void probe_profile(struct talk *t, const struct profile *profile);
/* Which firmware it is: the lines that AT+GMR gets, escaped for people, a newline between them; ""
 * when it is not answered with OK. */
void probe_firmware(struct talk *t, struct buf *out);

#endif
