/* SPDX-License-Identifier: MIT */
/* serial:/dev/ttyUSB0?baud=115200, a real port. It is opened here and not by libserialport, which
 * sets the port and moves its lines before anybody can lock it. An adapter that was pulled and is
 * put back is found again by what it is, whatever its port is called then. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/adapter.h"
#include "rig/busy.h"
#include "rig/link-kind.h"
#include "rig/uart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { CLOSE_MS = 500 };

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

/* Where the adapter is that the line was opened on. */
static int find_again(const struct link *link, struct buf *path, struct error *error)
{
	char found[sizeof(link->adapter->path)], id[160];
	int failure = adapter_find(link->adapter, found, sizeof(found));
	if (failure == 0) {
		buf_clear(path);
		buf_puts(path, found);
		return 0;
	}
	adapter_id(link->adapter, id, sizeof(id));
	struct buf shown AUTO_BUF = { 0 };
	text_visible(&shown, id, strlen(id));
	return error_set(error, NULL, 0, 0,
		failure == -ENOTUNIQ ? "several adapters %s are there now, and none of them where "
				       "that of %s was: put it back into its place"
				     : "the adapter %s of %s is not plugged in",
		shown.data, path->data);
}

static int serial_open(struct link *link, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	int64_t baud = link->uart.baud;
	if (parse(link->rest, &path, &baud, error) < 0)
		return -1;
	bool known = link->adapter && link->adapter->vid >= 0;
	if ((known && find_again(link, &path, error) < 0) ||
		busy_check_serial(path.data, error) < 0)
		return -1;
	link->uart.baud = baud;
	if (link_open_tty(link, path.data, error) < 0)
		return -1;
	buf_clear(&link->name);
	buf_puts(&link->name, path.data);
	if (!link->adapter && (link->adapter = calloc(1, sizeof(*link->adapter))))
		adapter_of(path.data, link->adapter);
	return 0;
}

static int serial_modem(struct link *link, int dtr, int rts)
{
	int lines = 0;
	if (ioctl(link->fd, TIOCMGET, &lines) < 0)
		return errno == EINVAL || errno == ENOTTY ? -ENOTSUP : -errno;
	if (dtr >= 0)
		lines = dtr ? lines | TIOCM_DTR : lines & ~TIOCM_DTR;
	if (rts >= 0)
		lines = rts ? lines | TIOCM_RTS : lines & ~TIOCM_RTS;
	/* Both at once: a moment with one of them alone is a reset, or the boot loader. */
	return ioctl(link->fd, TIOCMSET, &lines) < 0 ? -errno : 0;
}

/* What the module does not let go by flow control would keep the kernel waiting for half a minute.
 */
static void serial_close(struct link *link)
{
	if (link->fd >= 0) {
		uart_drain(link->fd, deadline_in_ms(CLOSE_MS));
		tcflush(link->fd, TCOFLUSH);
		close(link->fd);
	}
	link->fd = -1;
}

const struct link_kind link_serial = { .scheme = "serial:",
	.form = "serial:/dev/ttyUSB0?baud=115200",
	.can = LINK_CAN_UART | LINK_CAN_UART_FORMAT | LINK_CAN_MODEM,
	.check = serial_check,
	.open = serial_open,
	.close = serial_close,
	.modem = serial_modem };
