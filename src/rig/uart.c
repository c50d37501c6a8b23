/* SPDX-License-Identifier: MIT */
#include "rig/uart.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>

int ioctl(int fd, unsigned long request, ...); /* <sys/ioctl.h> clashes with termbits */

/* Rates with a name of their own use it: the other end of a PTY may only know those. */
static unsigned rate_bits(int64_t baud)
{
	static const struct {
		int64_t baud;
		unsigned bits;
	} named[] = { { 300, B300 }, { 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 },
		{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 },
		{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
		{ 1000000, B1000000 }, { 2000000, B2000000 } };
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].baud == baud)
			return named[i].bits;
	return BOTHER;
}

static unsigned format_bits(const struct rig_uart *uart)
{
	static const unsigned sizes[] = { CS5, CS6, CS7, CS8 };
	unsigned bits = CREAD | CLOCAL | rate_bits(uart->baud);
	bits |= uart->databits >= 5 && uart->databits <= 8 ? sizes[uart->databits - 5] : CS8;
	/* One and a half stop bits: what UARTs make of CSTOPB with five data bits. */
	if (uart->stopbits_x2 > 2)
		bits |= CSTOPB;
	if (uart->parity != 'n')
		bits |= PARENB;
	if (uart->parity == 'o')
		bits |= PARODD;
	if (uart->flow)
		bits |= CRTSCTS;
	return bits;
}

int uart_apply(int fd, const struct rig_uart *uart)
{
	struct termios2 t;
	if (ioctl(fd, TCGETS2, &t) < 0)
		return -errno;
	t.c_iflag = IGNPAR | IGNBRK;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = format_bits(uart);
	t.c_ispeed = (speed_t)uart->baud;
	t.c_ospeed = (speed_t)uart->baud;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return ioctl(fd, TCSETS2, &t) < 0 ? -errno : 0;
}

int uart_drain(int fd, struct deadline deadline)
{
	int queued = 0;
	while (ioctl(fd, TIOCOUTQ, &queued) == 0 && queued > 0) {
		if (deadline_passed(deadline))
			return -ETIMEDOUT;
		/* No event announces an empty queue; one tick is a few bytes at most rates. */
		poll(NULL, 0, 1);
	}
	return 0;
}

const char *uart_text(const struct rig_uart *uart)
{
	static _Thread_local char text[80];
	static const char *const flows[] = { "none", "rts", "cts", "both" };
	const char *parity = uart->parity == 'e' ? "even" : uart->parity == 'o' ? "odd" : "none";
	snprintf(text, sizeof(text), "%lld,%d,%s,%s,%s", (long long)uart->baud, uart->databits,
		uart->stopbits_x2 == 3   ? "1.5"
		: uart->stopbits_x2 == 4 ? "2"
					 : "1",
		parity, flows[uart->flow & 3]);
	return text;
}
