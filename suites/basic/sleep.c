/* SPDX-License-Identifier: MIT */
/* AT+SLEEP: that only the radio sleeps. */
#include "at/at.h"

Test(sleep, leaves_the_module_answering, REQ("SLEEP-10"), TAGS("issue:espressif/esp-at#429"))
{
	static const char *const modes[] = { "AT+SLEEP=1", "AT+SLEEP=0" };
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		at(modes[i], "OK");
		at("AT", "OK");
		ask("AT+SYSRAM?");
		at("AT", "OK");
	}
}
