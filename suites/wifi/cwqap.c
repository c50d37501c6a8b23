/* SPDX-License-Identifier: MIT */
/* AT+CWQAP: leaving for now, not for ever. */
#include "wifi.h"

Test(cwqap, leaves_the_access_point, REQ("CWQAP-2"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+CWQAP", "OK");
	check(!is_joined(), "still joined to %s", field("ssid"));
	leave_mode();
}

Test(cwqap, does_not_come_back_by_itself, REQ("CWQAP-3"), TAGS("nvs slow needs:access_point"))
{
	enter_station();
	given(join_line("access_point", ",,,1"));
	at("AT+CWQAP", "OK");
	check(!becomes_joined(true, while_ms()), "joined again to %s", field("ssid"));
	leave_mode();
}

Test(cwqap, can_be_followed_by_a_join, REQ("CWQAP-4"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+CWQAP", "OK");
	expect_join(join_line("access_point", ""));
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwqap, does_not_forget, REQ("CWQAP-5"), TAGS("nvs needs:access_point"))
{
	enter_mode(1);
	given("AT+CWAUTOCONN=1");
	join("access_point");
	at("AT+CWQAP", "OK");
	restart();
	check(becomes_joined(true, soon_ms()), "not joined");
	leave_station();
}
