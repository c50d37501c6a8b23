/* SPDX-License-Identifier: MIT */
/* AT+CWJAP: joining, failing to join, what is shown of it, and what is left of it later. */
#include "wifi.h"

#define NOWHERE "AT+CWJAP=\"no such network 5e7a\",\"correct horse\""

/* The bench's access point with a password that it refuses. */
static const char *wrong_line(void)
{
	return fmt("AT+CWJAP=\"%s\",\"%s\"", escaped(network("access_point.ssid")),
		escaped(network("wrong_password")));
}

/* Whether the last answer was a join that failed, with a code of this pattern. */
static bool failed_with(const char *code)
{
	return said("ERROR") && line_count() == 1 && strncmp(line_text(0), "+CWJAP:", 7) == 0 &&
	       strspn(line_text(0) + 7, code) == strlen(line_text(0) + 7) && line_text(0)[7];
}

/* An example of the document: such an access point may be there or not. */
static void expect_taken_as_valid(const char *line)
{
	enter_station();
	any(line);
	check(said("OK") || failed_with("0123456789"), "the answer is \"%s\" without a code",
		line_text(0));
	leave_station();
}

Test(cwjap, shows_seven_fields, REQ("CWJAP-1"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	at("AT+CWJAP?",
		LIKE("+CWJAP:<joined_ssid>,<joined_bssid>,<channel>,<rssi>,<pci_in_use>,"
		     "<reconn_in_use>,<listen_interval_in_use>"),
		"OK");
	leave_station();
}

Test(cwjap, joins_a_hidden_access_point, REQ("CWJAP-2"), TAGS("nvs needs:hidden_access_point"))
{
	enter_station();
	expect_join(join_line("hidden_access_point", ""));
	expect_joined_to(network("hidden_access_point.ssid"));
	leave_station();
}

Test(cwjap, skips_empty_places_in_the_middle, REQ("CWJAP-19"), TAGS("nvs needs:access_point"))
{
	enter_station();
	expect_join(join_line("access_point", ",,,0,7"));
	expect_joined_to(network("access_point.ssid"));
	check(field_int("reconn") == 0 && field_int("interval") == 7,
		"reconnection %s, listen interval %s", field("reconn"), field("interval"));
	leave_station();
}

Test(cwjap, shows_nothing_when_not_joined, REQ("CWJAP-20"), TAGS("nvs"))
{
	enter_station();
	bool joined = is_joined();
	check(!joined && said("OK"), "the answer is \"%s\"", line_text(0));
	leave_mode();
}

Test(cwjap, shows_the_access_point, REQ("CWJAP-21"), TAGS("nvs needs:access_point"))
{
	const char *bssid = network("access_point.bssid");
	const char *channel = network("access_point.channel");
	enter_station();
	expect_join(join_line("access_point", ""));
	expect_joined_to(network("access_point.ssid"));
	check(strcasecmp(field("bssid"), bssid) == 0, "the MAC address is %s", field("bssid"));
	check(strcmp(field("channel"), channel) == 0, "the channel is %s", field("channel"));
	leave_station();
}

Test(cwjap, shows_the_settings_of_the_join, REQ("CWJAP-22"), TAGS("nvs needs:access_point"))
{
	enter_station();
	expect_join(
		join_line("access_point", fmt(",\"%s\",1,0,42", network("access_point.bssid"))));
	check(is_joined(), "the module is not joined");
	check(field_int("pci") == 1, "PCI authentication is shown as %s", field("pci"));
	check(field_int("reconn") == 0, "reconnection is shown as %s", field("reconn"));
	check(field_int("interval") == 42, "the listen interval is shown as %s", field("interval"));
	expect_join(join_line("access_point", fmt(",\"%s\",0,1,7", network("access_point.bssid"))));
	check(is_joined(), "the module is not joined");
	check(field_int("pci") == 0, "PCI authentication is shown as %s", field("pci"));
	check(field_int("reconn") == 1, "reconnection is shown as %s", field("reconn"));
	check(field_int("interval") == 7, "the listen interval is shown as %s", field("interval"));
	leave_station();
}

Test(cwjap, shows_a_signal_strength, REQ("CWJAP-23"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	check(is_joined(), "the module is not joined");
	check(field_int("rssi") < 0 && field_int("rssi") >= -127, "it is %s dBm", field("rssi"));
	leave_station();
}

Test(cwjap, tells_an_error_code, REQ("CWJAP-24"), TAGS("slow nvs"))
{
	enter_station();
	at(NOWHERE, RE("\\+CWJAP:\\d+"), "ERROR");
	leave_station();
}

Test(cwjap, tells_a_time_out, REQ("CWJAP-25"), TAGS("slow nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"atconform-silent\",\"correct horse\"", "+CWJAP:1", "ERROR");
	leave_station();
}

Test(cwjap, tells_a_wrong_password, REQ("CWJAP-26"), TAGS("slow nvs needs:access_point"))
{
	enter_station();
	at(wrong_line(), "+CWJAP:2", "ERROR");
	leave_station();
}

Test(cwjap, tells_that_there_is_no_such_access_point, REQ("CWJAP-27"), TAGS("slow nvs"))
{
	enter_station();
	at(NOWHERE, "+CWJAP:3", "ERROR");
	leave_station();
}

Test(cwjap, tells_a_refused_connection, REQ("CWJAP-28"), TAGS("slow nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"atconform-refuses\",\"correct horse\"", "+CWJAP:4", "ERROR");
	leave_station();
}

Test(cwjap, is_joined_again_after_a_restart, REQ("CWJAP-29"), TAGS("nvs needs:access_point"))
{
	enter_mode(1);
	given("AT+CWAUTOCONN=1");
	join("access_point");
	restart();
	check(becomes_joined(true, soon_ms()), "not joined");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwjap, is_joined_again_after_a_power_cycle, REQ("CWJAP-30"),
	TAGS("nvs needs:access_point needs:power"))
{
	enter_mode(1);
	given("AT+CWAUTOCONN=1");
	join("access_point");
	power_cycle();
	check(becomes_joined(true, soon_ms()), "not joined");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwjap, is_forgotten_by_a_restore, REQ("CWJAP-31"),
	TAGS("nvs destructive slow needs:access_point"))
{
	enter_joined();
	given("AT+RESTORE");
	wait_restart();
	given("AT+CWMODE=1");
	restart();
	check(!becomes_joined(true, while_ms()), "joined to %s", field("ssid"));
	leave_mode();
}

Test(cwjap, needs_a_station, REQ("CWJAP-32"), TAGS("nvs"))
{
	static const int modes[] = { 0, 2 };
	for (size_t i = 0; i < 2; i++) {
		enter_mode(modes[i]);
		any(NOWHERE);
		check(said("ERROR"), "mode %d: the answer is not ERROR", modes[i]);
	}
	leave_mode();
}

Test(cwjap, joins_beside_a_softap, REQ("CWJAP-33"), TAGS("nvs needs:access_point"))
{
	enter_mode(3);
	leave();
	expect_join(join_line("access_point", ""));
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}

Test(cwjap, joins_the_access_point_of_the_example, REQ("CWJAP-34"), TAGS("nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"ab\\\\\\,c\",\"0123456789\\\"\\\\\"", "OK");
	check(is_joined(), "the module is not joined");
	check(strcasecmp(field("bssid"), "02:00:5e:00:00:11") == 0, "joined to %s", field("bssid"));
	leave_station();
}

Test(cwjap, takes_escaped_characters, REQ("CWJAP-34"), TAGS("nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"\\\"a\\,b\\\\c</script>&\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa5+CWLAP:\","
	   "\"p\\\"a\\,s\\\\s word\"",
		"OK");
	check(is_joined(), "the module is not joined");
	check(strcasecmp(field("bssid"), "02:00:5e:00:00:0c") == 0, "joined to %s", field("bssid"));
	leave_station();
}

Test(cwjap, joins_an_open_access_point, REQ("CWJAP-35"), TAGS("nvs needs:open_access_point"))
{
	enter_station();
	expect_join(join_line("open_access_point", ""));
	expect_joined_to(network("open_access_point.ssid"));
	leave_station();
}

Test(cwjap, leaves_open_ones_out_with_pci, REQ("CWJAP-36"),
	TAGS("slow nvs needs:open_access_point"))
{
	enter_station();
	any(join_line("open_access_point", ",,1"));
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	leave_station();
}

Test(cwjap, leaves_wep_out_with_pci, REQ("CWJAP-36"), TAGS("slow nvs needs:air"))
{
	enter_station();
	any("AT+CWJAP=\"atconform-wep\",\"abcde\",,1");
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	leave_station();
}

Test(cwjap, takes_open_ones_without_pci, REQ("CWJAP-37"), TAGS("nvs needs:open_access_point"))
{
	enter_station();
	expect_join(join_line("open_access_point", ",,0"));
	expect_joined_to(network("open_access_point.ssid"));
	leave_station();
}

Test(cwjap, takes_wep_without_pci, REQ("CWJAP-37"), TAGS("nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"atconform-wep\",\"abcde\",,0", "OK");
	expect_joined_to("atconform-wep");
	leave_station();
}

Test(cwjap, joins_the_one_of_that_mac_address, REQ("CWJAP-38"), TAGS("nvs needs:twin_access_point"))
{
	static const char *const both[] = { "twin_access_point.bssid_a",
		"twin_access_point.bssid_b" };
	enter_station();
	for (size_t i = 0; i < 2; i++) {
		expect_join(join_line("twin_access_point", fmt(",\"%s\"", network(both[i]))));
		expect_joined_to(network("twin_access_point.ssid"));
		check(strcasecmp(field("bssid"), network(both[i])) == 0, "joined to %s",
			field("bssid"));
	}
	leave_station();
}

/* Joins with reconnection as told, and lets the access point be silent until it is lost. */
static void lose_access_point(int reconn)
{
	const char *bssid = network("access_point.bssid");
	enter_station();
	given(join_line("access_point", fmt(",,,%d", reconn)));
	change_air(bssid, "\"beacons\":false");
	bool lost = becomes_joined(false, 2 * soon_ms());
	change_air(bssid, "\"beacons\":true");
	check(lost, "the silent access point is not missed");
}

Test(cwjap, comes_back_with_reconnection, REQ("CWJAP-39"),
	TAGS("nvs slow needs:access_point needs:air"))
{
	lose_access_point(1);
	check(becomes_joined(true, 2 * soon_ms()), "not joined again");
	leave_station();
}

Test(cwjap, stays_away_without_reconnection, REQ("CWJAP-40"),
	TAGS("nvs slow needs:access_point needs:air"))
{
	lose_access_point(0);
	check(!becomes_joined(true, bench_ms("join")), "joined again to %s", field("ssid"));
	leave_station();
}

Test(cwjap, joins_the_shortest_name, REQ("CWJAP-42"), TAGS("nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"x\",\"12345678\"", "OK");
	expect_joined_to("x");
	leave_station();
}

#define LONGEST_SSID "atconform-longest-name-32-bytes."
#define LONGEST_JOIN                                                                               \
	"AT+CWJAP=\"" LONGEST_SSID "\","                                                           \
	"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

Test(cwjap, joins_the_longest_name, REQ("CWJAP-42"), TAGS("nvs needs:air"))
{
	enter_station();
	at(LONGEST_JOIN, "OK");
	expect_joined_to(LONGEST_SSID);
	leave_station();
}

Test(cwjap, takes_the_longest_password, REQ("CWJAP-43"), TAGS("nvs needs:air"))
{
	enter_station();
	at(LONGEST_JOIN, "OK");
	leave_station();
}

Test(cwjap, takes_the_longest_password_as_valid, REQ("CWJAP-43"), TAGS("slow nvs"))
{
	enter_station();
	at("AT+CWJAP=\"no such network 5e7a\","
	   "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
		RE("\\+CWJAP:\\d+"), "ERROR");
	leave_station();
}

Test(cwjap, changes_over, REQ("CWJAP-44"), TAGS("nvs needs:access_point needs:open_access_point"))
{
	enter_joined();
	expect_join(join_line("open_access_point", ""));
	expect_joined_to(network("open_access_point.ssid"));
	leave_station();
}

Test(cwjap, is_not_joined_after_a_failure, REQ("CWJAP-45"), TAGS("slow nvs needs:access_point"))
{
	enter_station();
	any(wrong_line());
	check(said("ERROR"), "the wrong password is taken");
	check(!is_joined(), "joined to %s", field("ssid"));
	at("AT", "OK");
	leave_station();
}

Test(cwjap, takes_the_first_example, REQ("CWJAP-46"), TAGS("nvs"))
{
	expect_taken_as_valid("AT+CWJAP=\"abc\",\"0123456789\"");
}

Test(cwjap, joins_as_the_examples_say, REQ("CWJAP-46", "CWJAP-48"), TAGS("nvs needs:air"))
{
	enter_station();
	at("AT+CWJAP=\"abc\",\"0123456789\"", "OK");
	at("AT+CWJAP=\"abc\",\"0123456789\",\"ca:d7:19:d8:a6:44\"", "OK");
	leave_station();
}

Test(cwjap, takes_the_example_with_escapes, REQ("CWJAP-47"), TAGS("nvs"))
{
	expect_taken_as_valid("AT+CWJAP=\"ab\\\\\\,c\",\"0123456789\\\"\\\\\"");
}

Test(cwjap, takes_the_example_with_a_mac_address, REQ("CWJAP-48"), TAGS("nvs"))
{
	expect_taken_as_valid("AT+CWJAP=\"abc\",\"0123456789\",\"ca:d7:19:d8:a6:44\"");
}

Test(cwjap, uses_the_listed_error_codes, REQ("CWJAP-49"), TAGS("slow nvs needs:access_point"))
{
	enter_station();
	any(NOWHERE);
	check(failed_with("1234") && strlen(line_text(0)) == 8, "no such access point: \"%s\"",
		line_text(0));
	any(wrong_line());
	check(failed_with("1234") && strlen(line_text(0)) == 8, "wrong password: \"%s\"",
		line_text(0));
	leave_station();
}

/* How often a line came since the command. */
static int times(const char *line)
{
	size_t len;
	int count = 0;
	const char *wanted = fmt("\n%s\r\n", line);
	for (const char *p = received(&len); (p = strstr(p, wanted)); p++)
		count++;
	return count;
}

/* Where a line begins in what came since the command, or behind everything. */
static size_t place_of(const char *line)
{
	size_t len;
	const char *wire = received(&len), *found = strstr(wire, fmt("\n%s\r\n", line));
	return found ? (size_t)(found - wire) : len;
}

Test(cwjap, tells_progress_in_order, REQ("CWJAP-50"), TAGS("nvs needs:access_point"))
{
	enter_station();
	expect_join(join_line("access_point", ""));
	listen_for(bench_ms("silence"));
	size_t len, ok = place_of("OK");
	size_t connected = place_of("WIFI CONNECTED"), address = place_of("WIFI GOT IP");
	received(&len);
	check(address == len || connected < address,
		"the address comes ahead of the connection, or without it");
	check((connected == len || connected < ok) && (address == len || address < ok),
		"a progress line comes behind OK");
	check(times("WIFI CONNECTED") < 2 && times("WIFI GOT IP") < 2,
		"a progress line comes twice");
	leave_station();
}

Test(cwjap, does_not_join_an_enterprise_access_point, REQ("CWJAP-52"),
	TAGS("slow nvs needs:enterprise_access_point"))
{
	enter_station();
	any(join_line("enterprise_access_point", ""));
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	leave_station();
}

Test(cwjap, stays_joined_when_a_command_is_refused, REQ("CWJAP-53"), TAGS("nvs needs:access_point"))
{
	enter_joined();
	any(join_line("access_point", ",,2"));
	check(said("ERROR"), "a PCI authentication of 2 is taken");
	any("AT+CWJAP=\"abc\"");
	check(said("ERROR"), "a join without a password is taken");
	expect_joined_to(network("access_point.ssid"));
	leave_station();
}
