/* SPDX-License-Identifier: MIT */
/* Whether the board on a line is the one that a bench file was written for. */
#ifndef RIG_BOARD_H
#define RIG_BOARD_H

#include "rig/talk.h"

enum { BOARD_MAC_SIZE = 18 };

/* The line's adapter against "VID:PID[:SERIAL]"; NULL, and lines without an adapter of their own
 * (a program, a bridge), fit. Nothing is opened. 0, or -1 with *error naming both. */
int board_check_adapter(const char *address, const char *wanted, struct error *error);
/* The module's station MAC address against this one; NULL, and a module that does not tell its own,
 * fit. 0, or -1 with *error naming both. */
int board_check_mac(struct talk *t, const char *wanted, struct error *error);
/* Asks for the station MAC address, "aa:bb:…" in lower case; false when there is no such answer. */
bool board_ask_mac(struct talk *t, char mac[BOARD_MAC_SIZE]);

#endif
