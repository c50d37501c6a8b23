/* SPDX-License-Identifier: MIT */
/* AT+SYSLSP: listed without a syntax, so that only its existence can be seen. The query form is
 * sent, which can't put the module to sleep; how it is answered does not matter. */
#include "at/at.h"

Test(syslsp, is_no_unknown_command, REQ("SYSLSP-1"))
{
	at("AT+SYSLOG=1", "OK");
	any("AT+SYSLSP?");
	bool unknown = said("ERR CODE:0x01090000");
	at("AT+SYSLOG=0", "OK");
	check(!unknown, "the answer holds the code of an unknown command");
}
