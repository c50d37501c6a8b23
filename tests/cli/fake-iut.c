/* SPDX-License-Identifier: MIT */
/* Modules that misbehave, for the tests of the command line: one program, one mode each. It speaks
 * just enough AT to get through the probes and the recovery of the rig, and does its mischief when
 * the command named by --at arrives. The line is its standard input and output, a PTY of its own
 * (--pty PATH, which becomes a link to it) or one TCP connection (--tcp). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_SIZE = 4096, BABBLE_MS = 5 };

struct iut {
	int in, out;
	int slave; /* of a PTY of its own, or -1 */
	const char *trigger;
	const char *version; /* of AT+GMR, its first line */
	const char *grave;   /* a file that says that the board is dead */
	long long bytes, times;
	long long after, delay_ms;
	bool echo;
	const struct mode *mode;
};

struct mode {
	const char *name;
	bool normal; /* answers like a module, except to the trigger */
	void (*on_line)(struct iut *iut, const char *line);
	const char *text;
};

static void put(const struct iut *iut, const void *bytes, size_t len)
{
	const char *p = bytes;
	while (len > 0) {
		ssize_t n = write(iut->out, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			exit(0); /* the tester has left */
		p += n;
		len -= (size_t)n;
	}
}

static void say(const struct iut *iut, const char *text)
{
	put(iut, text, strlen(text));
}

static void answer_ok(struct iut *iut, const char *line)
{
	(void)line;
	say(iut, "\r\nOK\r\n");
}

static void ignore(struct iut *iut, const char *line)
{
	(void)iut, (void)line;
}

static void say_version(const struct iut *iut)
{
	if (!*iut->version) {
		say(iut, "\r\nERROR\r\n");
		return;
	}
	say(iut, "AT version:");
	say(iut, iut->version);
	say(iut, "\r\nSDK version:1.0\r\ncompile time:today\r\n\r\nOK\r\n");
}

/* A module with five commands. */
static void answer(struct iut *iut, const char *line)
{
	if (strcmp(line, "ATE0") == 0 || strcmp(line, "ATE1") == 0)
		iut->echo = line[3] == '1';
	if (strcmp(line, "AT") == 0 || strncmp(line, "ATE", 3) == 0)
		say(iut, "\r\nOK\r\n");
	else if (strcmp(line, "AT+RST") == 0)
		say(iut, "\r\nOK\r\n\r\nready\r\n");
	else if (strcmp(line, "AT+GMR") == 0)
		say_version(iut);
	else if (strcmp(line, "AT+SYSRAM?") == 0)
		say(iut, "+SYSRAM:148408\r\n\r\nOK\r\n");
	else if (*line)
		say(iut, "\r\nERROR\r\n");
}

static void flood(struct iut *iut, const char *line)
{
	static char block[65536];
	(void)line;
	memset(block, 'A', sizeof(block));
	for (long long left = iut->bytes; left > 0;) {
		size_t now = left < (long long)sizeof(block) ? (size_t)left : sizeof(block);
		put(iut, block, now);
		left -= (long long)now;
	}
}

/* The kernel drops what the tester has not read when a PTY goes; a wire does not. What was written
 * gets to the other side a little later, so that the count must have been seen before it is 0. */
static void die(struct iut *iut, const char *line)
{
	(void)line;
	say(iut, "AT version:1.0\r\nSDK ver");
	int unread = 0;
	bool seen = false;
	for (int ms = 0; ms < 400 && iut->slave >= 0 && !(seen && unread == 0); ms++) {
		if (ms >= 200)
			seen = true; /* read faster than could be looked */
		poll(NULL, 0, 1);
		if (ioctl(iut->slave, FIONREAD, &unread) < 0)
			break;
		seen = seen || unread > 0;
	}
	exit(0);
}

/* What a report must not believe: markup, terminal escapes, NUL, bytes above 0x7F, and the ends of
 * CDATA, comments and scripts. */
static void hostile(struct iut *iut, const char *line)
{
	static const char version[] = "AT version:<script>alert(1)</script>]]>-->\"'&amp;\r\n"
				      "SDK version:\033[2J\033]0;owned\007\033[31m\r\n"
				      "compile time:\0\001\177\200\377\xed\xa0\x80\r\n\r\nOK\r\n";
	(void)line;
	put(iut, version, sizeof(version) - 1);
}

/* A board that breaks for good: it is silent from then on, also when it is started again. */
static void perish(struct iut *iut, const char *line)
{
	(void)line;
	int fd = iut->grave ? open(iut->grave, O_WRONLY | O_CREAT, 0600) : -1;
	if (fd >= 0)
		close(fd);
}

static bool is_dead(const struct iut *iut)
{
	return iut->grave && access(iut->grave, F_OK) == 0;
}

static void reboot(struct iut *iut, const char *line)
{
	(void)line;
	say(iut, "\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\xfe\x80\x1c\r\nready\r\n");
}

/* As a board with a loose wire: wrong now and then, and right when asked again. */
static void flaky(struct iut *iut, const char *line)
{
	if (iut->times-- > 0)
		say(iut, "\r\nERROR\r\n");
	else
		answer(iut, line);
}

/* What a slow line makes of a line that nothing asked for. */
static void halves(struct iut *iut, const char *line)
{
	(void)line;
	say(iut, "\r\nOK\r\nWIFI GO");
	poll(NULL, 0, 40);
	say(iut, "T IP\r\n");
}

static const struct mode modes[] = {
	{ "normal", true, answer, "AT, ATE, AT+RST, AT+GMR and AT+SYSRAM?" },
	{ "silent", false, ignore, "reads, never answers" },
	{ "loopback", false, NULL, "gives every byte back" },
	{ "yes", false, answer_ok, "OK to everything" },
	{ "babble", true, answer, "normal, and never quiet" },
	{ "stall", true, ignore, "no answer to the trigger" },
	{ "flood", true, flood, "--bytes N without a line end at the trigger" },
	{ "die", true, die, "ends in the middle of a line at the trigger" },
	{ "hostile", true, hostile, "markup, escapes and NULs at the trigger" },
	{ "flaky", true, flaky, "ERROR to the trigger, the first --times N times" },
	{ "perish", true, perish, "silent for good, also in a later life, as --grave FILE says" },
	{ "halves", true, halves, "half a line behind the answer to the trigger, then the rest" },
	{ "reboot", true, reboot, "restarts at the trigger instead of an answer" },
};
enum { MODE_COUNT = sizeof(modes) / sizeof(modes[0]) };

static void on_line(struct iut *iut, const char *line)
{
	bool triggered = iut->trigger && strcmp(line, iut->trigger) == 0 && iut->after-- <= 0;
	if (is_dead(iut))
		return;
	if (iut->delay_ms)
		poll(NULL, 0, (int)iut->delay_ms);
	if (iut->mode->normal && !triggered)
		answer(iut, line);
	else
		iut->mode->on_line(iut, line);
}

static void on_bytes(struct iut *iut, const char *bytes, size_t len)
{
	static char line[LINE_SIZE];
	static size_t used;
	if (!iut->mode->on_line || (iut->mode->normal && iut->echo && !is_dead(iut)))
		put(iut, bytes, len);
	for (size_t i = 0; iut->mode->on_line && i < len; i++) {
		if (bytes[i] == '\n') {
			used -= used > 0 && line[used - 1] == '\r';
			line[used] = '\0';
			on_line(iut, line);
			used = 0;
		} else if (used + 1 < sizeof(line)) {
			line[used++] = bytes[i];
		}
	}
}

static int serve(struct iut *iut)
{
	bool babbles = strcmp(iut->mode->name, "babble") == 0;
	char bytes[4096];
	for (;;) {
		struct pollfd p = { .fd = iut->in, .events = POLLIN };
		int ready = poll(&p, 1, babbles ? BABBLE_MS : -1);
		if (babbles)
			say(iut, "I (1234) wifi: state 3 -> 5\r\n");
		if (ready <= 0)
			continue;
		ssize_t n = read(iut->in, bytes, sizeof(bytes));
		if (n <= 0)
			return 0;
		on_bytes(iut, bytes, (size_t)n);
	}
}

static void make_raw(int fd)
{
	struct termios t;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
}

/* The slave stays open here, so that the port outlives the testers that open and close it. */
static int open_pty(struct iut *iut, const char *path)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || symlink(ptsname(master), path) < 0)
		return -1;
	make_raw(slave);
	printf("pty %s\n", ptsname(master));
	fflush(stdout);
	iut->in = iut->out = master;
	iut->slave = slave;
	return 0;
}

