/* SPDX-License-Identifier: MIT */
/* AT+UART_DEF: when the change happens, and that it outlives the power. */
#include "uart.h"

#include <string.h>

/* What was saved when the case began goes back, and the host follows. */
static void put_back(const char *before)
{
	at(fmt("AT+UART_DEF=%s", before), "OK");
	host_baud(bench_baud());
	at("AT", "OK");
}

Test(uart_def, is_in_use_at_once, REQ("UART_DEF-24"),
	TAGS("destructive uart nvs needs:baudrate:9600 needs:baudrate:57600"))
{
	static const int64_t rates[] = { 9600, 57600 };
	char before[96];
	read_line("AT+UART_DEF?", before, sizeof(before));
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		change_rate("AT+UART_DEF", rates[i]);
		at("AT", "OK");
	}
	put_back(before);
}

Test(uart_def, is_answered_at_the_old_rate, REQ("UART_DEF-25"),
	TAGS("destructive uart nvs needs:baudrate:9600"))
{
	char before[96];
	read_line("AT+UART_DEF?", before, sizeof(before));
	at("AT+UART_DEF=9600,8,1,0,0", "OK");
	host_baud(9600);
	at("AT", "OK");
	put_back(before);
}

Test(uart_def, outlives_the_power, REQ("UART_DEF-27"),
	TAGS("destructive uart nvs needs:power needs:baudrate:9600"))
{
	char before[96];
	read_line("AT+UART_DEF?", before, sizeof(before));
	change_rate("AT+UART_DEF", 9600);
	power_cycle();
	at("AT+UART_DEF?", "+UART_DEF:9600,8,1,0,0", "OK");
	put_back(before);
}

/* Two stop bits: a module that takes over the rate alone would show one. */
Test(uart_def, is_followed_by_the_current_configuration, REQ("UART_DEF-30"),
	TAGS("destructive uart nvs needs:baudrate:9600 needs:stopbits:3"))
{
	char before[96];
	read_line("AT+UART_DEF?", before, sizeof(before));
	at("AT+UART_DEF=9600,8,3,0,0", "OK");
	host_baud(9600);
	at("AT+UART_CUR?", LIKE("+UART_CUR:<baudrate>,8,3,0,0"), "OK");
	int64_t rate = field_int("baudrate");
	check(near_rate(rate, 9600), "the rate is %lld", (long long)rate);
	put_back(before);
}
