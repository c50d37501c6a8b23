/* SPDX-License-Identifier: MIT */
/* AT+RFPOWER: the optional group, and what the query may show. */
#include "at/at.h"

#include <stdio.h>
#include <string.h>

static void read_power(char *out, size_t size)
{
	ask("AT+RFPOWER?");
	snprintf(out, size, "%s,%s,%s,%s", field("wifi_power_in_use"), field("ble_adv_power"),
		field("ble_scan_power"), field("ble_conn_power"));
}

static void put_back(const char *before)
{
	at(fmt("AT+RFPOWER=%s", before), "OK");
}

Test(rfpower, takes_the_wifi_power_alone, REQ("RFPOWER-18"))
{
	char before[96];
	read_power(before, sizeof(before));
	at("AT+RFPOWER=60", "OK");
	put_back(before);
}

Test(rfpower, shows_no_more_than_was_set, REQ("RFPOWER-19"))
{
	static const int powers[] = { 40, 41, 55, 60, 78, 82 };
	char before[96];
	read_power(before, sizeof(before));
	for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		at(fmt("AT+RFPOWER=%d", powers[i]), "OK");
		ask("AT+RFPOWER?");
		int64_t shown = field_int("wifi_power_in_use");
		check(shown > 0 && shown <= powers[i], "after %d the query shows %lld", powers[i],
			(long long)shown);
	}
	put_back(before);
}

Test(rfpower, shows_the_ble_powers_that_were_set, REQ("RFPOWER-20"))
{
	char before[96];
	read_power(before, sizeof(before));
	at("AT+RFPOWER=78,2,3,4", "OK");
	at("AT+RFPOWER?", LIKE("+RFPOWER:<wifi_power_in_use>,2,3,4"), "OK");
	put_back(before);
}
