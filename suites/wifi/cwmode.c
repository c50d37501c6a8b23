/* SPDX-License-Identifier: MIT */
/* AT+CWMODE: what the modes do to the interfaces. */
#include "wifi.h"

Test(cwmode, outlives_the_power, REQ("CWMODE-11"), TAGS("nvs needs:power"))
{
	enter_mode(1);
	at("AT+CWMODE=3", "OK");
	power_cycle();
	at("AT+CWMODE?", "+CWMODE:3", "OK");
	leave_mode();
}

Test(cwmode, off_refuses_a_join, REQ("CWMODE-12"), TAGS("nvs"))
{
	enter_mode(0);
	any("AT+CWJAP=\"atconform\",\"correct horse\"");
	check(said("ERROR"), "the answer is not ERROR");
	leave_mode();
}

Test(cwmode, off_refuses_a_scan, REQ("CWMODE-12"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWLAP", "ERROR");
	leave_mode();
}

Test(cwmode, off_refuses_a_softap, REQ("CWMODE-12"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3", "ERROR");
	leave_mode();
}

Test(cwmode, softap_alone_takes_the_station_away, REQ("CWMODE-13"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+CWMODE=2", "OK");
	check(!is_joined(), "still joined to %s", field("ssid"));
	enter_mode(1);
	leave_station();
}

Test(cwmode, station_alone_takes_the_softap_away, REQ("CWMODE-18"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join in mode 2");
	at("AT+CWMODE=1", "OK");
	check(!station_joins(STATION_1, SOFTAP_PASSWORD), "a station has joined in mode 1");
	given("AT+CWMODE=2");
	list_clients();
	check(client_count == 0, "%zu stations are still in the list", client_count);
	leave_softap();
}

Test(cwmode, both_interfaces_work_at_once, REQ("CWMODE-14"), TAGS("nvs needs:access_point"))
{
	remember_softap(3);
	expect_join(join_line("access_point", ""));
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3,4,0", "OK");
	at("AT+CWMODE?", "+CWMODE:3", "OK");
	expect_joined_to(network("access_point.ssid"));
	leave();
	leave_softap();
}

Test(cwmode, softap_is_there_for_others, REQ("CWMODE-16"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	bench_station_joins();
	leave_softap();
}

Test(cwmode, softap_is_there_for_others_beside_the_station, REQ("CWMODE-16"),
	TAGS("nvs needs:softap_client"))
{
	enter_softap(3);
	bench_station_joins();
	leave_softap();
}
