/* SPDX-License-Identifier: MIT */
/* AT+CWJEAP: enterprise access points by each method, and what is taken as valid where there is
 * none. */
#include "wifi.h"

#define NOWHERE "no such network 5e7a"
#define BYTES32 "0123456789abcdef0123456789abcdef"

/* The command for the bench's access point. */
static const char *join_eap(int method)
{
	const char *ssid = escaped(network("enterprise_access_point.ssid"));
	const char *identity = escaped(network("enterprise_access_point.identity"));
	if (method == 0)
		return fmt("AT+CWJEAP=\"%s\",0,\"%s\",,,3", ssid, identity);
	return fmt("AT+CWJEAP=\"%s\",%d,\"%s\",\"%s\",\"%s\",0", ssid, method, identity,
		escaped(network("enterprise_access_point.username")),
		escaped(network("enterprise_access_point.password")));
}

/* The case is unequipped when the access point does not have the method. */
static int method_of_bench(int method)
{
	for (int i = 0; i < 3 && has("enterprise_access_point"); i++) {
		const char *listed = network(fmt("enterprise_access_point.methods.%d", i));
		if (method < 0 || atoi(listed) == method)
			return atoi(listed);
	}
	needs(fmt("enterprise_access_point with method %d", method));
	return 0;
}

/* A join that the case judges; one that is not heard of is the bench's fault. */
static void expect_eap(int method)
{
	const char *line = join_eap(method);
	any(line);
	if (said("+CWJEAP:Timeout"))
		inconclusive("the access point does not answer: \"%s\"", line);
	check(said("OK"), "\"%s\" gets \"%s\" and no OK", line, line_text(0));
}

static void enter_eap(int method)
{
	method = method_of_bench(method);
	enter_station();
	expect_eap(method);
}

static bool shows_eap(void)
{
	any("AT+CWJEAP?");
	for (size_t i = 0; i < line_count(); i++)
		if (line_like(i, RE("\\+CWJEAP:\"?(?<ssid>.*?)\"?,(?<method>[012]),.*,(?<security>"
				    "\\d)")))
			return true;
	return false;
}

static bool becomes_shown(void)
{
	int64_t end = clock_ms() + soon_ms();
	while (!shows_eap()) {
		if (clock_ms() > end)
			return false;
		look_again(5);
	}
	return true;
}

static void expect_shown(void)
{
	check(becomes_shown(), "the query shows nothing");
	check(same_ssid(field("ssid"), network("enterprise_access_point.ssid")), "it shows \"%s\"",
		field("ssid"));
}

/* No enterprise access point of that name: +CWJEAP:Timeout. A bare ERROR says that the command
 * itself is wrong. */
static void expect_taken_as_valid(const char *line)
{
	any(line);
	check(said("OK") || said("+CWJEAP:Timeout"), "\"%s\" gets a bare ERROR", line);
	forget_urcs();
}

static void expect_values(int method)
{
	at("AT+CWJEAP?",
		LIKE("+CWJEAP:<ssid>,<method>,<identity>,<username>,<password>,<security>"), "OK");
	check(field_int("method") == method, "the method is %s", field("method"));
	check(strcmp(field("ssid"), network("enterprise_access_point.ssid")) == 0,
		"the SSID is \"%s\"", field("ssid"));
	check(strcmp(field("identity"), network("enterprise_access_point.identity")) == 0,
		"the identity is \"%s\"", field("identity"));
	check(strcmp(field("username"), network("enterprise_access_point.username")) == 0,
		"the user name is \"%s\"", field("username"));
	check(strcmp(field("password"), network("enterprise_access_point.password")) == 0,
		"the password is \"%s\"", field("password"));
	check(field_int("security") == 0, "the certificate bits are %s", field("security"));
}

Test(cwjeap, shows_six_fields, REQ("CWJEAP-1"), TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(1);
	at("AT+CWJEAP?",
		LIKE("+CWJEAP:<ssid>,<method>,<identity>,<username>,<password>,<security>"), "OK");
	leave_station();
}

Test(cwjeap, joins, REQ("CWJEAP-2"), TAGS("nvs needs:enterprise_access_point"))
{
	int method = method_of_bench(-1);
	enter_station();
	expect_eap(method);
	leave_station();
}

