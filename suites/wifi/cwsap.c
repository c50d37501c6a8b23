/* SPDX-License-Identifier: MIT */
/* AT+CWSAP: when it works, what may be left out, and what stations find. */
#include "wifi.h"

Test(cwsap, outlives_the_power, REQ("CWSAP-25"), TAGS("nvs needs:power"))
{
	enter_softap(2);
	at("AT+CWSAP=\"atconform-power\",\"after the power\",11,4,2,1", "OK");
	power_cycle();
	ask("AT+CWSAP?");
	check(strcmp(field("ssid"), "atconform-power") == 0, "the SSID is \"%s\"", field("ssid"));
	check(strcmp(field("pwd"), "after the power") == 0, "the password is \"%s\"", field("pwd"));
	check(field_int("channel") == 11 && field_int("ecn") == 4 && field_int("max_conn") == 2 &&
			field_int("ssid_hidden") == 1,
		"channel %s, encryption %s, stations %s, hidden %s", field("channel"), field("ecn"),
		field("max_conn"), field("ssid_hidden"));
	leave_softap();
}

Test(cwsap, needs_a_softap, REQ("CWSAP-26"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3", "ERROR");
	enter_mode(1);
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3", "ERROR");
	leave_mode();
}

Test(cwsap, works_beside_a_station, REQ("CWSAP-27"), TAGS("nvs"))
{
	remember_softap(3);
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3", "OK");
	ask("AT+CWSAP?");
	check(strcmp(field("ssid"), "ESP") == 0, "the SSID is \"%s\"", field("ssid"));
	leave_softap();
}

Test(cwsap, is_open_with_an_empty_password, REQ("CWSAP-28"), TAGS("nvs"))
{
	enter_softap(2);
	at("AT+CWSAP=\"ESP\",\"\",5,0", "OK");
	ask("AT+CWSAP?");
	check(field_int("ecn") == 0, "the encryption is %s", field("ecn"));
	leave_softap();
}

Test(cwsap, encryption_needs_a_password, REQ("CWSAP-7"), TAGS("nvs"))
{
	enter_softap(2);
	at("AT+CWSAP=\"ESP\",\"\",5,2", "ERROR");
	at("AT+CWSAP=\"ESP\",\"\",5,3", "ERROR");
	at("AT+CWSAP=\"ESP\",\"\",5,4", "ERROR");
	ask("AT+CWSAP?");
	check(strcmp(field("ssid"), SOFTAP_SSID) == 0, "the SSID is \"%s\"", field("ssid"));
	leave_softap();
}

Test(cwsap, is_visible_by_default, REQ("CWSAP-29"), TAGS("nvs"))
{
	enter_softap(2);
	given("AT+CWSAP=\"ESP\",\"1234567890\",5,3,4,1");
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3,4", "OK");
	ask("AT+CWSAP?");
	check(field_int("ssid_hidden") == 0, "the visibility is %s", field("ssid_hidden"));
	leave_softap();
}

Test(cwsap, skips_an_empty_place_in_the_middle, REQ("CWSAP-30"), TAGS("nvs"))
{
	enter_softap(2);
	at("AT+CWSAP=\"ESP\",\"1234567890\",5,3,,1", "OK");
	ask("AT+CWSAP?");
	check(field_int("ssid_hidden") == 1, "the visibility is %s", field("ssid_hidden"));
	leave_softap();
}

Test(cwsap, limits_the_stations, REQ("CWSAP-31"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	given("AT+CWSAP=\"" SOFTAP_SSID "\",\"" SOFTAP_PASSWORD "\",5,3,2,0");
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the first station can't join");
	check(station_joins(STATION_2, SOFTAP_PASSWORD), "the second station can't join");
	station_joins(STATION_3, SOFTAP_PASSWORD);
	listen_for(bench_ms("silence"));
	list_clients();
	check(client_count == 2, "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwsap, limits_the_stations_to_ten, REQ("CWSAP-31"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	given("AT+CWSAP=\"" SOFTAP_SSID "\",\"" SOFTAP_PASSWORD "\",5,3,10,0");
	for (int i = 1; i <= 11; i++)
		station_joins(fmt("02:00:5e:00:10:%02x", i), SOFTAP_PASSWORD);
	check(clients_become(10), "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwsap, lets_stations_in_by_password, REQ("CWSAP-32"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	station_joins(STATION_1, "not the password");
	listen_for(bench_ms("silence"));
	list_clients();
	check(client_count == 0, "a station is in with a wrong password");
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join");
	check(clients_become(1), "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwsap, takes_escaped_characters, REQ("CWSAP-34"), TAGS("nvs"))
{
	enter_softap(2);
	/* 32 and 8 bytes when the backslashes are taken away. */
	at("AT+CWSAP=\"a\\,b\\\"c\\\\d 0123456789 0123456789 01\",\"\\,\\\"\\\\45678\",5,3", "OK");
	at("AT+CWSAP=\"a\\,b\\\"c\\\\d 0123456789 0123456789 012\",\"\\,\\\"\\\\45678\",5,3",
		"ERROR");
	at("AT+CWSAP=\"ESP\",\"\\,\\\"\\\\4567\",5,3", "ERROR");
	leave_softap();
}

Test(cwsap, has_the_escaped_password, REQ("CWSAP-34"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	at("AT+CWSAP=\"ESP\",\"p\\,a\\\"s\\\\s word\",5,3", "OK");
	check(station_joins(STATION_1, "p,a\"s\\s word"), "the station can't join");
	check(clients_become(1), "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwsap, shows_a_channel, REQ("CWSAP-35"), TAGS("nvs"))
{
	enter_mode(2);
	ask("AT+CWSAP?");
	check(field_int("channel") >= 1 && field_int("channel") <= 14, "it is %s",
		field("channel"));
	leave_mode();
}
