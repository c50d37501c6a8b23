/* SPDX-License-Identifier: MIT */
/* AT+CIPDOMAIN: what the module asks a name server, and which answers it believes. */
#include "services.h"

#define ZONE                                                                                       \
	"\"zone\":{\"www.atconform.test\":[\"192.0.2.80\"],\"mail.atconform.test\":[\"192.0.2."    \
	"25\"],"                                                                                   \
	"\"iot.espressif.cn\":[\"192.0.2.44\"]}"

Test(cipdomain, tells_the_address_of_a_name, REQ("CIPDOMAIN-1", "CIPDOMAIN-2"),
	TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE "}");
	at("AT+CIPDOMAIN=\"www.atconform.test\"", LIKE("+CIPDOMAIN:<ip_address>"), "OK");
	check(strcmp(field("ip_address"), "192.0.2.80") == 0, "the address is %s",
		field("ip_address"));
	at("AT+CIPDOMAIN=\"mail.atconform.test\"", LIKE("+CIPDOMAIN:<ip_address>"), "OK");
	check(strcmp(field("ip_address"), "192.0.2.25") == 0, "the address is %s",
		field("ip_address"));
	leave_names();
}

Test(cipdomain, ends_with_ok, REQ("CIPDOMAIN-3"), TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE "}");
	for (int i = 0; i < 2; i++)
		at("AT+CIPDOMAIN=\"www.atconform.test\"", LIKE("+CIPDOMAIN:<ip_address>"), "OK");
	leave_names();
}

Test(cipdomain, tells_one_of_several_addresses, REQ("CIPDOMAIN-2"),
	TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{\"zone\":{\"two.atconform.test\":[\"192.0.2.1\",\"192.0.2.2\"]}}");
	const char *ip = address_of("two.atconform.test");
	check(strcmp(ip, "192.0.2.1") == 0 || strcmp(ip, "192.0.2.2") == 0, "the address is %s",
		ip);
	leave_names();
}

Test(cipdomain, example_is_answered, REQ("CIPDOMAIN-7"), TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE "}");
	at("AT+CIPDOMAIN=\"iot.espressif.cn\"", LIKE("+CIPDOMAIN:<ip_address>"), "OK");
	leave_names();
}

Test(cipdomain, asks_for_the_name_of_the_command, REQ("CIPDOMAIN-12"),
	TAGS("nvs needs:access_point needs:peers"))
{
	int names = enter_names("{" ZONE "}");
	given("AT+CIPDOMAIN=\"www.atconform.test\"");
	peer_wait_request(names, 1, 0);
	for (int i = 0; i < peer_requests(names); i++) {
		const char *name = peer_state(names, fmt("requests.%d.name", i));
		check(strcmp(name, "www.atconform.test") == 0, "it asks for %s", name);
		const char *type = peer_state(names, fmt("requests.%d.type", i));
		check(strcmp(type, "A") == 0, "it asks for %s", type);
	}
	leave_names();
}

Test(cipdomain, takes_the_longest_labels, REQ("CIPDOMAIN-13"),
	TAGS("nvs needs:access_point needs:peers"))
{
	char a[64] = { 0 }, b[64] = { 0 };
	memset(a, 'a', 63);
	memset(b, 'b', 63);
	const char *name = fmt("%s.%s.atconform.test", a, b);
	enter_names(fmt("{\"zone\":{\"%s\":[\"192.0.2.63\"]}}", name));
	const char *ip = address_of(name);
	check(strcmp(ip, "192.0.2.63") == 0, "the address is \"%s\"", ip);
	leave_names();
}

/* A server that would answer hears nothing of a command that is refused. */
static void expect_unasked(const char *line)
{
	int names = enter_names("{" ZONE "}");
	at(line, "ERROR");
	listen_for(bench_ms("silence"));
	check(peer_requests(names) == 0, "the name server was asked for \"%s\"",
		peer_state(names, "requests.0.name"));
	leave_names();
}

Test(cipdomain, name_without_quotes_is_refused, REQ("CIPDOMAIN-6"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_unasked("AT+CIPDOMAIN=www.atconform.test");
}

Test(cipdomain, empty_name_is_refused, REQ("CIPDOMAIN-6"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_unasked("AT+CIPDOMAIN=\"\"");
}

Test(cipdomain, second_parameter_is_refused, REQ("CIPDOMAIN-5"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_unasked("AT+CIPDOMAIN=\"www.atconform.test\",9");
}

Test(cipdomain, unknown_name_is_an_error, REQ("CIPDOMAIN-8"),
	TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE "}");
	at("AT+CIPDOMAIN=\"nobody.atconform.test\"", "ERROR");
	leave_names();
}

/* The name is there, but the server behaves in this way. Then it does not any more. */
static void expect_no_address(const char *mode)
{
	int names = enter_names(fmt("{" ZONE ",\"mode\":\"%s\"}", mode));
	at("AT+CIPDOMAIN=\"www.atconform.test\"", "ERROR");
	peer_wait_request(names, 1, 0);
	at("AT", "OK");
	peer_set(names, PEER_ALL, "{\"mode\":\"answer\"}");
	const char *ip = address_of("mail.atconform.test");
	check(strcmp(ip, "192.0.2.25") == 0, "later the address of another name is \"%s\"", ip);
	leave_names();
}

Test(cipdomain, server_that_refuses_makes_an_error, REQ("CIPDOMAIN-9"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("refuse");
}

Test(cipdomain, silent_server_makes_an_error, REQ("CIPDOMAIN-9"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("silent");
}

Test(cipdomain, denied_name_is_an_error, REQ("CIPDOMAIN-8"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("nxdomain");
}

Test(cipdomain, answer_for_another_name_is_none, REQ("CIPDOMAIN-10"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("lie");
}

Test(cipdomain, answer_with_another_number_is_none, REQ("CIPDOMAIN-10"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("wrong-id");
}

Test(cipdomain, garbage_is_no_answer, REQ("CIPDOMAIN-10"),
	TAGS("nvs needs:access_point needs:peers"))
{
	expect_no_address("garbage");
}

Test(cipdomain, needs_a_network, REQ("CIPDOMAIN-11"), TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{" ZONE "}");
	enter_offline();
	at("AT+CIPDOMAIN=\"www.atconform.test\"", "ERROR");
	leave_offline();
	leave_names();
}
