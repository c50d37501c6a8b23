/* SPDX-License-Identifier: MIT */
/* AT+SYSRAM: that the number can be one. */
#include "at/at.h"

#include <string.h>

Test(sysram, shows_a_plausible_number_of_bytes, REQ("SYSRAM-2"))
{
	ask("AT+SYSRAM?");
	const char *size = field("remaining_ram_size");
	check(strspn(size, "0123456789") == strlen(size), "\"%s\" holds more than digits", size);
	int64_t bytes = field_int("remaining_ram_size");
	check(bytes > 0 && bytes <= UINT32_MAX, "%s bytes", size);
}
