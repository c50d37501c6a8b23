/* SPDX-License-Identifier: MIT */
/* virtual:?dialect=…&fault=…, the virtual module: started by the rig, on a PTY and with a control
 * socket in the run's private folder. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/child.h"
#include "rig/link-kind.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORDS_MAX = 64, STOP_MS = 1000, CONTROL_MS = 5000, READY_MS = 10000 };
/* Last numbers of the tester's addresses on a line. */
enum { TESTER = 2, TESTER_MORE = 7, TESTER_ELSEWHERE = 20 };

/* Options of the address and how the program spells them. */
static const struct {
	const char *key, *word;
	bool flag; /* pace=1 becomes --pace; pace=0 nothing */
} options[] = {
	{ "dialect", "--dialect", false },
	{ "fault", "--fault", false },
	{ "pace", "--pace", true },
	{ "images", "--images", false },
	{ "nvs", "--nvs", false },
	{ "air", "--air", false },
	{ "address", "--address", false },
	{ "boot-ms", "--boot-ms", false },
};
enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

struct words {
	const char *argv[WORDS_MAX + 1];
	size_t count;
	char *owned[WORDS_MAX];
	size_t owned_count;
	bool nvs, air;
};

static void words_finish(struct words *w)
{
	for (size_t i = 0; i < w->owned_count; i++)
		free(w->owned[i]);
}

static int words_add(struct words *w, const char *word, const char *value)
{
	if (w->count + 2 > WORDS_MAX)
		return -1;
	w->argv[w->count++] = word;
	if (value) {
		w->owned[w->owned_count] = strdup(value);
		w->argv[w->count++] = w->owned[w->owned_count++];
	}
	return 0;
}

static int add_option(struct words *w, const char *key, const char *value, struct error *error)
{
	size_t i = 0;
	while (i < OPTION_COUNT && strcmp(options[i].key, key) != 0)
		i++;
	if (i == OPTION_COUNT)
		return error_set(error, NULL, 0, 0,
			"virtual: has no option \"%s\": it knows dialect, fault, pace, images, "
			"nvs, "
			"air, address and boot-ms",
			key);
	w->nvs |= strcmp(key, "nvs") == 0;
	w->air |= strcmp(key, "air") == 0;
	if (options[i].flag && strcmp(value, "0") == 0)
		return 0;
	if (words_add(w, options[i].word, options[i].flag ? NULL : value) < 0)
		return error_set(error, NULL, 0, 0, "virtual: has too many options");
	return 0;
}

static int add_options(struct words *w, const char *rest, struct error *error)
{
	struct buf key AUTO_BUF = { 0 };
	struct buf value AUTO_BUF = { 0 };
	if (*rest && *rest != '?')
		return error_set(error, NULL, 0, 0,
			"virtual:%s: options follow a question mark, as in virtual:?dialect=field",
			rest);
	const char *query = *rest ? rest + 1 : rest;
	while (link_next_option(&query, &key, &value))
		if (add_option(w, key.data, buf_text(&value), error) < 0)
			return -1;
	return 0;
}

static int virtual_check(const char *rest, struct error *error)
{
	struct words w CLEANUP(words_finish) = { .count = 8 };
	return add_options(&w, rest, error);
}

static void place_path(const struct link *link, struct buf *path, const char *kind)
{
	buf_clear(path);
	buf_printf(path, "%s/iut%d.%s", link->place.dir, link->place.index, kind);
}

/* The part of the loopback network that is this run's, 1 to 250: the name of an abstract socket,
 * which lives in the same network namespace, says that it is taken. It is ours until the end. */
static int own_block(void)
{
	enum { BLOCKS = 250 };
	static int own;
	int fd = own ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; fd >= 0 && !own && i < BLOCKS; i++) {
		struct sockaddr_un name = { .sun_family = AF_UNIX };
		int block = 1 + (getpid() + i) % BLOCKS;
		int len = snprintf(
			name.sun_path + 1, sizeof(name.sun_path) - 1, "atconform-127.%d", block);
		if (bind(fd, (struct sockaddr *)&name,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					(size_t)len)) == 0)
			own = block;
	}
	if (!own)
		own = 1 + getpid() % BLOCKS;
	return own;
}

