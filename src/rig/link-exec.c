/* SPDX-License-Identifier: MIT */
/* exec:PROGRAM ARGS, a program with a PTY as its standard input and output. */
#include "base/cleanup.h"
#include "rig/child.h"
#include "rig/link-kind.h"
#include "rig/uart.h"
#include "rig/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STOP_MS = 1000 };

static int exec_check(const char *rest, struct error *error)
{
	char **words AUTO_FREE = words_split(rest);
	if (!words)
		return error_set(error, NULL, 0, 0, "exec:%s: a quote is left open", rest);
	if (!words[0])
		return error_set(error, NULL, 0, 0, "exec: needs a program, as in exec:./firmware");
	return 0;
}

static int start(struct link *link, int terminal, struct error *error)
{
	char **words AUTO_FREE = words_split(link->rest);
	int log AUTO_FD = link_open_log(link);
	link->pid = child_start(&(struct child_start){ .argv = (const char *const *)words,
		.in = terminal,
		.out = terminal,
		.err = log,
		.session = true });
	if (link->pid > 0)
		return 0;
	int failure = -link->pid;
	link->pid = 0;
	return error_set(error, NULL, 0, 0, "can't run %s: %s", words[0],
		failure == ENOENT ? "there is no such program" : strerror(failure));
}

static int exec_open(struct link *link, struct error *error)
{
	int master AUTO_FD = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	char name[64];
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
		ptsname_r(master, name, sizeof(name)) != 0)
		return error_set(error, NULL, 0, 0, "can't make a PTY: %s", strerror(errno));
	int terminal AUTO_FD = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || uart_apply(terminal, &link->uart) < 0)
		return error_set(
			error, NULL, 0, 0, "can't open the PTY %s: %s", name, strerror(errno));
	if (start(link, terminal, error) < 0)
		return -1;
	link->fd = take_fd(master);
	return 0;
}

static void exec_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	child_stop(link->pid, STOP_MS);
	if (link->pid)
		link_drop_log(link);
	link->pid = 0;
}

static int exec_power(struct link *link, struct error *error)
{
	return link_reopen(link, error);
}

const struct link_kind link_exec = { .scheme = "exec:",
	.form = "exec:PROGRAM ARGS",
	.can = LINK_CAN_UART | LINK_CAN_POWER,
	.check = exec_check,
	.open = exec_open,
	.close = exec_close,
	.power = exec_power };
