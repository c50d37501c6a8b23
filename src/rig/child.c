/* SPDX-License-Identifier: MIT */
/* fork and exec with only async-signal-safe calls in between, because the rig has threads. */
#include "rig/child.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void reset_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP };
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Descriptors 0 to 2 may be among the given ones, so they are moved out of the way
 * first. */
static int place_descriptors(const struct child_start *start)
{
	const int given[3] = { start->in, start->out, start->err };
	int moved[3];
	for (int i = 0; i < 3; i++) {
		moved[i] = given[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC)
					: fcntl(given[i], F_DUPFD_CLOEXEC, 3);
		if (moved[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			return -1;
	return 0;
}

__attribute__((noreturn)) static void run_child(
	const struct child_start *start, pid_t parent, int report)
{
	if (start->session)
		setsid();
	else
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have gone before the request above took hold. */
	if (getppid() != parent)
		_exit(127);
	if (place_descriptors(start) == 0) {
		/* Libraries open what they don't mark: nothing but 0 to 2 is for the program. */
		syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
		reset_signals();
		execvpe(start->argv[0], (char *const *)start->argv,
			start->envp ? start->envp : environ);
	}
	int failure = errno;
	ssize_t sent = write(report, &failure, sizeof(failure));
	(void)sent;
	_exit(127);
}

pid_t child_start(const struct child_start *start)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	int in AUTO_FD = report[0];
	int out AUTO_FD = report[1];
	/* Above 2, so that placing the child's own descriptors can't close it. */
	int high AUTO_FD = fcntl(out, F_DUPFD_CLOEXEC, 10);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(start, parent, high);
	if (!start->session)
		setpgid(pid, pid);
	close(take_fd(out));
	close(take_fd(high));
	int failure = 0;
	ssize_t n;
	do
		n = read(in, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(failure))
		return pid;
	waitpid(pid, NULL, 0);
	return -failure;
}

int child_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return fd < 0 ? -errno : fd;
}

int child_wait(pid_t pid, int *status, struct deadline deadline, int cancel_fd)
{
	int ended AUTO_FD = child_pidfd(pid);
	for (;;) {
		pid_t got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			return 1;
		if (got < 0 && errno != EINTR) {
			*status = 0;
			return 1;
		}
		struct pollfd wait[2] = { { .fd = ended, .events = POLLIN },
			{ .fd = cancel_fd, .events = POLLIN } };
		int ready = poll(wait, 2, deadline_left_ms(deadline));
		if (ready == 0 || (ready > 0 && wait[1].revents && !wait[0].revents))
			return 0;
	}
}

void child_stop(pid_t pid, int grace_ms)
{
	int status;
	if (pid <= 0)
		return;
	kill(-pid, SIGTERM);
	if (!child_wait(pid, &status, deadline_in_ms(grace_ms), -1)) {
		kill(-pid, SIGKILL);
		child_wait(pid, &status, deadline_in_ms(5000), -1);
	}
	/* What the program itself may have left behind in its group. */
	kill(-pid, SIGKILL);
}

const char *child_status(int status)
{
	static _Thread_local char text[80];
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "exit %d", WEXITSTATUS(status));
	return text;
}
