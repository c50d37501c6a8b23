/* SPDX-License-Identifier: MIT */
/* Getting the station onto the bench's access point, for cases that need the network. */
#ifndef AT_ONLINE_H
#define AT_ONLINE_H

#include "at/session.h"

/* Joined, with an address; `anew`: leaves first. False: the outcome is filled. */
bool online_reach(struct session *s, bool anew);

#endif
