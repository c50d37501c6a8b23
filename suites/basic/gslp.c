/* SPDX-License-Identifier: MIT */
/* AT+GSLP: the sleep itself, measured from the OK. */
#include "uart.h"

Test(gslp, repeats_the_time_that_was_given, REQ("GSLP-2"), TAGS("needs:wakeup"))
{
	at("AT+GSLP=300", "300", "OK");
	wait_restart();
}

Test(gslp, answers_nothing_while_asleep, REQ("GSLP-3"), TAGS("needs:wakeup"))
{
	ask("AT+GSLP=1000");
	silence(200);
	tolerate(true, "a command to a module that sleeps");
	raw("AT\r\n", 4);
	silence(500);
	wait_restart();
}

/* The clock that runs in deep sleep may be off by a tenth, and waking up is a restart: it may take
 * what one takes on this module, and as long again. */
Test(gslp, wakes_when_the_time_has_passed_and_not_earlier, REQ("GSLP-4"), TAGS("needs:wakeup"))
{
	int64_t start = clock_ms();
	restart();
	int64_t boot = clock_ms() - start;
	ask("AT+GSLP=700");
	start = clock_ms();
	silence(700 - 70);
	wait_restart();
	int64_t asleep = clock_ms() - start;
	check(asleep <= 700 + 70 + 2 * boot + 250,
		"it answered after %lld ms; a restart takes %lld", (long long)asleep,
		(long long)boot);
}

Test(gslp, wakes_by_a_restart, REQ("GSLP-5"), TAGS("uart needs:wakeup needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	ask("AT+GSLP=300");
	host_baud(bench_baud());
	wait_restart();
	ask("AT+UART_CUR?");
	check(near_rate(field_int("baudrate"), bench_baud()), "the rate is %s", field("baudrate"));
}
