/* SPDX-License-Identifier: MIT */
/* AT+CWLIF: who is in the list, with which address. */
#include "wifi.h"

Test(cwlif, is_empty_without_stations, REQ("CWLIF-2"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	any("AT+CWQIF");
	at("AT+CWLIF", "OK");
	leave_softap();
}

Test(cwlif, shows_address_and_mac_address, REQ("CWLIF-1"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	bench_station_joins();
	at("AT+CWLIF", LIKE("<ip_addr>,<mac>"), "OK");
	leave_softap();
}

Test(cwlif, lists_a_station, REQ("CWLIF-3"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	bench_station_joins();
	check(ip_number(clients[0].ip) != 0, "its address is %s", clients[0].ip);
	leave_softap();
}

Test(cwlif, lists_the_address_that_the_station_got, REQ("CWLIF-3"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	check(station_joins(STATION_2, SOFTAP_PASSWORD), "the station can't join");
	check(clients_become(1), "%zu stations are in the list", client_count);
	control("{\"get\":\"stations\"}");
	check(strcasecmp(clients[0].mac, STATION_2) == 0, "the list has %s", clients[0].mac);
	check(strcmp(clients[0].ip, told("stations.0.ip")) == 0, "%s is shown, the station has %s",
		clients[0].ip, told("stations.0.ip"));
	leave_softap();
}

Test(cwlif, lists_each_station_once, REQ("CWLIF-4"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	for (int i = 1; i <= 3; i++)
		check(station_joins(fmt("02:00:5e:00:10:%02x", i), SOFTAP_PASSWORD),
			"station %d can't join", i);
	check(clients_become(3), "%zu stations are in the list", client_count);
	for (size_t i = 0; i < 3; i++) {
		check(find_client(clients[i].mac) == &clients[i], "%s is twice in the list",
			clients[i].mac);
		check(find_client(fmt("02:00:5e:00:10:%02zx", i + 1)), "station %zu is missing",
			i + 1);
		check(strcmp(clients[i].ip, clients[(i + 1) % 3].ip) != 0, "%s is given twice",
			clients[i].ip);
	}
	leave_softap();
}

Test(cwlif, lists_no_address_without_dhcp, REQ("CWLIF-8"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	given("AT+CWDHCP=0,2");
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join");
	listen_for(bench_ms("silence"));
	list_clients();
	for (size_t i = 0; i < client_count; i++)
		check(ip_number(clients[i].ip) == 0, "the list has %s", clients[i].ip);
	given("AT+CWDHCP=1,2");
	leave_softap();
}

Test(cwlif, forgets_a_station_that_has_left, REQ("CWLIF-5"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join");
	check(station_joins(STATION_2, SOFTAP_PASSWORD), "the station can't join");
	check(clients_become(2), "%zu stations are in the list", client_count);
	station_leaves(STATION_1);
	check(clients_become(1), "%zu stations are in the list", client_count);
	check(find_client(STATION_2), "the wrong one is left: %s", clients[0].mac);
	leave_softap();
}

Test(cwlif, shows_addresses_of_the_range, REQ("CWLIF-6"), TAGS("nvs needs:air"))
{
	enter_softap(2);
	remember_softap_ip();
	given("AT+CIPAP=\"192.168.4.1\",\"192.168.4.1\",\"255.255.255.0\"");
	given("AT+CWDHCP=1,2");
	given("AT+CWDHCPS=1,3,\"192.168.4.50\",\"192.168.4.52\"");
	for (int i = 1; i <= 3; i++)
		check(station_joins(fmt("02:00:5e:00:10:%02x", i), SOFTAP_PASSWORD),
			"station %d can't join", i);
	check(clients_become(3), "%zu stations are in the list", client_count);
	for (size_t i = 0; i < 3; i++)
		check(ip_number(clients[i].ip) >= ip_number("192.168.4.50") &&
				ip_number(clients[i].ip) <= ip_number("192.168.4.52"),
			"%s has %s", clients[i].mac, clients[i].ip);
	given("AT+CWDHCPS=0");
	put_softap_ip_back();
	leave_softap();
}
