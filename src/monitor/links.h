/* SPDX-License-Identifier: MIT */
/* Which links are open, as far as the session has shown it. */
#ifndef MONITOR_LINKS_H
#define MONITOR_LINKS_H

#include "line/line.h"
#include "monitor/link-command.h"

#include <stdbool.h>

enum link_state {
	LINK_UNKNOWN,
	LINK_OPEN,
	LINK_CLOSING, /* AT+CIPCLOSE got OK: CLOSED may still be said, once */
	LINK_CLOSED,
};

struct links {
	enum link_state state[LINK_PLACES];
};

enum links_fault { LINKS_FINE, LINKS_NOT_OPEN, LINKS_OPEN_ALREADY };

/* Follows an unsolicited line, +IPD included. */
enum links_fault links_follow(struct links *links, const struct line_piece *urc);
/* What a command that got OK shows. */
void links_answered(struct links *links, const char *command);
/* The module has started: no link is open, but perhaps the one that was saved. */
void links_started(struct links *links);
/* Nothing is known of the single link: behind a passthrough, which says nothing. */
void links_passed(struct links *links);

#endif
