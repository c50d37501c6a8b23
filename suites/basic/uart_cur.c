/* SPDX-License-Identifier: MIT */
/* AT+UART_CUR: when the change happens, and that it is not saved. */
#include "uart.h"

#include <string.h>

Test(uart_cur, is_in_use_at_once, REQ("UART_CUR-24"),
	TAGS("uart needs:baudrate:9600 needs:baudrate:57600 needs:baudrate:460800"))
{
	static const int64_t rates[] = { 9600, 57600, 460800 };
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		change_rate("AT+UART_CUR", rates[i]);
		at("AT", "OK");
		change_rate("AT+UART_CUR", bench_baud());
		at("AT", "OK");
	}
}

Test(uart_cur, is_answered_at_the_old_rate, REQ("UART_CUR-25"), TAGS("uart needs:baudrate:9600"))
{
	at("AT+UART_CUR=9600,8,1,0,0", "OK");
	host_baud(9600);
	at("AT", "OK");
	at(fmt("AT+UART_CUR=%lld,8,1,0,0", (long long)bench_baud()), "OK");
	host_baud(bench_baud());
}

Test(uart_cur, leaves_nothing_that_answers_at_the_old_rate, REQ("UART_CUR-25"),
	TAGS("uart needs:baudrate:9600"))
{
	at("AT+UART_CUR=9600,8,1,0,0", "OK");
	tolerate(true, "the host stays at the old rate");
	raw("AT\r\n", 4);
	unanswered(200);
	host_baud(9600);
	resync();
	change_rate("AT+UART_CUR", bench_baud());
}

Test(uart_cur, leaves_the_saved_default_alone, REQ("UART_CUR-26"), TAGS("uart needs:baudrate:9600"))
{
	char before[96], after[96];
	read_line("AT+UART_DEF?", before, sizeof(before));
	change_rate("AT+UART_CUR", 9600);
	read_line("AT+UART_DEF?", after, sizeof(after));
	change_rate("AT+UART_CUR", bench_baud());
	check(strcmp(before, after) == 0, "before %s, after %s", before, after);
}
