/* SPDX-License-Identifier: MIT */
/* pty:PATH, a pseudo-terminal that somebody else's program serves. */
#include "rig/link-kind.h"

#include <unistd.h>

static int pty_check(const char *rest, struct error *error)
{
	if (!*rest)
		return error_set(error, NULL, 0, 0, "pty: needs a path, as in pty:/tmp/module");
	return 0;
}

static int pty_open(struct link *link, struct error *error)
{
	return link_open_tty(link, link->rest, error);
}

static void pty_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

const struct link_kind link_pty = { .scheme = "pty:",
	.form = "pty:PATH",
	.can = LINK_CAN_UART,
	.check = pty_check,
	.open = pty_open,
	.close = pty_close };
