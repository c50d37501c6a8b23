/* SPDX-License-Identifier: MIT */
/* The kinds of links, chosen by the address, and what they have in common. */
#include "rig/link.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/busy.h"
#include "rig/link-kind.h"
#include "rig/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MS = 2000 };

static const struct link_kind *const kinds[] = { &link_virtual, &link_serial, &link_pty, &link_exec,
	&link_tcp, &link_rfc2217, &link_replay };
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static const struct link_kind *find_kind(const char *address, struct error *error)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (text_starts(address, kinds[i]->scheme))
			return kinds[i];
	struct buf forms AUTO_BUF = { 0 };
	for (size_t i = 0; i < KIND_COUNT; i++)
		buf_printf(&forms, "%s%s", i ? ", " : "", kinds[i]->form);
	error_set(error, NULL, 0, 0, "\"%s\" is no address of an IUT: use one of %s", address,
		forms.data);
	return NULL;
}

int link_check(const char *address, struct error *error)
{
	const struct link_kind *kind = find_kind(address, error);
	if (!kind)
		return -1;
	return kind->check ? kind->check(address + strlen(kind->scheme), error) : 0;
}

unsigned link_could(const char *address)
{
	struct error ignored = { 0 };
	const struct link_kind *kind = find_kind(address, &ignored);
	return kind ? kind->can : 0;
}

bool link_network(const char *address, int index, struct link_network *out)
{
	struct error ignored = { 0 };
	const struct link_kind *kind = find_kind(address, &ignored);
	*out = (struct link_network){ 0 };
	out->own =
		kind && kind->network && kind->network(address + strlen(kind->scheme), index, out);
	return out->own;
}

struct link *link_open(const char *address, const struct link_place *place, struct error *error)
{
	if (link_check(address, error) < 0)
		return NULL;
	struct link *link = calloc(1, sizeof(*link));
	if (!link)
		abort();
	link->kind = find_kind(address, error);
	link->address = strdup(address);
	link->rest = link->address + strlen(link->kind->scheme);
	link->place = *place;
	link->uart = place->uart;
	link->fd = -1;
	link->out = -1;
	if (link->kind->open(link, error) < 0) {
		link_close(link);
		return NULL;
	}
	return link;
}

int link_reopen(struct link *link, struct error *error)
{
	link->kind->close(link);
	return link->kind->open(link, error);
}

void link_close(struct link *link)
{
	if (!link)
		return;
	link->kind->close(link);
	buf_finish(&link->name);
	free(link->adapter);
	free(link->address);
	free(link);
}

int link_fd(const struct link *link)
{
	return link->fd;
}

unsigned link_can(const struct link *link)
{
	return link->kind->can;
}

const char *link_address(const struct link *link)
{
	return link->address;
}

const char *link_port(const struct link *link)
{
	return buf_text(&link->name);
}

const struct rig_uart *link_uart(const struct link *link)
{
	return &link->uart;
}

static ssize_t moved(ssize_t n)
{
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A PTY whose other end is closed gives EIO, a socket 0 or ECONNRESET, USB ENXIO. */
	return -EPIPE;
}

ssize_t link_read(struct link *link, void *bytes, size_t size)
{
	if (link->fd < 0)
		return -EPIPE;
	if (link->kind->read)
		return link->kind->read(link, bytes, size);
	return moved(read(link->fd, bytes, size));
}

ssize_t link_write(struct link *link, const void *bytes, size_t len)
{
	if (link->fd < 0)
		return -EPIPE;
	if (len == 0)
		return 0;
	if (link->kind->write)
		return link->kind->write(link, bytes, len);
	if (link->socket)
		return moved(send(link->fd, bytes, len, MSG_NOSIGNAL));
	return moved(write(link->fd, bytes, len));
}

/* A terminal's rate and format. */
static int set_tty(struct link *link, const struct rig_uart *uart)
{
	struct rig_uart set = *uart;
	if (!(link->kind->can & LINK_CAN_UART_FORMAT)) {
		set.databits = 8;
		set.parity = 'n';
	}
	uart_drain(link->fd, deadline_in_ms(DRAIN_MS));
	int failure = uart_apply(link->fd, &set);
	struct rig_uart actual;
	if (failure == -ENOTSUP && uart_actual(link->fd, &actual) == 0) {
		snprintf(link->why, sizeof(link->why), "it makes %s of it", uart_text(&actual));
		/* The line is as it was, for whoever looks for the module now. */
		uart_apply(link->fd, &link->uart);
	}
	return failure;
}

int link_set_uart(struct link *link, const struct rig_uart *uart)
{
	link->why[0] = '\0';
	if (link->kind->can & LINK_CAN_UART) {
		if (link->fd < 0)
			return -EPIPE;
		int failure = link->kind->set_uart ? link->kind->set_uart(link, uart)
						   : set_tty(link, uart);
		if (failure)
			return failure;
	}
	link->uart = *uart;
	return 0;
}

