/* SPDX-License-Identifier: MIT */
/* Line settings of a terminal device, any rate. In a file of its own: <asm/termbits.h> and
 * <termios.h> can't be included together. */
#ifndef RIG_UART_H
#define RIG_UART_H

#include "base/clock.h"
#include "rig/rig.h"

/* Raw mode with these settings; HUPCL is cleared. 0 or -errno; -ENOTSUP: the port can't do them,
 * and has something else now. */
int uart_apply(int fd, const struct rig_uart *uart);
/* What the port has: the rate as its hardware makes it, flow 0 or 3. 0 or -errno. */
int uart_actual(int fd, struct rig_uart *uart);
/* Waits until what was written has left, without hanging on flow control. 0 or -ETIMEDOUT. */
int uart_drain(int fd, struct deadline deadline);
/* "115200,8,1,none,none" in a static buffer of the thread. */
const char *uart_text(const struct rig_uart *uart);

#endif
