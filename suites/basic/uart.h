/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases that change the line: 8 data bits, 1 stop bit, no parity, no flow
 * control at some rate, with the host following. */
#ifndef SUITES_BASIC_UART_H
#define SUITES_BASIC_UART_H

#include "at/at.h"

#include <stdio.h>

/* command: "AT+UART_CUR" or "AT+UART_DEF" */
static inline void change_rate(const char *command, int64_t baud)
{
	at(fmt("%s=%lld,8,1,0,0", command, (long long)baud), "OK");
	host_baud(baud);
}

/* A rate may differ by what clock division costs. */
static inline bool near_rate(int64_t actual, int64_t expected)
{
	int64_t off = actual > expected ? actual - expected : expected - actual;
	return off * 100 <= expected * 3;
}

/* The five settings as a command takes them. */
static inline void read_line(const char *query, char *out, size_t size)
{
	ask(query);
	snprintf(out, size, "%s,%s,%s,%s,%s", field("baudrate"), field("databits"),
		field("stopbits"), field("parity"), field("flow_control"));
}

#endif
