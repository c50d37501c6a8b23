/* SPDX-License-Identifier: MIT */
/* serial:/dev/ttyUSB0?baud=115200, a real port through libserialport. The library leaves the lock,
 * close-on-exec, HUPCL and hardware flow control to do: see serial_open. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/busy.h"
#include "rig/link-kind.h"
#include "rig/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Splits PATH?baud=N. */
static int parse(const char *rest, struct buf *path, int64_t *baud, struct error *error)
{
	struct buf key AUTO_BUF = { 0 };
	struct buf value AUTO_BUF = { 0 };
	size_t len = strcspn(rest, "?");
	buf_append(path, rest, len);
	if (!len)
		return error_set(error, NULL, 0, 0,
			"serial: needs a port, as in serial:/dev/ttyUSB0?baud=115200");
	const char *query = rest + len + (rest[len] == '?');
	while (link_next_option(&query, &key, &value)) {
		if (strcmp(key.data, "baud") != 0)
			return error_set(error, NULL, 0, 0,
				"serial: has no option \"%s\", only baud", key.data);
		if (!text_integer(buf_text(&value), baud) || *baud <= 0 || *baud > 20000000)
			return error_set(
				error, NULL, 0, 0, "\"%s\" is no baud rate", buf_text(&value));
	}
	return 0;
}

static int serial_check(const char *rest, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	int64_t baud = 0;
	return parse(rest, &path, &baud, error);
}

/* The library refuses a PTY without saying why. */
static int refuse_other(const char *path, struct error *error)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return busy_explain(path, errno, error);
	if (!S_ISCHR(st.st_mode))
		return error_set(error, NULL, 0, 0,
			"%s is not a serial port: it is no character device", path);
	char *real AUTO_FREE = realpath(path, NULL);
	if (real && text_starts(real, "/dev/pts/"))
		return error_set(error, NULL, 0, 0, "%s is a PTY, not a serial port: use pty:%s",
			path, path);
	return busy_check(path, error);
}

static int claim(struct link *link, const char *path, int fd, struct error *error)
{
	if (busy_lock(fd, path, error) < 0)
		return -1;
	ioctl(fd, TIOCEXCL);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	/* Rate, format, CRTSCTS, and no HUPCL: nothing moves DTR and RTS from here on. */
	int failure = uart_apply(fd, &link->uart);
	if (failure)
		return error_set(error, NULL, 0, 0, "%s can't be set to %s: %s", path,
			uart_text(&link->uart), strerror(-failure));
	return 0;
}

static int serial_open(struct link *link, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	if (parse(link->rest, &path, &link->uart.baud, error) < 0 ||
		refuse_other(path.data, error) < 0)
		return -1;
	struct sp_port *port = NULL;
	if (sp_get_port_by_name(path.data, &port) != SP_OK)
		return error_set(error, NULL, 0, 0, "%s is not a serial port", path.data);
	errno = 0;
	int fd = -1;
	if (sp_open(port, SP_MODE_READ_WRITE) != SP_OK)
		busy_explain(path.data, errno ? errno : ENOTTY, error);
	else if (sp_get_port_handle(port, &fd) == SP_OK && claim(link, path.data, fd, error) == 0)
		link->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	/* The lock and the settings belong to the open file, which the duplicate keeps. */
	if (fd >= 0)
		close(fd);
	sp_free_port(port);
	return link->fd < 0 ? -1 : 0;
}

static void serial_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

const struct link_kind link_serial = { .scheme = "serial:",
	.form = "serial:/dev/ttyUSB0?baud=115200",
	.can = LINK_CAN_UART | LINK_CAN_UART_FORMAT | LINK_CAN_MODEM,
	.check = serial_check,
	.open = serial_open,
	.close = serial_close };
