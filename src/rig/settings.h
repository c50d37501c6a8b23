/* SPDX-License-Identifier: MIT */
/* The settings that a module was found with, and its way back to them when the run is over: line,
 * firmware messages, Wi-Fi mode, MAC addresses, SoftAP, access point. A conversation in the line's
 * thread; nothing of it is a verdict's business. */
#ifndef RIG_SETTINGS_H
#define RIG_SETTINGS_H

#include "rig/talk.h"

enum { SETTINGS_COUNT = 8 };

struct settings {
	bool known;                  /* were read, now or by the run that this one resumes */
	bool used;                   /* a case had the line since */
	char *value[SETTINGS_COUNT]; /* as the module tells them; NULL: it does not */
};

/* Asks for all of them, and journals what was found. A module that stops answering is asked no
 * more. */
void settings_read(struct talk *t, struct settings *s);
/* One that a journal tells; false: there is no such setting. */
bool settings_take(struct settings *s, const char *name, const char *value);
/* Compares and puts back what differs, each step journaled. `network`: the bench's facts, JSON or
 * NULL, for the password of the access point. */
void settings_put_back(struct talk *t, const struct settings *s, const char *network);
/* Journals that none of it could be done, and why. */
void settings_lost(struct journal *journal, int lane, const char *why);
/* What AT+UART_CUR and AT+UART_DEF tell, "115200,8,1,0,0"; false: it is none that a line can have.
 */
bool settings_line(const char *value, struct rig_uart *out);
void settings_finish(struct settings *s);

#endif