int link_modem(struct link *link, int dtr, int rts)
{
	link->why[0] = '\0';
	if (!link->kind->modem)
		return -ENOTSUP;
	return link->fd < 0 ? -EPIPE : link->kind->modem(link, dtr, rts);
}

int link_break(struct link *link, bool on)
{
	link->why[0] = '\0';
	if (!link->kind->send_break)
		return -ENOTSUP;
	return link->fd < 0 ? -EPIPE : link->kind->send_break(link, on);
}

const char *link_why(const struct link *link, int failure)
{
	return link->why[0] ? link->why : strerror(-failure);
}

int link_power(struct link *link, struct error *error)
{
	if (!link->kind->power)
		return error_set(
			error, NULL, 0, 0, "%s has no power switch of its own", link->address);
	return link->kind->power(link, error);
}

int link_control(struct link *link, const char *json, struct buf *answer, struct error *error)
{
	if (!link->kind->control)
		return error_set(error, NULL, 0, 0, "%s has no control port", link->address);
	return link->kind->control(link, json, answer, error);
}

struct recorded_start link_begin_case(struct link *link, const char *case_id)
{
	if (!link->kind->stage)
		return (struct recorded_start){ 0 };
	return link->kind->stage->begin(link, case_id);
}

void link_end_case(struct link *link)
{
	if (link->kind->stage)
		link->kind->stage->end(link);
}

void link_leave_case(struct link *link)
{
	if (link->kind->stage)
		link->kind->stage->leave(link);
}

bool link_departed(struct link *link, char *why, size_t size)
{
	return link->kind->stage && link->kind->stage->departed(link, why, size);
}

static int refuse_settings(
	int fd, const char *path, const struct rig_uart *wanted, int failure, struct error *error)
{
	char asked[80];
	struct rig_uart actual;
	snprintf(asked, sizeof(asked), "%s", uart_text(wanted));
	if (failure == -ENOTSUP && uart_actual(fd, &actual) == 0)
		return error_set(error, NULL, 0, 0,
			"%s can't be set to %s, it makes %s of it: name a rate that the adapter "
			"has, as in ?baud=115200",
			path, asked, uart_text(&actual));
	return error_set(
		error, NULL, 0, 0, "%s can't be set to %s: %s", path, asked, strerror(-failure));
}

int link_open_tty(struct link *link, const char *path, struct error *error)
{
	if (busy_check(path, error) < 0)
		return -1;
	int fd AUTO_FD = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return busy_explain(path, errno, error);
	if (!isatty(fd) && errno == EIO)
		return error_set(error, NULL, 0, 0,
			"%s has no UART behind it: name another port, with --iut or in the bench "
			"file",
			path);
	if (!isatty(fd))
		return error_set(error, NULL, 0, 0,
			"%s is not a terminal device: for a program use exec:, for a network "
			"bridge tcp:",
			path);
	if (busy_lock(fd, path, error) < 0)
		return -1;
	ioctl(fd, TIOCEXCL);
	int failure = uart_apply(fd, &link->uart);
	if (failure)
		return refuse_settings(fd, path, &link->uart, failure, error);
	link->fd = take_fd(fd);
	return 0;
}

void link_log_path(const struct link *link, struct buf *path)
{
	buf_printf(path, "%s/iut-%d.log", link->place.run_dir ? link->place.run_dir : ".",
		link->place.index);
}

int link_open_log(const struct link *link)
{
	struct buf path AUTO_BUF = { 0 };
	link_log_path(link, &path);
	return open(path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void link_drop_log(const struct link *link)
{
	struct buf path AUTO_BUF = { 0 };
	link_log_path(link, &path);
	int fd AUTO_FD = open(path.data, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && lseek(fd, 0, SEEK_END) == 0)
		unlink(path.data);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 &&
			hex_digit(text[i + 2]) >= 0) {
			buf_putc(out, (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
			i += 2;
		} else {
			buf_putc(out, text[i]);
		}
	}
}

bool link_next_option(const char **query, struct buf *key, struct buf *value)
{
	buf_clear(key);
	buf_clear(value);
	while (**query == '&')
		(*query)++;
	if (!**query)
		return false;
	size_t len = strcspn(*query, "&");
	size_t name = strcspn(*query, "=&");
	unescape(key, *query, name);
	if (name < len)
		unescape(value, *query + name + 1, len - name - 1);
	*query += len;
	return true;
}

int link_connect(
	int domain, const void *address, unsigned size, struct deadline deadline, int cancel_fd)
{
	int fd AUTO_FD = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, address, size) == 0)
		return take_fd(fd);
	if (errno != EINPROGRESS)
		return -errno;
	struct pollfd wait[2] = { { .fd = fd, .events = POLLOUT },
		{ .fd = cancel_fd, .events = POLLIN } };
	int ready = poll(wait, 2, deadline_left_ms(deadline));
	if (ready <= 0 || !wait[0].revents)
		return ready == 0 ? -ETIMEDOUT : -ECANCELED;
	int failure = 0;
	socklen_t len = sizeof(failure);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len);
	return failure ? -failure : take_fd(fd);
}
