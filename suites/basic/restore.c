/* SPDX-License-Identifier: MIT */
/* AT+RESTORE: what the restart and the factory values are like, with something changed before. */
#include "uart.h"

#include <string.h>

/* Restores; the module comes back at its factory rate, which is the bench's. */
static void restore_factory(void)
{
	at("AT+RESTORE", "OK");
	host_baud(bench_baud());
	wait_restart();
}

/* Everything of the basic family that is saved. */
static const char *saved_settings(void)
{
	char line[96];
	read_line("AT+UART_DEF?", line, sizeof(line));
	ask("AT+SYSMSG?");
	return fmt("UART_DEF %s SYSMSG %s", line, field("state"));
}

Test(restore, drops_a_line_setting_that_is_not_saved, REQ("RESTORE-2"),
	TAGS("destructive nvs uart needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	restore_factory();
	ask("AT+UART_CUR?");
	check(near_rate(field_int("baudrate"), bench_baud()), "the rate is %s", field("baudrate"));
}

Test(restore, brings_all_saved_settings_back_together, REQ("RESTORE-3"),
	TAGS("destructive nvs uart needs:baudrate:9600"))
{
	restore_factory();
	const char *factory = saved_settings();
	at("AT+SYSMSG=3", "OK");
	change_rate("AT+UART_DEF", 9600);
	restore_factory();
	const char *now = saved_settings();
	check(strcmp(now, factory) == 0, "first %s, now %s", factory, now);
}

Test(restore, brings_the_factory_rate_back, REQ("RESTORE-4"),
	TAGS("destructive nvs uart needs:baudrate:9600"))
{
	change_rate("AT+UART_DEF", 9600);
	restore_factory();
	ask("AT+UART_DEF?");
	check(near_rate(field_int("baudrate"), bench_baud()), "the rate is %s", field("baudrate"));
}

Test(restore, answers_before_it_restarts, REQ("RESTORE-5"),
	TAGS("destructive nvs uart needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	at("AT+RESTORE", "OK");
	host_baud(bench_baud());
	wait_restart();
}

Test(restore, answers_again_by_itself, REQ("RESTORE-6"), TAGS("destructive nvs"))
{
	at("AT+RESTORE", "OK");
	wait_restart();
	at("AT", "OK");
}

Test(restore, brings_the_same_values_whatever_was_changed, REQ("RESTORE-7"),
	TAGS("destructive nvs uart needs:baudrate:9600 needs:baudrate:57600"))
{
	at("AT+SYSMSG=1", "OK");
	change_rate("AT+UART_DEF", 9600);
	restore_factory();
	const char *first = saved_settings();
	at("AT+SYSMSG=2", "OK");
	change_rate("AT+UART_DEF", 57600);
	restore_factory();
	const char *second = saved_settings();
	check(strcmp(first, second) == 0, "first %s, then %s", first, second);
}
