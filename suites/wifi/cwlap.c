/* SPDX-License-Identifier: MIT */
/* AT+CWLAP: what is in the list. Its form is judged by the cases of the model. */
#include "wifi.h"

static void enter_scan(int mode)
{
	enter_mode(mode);
	show_all();
}

static void expect_seen(const char *mac)
{
	check(find_seen(mac), "%s is not among the %zu entries", mac, seen_count);
}

/* A filter for the bench's access point with the first `count` of its six parameters. */
static const char *filter(int count)
{
	const char *all[] = { fmt("AT+CWLAP=\"%s\"", escaped(network("access_point.ssid"))),
		fmt(",\"%s\"", network("access_point.bssid")),
		fmt(",%s", network("access_point.channel")), ",0", ",0", ",200" };
	static char line[300];
	line[0] = '\0';
	for (int i = 0; i < count; i++)
		strncat(line, all[i], sizeof(line) - strlen(line) - 1);
	return line;
}

Test(cwlap, lists_each_access_point_once, REQ("CWLAP-19"), TAGS("nvs needs:access_point"))
{
	enter_scan(1);
	scan("AT+CWLAP");
	expect_seen(network("access_point.bssid"));
	for (size_t i = 0; i < seen_count; i++)
		check(find_seen(seen[i].mac) == &seen[i], "%s is listed twice", seen[i].mac);
	leave_mode();
}

Test(cwlap, lists_all_that_show_their_name, REQ("CWLAP-19"), TAGS("nvs needs:air"))
{
	enter_scan(1);
	scan("AT+CWLAP");
	for (int i = 1; i <= 0x12; i++) {
		const char *mac = i == 0x10 ? "ca:d7:19:d8:a6:44" : fmt("02:00:5e:00:00:%02x", i);
		check(i == 8 || find_seen(mac), "%s is not in the list", mac);
	}
	for (size_t i = 0; i < seen_count; i++)
		check(!same_ssid(seen[i].ssid, "atconform-hidden"),
			"the hidden one is in the list");
	leave_mode();
}

Test(cwlap, shows_the_encryption, REQ("CWLAP-20"),
	TAGS("nvs needs:access_point needs:open_access_point"))
{
	const char *encryption = network("access_point.encryption");
	enter_scan(1);
	scan("AT+CWLAP");
	expect_seen(network("access_point.bssid"));
	expect_seen(network("open_access_point.bssid"));
	const struct seen *known = find_seen(network("access_point.bssid"));
	const struct seen *open = find_seen(network("open_access_point.bssid"));
	check(known->encryption == atoi(encryption), "%s is shown as %d", known->mac,
		known->encryption);
	check(open->encryption == 0, "the open one is shown as %d", open->encryption);
	leave_mode();
}

Test(cwlap, shows_every_kind_of_encryption, REQ("CWLAP-20"), TAGS("nvs needs:air"))
{
	static const char *const macs[] = { "02:00:5e:00:00:02", "02:00:5e:00:00:03",
		"02:00:5e:00:00:04", "02:00:5e:00:00:01", "02:00:5e:00:00:05",
		"02:00:5e:00:00:09" };
	enter_scan(1);
	scan("AT+CWLAP");
	for (int i = 0; i < 6; i++) {
		expect_seen(macs[i]);
		check(find_seen(macs[i])->encryption == i, "%s is shown as %d, not %d", macs[i],
			find_seen(macs[i])->encryption, i);
	}
	leave_mode();
}

Test(cwlap, shows_name_address_and_channel, REQ("CWLAP-21"), TAGS("nvs needs:access_point"))
{
	const char *channel = network("access_point.channel");
	enter_scan(1);
	scan("AT+CWLAP");
	expect_seen(network("access_point.bssid"));
	const struct seen *s = find_seen(network("access_point.bssid"));
	check(same_ssid(s->ssid, network("access_point.ssid")), "the SSID is \"%s\"", s->ssid);
	check(s->channel == atoi(channel), "the channel is %d", s->channel);
	leave_mode();
}

Test(cwlap, shows_a_signal_strength, REQ("CWLAP-22"), TAGS("nvs needs:access_point"))
{
	enter_scan(1);
	scan("AT+CWLAP");
	check(seen_count > 0, "the list is empty");
	for (size_t i = 0; i < seen_count; i++)
		check(seen[i].rssi < 0 && seen[i].rssi >= -127, "%s: %d dBm", seen[i].mac,
			seen[i].rssi);
	leave_mode();
}

Test(cwlap, shows_the_strength_that_the_air_has, REQ("CWLAP-22"),
	TAGS("nvs needs:access_point needs:air"))
{
	const char *bssid = network("access_point.bssid");
	enter_scan(1);
	change_air(bssid, "\"rssi\":-73");
	scan("AT+CWLAP");
	change_air(bssid, "\"rssi\":-41");
	expect_seen(bssid);
	check(find_seen(bssid)->rssi == -73, "%d dBm instead of -73", find_seen(bssid)->rssi);
	leave_mode();
}

Test(cwlap, filters_by_name, REQ("CWLAP-23"), TAGS("nvs needs:access_point"))
{
	enter_scan(1);
	scan(filter(1));
	expect_seen(network("access_point.bssid"));
	for (size_t i = 0; i < seen_count; i++)
		check(same_ssid(seen[i].ssid, network("access_point.ssid")),
			"\"%s\" is in the list", seen[i].ssid);
	leave_mode();
}

