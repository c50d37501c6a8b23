/* SPDX-License-Identifier: MIT */
/* AT+SYSMSG: that it outlives the power. */
#include "at/at.h"

Test(sysmsg, outlives_the_power, REQ("SYSMSG-12"), TAGS("nvs needs:power"))
{
	ask("AT+SYSMSG?");
	int64_t before = field_int("state"), other = before == 1 ? 2 : 1;
	at(fmt("AT+SYSMSG=%lld", (long long)other), "OK");
	power_cycle();
	at("AT+SYSMSG?", fmt("+SYSMSG:%lld", (long long)other), "OK");
	at(fmt("AT+SYSMSG=%lld", (long long)before), "OK");
}
