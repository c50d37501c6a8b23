/* SPDX-License-Identifier: MIT */
/* A reset through DTR and RTS, for boards that have them wired to the chip's reset. */
#ifndef RIG_MODEM_H
#define RIG_MODEM_H

#include "base/error.h"
#include "rig/link.h"

/* The auto-reset circuit of common ESP boards: RTS alone holds EN low, DTR alone GPIO0. The chip is
 * reset with GPIO0 high, so that it starts its firmware; both lines end up released. */
enum { MODEM_ESP_STEPS = 2 };
extern const struct rig_modem_step modem_esp[MODEM_ESP_STEPS];

/* Moves the lines as the steps say, each held for its time, and leaves them as the last one says,
 * also when it is given up: a board must not be held in reset, so the steps that are left are made
 * without waiting. 0, or -1 with *error: the link has no such lines, is gone, or cancel_fd (-1:
 * none) got readable.
 */
int modem_reset(struct link *link, const struct rig_modem_step *steps, size_t count, int cancel_fd,
	struct error *error);

#endif