/* Each line has a part of the loopback network to itself, and so has each run: several may go on at
 * once. The module has number 1 in it, the tester 2 to 9; an address among the options says which
 * part, and which number the module has. */
static bool virtual_network(const char *rest, int index, struct link_network *out)
{
	struct words w CLEANUP(words_finish) = { 0 };
	struct error ignored = { 0 };
	if (add_options(&w, rest, &ignored) < 0)
		return false;
	snprintf(out->module, sizeof(out->module), "127.%d.%d.1", own_block(), 100 + index);
	for (size_t i = 0; i + 1 < w.count; i++)
		if (strcmp(w.argv[i], "--address") == 0)
			snprintf(out->module, sizeof(out->module), "%s", w.argv[i + 1]);
	const char *dot = strrchr(out->module, '.');
	if (!dot)
		return false;
	bool taken = atoi(dot + 1) >= TESTER && atoi(dot + 1) <= TESTER + TESTER_MORE;
	snprintf(out->host, sizeof(out->host), "%.*s.%d", (int)(dot - out->module), out->module,
		taken ? TESTER_ELSEWHERE : TESTER);
	snprintf(out->other, sizeof(out->other), "%.*s.%d", (int)(dot - out->module), out->module,
		(taken ? TESTER_ELSEWHERE : TESTER) + 1);
	out->more = TESTER_MORE;
	return true;
}

/* What the module is told of its network; an address among the options is there already. */
static void add_network(struct link *link, struct words *w)
{
	struct link_network network = { 0 };
	bool given = false;
	for (size_t i = 0; i < w->count; i++)
		given |= strcmp(w->argv[i], "--address") == 0;
	if (!virtual_network(link->rest, link->place.index, &network))
		return;
	if (!given)
		words_add(w, "--address", network.module);
	words_add(w, "--host", network.host);
	if (link->place.pki)
		words_add(w, "--pki", link->place.pki);
}

/* Everything that makes up the command line. */
static int build(struct link *link, struct words *w, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	if (!link->place.module_program)
		return error_set(error, NULL, 0, 0,
			"there is no program for virtual: (atmodule): set ATCONFORM_MODULE to its "
			"path");
	w->argv[w->count++] = link->place.module_program;
	place_path(link, &path, "pty");
	words_add(w, "--pty", path.data);
	place_path(link, &path, "ctl");
	words_add(w, "--control", path.data);
	if (add_options(w, link->rest, error) < 0)
		return -1;
	place_path(link, &path, "nvs");
	if (!w->nvs)
		words_add(w, "--nvs", path.data);
	if (!w->air && link->place.air)
		words_add(w, "--air", link->place.air);
	if (w->air || link->place.air)
		add_network(link, w);
	return 0;
}

