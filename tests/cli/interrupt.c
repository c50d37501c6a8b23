/* SPDX-License-Identifier: MIT */
/* Loaded before the C library (LD_PRELOAD) by tests: the program is interrupted while its serial
 * line has another rate, at a place that no clock decides. ATCONFORM_TEST_INTERRUPT is
 * RATE:TIMES:WAITS: the signal comes at the WAITS-th wait after the line got this rate for the
 * TIMES-th time; with 0, as it got it. */
#include <asm/termbits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned int rate;
static int times, waits;

__attribute__((constructor)) static void set(void)
{
	const char *text = getenv("ATCONFORM_TEST_INTERRUPT");
	if (!text || sscanf(text, "%u:%d:%d", &rate, &times, &waits) != 3)
		times = 0;
	unsetenv("LD_PRELOAD");
}

static void arrive(void)
{
	if (times == 0 && waits-- == 0 && rate)
		raise(SIGINT);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *at = va_arg(arguments, void *);
	va_end(arguments);
	int failed = (int)syscall(SYS_ioctl, fd, request, at);
	if (request == TCSETS2 && times > 0 && ((struct termios2 *)at)->c_ospeed == rate) {
		if (--times == 0)
			arrive();
	}
	return failed;
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	arrive();
	return (int)syscall(SYS_poll, fds, count, ms);
}
