/* SPDX-License-Identifier: MIT */
/* AT+CIPSTAMAC: what is no MAC address, and the other interface. */
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
	read_mac("AT+CIPSTAMAC?", found);
	read_mac("AT+CIPAPMAC?", other);
}

static void leave_both(void)
{
	given(fmt("AT+CIPSTAMAC=\"%s\"", found));
	leave_mode();
}

Test(cipstamac, outlives_the_power, REQ("CIPSTAMAC-12"), TAGS("destructive nvs needs:power"))
{
	char now[18];
	enter_both();
	at("AT+CIPSTAMAC=\"06:11:22:33:44:66\"", "OK");
	power_cycle();
	read_mac("AT+CIPSTAMAC?", now);
	check(strcasecmp(now, "06:11:22:33:44:66") == 0, "it is %s", now);
	leave_both();
}

Test(cipstamac, is_six_pairs_of_digits, REQ("CIPSTAMAC-13"), TAGS("destructive nvs"))
{
	static const char *const wrong[] = { "1a:fe:35:98:d3", "1a:fe:35:98:d3:7b:00",
		"1a:fe:35:98:d3:7g", "1afe3598d37b", "1a:fe:35:98:d3:", "" };
	char now[18];
	enter_both();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		at(fmt("AT+CIPSTAMAC=\"%s\"", wrong[i]), "ERROR");
		read_mac("AT+CIPSTAMAC?", now);
		check(strcasecmp(now, found) == 0, "after \"%s\" it is %s", wrong[i], now);
	}
	leave_both();
}

Test(cipstamac, differs_from_the_other_from_the_factory, REQ("CIPSTAMAC-14"),
	TAGS("nvs destructive"))
{
	enter_mode(3);
	given("AT+RESTORE");
	wait_restart();
	enter_both();
	check(strcasecmp(found, other) != 0, "both are %s", found);
	leave_mode();
}

Test(cipstamac, leaves_the_other_alone, REQ("CIPSTAMAC-15"), TAGS("destructive nvs"))
{
	char now[18];
	enter_both();
	at("AT+CIPSTAMAC=\"06:11:22:33:44:66\"", "OK");
	read_mac("AT+CIPAPMAC?", now);
	check(strcasecmp(now, other) == 0, "the SoftAP's was %s and is %s", other, now);
	leave_both();
}
