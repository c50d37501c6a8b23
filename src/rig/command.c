/* SPDX-License-Identifier: MIT */
#include "rig/command.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SAID_MAX = 400, SHOWN_MAX = 160, GRACE_MS = 300, READS_MAX = 32 /* a full pipe */ };

/* Takes what is there, of a program that never stops only a part, since clock and cancelling want
 * to be looked at; keeps the end of it. False at the end of the file. */
static bool listen_to(int fd, struct buf *said)
{
	char part[4096];
	ssize_t n = 1;
	for (int i = 0; i < READS_MAX && (n = read(fd, part, sizeof(part))) > 0; i++) {
		buf_append(said, part, (size_t)n);
		if (said->len > SAID_MAX)
			buf_drop_front(said, said->len - SAID_MAX);
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

enum outcome { ENDED, LATE, CANCELLED };

/* Its output is read all the time: a program that says much must not wait for a reader. */
static enum outcome attend(
	pid_t pid, int out, struct buf *said, struct deadline deadline, int cancel_fd)
{
	int ended AUTO_FD = child_pidfd(pid);
	bool open = true;
	for (;;) {
		struct pollfd wait[3] = { { .fd = ended, .events = POLLIN },
			{ .fd = cancel_fd, .events = POLLIN },
			{ .fd = open ? out : -1, .events = POLLIN } };
		int ready = poll(wait, 3, deadline_left_ms(deadline));
		if (ready < 0 && errno == EINTR)
			continue;
		if (open && wait[2].revents)
			open = listen_to(out, said);
		if (wait[0].revents) {
			if (open)
				listen_to(out, said);
			return ENDED;
		}
		if (wait[1].revents)
			return CANCELLED;
		if (ready <= 0 || deadline_passed(deadline))
			return LATE;
	}
}

/* The last line with something in it. */
static void last_words(struct buf *out, const struct buf *said)
{
	size_t end = said->len;
	while (end > 0 && strchr(" \t\r\n", said->data[end - 1]))
		end--;
	size_t from = end;
	while (from > 0 && said->data[from - 1] != '\n')
		from--;
	if (end - from > SHOWN_MAX)
		end = from + SHOWN_MAX;
	if (end == from)
		return;
	buf_puts(out, ": ");
	text_visible(out, said->data + from, end - from);
}

static int judge(pid_t pid, const char *name, const struct buf *said, struct error *error)
{
	struct buf words AUTO_BUF = { 0 };
	int status = 0;
	if (!child_wait(pid, &status, deadline_in_ms(GRACE_MS), -1))
		child_stop(pid, GRACE_MS);
	kill(-pid, SIGKILL); /* what it may have left behind in its group */
	if (status == 0)
		return 0;
	last_words(&words, said);
	return error_set(error, NULL, 0, 0, "the bench's command %s failed (%s)%s", name,
		child_status(status), buf_text(&words));
}

int command_run(const char *const *argv, int limit_ms, int cancel_fd, struct error *error)
{
	struct buf said AUTO_BUF = { 0 };
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_set(error, NULL, 0, 0, "can't make a pipe: %s", strerror(errno));
	int out AUTO_FD = ends[0];
	fcntl(ends[1], F_SETFL, 0);
	pid_t pid = child_start(&(struct child_start){
		.argv = argv, .in = -1, .out = ends[1], .err = ends[1], .session = true });
	close(ends[1]);
	if (pid < 0)
		return error_set(error, NULL, 0, 0, "the bench's command %s can't be run: %s",
			argv[0], pid == -ENOENT ? "there is no such program" : strerror(-pid));
	switch (attend(pid, out, &said, deadline_in_ms(limit_ms), cancel_fd)) {
	case ENDED:
		return judge(pid, argv[0], &said, error);
	case LATE:
		child_stop(pid, GRACE_MS);
		return error_set(error, NULL, 0, 0,
			"the bench's command %s did not end within %d ms and was killed "
			"(timeouts_ms.command)",
			argv[0], limit_ms);
	case CANCELLED:
		break;
	}
	child_stop(pid, GRACE_MS);
	return error_set(error, NULL, 0, 0, "the bench's command %s was interrupted", argv[0]);
}
