/* SPDX-License-Identifier: MIT */
/* AT+CIUPDATE: an update server under the name of the document's examples, on its two ports, and
 * what becomes of the firmware. Each case ends with the firmware that it began with. */
#include "services.h"

#define SERVER  "iot.espressif.cn"
#define ADDRESS "10.80.0.1"
#define FOUR    "+CIPUPDATE:1", "+CIPUPDATE:2", "+CIPUPDATE:3", "+CIPUPDATE:4", "OK"

/* Options of a server that has every version; the others have the one they name. */
#define EVERY "\"mode\":\"answer\""

enum { TCP_PORT = 80, TLS_PORT = 443 };

static int names, plain, secure;

static void enter_update(const char *options)
{
	names = enter_names("{\"zone\":{\"" SERVER "\":[\"" ADDRESS "\"]}}");
	plain = peer_open("update", fmt("{%s}", options));
	peer_as(plain, ADDRESS, TCP_PORT);
	secure = peer_open("update-tls", fmt("{%s}", options));
	peer_as(secure, ADDRESS, TLS_PORT);
}

#define leave_update() leave_names()

static const char *version(void)
{
	ask("AT+GMR");
	return fmt("%s|%s|%s", field("at_version"), field("sdk_version"), field("compile_time"));
}

static void roll_back(void)
{
	given("AT+SYSROLLBACK");
	wait_restart();
	forget_urcs();
}

static void update(const char *line)
{
	at(line, FOUR);
	wait_restart();
	forget_urcs();
}

static bool asked_for(int server, const char *text)
{
	for (int i = 0; i < peer_requests(server); i++)
		if (strstr(peer_state(server, fmt("requests.%d.name", i)), text))
			return true;
	return false;
}

static void expect_version(const char *number)
{
	const char *now = version();
	check(strstr(now, number), "AT+GMR tells %s, not %s", now, number);
}

#define NEEDS "destructive nvs needs:access_point needs:update needs:second_image"

Test(ciupdate, tells_its_four_steps, REQ("CIUPDATE-1"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.5.0.0\"");
	update("AT+CIUPDATE");
	roll_back();
	leave_update();
}

Test(ciupdate, tells_its_four_steps_with_a_mode, REQ("CIUPDATE-2"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.5.0.0\"");
	update("AT+CIUPDATE=0");
	roll_back();
	leave_update();
}

Test(ciupdate, fetches_the_latest_version, REQ("CIUPDATE-3"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.1.0\"");
	update("AT+CIUPDATE");
	check(asked_for(plain, "v2.6.1.0"), "the image of this version was not asked for");
	check(peer_requests(secure) == 0, "the server for SSL was asked");
	roll_back();
	leave_update();
}

Test(ciupdate, starts_what_was_fetched, REQ("CIUPDATE-13"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.1.1\"");
	update("AT+CIUPDATE");
	expect_version("2.6.1.1");
	roll_back();
	leave_update();
}

/* What is not saved is gone by a restart. */
Test(ciupdate, restarts_behind_ok, REQ("CIUPDATE-14"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.1.2\"");
	given("AT+CIPMUX=1");
	update("AT+CIUPDATE");
	ask("AT+CIPMUX?");
	check(field_int("mode") == 0, "AT+CIPMUX=1 is still there: it has not restarted");
	roll_back();
	leave_update();
}

Test(ciupdate, leaves_the_firmware_before_to_roll_back_to, REQ("CIUPDATE-15"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.1.3\"");
	const char *before = version();
	update("AT+CIUPDATE");
	roll_back();
	const char *after = version();
	check(strcmp(after, before) == 0, "AT+SYSROLLBACK goes back to %s, not %s", after, before);
	leave_update();
}

Test(ciupdate, fetches_over_tcp_in_mode_0, REQ("CIUPDATE-4"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.2.0\"");
	update("AT+CIUPDATE=0");
	check(peer_requests(plain) > 0 && peer_requests(secure) == 0,
		"the server was asked %d times over TCP and %d times over SSL",
		peer_requests(plain), peer_requests(secure));
	roll_back();
	leave_update();
}

