/* SPDX-License-Identifier: MIT */
/* Line settings of a terminal device, any rate. In a file of its own: <asm/termbits.h> and
 * <termios.h> can't be included together. */
#ifndef RIG_UART_H
#define RIG_UART_H

#include "base/clock.h"
#include "rig/rig.h"

#include <stdbool.h>
#include <stdint.h>

/* Raw mode with these settings; HUPCL is cleared. 0 or -errno; -ENOTSUP: the port can't do them,
 * and has something else now. */
int uart_apply(int fd, const struct rig_uart *uart);
/* What the port has: the rate as its hardware makes it, flow 0 or 3. 0 or -errno. */
int uart_actual(int fd, struct rig_uart *uart);
/* Whether a rate is what clock division may make of the wanted one: it leaves the other side's
 * receiver room for its own error. */
bool uart_near_rate(int64_t actual, int64_t wanted);
/* Waits until what was written has left, without hanging on flow control. 0 or -ETIMEDOUT. */
int uart_drain(int fd, struct deadline deadline);
/* "115200,8,1,none,none" in a static buffer of the thread. */
const char *uart_text(const struct rig_uart *uart);

#endif
