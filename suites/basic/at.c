/* SPDX-License-Identifier: MIT */
/* AT: tells whether the module is up. */
#include "at/at.h"

Test(at, tells_that_other_commands_are_taken_after_a_restart, REQ("AT-2"))
{
	at("AT+RST", "OK");
	wait_restart();
	ask("AT+SYSRAM?");
}
