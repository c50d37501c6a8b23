/* SPDX-License-Identifier: MIT */
#include "monitor/links.h"

#include "base/text.h"
#include "line/known.h"

#include <string.h>

static bool is_closed(enum link_state state)
{
	return state == LINK_CLOSED || state == LINK_CLOSING;
}

/* Open links may have been closed without a word: the document asks for none here. */
static void doubt(struct links *links)
{
	for (int place = 0; place < LINK_PLACES; place++)
		if (links->state[place] == LINK_OPEN)
			links->state[place] = LINK_UNKNOWN;
}

enum links_fault links_follow(struct links *links, const struct line_piece *urc)
{
	int place = link_place(urc->link);
	if (text_starts(urc->text, "+LINK_CONN")) {
		/* Its link id is also printed in single connection mode: whatever it is, it is
		 * open. */
		memset(links, 0, sizeof(*links));
		return LINKS_FINE;
	}
	if (strcmp(urc->text, "WIFI DISCONNECT") == 0)
		doubt(links);
	if (place < 0)
		return LINKS_FINE;
	enum link_state *state = &links->state[place], before = *state;
	/* A notice of passive mode may be of data that a closed link has left. */
	if (text_starts(urc->text, "+IPD,"))
		return urc->total && is_closed(before) ? LINKS_NOT_OPEN : LINKS_FINE;
	const char *comma = urc->link >= 0 ? strchr(urc->text, ',') : NULL;
	const char *word = comma ? comma + 1 : urc->text;
	if (strcmp(word, "CONNECT") == 0) {
		*state = LINK_OPEN;
		return before == LINK_OPEN ? LINKS_OPEN_ALREADY : LINKS_FINE;
	}
	if (strcmp(word, "CLOSED") != 0)
		return LINKS_FINE;
	*state = LINK_CLOSED;
	return before == LINK_CLOSED ? LINKS_NOT_OPEN : LINKS_FINE;
}

static void close_place(struct links *links, int place)
{
	if (place >= 0 && links->state[place] != LINK_CLOSED)
		links->state[place] = LINK_CLOSING;
}

void links_answered(struct links *links, const char *command)
{
	struct link_start start;
	int closed = link_of_close(command);
	if (link_start_read(command, &start)) {
		int place = start.any_link ? -1 : link_place(start.link);
		if (place >= 0)
			links->state[place] = LINK_OPEN;
		return;
	}
	static const char *const others[] = { "AT+CWQAP", "AT+CWJAP", "AT+CWMODE", "AT+CIPSERVER",
		"AT+CIPMUX" };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (known_is(command, others[i]) && !text_ends(command, "?"))
			doubt(links);
	if (closed == LINK_NONE)
		return;
	if (closed != 5) {
		close_place(links, link_place(closed));
		return;
	}
	for (int place = 0; place < LINK_PLACES; place++)
		close_place(links, place);
}

void links_started(struct links *links)
{
	for (int place = 0; place < LINK_PLACES; place++)
		links->state[place] = LINK_CLOSED;
	links_passed(links);
}

void links_passed(struct links *links)
{
	links->state[link_place(-1)] = LINK_UNKNOWN;
}