static int open_tcp(struct iut *iut)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 1) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	printf("tcp 127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	iut->in = iut->out = accept(fd, NULL, NULL);
	close(fd);
	return iut->in < 0 ? -1 : 0;
}

static int usage(void)
{
	fputs("usage: fake-iut [--pty PATH | --tcp] [--at COMMAND] [--bytes N] [--times N]\n"
	      "       [--after N] [--delay MS] [--version TEXT] [--grave FILE] MODE\n",
		stderr);
	for (size_t i = 0; i < MODE_COUNT; i++)
		fprintf(stderr, "  %-9s %s\n", modes[i].name, modes[i].text);
	return 2;
}

struct place {
	const char *pty;
	bool tcp;
};

static void take_word(struct iut *iut, const char *word)
{
	for (size_t i = 0; i < MODE_COUNT; i++) {
		if (strcmp(word, modes[i].name) == 0)
			iut->mode = &modes[i];
	}
}

static void take_options(struct iut *iut, struct place *place, char **word)
{
	for (; *word; word++) {
		const char *value = word[1];
		if (strcmp(*word, "--tcp") == 0)
			place->tcp = true;
		else if (strcmp(*word, "--pty") == 0 && value)
			place->pty = *++word;
		else if (strcmp(*word, "--at") == 0 && value)
			iut->trigger = *++word;
		else if (strcmp(*word, "--bytes") == 0 && value)
			iut->bytes = atoll(*++word);
		else if (strcmp(*word, "--times") == 0 && value)
			iut->times = atoll(*++word);
		else if (strcmp(*word, "--after") == 0 && value)
			iut->after = atoll(*++word);
		else if (strcmp(*word, "--delay") == 0 && value)
			iut->delay_ms = atoll(*++word);
		else if (strcmp(*word, "--version") == 0 && value)
			iut->version = *++word;
		else if (strcmp(*word, "--grave") == 0 && value)
			iut->grave = *++word;
		else
			take_word(iut, *word);
	}
}

int main(int argc, char **argv)
{
	struct iut iut = { .in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.slave = -1,
		.version = "1.0",
		.echo = true };
	struct place place = { 0 };
	(void)argc;
	take_options(&iut, &place, argv + 1);
	if (!iut.mode)
		return usage();
	if ((place.pty && open_pty(&iut, place.pty) < 0) || (place.tcp && open_tcp(&iut) < 0)) {
		perror("fake-iut");
		return 1;
	}
	if (!place.pty && !place.tcp)
		make_raw(STDIN_FILENO);
	return serve(&iut);
}
