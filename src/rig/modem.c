/* SPDX-License-Identifier: MIT */
#include "rig/modem.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

const struct rig_modem_step modem_esp[MODEM_ESP_STEPS] = { { 0, 1, 100 }, { 0, 0, 50 } };

/* Holds the lines as they are. False when it is to be given up. */
static bool hold(int ms, int cancel_fd)
{
	struct deadline end = deadline_in_ms(ms);
	while (!deadline_passed(end)) {
		struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
		if (poll(&cancel, 1, deadline_left_ms(end)) > 0)
			return false;
	}
	return true;
}

int modem_reset(struct link *link, const struct rig_modem_step *steps, size_t count, int cancel_fd,
	struct error *error)
{
	bool given_up = false;
	for (size_t i = 0; i < count; i++) {
		int failure = link_modem(link, steps[i].dtr, steps[i].rts);
		if (failure == -ENOTSUP)
			return error_set(error, NULL, 0, 0,
				"%s has no modem lines to reset with: give the bench a reset "
				"\"command\", or none",
				link_address(link));
		if (failure)
			return error_set(error, NULL, 0, 0, "%s: can't move DTR and RTS: %s",
				link_address(link), link_why(link, failure));
		given_up = given_up || !hold(steps[i].ms, cancel_fd);
	}
	return given_up ? error_set(error, NULL, 0, 0, "%s: the reset was interrupted",
				  link_address(link))
			: 0;
}
