/* SPDX-License-Identifier: MIT */
/* The verbs that act on the bench: power, rate, control port, facilities, monitor. */
#include "at/at.h"

#include "at/exchange.h"
#include "at/leave.h"
#include "at/restart.h"

void at_wait_restart(const char *file, int line, int timeout_ms)
{
	if (!restart_wait(&at_session, timeout_ms ? timeout_ms : at_session.grant.restart_ms))
		at_leave(file, line);
}

void at_resync(const char *file, int line)
{
	if (!restart_resync(&at_session, at_session.grant.restart_ms))
		at_leave(file, line);
}

void at_restart(const char *file, int line)
{
	at_exchange(file, line, (const char *const[]){ "AT+RST", "OK", NULL });
	at_wait_restart(file, line, 0);
}

void at_power_cycle(const char *file, int line)
{
	struct session *s = &at_session;
	at_needs(file, line, "power");
	if (!restart_tolerate(s, true, "power cycle") ||
		!session_ask(s, CHANNEL_RESET, "{\"how\":\"power\"}") ||
		!restart_wait(s, s->grant.restart_ms))
		at_leave(file, line);
}

void at_host_baud(const char *file, int line, int64_t baud)
{
	struct grant_uart uart = at_session.uart;
	uart.baud = baud;
	if (!session_set_uart(&at_session, &uart))
		at_leave(file, line);
}

int64_t bench_baud(void)
{
	return at_session.grant.uart.baud;
}

bool bench_echo(void)
{
	return at_session.grant.echo;
}

int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

void at_control(const char *file, int line, const char *json)
{
	at_needs(file, line, "control");
	if (!session_ask(&at_session, CHANNEL_CONTROL, json))
		at_leave(file, line);
}

bool has(const char *facility)
{
	return grant_has(&at_session.grant, facility);
}

void at_needs(const char *file, int line, const char *facility)
{
	if (has(facility))
		return;
	session_end(&at_session, "unequipped", "this bench has no \"%s\"", facility);
	at_leave(file, line);
}

void at_tolerate(const char *file, int line, bool on, const char *why)
{
	if (!restart_tolerate(&at_session, on, why))
		at_leave(file, line);
}