Test(cwjeap, peap_needs_a_name, REQ("CWJEAP-7"), TAGS("nvs"))
{
	enter_station();
	at("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"\",\"secret\",0", "ERROR");
	leave_station();
}

Test(cwjeap, peap_needs_a_password, REQ("CWJEAP-8"), TAGS("nvs"))
{
	enter_station();
	at("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"\",0", "ERROR");
	leave_station();
}

Test(cwjeap, has_no_empty_places_with_peap, REQ("CWJEAP-12"), TAGS("nvs"))
{
	static const char *const lines[] = {
		"AT+CWJEAP=,1,\"atconform\",\"tester\",\"secret\",0",
		"AT+CWJEAP=\"" NOWHERE "\",,\"atconform\",\"tester\",\"secret\",0",
		"AT+CWJEAP=\"" NOWHERE "\",1,,\"tester\",\"secret\",0",
		"AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",,\"secret\",0",
		"AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",,0",
		"AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"secret\",",
	};
	enter_station();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		at(lines[i], "ERROR");
	leave_station();
}

Test(cwjeap, joins_by_peap, REQ("CWJEAP-13"), TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(1);
	expect_shown();
	leave_station();
}

Test(cwjeap, joins_by_ttls, REQ("CWJEAP-14"), TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(2);
	expect_shown();
	leave_station();
}

Test(cwjeap, joins_by_tls, REQ("CWJEAP-15"), TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(0);
	expect_shown();
	leave_station();
}

Test(cwjeap, ttls_needs_name_and_password, REQ("CWJEAP-16"), TAGS("nvs"))
{
	enter_station();
	at("AT+CWJEAP=\"" NOWHERE "\",2,\"atconform\",,\"secret\",0", "ERROR");
	at("AT+CWJEAP=\"" NOWHERE "\",2,\"atconform\",\"\",\"secret\",0", "ERROR");
	at("AT+CWJEAP=\"" NOWHERE "\",2,\"atconform\",\"tester\",,0", "ERROR");
	at("AT+CWJEAP=\"" NOWHERE "\",2,\"atconform\",\"tester\",\"\",0", "ERROR");
	leave_station();
}

Test(cwjeap, tls_needs_its_certificate, REQ("CWJEAP-17"), TAGS("nvs"))
{
	enter_station();
	any("AT+CWJEAP=\"" NOWHERE "\",0,\"atconform\",,,0");
	check(said("ERROR"), "the answer is not ERROR");
	leave_station();
}

Test(cwjeap, tls_does_not_join_without_its_certificate, REQ("CWJEAP-17"),
	TAGS("nvs needs:enterprise_access_point"))
{
	method_of_bench(0);
	enter_station();
	any(fmt("AT+CWJEAP=\"%s\",0,\"%s\",,,0", escaped(network("enterprise_access_point.ssid")),
		escaped(network("enterprise_access_point.identity"))));
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	leave_station();
}

Test(cwjeap, tells_a_failure, REQ("CWJEAP-18"), TAGS("slow nvs"))
{
	enter_station();
	at("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"secret\",0", "+CWJEAP:Timeout",
		"ERROR");
	leave_station();
}

Test(cwjeap, does_not_join_with_a_wrong_password, REQ("CWJEAP-19"),
	TAGS("slow nvs needs:enterprise_access_point"))
{
	enter_station();
	any(fmt("AT+CWJEAP=\"%s\",1,\"%s\",\"%s\",\"not the password\",0",
		escaped(network("enterprise_access_point.ssid")),
		escaped(network("enterprise_access_point.identity")),
		escaped(network("enterprise_access_point.username"))));
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	leave_station();
}

Test(cwjeap, shows_the_values_that_were_set, REQ("CWJEAP-20"),
	TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(1);
	expect_values(1);
	leave_station();
}

Test(cwjeap, needs_a_station, REQ("CWJEAP-21"), TAGS("nvs"))
{
	enter_mode(0);
	any("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"secret\",0");
	check(said("ERROR"), "mode 0: the answer is not ERROR");
	enter_mode(2);
	any("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"secret\",0");
	check(said("ERROR"), "mode 2: the answer is not ERROR");
	leave_mode();
}

