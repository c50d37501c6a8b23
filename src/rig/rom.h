/* SPDX-License-Identifier: MIT */
/* The ROM of an Espressif chip, which speaks before the firmware does: at a start it prints a few
 * lines, an ESP8266's at 74,880 baud whatever the firmware's rate is; with GPIO0 low it starts no
 * firmware but waits for a download, without a word to an AT command. */
#ifndef RIG_ROM_H
#define RIG_ROM_H

#include "rig/talk.h"

enum rom_state {
	ROM_NONE,     /* nothing of it was heard */
	ROM_RESTARTS, /* start-up lines that nobody asked for: the module restarts by itself */
	ROM_DOWNLOAD, /* it waits for a download */
};

/* What these bytes, received at the right rate, say of it. Pure. */
enum rom_state rom_recognise(const char *bytes, size_t len);
/* Listens at the ROM's rate for as long as something comes (2 s at most, and not at all when the
 * line is known to be silent), then asks its boot loader in its own language. Only for a module
 * that answers nothing else: firmware takes the question for a bad line. The host's rate is as
 * before when it returns. */
enum rom_state rom_listen(struct talk *t, bool silent);
/* For a person; "" for ROM_NONE. */
const char *rom_text(enum rom_state state);

#endif
