/* SPDX-License-Identifier: MIT */
/* The team's own broker, asked outside a run too. */
#ifndef RIG_BROKER_TEAM_H
#define RIG_BROKER_TEAM_H

#include "rig/rig.h"

/* Whether it answers a CONNECT within five seconds. 0, or -1 with *error. */
int broker_team_answers(const struct rig_broker *team, struct error *error);

#endif
