/* SPDX-License-Identifier: MIT */
#include "monitor/links.h"

#include "base/text.h"

#include <string.h>

enum { LINK_SINGLE = LINKS_COUNT - 1 };

bool links_follow(struct links *links, const struct line_piece *urc)
{
	if (text_starts(urc->text, "+LINK_CONN")) {
		/* Its link id is also printed in single connection mode: whatever it is, it is
		 * open. */
		memset(links, 0, sizeof(*links));
		return true;
	}
	const char *word = urc->text;
	if (urc->link >= 0) {
		const char *comma = strchr(word, ',');
		word = comma ? comma + 1 : word;
	}
	int link = urc->link < 0 ? LINK_SINGLE : urc->link;
	if (link >= LINKS_COUNT || (urc->link == LINK_SINGLE))
		return true;
	if (strcmp(word, "CONNECT") == 0)
		links->state[link] = LINK_OPEN;
	if (strcmp(word, "CLOSED") != 0)
		return true;
	bool open = links->state[link] != LINK_CLOSED;
	links->state[link] = LINK_CLOSED;
	return open;
}
