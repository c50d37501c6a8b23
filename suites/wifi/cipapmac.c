/* SPDX-License-Identifier: MIT */
/* AT+CIPAPMAC: what is no MAC address, and the other interface. */
#include "wifi.h"

static char found[18], other[18];

static void read_mac(const char *query, char mac[18])
{
	ask(query);
	snprintf(mac, 18, "%s", field("mac"));
}

static void enter_both(void)
{
	enter_mode(3);
	read_mac("AT+CIPAPMAC?", found);
	read_mac("AT+CIPSTAMAC?", other);
}

static void leave_both(void)
{
	given(fmt("AT+CIPAPMAC=\"%s\"", found));
	leave_mode();
}

Test(cipapmac, outlives_the_power, REQ("CIPAPMAC-12"), TAGS("destructive nvs needs:power"))
{
	char now[18];
	enter_both();
	at("AT+CIPAPMAC=\"06:11:22:33:44:66\"", "OK");
	power_cycle();
	read_mac("AT+CIPAPMAC?", now);
	check(strcasecmp(now, "06:11:22:33:44:66") == 0, "it is %s", now);
	leave_both();
}

Test(cipapmac, is_six_pairs_of_digits, REQ("CIPAPMAC-13"), TAGS("destructive nvs"))
{
	static const char *const wrong[] = { "18:fe:35:98:d3", "18:fe:35:98:d3:7b:00",
		"18:fe:35:98:d3:7g", "18fe3598d37b", "18:fe:35:98:d3:", "" };
	char now[18];
	enter_both();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		at(fmt("AT+CIPAPMAC=\"%s\"", wrong[i]), "ERROR");
		read_mac("AT+CIPAPMAC?", now);
		check(strcasecmp(now, found) == 0, "after \"%s\" it is %s", wrong[i], now);
	}
	leave_both();
}

Test(cipapmac, differs_from_the_other_from_the_factory, REQ("CIPAPMAC-14"), TAGS("nvs destructive"))
{
	enter_mode(3);
	given("AT+RESTORE");
	wait_restart();
	enter_both();
	check(strcasecmp(found, other) != 0, "both are %s", found);
	leave_mode();
}

Test(cipapmac, leaves_the_other_alone, REQ("CIPAPMAC-15"), TAGS("destructive nvs"))
{
	char now[18];
	enter_both();
	at("AT+CIPAPMAC=\"06:11:22:33:44:66\"", "OK");
	read_mac("AT+CIPSTAMAC?", now);
	check(strcasecmp(now, other) == 0, "the station's was %s and is %s", other, now);
	leave_both();
}