/* The program did not start: its own words say best why. */
static int not_ready(const struct link *link, bool silent, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	char said[256] = "";
	link_log_path(link, &path);
	FILE *log AUTO_FILE = fopen(buf_text(&path), "re");
	if (log && !fgets(said, sizeof(said), log))
		said[0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return error_set(error, NULL, 0, 0, "%s: the virtual module %s%s%s", link->address,
		silent ? "did not say that it is ready" : "ended at its start",
		*said ? ": " : ", without a word", said);
}

/* Waits for the program's line `pty /dev/pts/N`. */
static int wait_ready(struct link *link, struct error *error)
{
	struct deadline deadline = deadline_in_ms(READY_MS);
	struct buf said AUTO_BUF = { 0 };
	while (!said.data || !strchr(said.data, '\n')) {
		struct pollfd wait[2] = { { .fd = link->out, .events = POLLIN },
			{ .fd = link->place.cancel_fd, .events = POLLIN } };
		int ready = poll(wait, 2, deadline_left_ms(deadline));
		char part[256];
		ssize_t n = ready > 0 && wait[0].revents ? read(link->out, part, sizeof(part)) : 0;
		if (n <= 0 || said.len > 4096)
			return not_ready(link, ready == 0, error);
		buf_append(&said, part, (size_t)n);
	}
	*strchr(said.data, '\n') = '\0';
	if (!text_starts(said.data, "pty /"))
		return error_set(error, NULL, 0, 0, "the virtual module said \"%s\" at its start",
			said.data);
	buf_clear(&link->name);
	buf_puts(&link->name, said.data + 4);
	return 0;
}

static int start(struct link *link, struct error *error)
{
	struct words w CLEANUP(words_finish) = { 0 };
	int log AUTO_FD = link_open_log(link);
	int pipes[2];
	if (build(link, &w, error) < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_set(error, NULL, 0, 0, "can't make a pipe: %s", strerror(errno));
	link->pid = child_start(&(struct child_start){
		.argv = w.argv, .in = -1, .out = pipes[1], .err = log, .session = true });
	close(pipes[1]);
	link->out = pipes[0];
	if (link->pid > 0)
		return 0;
	int failure = -link->pid;
	link->pid = 0;
	return error_set(error, NULL, 0, 0, "can't run the virtual module %s: %s", w.argv[0],
		strerror(failure));
}

static int virtual_open(struct link *link, struct error *error)
{
	if (start(link, error) < 0 || wait_ready(link, error) < 0)
		return -1;
	return link_open_tty(link, link->name.data, error);
}

static void virtual_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	if (link->out >= 0)
		close(link->out);
	link->out = -1;
	child_stop(link->pid, STOP_MS);
	if (link->pid)
		link_drop_log(link);
	link->pid = 0;
	/* A killed module leaves its names behind; its NVS file stays, as flash does. */
	static const char *const names[] = { "pty", "ctl" };
	struct buf path AUTO_BUF = { 0 };
	for (size_t i = 0; i < 2; i++) {
		place_path(link, &path, names[i]);
		unlink(path.data);
	}
}

static int exchange(
	int fd, const char *json, struct buf *answer, struct deadline deadline, int cancel_fd)
{
	struct buf line AUTO_BUF = { 0 };
	buf_printf(&line, "%s\n", json);
	if (send(fd, line.data, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		return -EIO;
	for (;;) {
		struct pollfd wait[2] = { { .fd = fd, .events = POLLIN },
			{ .fd = cancel_fd, .events = POLLIN } };
		int ready = poll(wait, 2, deadline_left_ms(deadline));
		if (ready <= 0 || !wait[0].revents)
			return ready == 0 ? -ETIMEDOUT : -ECANCELED;
		char part[4096];
		ssize_t n = read(fd, part, sizeof(part));
		if (n <= 0 || answer->len > 1 << 20)
			return -EPIPE;
		buf_append(answer, part, (size_t)n);
		char *end = memchr(answer->data, '\n', answer->len);
		if (!end)
			continue;
		answer->len = (size_t)(end - answer->data);
		*end = '\0';
		return 0;
	}
}

static int virtual_control(
	struct link *link, const char *json, struct buf *answer, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct deadline deadline = deadline_in_ms(CONTROL_MS);
	place_path(link, &path, "ctl");
	strncpy(address.sun_path, path.data, sizeof(address.sun_path) - 1);
	buf_clear(answer);
	int failure =
		link_connect(AF_UNIX, &address, sizeof(address), deadline, link->place.cancel_fd);
	if (failure >= 0) {
		int fd AUTO_FD = failure;
		failure = exchange(fd, json, answer, deadline, link->place.cancel_fd);
	}
	if (failure < 0)
		return error_set(error, NULL, 0, 0,
			"the virtual module's control port does not answer: %s",
			strerror(-failure));
	return 0;
}

static int virtual_power(struct link *link, struct error *error)
{
	struct buf answer AUTO_BUF = { 0 };
	return virtual_control(link, "{\"do\":\"power-cycle\"}", &answer, error);
}

const struct link_kind link_virtual = { .scheme = "virtual:",
	.form = "virtual:",
	.can = LINK_CAN_UART | LINK_CAN_POWER | LINK_CAN_CONTROL,
	.network = virtual_network,
	.check = virtual_check,
	.open = virtual_open,
	.close = virtual_close,
	.power = virtual_power,
	.control = virtual_control };