Test(cwjeap, survives_a_restart, REQ("CWJEAP-22"), TAGS("nvs needs:enterprise_access_point"))
{
	enter_eap(1);
	given("AT+CWAUTOCONN=1");
	restart();
	check(becomes_shown(), "the query shows nothing after the restart");
	expect_values(1);
	leave_station();
}

Test(cwjeap, outlives_the_power, REQ("CWJEAP-23"),
	TAGS("nvs needs:enterprise_access_point needs:power"))
{
	enter_eap(1);
	given("AT+CWAUTOCONN=1");
	power_cycle();
	check(becomes_shown(), "the query shows nothing after the power was off");
	expect_values(1);
	leave_station();
}

Test(cwjeap, is_forgotten_by_a_restore, REQ("CWJEAP-24"),
	TAGS("nvs destructive slow needs:enterprise_access_point"))
{
	enter_eap(1);
	given("AT+RESTORE");
	wait_restart();
	given("AT+CWMODE=1");
	restart();
	check(!becomes_joined(true, while_ms()), "joined to %s", field("ssid"));
	check(!shows_eap(), "the query shows \"%s\"", field("ssid"));
	leave_mode();
}

Test(cwjeap, takes_escaped_characters, REQ("CWJEAP-25"), TAGS("slow nvs"))
{
	enter_station();
	expect_taken_as_valid(
		"AT+CWJEAP=\"a\\,b\\\"c\",1,\"atconform\",\"tester\",\"x\\,y\\\"z\\\\\",0");
	leave_station();
}

Test(cwjeap, takes_the_first_example, REQ("CWJEAP-26"), TAGS("nvs"))
{
	enter_station();
	expect_taken_as_valid("AT+CWJEAP=\"dlink11111\",0,\"example@espressif.com\",,,3");
	leave_station();
}

Test(cwjeap, takes_the_second_example, REQ("CWJEAP-27"), TAGS("nvs"))
{
	enter_station();
	expect_taken_as_valid(
		"AT+CWJEAP=\"dlink11111\",1,\"example@espressif.com\",\"espressif\",\"test11\",0");
	leave_station();
}

Test(cwjeap, takes_the_shortest_and_the_longest, REQ("CWJEAP-28"), TAGS("nvs slow"))
{
	static const char *const values[] = { "i", BYTES32 };
	enter_station();
	for (size_t i = 0; i < 2; i++) {
		expect_taken_as_valid(fmt(
			"AT+CWJEAP=\"" NOWHERE "\",1,\"%s\",\"tester\",\"secret\",0", values[i]));
		expect_taken_as_valid(
			fmt("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"%s\",\"secret\",0",
				values[i]));
		expect_taken_as_valid(
			fmt("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"%s\",0",
				values[i]));
	}
	leave_station();
}

Test(cwjeap, takes_all_certificate_bits, REQ("CWJEAP-29"), TAGS("nvs slow"))
{
	enter_station();
	for (int bits = 0; bits <= 3; bits++)
		expect_taken_as_valid(
			fmt("AT+CWJEAP=\"" NOWHERE "\",1,\"atconform\",\"tester\",\"secret\",%d",
				bits));
	leave_station();
}

Test(cwjeap, looks_at_the_certificate_of_the_server, REQ("CWJEAP-30"),
	TAGS("slow nvs needs:untrusted_access_point"))
{
	const char *line = fmt("AT+CWJEAP=\"%s\",1,\"%s\",\"%s\",\"%s\"",
		escaped(network("untrusted_access_point.ssid")),
		escaped(network("untrusted_access_point.identity")),
		escaped(network("untrusted_access_point.username")),
		escaped(network("untrusted_access_point.password")));
	enter_station();
	any(fmt("%s,2", line));
	check(said("ERROR"), "the answer is not ERROR");
	check(!is_joined(), "joined to %s", field("ssid"));
	any(fmt("%s,0", line));
	check(said("OK"), "without the bit the answer is \"%s\"", line_text(0));
	leave_station();
}

Test(cwjeap, is_left_by_cwqap, REQ("CWJEAP-31"), TAGS("nvs needs:enterprise_access_point"))
{
	int method = method_of_bench(-1);
	enter_station();
	expect_eap(method);
	at("AT+CWQAP", "OK");
	check(!is_joined(), "still joined to %s", field("ssid"));
	check(!shows_eap(), "AT+CWJEAP? still shows \"%s\"", field("ssid"));
	leave_mode();
}
