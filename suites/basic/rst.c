/* SPDX-License-Identifier: MIT */
/* AT+RST: the restart itself, which a model can't say. */
#include "uart.h"

Test(rst, drops_a_line_setting_that_is_not_saved, REQ("RST-2"), TAGS("uart needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	at("AT", "OK");
	at("AT+RST", "OK");
	host_baud(bench_baud());
	wait_restart();
	ask("AT+UART_CUR?");
	check(near_rate(field_int("baudrate"), bench_baud()), "the rate is %s", field("baudrate"));
}

Test(rst, answers_before_it_restarts, REQ("RST-3"), TAGS("uart needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	at("AT+RST", "OK");
	host_baud(bench_baud());
	wait_restart();
}

Test(rst, answers_again_by_itself, REQ("RST-4"))
{
	restart();
	at("AT", "OK");
}
