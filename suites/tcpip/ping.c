/* SPDX-License-Identifier: MIT */
/* AT+PING: hosts that answer, hosts that don't, and names. 192.0.2.0/24 is nobody's, anywhere. */
#include "services.h"

#define NOBODY "AT+PING=\"192.0.2.1\""

static const char *reachable(void)
{
	return fmt("AT+PING=\"%s\"", network("host_address"));
}

Test(ping, times_out, REQ("PING-2"), TAGS("needs:access_point"))
{
	online();
	at(NOBODY, "+timeout", "ERROR");
}

Test(ping, goes_on_after_a_time_out, REQ("PING-11"), TAGS("needs:access_point needs:peers"))
{
	online();
	any(NOBODY);
	at(reachable(), LIKE("+PING:<time>"), "OK");
}

Test(ping, takes_a_name, REQ("PING-3"), TAGS("nvs needs:access_point needs:peers"))
{
	const char *zone = "{\"zone\":{\"here.atconform.test\":[\"%s\"]}}";
	char options[120];
	snprintf(options, sizeof(options), zone, network("host_address"));
	int names = enter_names(options);
	at("AT+PING=\"here.atconform.test\"", LIKE("+PING:<time>"), "OK");
	check(peer_requests(names) > 0, "the name server was not asked");
	leave_names();
}

Test(ping, tells_a_time_that_can_be, REQ("PING-7"), TAGS("needs:access_point needs:peers"))
{
	online();
	for (int i = 0; i < 3; i++) {
		at(reachable(), LIKE("+PING:<time>"), "OK");
		check(field_int("time") >= 0 && field_int("time") <= answer_ms() + 1,
			"%s ms, while the command took %lld", field("time"),
			(long long)answer_ms());
	}
}

Test(ping, unknown_name_is_an_error, REQ("PING-8"), TAGS("nvs needs:access_point needs:peers"))
{
	enter_names("{\"zone\":{}}");
	any("AT+PING=\"nobody.invalid\"");
	check(said("ERROR"), "an unknown name is not answered with ERROR");
	check(!line_like(0, RE("\\+PING:\\d+")), "an unknown name has the time %s", line_text(0));
	leave_names();
}

static void expect_taken(const char *line)
{
	any(line);
	bool time = line_like(0, RE("\\+PING:\\d+")) && said("OK");
	bool none = line_like(0, RE("\\+timeout|\\+PING:TIMEOUT")) && said("ERROR");
	check(line_count() == 1 && (time || none), "\"%s\" is answered with \"%s\"", line,
		line_count() ? line_text(0) : "a final result alone");
}

Test(ping, examples_are_taken, REQ("PING-9"), TAGS("nvs needs:access_point needs:peers"))
{
	char options[120];
	snprintf(options, sizeof(options), "{\"zone\":{\"www.baidu.com\":[\"%s\"]}}",
		network("host_address"));
	enter_names(options);
	expect_taken("AT+PING=\"192.168.1.1\"");
	expect_taken("AT+PING=\"www.baidu.com\"");
	leave_names();
}

Test(ping, needs_a_network, REQ("PING-10"), TAGS("nvs needs:access_point needs:peers"))
{
	online();
	enter_offline();
	any(reachable());
	check(said("ERROR"), "without a network a ping is not answered with ERROR");
	check(!line_like(0, RE("\\+PING:\\d+")), "without a network the time is %s", line_text(0));
	leave_offline();
}
