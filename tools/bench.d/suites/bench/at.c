/* SPDX-License-Identifier: MIT */
/* The cases of the bench-only suite program: exchanges through the rig, interleaved with the same
 * exchanges on a bare PTY; waits of 20 ms; cases that do nothing. They are run by `atconform run`
 * like any other, against the responder. */
#include "many.h"

#include "at/at.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 10, EXCHANGES = 200 };

extern char **environ;

/* clang-format off */
#define EMPTY(n) Test(at, empty_##n, REQ("AT-1")) { }
#define WAIT(n) Test(at, wait_##n, REQ("AT-1")) { at("AT+DELAY=20", "OK"); }
/* clang-format on */
HUNDRED(EMPTY)
HUNDRED(WAIT)

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A responder of our own behind a bare PTY; the master, or -1. */
static int start_responder(pid_t *pid)
{
	char *argv[] = { getenv("ATCONFORM_BENCH_RESPONDER"), NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (!argv[0] || master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;
	tcgetattr(slave, &t);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, slave, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, slave, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	int failed = posix_spawn(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(slave);
	return failed ? -1 : master;
}

/* As little as can be done to know that the answer has come. */
static bool ping(int fd)
{
	char got[64];
	size_t len = 0;
	if (write(fd, "AT\r\n", 4) != 4)
		return false;
	do {
		ssize_t n = read(fd, got + len, sizeof(got) - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	} while (len < 6 && len < sizeof(got));
	return memcmp(got, "\r\nOK\r\n", 6) == 0;
}

static double raw_block(int fd)
{
	double begun = now_us();
	for (int i = 0; i < EXCHANGES; i++)
		check(ping(fd), "the bare responder does not answer");
	return (now_us() - begun) / EXCHANGES;
}

static double rig_block(void)
{
	double begun = now_us();
	for (int i = 0; i < EXCHANGES; i++)
		at("AT", "OK");
	return (now_us() - begun) / EXCHANGES;
}

static void write_times(const char *name, const double *us, FILE *out)
{
	fprintf(out, "\"%s\": [", name);
	for (int i = 0; i < BLOCKS; i++)
		fprintf(out, "%s%.3f", i ? ", " : "", us[i]);
	fputc(']', out);
}

Test(at, exchange, REQ("AT-1"))
{
	double rig[BLOCKS], raw_us[BLOCKS];
	pid_t pid = 0;
	int fd = start_responder(&pid);
	check(fd >= 0, "no responder: %s", strerror(errno));
	raw_block(fd);
	rig_block();
	for (int i = 0; i < BLOCKS; i++) {
		raw_us[i] = raw_block(fd);
		rig[i] = rig_block();
	}
	close(fd);
	waitpid(pid, NULL, 0);
	const char *path = getenv("ATCONFORM_BENCH_OUT");
	FILE *out = path ? fopen(path, "a") : NULL;
	check(out, "ATCONFORM_BENCH_OUT names no file that can be written");
	fputc('{', out);
	write_times("rig", rig, out);
	fputs(", ", out);
	write_times("raw", raw_us, out);
	fputs("}\n", out);
	fclose(out);
}
