/* SPDX-License-Identifier: MIT */
/* AT+SYSROLLBACK: the other firmware, and what happens when there is none. */
#include "uart.h"

#include <string.h>

static const char *version(void)
{
	ask("AT+GMR");
	return fmt("%s|%s|%s", field("at_version"), field("sdk_version"), field("compile_time"));
}

static void roll_back(void)
{
	at("AT+SYSROLLBACK", "OK");
	wait_restart();
}

Test(sysrollback, starts_the_other_firmware_and_the_first_one_again, REQ("SYSROLLBACK-2"),
	TAGS("nvs destructive needs:second_image"))
{
	const char *first = version();
	roll_back();
	const char *second = version();
	roll_back();
	const char *third = version();
	check(strcmp(first, third) == 0, "first %s, after two rollbacks %s", first, third);
	/* On a board both images may be the same build; those of the virtual module never are. */
	if (strcmp(first, second) == 0 && !has("control"))
		inconclusive("both images give the same version, %s", first);
	check(strcmp(first, second) != 0, "still %s", second);
}

Test(sysrollback, is_refused_without_another_firmware, REQ("SYSROLLBACK-3"),
	TAGS("destructive nvs needs:control"))
{
	control("{\"set\":{\"images\":1}}");
	at("AT+SYSTIMESTAMP=1565853509", "OK");
	any("AT+SYSROLLBACK");
	bool refused = said("ERROR");
	control("{\"set\":{\"images\":2}}");
	check(refused, "the command was not answered with ERROR");
	at("AT", "OK");
	ask("AT+SYSTIMESTAMP?");
	check(field_int("unix_timestamp") >= 1565853509, "the clock is back: it has restarted");
}

Test(sysrollback, answers_before_it_restarts, REQ("SYSROLLBACK-4"),
	TAGS("nvs destructive uart needs:second_image needs:baudrate:9600"))
{
	change_rate("AT+UART_CUR", 9600);
	at("AT+SYSROLLBACK", "OK");
	host_baud(bench_baud());
	wait_restart();
	roll_back();
}