Test(ciupdate, fetches_over_ssl_in_mode_1, REQ("CIUPDATE-5"), TAGS(NEEDS " needs:tls"))
{
	enter_update("\"version\":\"v2.6.3.0\"");
	update("AT+CIUPDATE=1");
	expect_version("2.6.3.0");
	check(peer_requests(plain) == 0 && peer_requests(secure) > 0,
		"the server was asked %d times over TCP and %d times over SSL",
		peer_requests(plain), peer_requests(secure));
	roll_back();
	leave_update();
}

Test(ciupdate, fetches_the_latest_version_with_a_mode_alone, REQ("CIUPDATE-12"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.6.3.1\"");
	update("AT+CIUPDATE=0");
	expect_version("2.6.3.1");
	roll_back();
	leave_update();
}

Test(ciupdate, fetches_the_version_of_the_command, REQ("CIUPDATE-11"), TAGS(NEEDS))
{
	enter_update(EVERY);
	update("AT+CIUPDATE=0,\"v1.1.3.0\"");
	expect_version("1.1.3.0");
	check(asked_for(plain, "v1.1.3.0"), "the image of this version was not asked for");
	roll_back();
	leave_update();
}

Test(ciupdate, example_is_accepted, REQ("CIUPDATE-22"), TAGS(NEEDS " needs:tls"))
{
	enter_update(EVERY);
	update("AT+CIUPDATE=1,\"v1.2.0.0\"");
	expect_version("1.2.0.0");
	roll_back();
	leave_update();
}

Test(ciupdate, refuses_what_is_no_command_without_a_question,
	REQ("CIUPDATE-6", "CIUPDATE-7", "CIUPDATE-8", "CIUPDATE-9", "CIUPDATE-10"), TAGS(NEEDS))
{
	enter_update(EVERY);
	static const char *const refused[] = { "2", "-1", "\"0\"", "word", "2,\"v1.2.0.0\"",
		"0,v1.2.0.0", "0,\"\"", "", "0,\"v1.2.0.0\",1", ",\"v1.2.0.0\"" };
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *line = fmt("AT+CIUPDATE=%s", refused[i]);
		at(line, "ERROR");
		check(peer_requests(plain) + peer_requests(secure) == 0,
			"a server was asked after \"%s\"", line);
	}
	leave_update();
}

/* The last step that was told; the steps ascend from 1. */
static int steps_of(const char *line)
{
	any(line);
	check(said("ERROR"), "\"%s\" does not end with ERROR", line);
	for (size_t i = 0; i < line_count(); i++)
		check(line_like(i, RE("\\+CIPUPDATE:(?<n>\\d)")) && field_int("n") == (int)i + 1,
			"line %zu of \"%s\" is \"%s\"", i + 1, line, line_text(i));
	return (int)line_count();
}

/* A restart would take AT+CIPMUX=1 away. */
static void expect_failure(const char *line)
{
	const char *before = version();
	given("AT+CIPMUX=1");
	steps_of(line);
	ask("AT+CIPMUX?");
	check(field_int("mode") == 1, "the module has restarted");
	const char *now = version();
	check(strcmp(now, before) == 0, "AT+GMR tells %s, before %s", now, before);
	given("AT+CIPMUX=0");
}

Test(ciupdate, needs_a_network, REQ("CIUPDATE-16"), TAGS("destructive nvs"))
{
	enter_offline();
	expect_failure("AT+CIUPDATE");
	leave_offline();
}

Test(ciupdate, needs_a_server_with_a_name, REQ("CIUPDATE-16"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.0.0\"");
	peer_set(names, PEER_ALL, "{\"mode\":\"nxdomain\"}");
	expect_failure("AT+CIUPDATE");
	check(peer_requests(plain) == 0, "a server was asked that has no name");
	leave_update();
}

Test(ciupdate, needs_a_server_that_listens, REQ("CIUPDATE-16"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.1.0\"");
	peer_stop_listening(plain);
	expect_failure("AT+CIUPDATE");
	leave_update();
}

