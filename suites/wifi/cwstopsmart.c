/* SPDX-License-Identifier: MIT */
/* AT+CWSTOPSMART: what works again, and what does not happen any more. */
#include "smart.h"

static void start_and_stop(void)
{
	enter_station();
	given("AT+CWSTARTSMART");
	at("AT+CWSTOPSMART", "OK");
}

Test(cwstopsmart, makes_room_for_other_commands, REQ("CWSTOPSMART-2"), TAGS("nvs"))
{
	start_and_stop();
	at("AT", "OK");
	at("AT+CWMODE?", "+CWMODE:1", "OK");
	leave_mode();
}

Test(cwstopsmart, does_not_hear_a_phone_any_more, REQ("CWSTOPSMART-3"),
	TAGS("slow nvs needs:phone"))
{
	start_and_stop();
	phone_sends("esptouch");
	no_urc(GOT_INFO, while_ms());
	leave_station();
}

Test(cwstopsmart, keeps_what_was_joined, REQ("CWSTOPSMART-4"),
	TAGS("nvs needs:phone needs:access_point"))
{
	enter_station();
	given("AT+CWSTARTSMART");
	phone_sends("esptouch");
	expect_smart_join();
	at("AT+CWSTOPSMART", "OK");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwstopsmart, takes_the_example, REQ("CWSTOPSMART-5"), TAGS("nvs"))
{
	enter_station();
	at("AT+CWMODE=1", "OK");
	at("AT+CWSTARTSMART", "OK");
	at("AT+CWSTOPSMART", "OK");
	leave_mode();
}

Test(cwstopsmart, works_again_and_again, REQ("CWSTOPSMART-6"), TAGS("nvs"))
{
	enter_station();
	for (int i = 0; i < 10; i++) {
		at("AT+CWSTARTSMART", "OK");
		at("AT+CWSTOPSMART", "OK");
	}
	leave_mode();
}
