/* SPDX-License-Identifier: MIT */
/* AT+CWSTARTSMART: a phone that sends, and what the module says and does. */
#include "smart.h"

/* From starting to joined. */
static void expect_heard(const char *start, const char *phone)
{
	enter_station();
	at(start, "OK");
	phone_sends(phone);
	expect_smart_join();
	leave_smart();
}

Test(cwstartsmart, needs_a_station, REQ("CWSTARTSMART-8"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWSTARTSMART", "ERROR");
	at("AT+CWSTARTSMART=1", "ERROR");
	enter_mode(2);
	at("AT+CWSTARTSMART", "ERROR");
	at("AT+CWSTARTSMART=1", "ERROR");
	leave_mode();
}

Test(cwstartsmart, tells_that_it_has_the_data, REQ("CWSTARTSMART-9"), TAGS("nvs needs:phone"))
{
	enter_station();
	at("AT+CWSTARTSMART", "OK");
	phone_sends("esptouch");
	urc(GOT_INFO, 2 * soon_ms());
	leave_smart();
}

Test(cwstartsmart, tells_that_it_has_joined, REQ("CWSTARTSMART-10"), TAGS("nvs needs:phone"))
{
	enter_station();
	at("AT+CWSTARTSMART", "OK");
	phone_sends("esptouch");
	urc(CONNECTED, 2 * soon_ms());
	leave_smart();
}

Test(cwstartsmart, does_not_tell_that_it_has_joined_when_it_has_not, REQ("CWSTARTSMART-10"),
	TAGS("nvs slow needs:phone needs:access_point needs:air"))
{
	const char *bssid = network("access_point.bssid");
	enter_station();
	change_air(bssid, "\"answer\":\"refuse\"");
	at("AT+CWSTARTSMART", "OK");
	phone_sends("esptouch");
	urc(GOT_INFO, soon_ms());
	listen_for(while_ms());
	change_air(bssid, "\"answer\":\"accept\"");
	no_urc(CONNECTED, 1);
	leave_smart();
}

Test(cwstartsmart, joins_what_the_phone_sent, REQ("CWSTARTSMART-11"),
	TAGS("nvs needs:phone needs:access_point"))
{
	enter_station();
	at("AT+CWSTARTSMART", "OK");
	phone_sends("esptouch");
	expect_smart_join();
	given("AT+CWSTOPSMART");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwstartsmart, hears_both_kinds_without_a_type, REQ("CWSTARTSMART-12"),
	TAGS("nvs needs:phone needs:air"))
{
	expect_heard("AT+CWSTARTSMART", "esptouch");
	expect_heard("AT+CWSTARTSMART", "airkiss");
}

Test(cwstartsmart, hears_the_kinds_of_its_type, REQ("CWSTARTSMART-13"),
	TAGS("nvs needs:phone needs:air"))
{
	expect_heard("AT+CWSTARTSMART=1", "esptouch");
	expect_heard("AT+CWSTARTSMART=2", "airkiss");
	expect_heard("AT+CWSTARTSMART=3", "esptouch");
	expect_heard("AT+CWSTARTSMART=3", "airkiss");
}

Test(cwstartsmart, does_not_hear_the_other_kind, REQ("CWSTARTSMART-13"),
	TAGS("slow nvs needs:phone needs:air"))
{
	static const char *const types[] = { "airkiss", "esptouch" };
	enter_station();
	for (int i = 0; i < 2; i++) {
		at(fmt("AT+CWSTARTSMART=%d", i + 1), "OK");
		phone_sends(types[i]);
		no_urc(GOT_INFO, while_ms() / 2);
		given("AT+CWSTOPSMART");
	}
	leave_station();
}

Test(cwstartsmart, takes_the_example, REQ("CWSTARTSMART-14"), TAGS("nvs"))
{
	enter_station();
	at("AT+CWMODE=1", "OK");
	at("AT+CWSTARTSMART", "OK");
	leave_smart();
}

Test(cwstartsmart, tells_each_thing_once_and_in_order, REQ("CWSTARTSMART-15"),
	TAGS("nvs needs:phone"))
{
	enter_station();
	at("AT+CWSTARTSMART", "OK");
	phone_sends("esptouch");
	expect_smart_join();
	no_urc(GOT_INFO, bench_ms("silence"));
	no_urc(CONNECTED, bench_ms("silence"));
	leave_smart();
}