Test(ciupdate, needs_ssl_behind_the_port_for_it, REQ("CIUPDATE-16"), TAGS(NEEDS " needs:tls"))
{
	enter_update("\"version\":\"v2.7.2.0\"");
	int deaf = peer_open("tcp", "{\"greeting\":\"no SSL here\\r\\n\"}");
	peer_as(deaf, ADDRESS, TLS_PORT);
	expect_failure("AT+CIUPDATE=1");
	leave_update();
}

Test(ciupdate, tells_no_step_it_does_not_get_to, REQ("CIUPDATE-20"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.2.1\"");
	peer_stop_listening(plain);
	int steps = steps_of("AT+CIUPDATE");
	check(steps < 4, "step %d is told without a server", steps);
	peer_set(names, PEER_ALL, "{\"mode\":\"nxdomain\"}");
	steps = steps_of("AT+CIUPDATE");
	check(steps < 4, "step %d is told without the server's address", steps);
	leave_update();
}

Test(ciupdate, tells_each_step_in_its_place, REQ("CIUPDATE-26"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.2.2\",\"mode\":\"no-version\"");
	int steps = steps_of("AT+CIUPDATE");
	check(steps < 4, "step %d is told without a version", steps);
	peer_stop_listening(plain);
	steps = steps_of("AT+CIUPDATE");
	check(steps < 3, "step %d is told without a connection", steps);
	peer_set(names, PEER_ALL, "{\"mode\":\"nxdomain\"}");
	steps = steps_of("AT+CIUPDATE");
	check(steps < 2, "step %d is told without an address", steps);
	leave_update();
}

static void expect_failing(const char *mode)
{
	enter_update(fmt("\"version\":\"v2.7.3.0\",\"mode\":\"%s\"", mode));
	expect_failure("AT+CIUPDATE");
	leave_update();
}

Test(ciupdate, fails_when_the_server_hangs_up, REQ("CIUPDATE-17"), TAGS(NEEDS))
{
	expect_failing("close");
}

Test(ciupdate, fails_when_the_image_breaks_off, REQ("CIUPDATE-17"), TAGS(NEEDS))
{
	expect_failing("short");
}

Test(ciupdate, fails_when_the_image_is_another, REQ("CIUPDATE-23"), TAGS(NEEDS))
{
	expect_failing("wrong-hash");
}

Test(ciupdate, fails_when_the_version_is_not_told, REQ("CIUPDATE-21"), TAGS(NEEDS))
{
	expect_failing("no-version");
}

Test(ciupdate, fails_with_a_version_that_is_not_there, REQ("CIUPDATE-21"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.7.0\"");
	expect_failure("AT+CIUPDATE=0,\"v9.9.9.9\"");
	expect_failure("AT+CIUPDATE=0,\"no version\"");
	leave_update();
}

Test(ciupdate, changes_nothing_when_it_fails, REQ("CIUPDATE-18"), TAGS(NEEDS))
{
	expect_failing("short");
}

/* The other image is one that the case has put there. */
Test(ciupdate, leaves_the_other_firmware_alone_when_it_fails, REQ("CIUPDATE-18"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.4.0\"");
	update("AT+CIUPDATE");
	roll_back();
	online();
	peer_set(plain, PEER_ALL, "{\"version\":\"v2.7.4.1\",\"mode\":\"short\"}");
	steps_of("AT+CIUPDATE");
	roll_back();
	expect_version("2.7.4.0");
	roll_back();
	leave_update();
}

Test(ciupdate, succeeds_after_a_failure, REQ("CIUPDATE-19"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.5.0\",\"mode\":\"short\"");
	steps_of("AT+CIUPDATE");
	peer_set(plain, PEER_ALL, "{\"mode\":\"answer\"}");
	update("AT+CIUPDATE");
	expect_version("2.7.5.0");
	roll_back();
	leave_update();
}

Test(ciupdate, is_not_what_a_rollback_does, REQ("SYSROLLBACK-5"), TAGS(NEEDS))
{
	enter_update("\"version\":\"v2.7.6.0\"");
	roll_back();
	online();
	roll_back();
	check(peer_requests(names) + peer_requests(plain) + peer_requests(secure) == 0,
		"a server was asked");
	leave_update();
}
