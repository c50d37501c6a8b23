/* SPDX-License-Identifier: MIT */
#include "rig/uart.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <linux/serial.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>

int ioctl(int fd, unsigned long request, ...); /* <sys/ioctl.h> clashes with termbits */

/* The largest FIFO of usual adapters, and the longest character. */
enum { FIFO_BYTES = 256, CHAR_BITS = 12, FIFO_MARGIN_MS = 20 };

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

bool uart_near_rate(int64_t actual, int64_t wanted)
{
	int64_t off = actual > wanted ? actual - wanted : wanted - actual;
	return off * 100 <= wanted * 3;
}

/* The old UARTs divide one clock, and their driver tells the rate that was asked for. */
static int64_t divided_rate(int fd, int64_t baud)
{
	struct serial_struct port = { 0 };
	if (ioctl(fd, TIOCGSERIAL, &port) < 0 || port.type < PORT_8250 || port.type > PORT_16550A ||
		port.baud_base <= 0 || baud <= 0)
		return baud;
	int64_t divisor = (port.baud_base + baud / 2) / baud;
	return port.baud_base / (divisor > 0 ? divisor : 1);
}

int uart_actual(int fd, struct rig_uart *uart)
{
	struct termios2 t;
	if (ioctl(fd, TCGETS2, &t) < 0)
		return -errno;
	uart->baud = divided_rate(fd, t.c_ospeed);
	uart->databits = (t.c_cflag & CSIZE) == CS5   ? 5
			 : (t.c_cflag & CSIZE) == CS6 ? 6
			 : (t.c_cflag & CSIZE) == CS7 ? 7
						      : 8;
	uart->stopbits_x2 = t.c_cflag & CSTOPB ? 4 : 2;
	uart->parity = !(t.c_cflag & PARENB) ? 'n' : t.c_cflag & PARODD ? 'o' : 'e';
	uart->flow = t.c_cflag & CRTSCTS ? 3 : 0;
	return 0;
}

/* A driver takes what its hardware can't do for something near it, without an error. A PTY has no
 * format that anybody could miss. */
static bool was_done(int fd, const struct rig_uart *uart)
{
	int lines;
	struct rig_uart actual;
	if (uart_actual(fd, &actual) < 0 || !uart_near_rate(actual.baud, uart->baud))
		return false;
	if (ioctl(fd, TIOCMGET, &lines) < 0)
		return true;
	return actual.databits == uart->databits && actual.parity == uart->parity &&
	       (actual.stopbits_x2 > 2) == (uart->stopbits_x2 > 2) && !actual.flow == !uart->flow;
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
	if (ioctl(fd, TCSETS2, &t) < 0)
		return -errno;
	return was_done(fd, uart) ? 0 : -ENOTSUP;
}

static bool queue_left(int fd)
{
	int queued = 0;
	return ioctl(fd, TIOCOUTQ, &queued) < 0 || queued <= 0;
}

/* What the UART itself still has, where that can be told. */
static bool fifo_left(int fd)
{
	unsigned state = 0;
	return ioctl(fd, TIOCSERGETLSR, &state) < 0 || state & TIOCSER_TEMT;
}

/* Not every adapter tells that it is empty: for longer than a FIFO takes nobody waits. */
static struct deadline fifo_deadline(int fd, struct deadline deadline)
{
	struct rig_uart uart;
	if (uart_actual(fd, &uart) < 0 || uart.baud <= 0)
		return deadline;
	int64_t fifo_ms = FIFO_MARGIN_MS + FIFO_BYTES * CHAR_BITS * 1000 / uart.baud;
	int left = deadline_left_ms(deadline);
	return fifo_ms < left ? deadline_in_ms((int)fifo_ms) : deadline;
}

int uart_drain(int fd, struct deadline deadline)
{
	/* No event announces an empty queue; one tick is a few bytes at most rates. */
	for (; !queue_left(fd); poll(NULL, 0, 1))
		if (deadline_passed(deadline))
			return -ETIMEDOUT;
	if (fifo_left(fd))
		return 0;
	for (deadline = fifo_deadline(fd, deadline); !fifo_left(fd); poll(NULL, 0, 1))
		if (deadline_passed(deadline))
			return -ETIMEDOUT;
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