Test(cwlap, finds_all_of_one_name, REQ("CWLAP-23"), TAGS("nvs needs:twin_access_point"))
{
	enter_scan(1);
	scan(fmt("AT+CWLAP=\"%s\"", escaped(network("twin_access_point.ssid"))));
	expect_seen(network("twin_access_point.bssid_a"));
	expect_seen(network("twin_access_point.bssid_b"));
	leave_mode();
}

Test(cwlap, filters_by_address, REQ("CWLAP-24"), TAGS("nvs needs:twin_access_point"))
{
	enter_scan(1);
	scan(fmt("AT+CWLAP=\"%s\",\"%s\"", escaped(network("twin_access_point.ssid")),
		network("twin_access_point.bssid_a")));
	expect_seen(network("twin_access_point.bssid_a"));
	check(seen_count == 1, "%zu entries", seen_count);
	leave_mode();
}

Test(cwlap, filters_by_channel, REQ("CWLAP-25"), TAGS("nvs needs:access_point"))
{
	int channel = atoi(network("access_point.channel")), other = channel == 1 ? 11 : 1;
	enter_scan(1);
	scan(filter(3));
	expect_seen(network("access_point.bssid"));
	check(seen_count == 1, "%zu entries", seen_count);
	scan(fmt("%s,%d", filter(2), other));
	check(seen_count == 0, "%zu entries on channel %d", seen_count, other);
	leave_mode();
}

Test(cwlap, answers_ok_alone_when_nothing_fits, REQ("CWLAP-26"), TAGS("nvs"))
{
	enter_scan(1);
	at("AT+CWLAP=\"no such network 5e7a\"", "OK");
	leave_mode();
}

Test(cwlap, filters_in_front_may_be_empty, REQ("CWLAP-27"), TAGS("nvs needs:access_point"))
{
	const char *channel = network("access_point.channel");
	enter_scan(1);
	scan(fmt("AT+CWLAP=,,%s", channel));
	expect_seen(network("access_point.bssid"));
	for (size_t i = 0; i < seen_count; i++)
		check(seen[i].channel == atoi(channel), "%s is on channel %d", seen[i].mac,
			seen[i].channel);
	leave_mode();
}

Test(cwlap, needs_a_station, REQ("CWLAP-28"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+CWLAP", "ERROR");
	enter_mode(2);
	at("AT+CWLAP", "ERROR");
	leave_mode();
}

Test(cwlap, works_beside_a_softap, REQ("CWLAP-29"), TAGS("nvs needs:access_point"))
{
	enter_scan(3);
	scan("AT+CWLAP");
	expect_seen(network("access_point.bssid"));
	leave_mode();
}

Test(cwlap, finds_passively, REQ("CWLAP-30"), TAGS("nvs needs:access_point"))
{
	enter_scan(1);
	scan(fmt("%s,1,0,0", filter(3)));
	expect_seen(network("access_point.bssid"));
	leave_mode();
}

Test(cwlap, refuses_a_shortest_time_above_the_longest, REQ("CWLAP-31"), TAGS("nvs"))
{
	enter_scan(1);
	at("AT+CWLAP=\"x\",\"02:00:5e:00:00:0e\",6,0,400,100", "ERROR");
	at("AT+CWLAP=\"x\",\"02:00:5e:00:00:0e\",6,0,101,100", "ERROR");
	leave_mode();
}

Test(cwlap, ignores_the_shortest_time_when_passive, REQ("CWLAP-32"), TAGS("nvs needs:access_point"))
{
	enter_scan(1);
	scan(fmt("%s,1,1500,360", filter(3)));
	expect_seen(network("access_point.bssid"));
	leave_mode();
}

Test(cwlap, lasts_the_shortest_time_at_least, REQ("CWLAP-38"), TAGS("nvs"))
{
	enter_scan(1);
	int64_t begun = clock_ms();
	takes(1000, "the scan time of a channel");
	scan("AT+CWLAP=\"no such network\",,6,0,1000,1500");
	int64_t took = clock_ms() - begun;
	check(took >= 900, "one channel took %lld ms", (long long)took);
	leave_mode();
}

Test(cwlap, filters_may_be_left_out_from_the_end, REQ("CWLAP-34"),
	TAGS("slow nvs needs:access_point"))
{
	enter_scan(1);
	for (int count = 1; count <= 6; count++) {
		scan(filter(count));
		expect_seen(network("access_point.bssid"));
	}
	leave_mode();
}

Test(cwlap, takes_escaped_characters, REQ("CWLAP-35"), TAGS("nvs needs:air"))
{
	enter_scan(1);
	scan("AT+CWLAP=\"\\\"a\\,b\\\\c</script>&\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa5+CWLAP:\"");
	expect_seen("02:00:5e:00:00:0c");
	check(seen_count == 1, "%zu entries", seen_count);
	leave_mode();
}

Test(cwlap, leaves_the_module_joined, REQ("CWLAP-36"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	show_all();
	scan("AT+CWLAP");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwlap, follows_the_air, REQ("CWLAP-37"), TAGS("nvs needs:access_point needs:air"))
{
	const char *bssid = network("access_point.bssid");
	enter_scan(1);
	change_air(bssid, "\"visible\":false");
	scan("AT+CWLAP");
	bool gone = !find_seen(bssid);
	change_air(bssid, "\"visible\":true");
	check(gone, "%s is still in the list", bssid);
	scan("AT+CWLAP");
	expect_seen(bssid);
	leave_mode();
}
