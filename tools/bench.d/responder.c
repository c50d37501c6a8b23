/* SPDX-License-Identifier: MIT */
/* The smallest module there can be, so that what tools/bench measures is the tester: OK to AT, to
 * ATE0 and ATE1, and to AT+DELAY=<ms> after that time; ERROR to the rest; no echo. On standard
 * input and output, or with --pty on a PTY of its own whose name it prints. */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char ok[] = "\r\nOK\r\n";
static const char error[] = "\r\nERROR\r\n";

static bool answer(int fd, const char *line)
{
	static const char delay[] = "AT+DELAY=";
	bool good =
		strcmp(line, "AT") == 0 || strcmp(line, "ATE0") == 0 || strcmp(line, "ATE1") == 0;
	if (strncmp(line, delay, sizeof(delay) - 1) == 0) {
		poll(NULL, 0, atoi(line + sizeof(delay) - 1));
		good = true;
	}
	const char *text = good ? ok : error;
	size_t len = good ? sizeof(ok) - 1 : sizeof(error) - 1;
	return write(fd, text, len) == (ssize_t)len;
}

/* The slave stays open here: the port outlives the testers that open and close it. */
static int own_pty(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
		open(ptsname(master), O_RDWR | O_NOCTTY) < 0)
		return -1;
	puts(ptsname(master));
	fflush(stdout);
	return master;
}

static void make_raw(int fd)
{
	struct termios t;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
}

int main(int argc, char **argv)
{
	bool pty = argc > 1 && strcmp(argv[1], "--pty") == 0;
	int in = pty ? own_pty() : STDIN_FILENO;
	int out = pty ? in : STDOUT_FILENO;
	char line[1024];
	size_t used = 0;
	make_raw(in);
	for (;;) {
		char bytes[1024];
		ssize_t n = read(in, bytes, sizeof(bytes));
		if (n <= 0)
			return 0;
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] != '\n') {
				used += used + 1 < sizeof(line);
				line[used - 1] = bytes[i];
				continue;
			}
			used -= used > 0 && line[used - 1] == '\r';
			line[used] = '\0';
			used = 0;
			if (!answer(out, line))
				return 0;
		}
	}
}
