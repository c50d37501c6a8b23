/* SPDX-License-Identifier: MIT */
/* Preloaded into the tester: modem lines for a PTY, with the auto-reset circuit of common ESP
 * boards behind them. RTS alone holds the chip in reset; when it is let go the chip starts (its
 * power button is pressed, on the control port that ATCONFORM_TEST_CONTROL names), with DTR alone
 * into its boot loader. Each change is a line in the file that ATCONFORM_TEST_LINES names. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int lines = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS; /* as the kernel raises them at an open */

static void note(const char *text)
{
	const char *path = getenv("ATCONFORM_TEST_LINES");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd < 0)
		return;
	ssize_t n = write(fd, text, strlen(text));
	(void)n;
	close(fd);
}

static void start_chip(void)
{
	static const char button[] = "{\"do\":\"power-cycle\"}\n";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char answer[80];
	const char *path = getenv("ATCONFORM_TEST_CONTROL");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path ? path : "");
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		send(fd, button, sizeof(button) - 1, MSG_NOSIGNAL) > 0 &&
		read(fd, answer, sizeof(answer)) > 0)
		note("start\n");
	close(fd);
}

static bool in_reset(int state)
{
	return (state & TIOCM_RTS) && !(state & TIOCM_DTR);
}

static void set_lines(int wanted)
{
	char text[40];
	int before = lines;
	lines = (wanted & (TIOCM_DTR | TIOCM_RTS)) | TIOCM_CTS;
	snprintf(text, sizeof(text), "dtr=%d rts=%d\n", (lines & TIOCM_DTR) != 0,
		(lines & TIOCM_RTS) != 0);
	note(text);
	if (!in_reset(before) || in_reset(lines))
		return;
	if ((lines & TIOCM_DTR) && !(lines & TIOCM_RTS))
		note("boot loader\n");
	else
		start_chip();
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	va_list args;
	va_start(args, request);
	int *value = va_arg(args, int *);
	va_end(args);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	if (request == TIOCMBIS || request == TIOCMBIC)
		note("bits\n"); /* one line after the other: a moment with only one of them */
	if (request == TIOCMSET && isatty(fd)) {
		set_lines(*value);
		return 0;
	}
	if (request == TIOCMGET && isatty(fd)) {
		*value = lines;
		return 0;
	}
	return real(fd, request, value);
}
