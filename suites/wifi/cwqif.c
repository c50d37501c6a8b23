/* SPDX-License-Identifier: MIT */
/* AT+CWQIF: who is thrown out, and who stays. */
#include "wifi.h"

static void enter_with_stations(int count)
{
	enter_softap(2);
	for (int i = 1; i <= count; i++)
		check(station_joins(fmt("02:00:5e:00:10:%02x", i), SOFTAP_PASSWORD),
			"station %d can't join", i);
	check(clients_become((size_t)count), "%zu stations are in the list", client_count);
}

Test(cwqif, throws_one_out_without_a_word, REQ("CWQIF-2"), TAGS("nvs needs:softap_client"))
{
	enter_softap(2);
	bench_station_joins();
	at(fmt("AT+CWQIF=\"%s\"", clients[0].mac), "OK");
	leave_softap();
}

Test(cwqif, throws_all_out, REQ("CWQIF-6"), TAGS("nvs needs:air"))
{
	enter_with_stations(3);
	at("AT+CWQIF", "OK");
	check(clients_become(0), "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwqif, throws_only_that_one_out, REQ("CWQIF-7"), TAGS("nvs needs:air"))
{
	enter_with_stations(3);
	at("AT+CWQIF=\"" STATION_2 "\"", "OK");
	check(clients_become(2), "%zu stations are in the list", client_count);
	check(find_client(STATION_1) && find_client(STATION_3), "the wrong one is out");
	leave_softap();
}

Test(cwqif, throws_nobody_out_when_refused, REQ("CWQIF-8"), TAGS("nvs needs:air"))
{
	enter_with_stations(2);
	at("AT+CWQIF=\"02:00:5e:00:10\"", "ERROR");
	at("AT+CWQIF=", "ERROR");
	listen_for(bench_ms("silence"));
	list_clients();
	check(client_count == 2, "%zu stations are in the list", client_count);
	leave_softap();
}

Test(cwqif, lets_them_in_again, REQ("CWQIF-9"), TAGS("nvs needs:air"))
{
	enter_with_stations(1);
	at("AT+CWQIF=\"" STATION_1 "\"", "OK");
	check(clients_become(0), "%zu stations are in the list", client_count);
	check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join again");
	check(clients_become(1), "%zu stations are in the list", client_count);
	leave_softap();
}
