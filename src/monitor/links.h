/* SPDX-License-Identifier: MIT */
/* Which links are open, as far as the session has shown it. */
#ifndef MONITOR_LINKS_H
#define MONITOR_LINKS_H

#include "line/line.h"

#include <stdbool.h>

enum { LINKS_COUNT = 6 }; /* 0 to 4, and the one of single connection mode */
enum link_state { LINK_UNKNOWN, LINK_OPEN, LINK_CLOSED };

struct links {
	enum link_state state[LINKS_COUNT];
};

/* Follows an unsolicited line. False when it closes a link that is known to be closed. */
bool links_follow(struct links *links, const struct line_piece *urc);

#endif
