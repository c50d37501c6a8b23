/* SPDX-License-Identifier: MIT */
/* The cases of the bench-only suite program: exchanges through the rig, interleaved with the same
 * exchanges on a bare PTY, with pyserial and with pexpect; waits of 20 ms; cases that do nothing.
 * They are run by `atconform run` like any other, against the responder. */
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

struct peer {
	pid_t pid;
	int in, out; /* from it, to it */
};

static bool spawn(struct peer *peer, char *const argv[], int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	int failed = posix_spawn(&peer->pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return !failed;
}

/* A responder of our own behind a bare PTY. */
static bool start_responder(struct peer *peer)
{
	char *argv[] = { getenv("ATCONFORM_BENCH_RESPONDER"), NULL };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (!argv[0] || master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return false;
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;
	tcgetattr(slave, &t);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	peer->in = peer->out = master;
	bool started = spawn(peer, argv, slave, slave);
	close(slave);
	return started;
}

/* exchange.py with its own responders. */
static bool start_python(struct peer *peer)
{
	char python[] = "/usr/bin/python3";
	char *argv[] = { python, getenv("ATCONFORM_BENCH_PYTHON"),
		getenv("ATCONFORM_BENCH_RESPONDER"), NULL };
	int to[2], from[2];
	if (!argv[1] || pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		return false;
	peer->in = from[0];
	peer->out = to[1];
	bool started = spawn(peer, argv, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	return started;
}

static void stop(const struct peer *peer)
{
	close(peer->out);
	if (peer->in != peer->out)
		close(peer->in);
	waitpid(peer->pid, NULL, 0);
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

static double raw_block(const struct peer *responder)
{
	double begun = now_us();
	for (int i = 0; i < EXCHANGES; i++)
		check(ping(responder->in), "the bare responder does not answer");
	return (now_us() - begun) / EXCHANGES;
}

static double rig_block(void)
{
	double begun = now_us();
	for (int i = 0; i < EXCHANGES; i++)
		at("AT", "OK");
	return (now_us() - begun) / EXCHANGES;
}

static double python_block(const struct peer *python, const char *name)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s\n", name);
	check(write(python->out, line, (size_t)len) == len, "exchange.py has ended");
	size_t got = 0;
	do {
		ssize_t n = read(python->in, line + got, sizeof(line) - 1 - got);
		check(n > 0, "exchange.py has ended: are python3-serial, python3-pexpect there?");
		got += (size_t)n;
		line[got] = '\0';
	} while (!strchr(line, '\n') && got + 1 < sizeof(line));
	return strtod(line, NULL);
}

static void write_times(const char *name, const double *us, FILE *out)
{
	fprintf(out, "\"%s\": [", name);
	for (int i = 0; i < BLOCKS; i++)
		fprintf(out, "%s%.3f", i ? ", " : "", us[i]);
	fputc(']', out);
}

enum { RIG, RAW, PYTHON, WAYS = 5 };
static const char *const ways[WAYS] = { "rig", "raw", "pyserial", "pexpect", "pexpect-bare" };

static void measure(double us[WAYS][BLOCKS])
{
	struct peer responder = { 0 }, python = { 0 };
	check(start_responder(&responder), "no responder: %s", strerror(errno));
	check(start_python(&python), "no exchange.py: %s", strerror(errno));
	for (int i = -1; i < BLOCKS; i++) {
		int k = i < 0 ? 0 : i; /* the first round only warms up */
		us[RAW][k] = raw_block(&responder);
		us[RIG][k] = rig_block();
		for (int way = PYTHON; way < WAYS; way++)
			us[way][k] = python_block(&python, ways[way]);
	}
	stop(&responder);
	stop(&python);
}

Test(at, exchange, REQ("AT-1"))
{
	double us[WAYS][BLOCKS];
	measure(us);
	const char *path = getenv("ATCONFORM_BENCH_OUT");
	FILE *out = path ? fopen(path, "a") : NULL;
	check(out, "ATCONFORM_BENCH_OUT names no file that can be written");
	for (int i = 0; i < WAYS; i++) {
		fputs(i ? ", " : "{", out);
		write_times(ways[i], us[i], out);
	}
	fputs("}\n", out);
	fclose(out);
}
