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

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* When its other side is gone the number of a pseudo-terminal is free, and the next program that
 * wants one gets it: a link that was not made anew leads to somebody else's terminal then. */
static bool is_foreign(const struct link *link, const struct stat *path, const struct stat *device)
{
	if (!link->path_was.st_nlink || is_same(&link->device_was, device))
		return false;
	return !S_ISLNK(path->st_mode) || is_same(&link->path_was, path);
}

static int pty_open(struct link *link, struct error *error)
{
	struct stat path = { 0 }, device = { 0 };
	bool known = lstat(link->rest, &path) == 0 && stat(link->rest, &device) == 0;
	if (known && is_foreign(link, &path, &device))
		return error_set(error, NULL, 0, 0,
			"%s is gone: what has its number now is another program's", link->rest);
	if (link_open_tty(link, link->rest, error) < 0)
		return -1;
	link->path_was = path;
	link->device_was = device;
	return 0;
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
