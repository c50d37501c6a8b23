/* SPDX-License-Identifier: MIT */
/* The wires between the guest's UART and the module, seen from outside. Preloaded into QEMU: a
 * pseudo-terminal carries the bytes, but neither data bits nor parity, no modem lines, and no
 * break. What QEMU asks of the host's port is noted in $ATCONFORM_WIRE/N.log (N of /dev/pts/N), a
 * line each: format RATE DATABITS n|o|e STOPBITS lines DTR RTS break The module's own lines are up,
 * CTS unless there is a file N.cts-low. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { LINES_MAX = 256 };

/* The real functions of libc; ioctl has the number's type of its own header. */
typedef int ioctl_call(int fd, unsigned long request, void *argument);
typedef int attr_call(int fd, int when, const struct termios *t);

static int outputs[LINES_MAX]; /* per descriptor: TIOCM_DTR | TIOCM_RTS */

/* "/dev/pts/7" -> DIR/7 and the suffix; false for what is no wire. */
static int wire_path(int fd, const char *suffix, char *out, size_t size)
{
	char name[64];
	const char *dir = getenv("ATCONFORM_WIRE");
	if (!dir || fd < 0 || fd >= LINES_MAX || ttyname_r(fd, name, sizeof(name)) != 0 ||
		strncmp(name, "/dev/pts/", 9) != 0)
		return 0;
	return snprintf(out, size, "%s/%s%s", dir, name + 9, suffix) < (int)size;
}

static void note(int fd, const char *text)
{
	char path[512];
	if (!wire_path(fd, ".log", path, sizeof(path)))
		return;
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	ssize_t written = log >= 0 ? write(log, text, strlen(text)) : 0;
	(void)written;
	if (log >= 0)
		close(log);
}

static long rate_of(speed_t speed)
{
	static const struct {
		speed_t speed;
		long rate;
	} rates[] = { { B50, 50 }, { B75, 75 }, { B110, 110 }, { B300, 300 }, { B600, 600 },
		{ B1200, 1200 }, { B2400, 2400 }, { B4800, 4800 }, { B9600, 9600 },
		{ B19200, 19200 }, { B38400, 38400 }, { B57600, 57600 }, { B115200, 115200 },
		{ B230400, 230400 }, { B460800, 460800 }, { B500000, 500000 }, { B576000, 576000 },
		{ B921600, 921600 }, { B1000000, 1000000 }, { B1152000, 1152000 },
		{ B1500000, 1500000 }, { B2000000, 2000000 }, { B2500000, 2500000 },
		{ B3000000, 3000000 }, { B3500000, 3500000 }, { B4000000, 4000000 } };
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i].speed == speed)
			return rates[i].rate;
	return 0;
}

int tcsetattr(int fd, int when, const struct termios *t)
{
	static attr_call *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "tcsetattr");
	static const int bits[] = {
		[CS5 >> 4] = 5, [CS6 >> 4] = 6, [CS7 >> 4] = 7, [CS8 >> 4] = 8
	};
	char text[80];
	snprintf(text, sizeof(text), "format %ld %d %c %d\n", rate_of(cfgetospeed(t)),
		bits[(t->c_cflag & CSIZE) >> 4],
		t->c_cflag & PARENB ? (t->c_cflag & PARODD ? 'o' : 'e') : 'n',
		t->c_cflag & CSTOPB ? 2 : 1);
	note(fd, text);
	return real(fd, when, t);
}

int tcsendbreak(int fd, int duration)
{
	(void)duration;
	note(fd, "break\n");
	return 0;
}

static void set_lines(int fd, int lines)
{
	char text[40];
	outputs[fd] = lines & (TIOCM_DTR | TIOCM_RTS);
	snprintf(text, sizeof(text), "lines %d %d\n", !!(lines & TIOCM_DTR), !!(lines & TIOCM_RTS));
	note(fd, text);
}

int ioctl(int fd, unsigned long request, ...)
{
	static ioctl_call *real;
	char path[512];
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	if ((request != TIOCMGET && request != TIOCMSET) ||
		!wire_path(fd, ".cts-low", path, sizeof(path)))
		return real(fd, request, argument);
	if (request == TIOCMSET)
		set_lines(fd, *(int *)argument);
	else
		*(int *)argument = outputs[fd] | TIOCM_DSR | TIOCM_CAR |
				   (access(path, F_OK) == 0 ? 0 : TIOCM_CTS);
	return 0;
}
