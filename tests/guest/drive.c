/* SPDX-License-Identifier: MIT */
/* The tester's link to a port, used step by step inside the guest:
 *     guest-drive ADDRESS STEP…
 * Each step prints one line; the first that fails ends the program with 1, a port that can't be
 * opened with 3. Steps: uart=BAUD,DATABITS,STOPBITS_X2,n|o|e,FLOW; echo=BYTES (sends a pattern, and
 * compares what comes back); ask=TEXT (a line, and what comes within a second); break; hold=FILE
 * (until there is that file); patient (closing waits without end until all has been sent). */
#include "base/cleanup.h"
#include "rig/link.h"

#include <errno.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { STEP_MS = 120000, ASK_MS = 1000, BLOCK = 1024, AHEAD = 8192 };

/* Each byte value at each place of a block, sooner or later. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 167 + i / 256 + i / 65536);
}

static bool wait_for(struct link *link, short events, struct deadline deadline)
{
	struct pollfd wait = { .fd = link_fd(link), .events = events };
	return poll(&wait, 1, deadline_left_ms(deadline)) > 0;
}

static bool step_uart(struct link *link, const char *rest)
{
	struct rig_uart uart = { 0 };
	long long baud = 0;
	if (sscanf(rest, "%lld,%d,%d,%c,%d", &baud, &uart.databits, &uart.stopbits_x2, &uart.parity,
		    &uart.flow) != 5)
		return false;
	uart.baud = baud;
	int failure = link_set_uart(link, &uart);
	printf("uart %s: %s\n", rest, failure ? link_why(link, failure) : "set");
	return true;
}

/* Sends what may be on its way; what came back is compared. False when the line is lost. */
static bool send_some(struct link *link, size_t *sent, size_t taken, size_t total)
{
	unsigned char block[BLOCK];
	size_t len = total - *sent < BLOCK ? total - *sent : BLOCK;
	if (len == 0 || *sent - taken + len > AHEAD)
		return true;
	for (size_t i = 0; i < len; i++)
		block[i] = pattern(*sent + i);
	ssize_t n = link_write(link, block, len);
	*sent += n > 0 ? (size_t)n : 0;
	return n >= 0;
}

static bool step_echo(struct link *link, const char *rest)
{
	size_t total = strtoul(rest, NULL, 10), sent = 0, taken = 0, bad = 0;
	struct deadline deadline = deadline_in_ms(STEP_MS);
	int64_t since = clock_ns();
	unsigned char part[4096];
	while (taken < total && send_some(link, &sent, taken, total)) {
		if (!wait_for(link, POLLIN, deadline))
			break;
		ssize_t n = link_read(link, part, sizeof(part));
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++, taken++)
			bad += part[i] != pattern(taken);
	}
	printf("echo %zu: %zu back, %zu wrong, %lld ms\n", total, taken, bad,
		(long long)(clock_ns() - since) / 1000000);
	return taken == total && !bad;
}

static bool step_ask(struct link *link, const char *rest)
{
	char text[200];
	struct buf got AUTO_BUF = { 0 };
	snprintf(text, sizeof(text), "%s\r\n", rest);
	bool ok = link_write(link, text, strlen(text)) == (ssize_t)strlen(text);
	struct deadline deadline = deadline_in_ms(ASK_MS);
	while (ok && wait_for(link, POLLIN, deadline)) {
		ssize_t n = link_read(link, text, sizeof(text));
		if (n < 0)
			break;
		buf_append(&got, text, (size_t)n);
	}
	printf("ask %s:", rest);
	for (size_t i = 0; i < got.len; i++)
		printf(" %02x", (unsigned char)got.data[i]);
	printf("\n");
	return ok;
}

static bool step_break(struct link *link, const char *rest)
{
	(void)rest;
	printf("break: %s\n", tcsendbreak(link_fd(link), 0) == 0 ? "sent" : strerror(errno));
	return true;
}

static bool step_patient(struct link *link, const char *rest)
{
	struct serial_struct port = { 0 };
	(void)rest;
	bool ok = ioctl(link_fd(link), TIOCGSERIAL, &port) == 0;
	port.closing_wait = ASYNC_CLOSING_WAIT_INF;
	ok = ok && ioctl(link_fd(link), TIOCSSERIAL, &port) == 0;
	printf("patient: %s\n", ok ? "set" : strerror(errno));
	return ok;
}

static bool step_hold(struct link *link, const char *rest)
{
	struct deadline deadline = deadline_in_ms(STEP_MS);
	(void)link;
	while (access(rest, F_OK) != 0 && !deadline_passed(deadline))
		poll(NULL, 0, 20);
	printf("hold %s\n", rest);
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct link *link, const char *rest);
} steps[] = { { "uart=", step_uart }, { "echo=", step_echo }, { "ask=", step_ask },
	{ "break", step_break }, { "hold=", step_hold }, { "patient", step_patient } };

static bool run_step(struct link *link, const char *step)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strncmp(step, steps[i].name, strlen(steps[i].name)) == 0)
			return steps[i].run(link, step + strlen(steps[i].name));
	printf("no step %s\n", step);
	return false;
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct link_place place = { .dir = "/tmp",
		.run_dir = "/tmp",
		.cancel_fd = -1,
		.connect_ms = 5000,
		.uart = { .baud = 115200, .databits = 8, .stopbits_x2 = 2, .parity = 'n' } };
	struct link *link = argc > 1 ? link_open(argv[1], &place, &error) : NULL;
	if (!link) {
		printf("open: %s\n", argc > 1 ? error.text : "needs an address");
		return 3;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("open %s\n", argv[1]);
	bool ok = true;
	for (int i = 2; ok && i < argc; i++)
		ok = run_step(link, argv[i]);
	link_close(link);
	return ok ? 0 : 1;
}
