/* SPDX-License-Identifier: MIT */
/* AT+CWHOSTNAME: in which modes the name can be set. */
#include "wifi.h"

Test(cwhostname, needs_a_station, REQ("CWHOSTNAME-11"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWHOSTNAME=\"my_test\"", "ERROR");
	enter_mode(2);
	at("AT+CWHOSTNAME=\"my_test\"", "ERROR");
	leave_mode();
}

Test(cwhostname, works_beside_a_softap, REQ("CWHOSTNAME-12", "CWHOSTNAME-10"), TAGS("nvs"))
{
	char before[40];
	enter_mode(3);
	ask("AT+CWHOSTNAME?");
	snprintf(before, sizeof(before), "%s", field("hostname"));
	at("AT+CWHOSTNAME=\"my_test\"", "OK");
	ask("AT+CWHOSTNAME?");
	check(strcmp(field("hostname"), "my_test") == 0, "it is \"%s\"", field("hostname"));
	any(fmt("AT+CWHOSTNAME=\"%s\"", escaped(before)));
	leave_mode();
}
