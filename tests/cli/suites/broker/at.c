/* SPDX-License-Identifier: MIT */
/* Cases of a suite program of its own, for tests/cli/test_broker.py: what the rig's broker and its
 * observers can do, with no word to the module but AT. */
#include "at/at.h"
#include "at/broker.h"

#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(at, publishes_and_receives, REQ("AT-1"), TAGS("needs:broker"))
{
	int a = observer(NULL);
	int b = observer("{\"client_id\":\"second\"}");
	observe(a, topic("x"), 2);
	for (int qos = 0; qos <= 2; qos++) {
		publish(b, topic("x"), "a\0b\xff", 4, qos, false);
		expect_message(a, topic("x"), "a\0b\xff", 4, qos, false, 0);
	}
	no_message(a, 20);
}

Test(at, hands_out_retained_messages, REQ("AT-1"), TAGS("needs:broker"))
{
	int a = observer(NULL);
	publish(a, topic("kept"), "1", 1, 1, true);
	observe(a, topic("+"), 1);
	expect_message(a, topic("kept"), "1", 1, 1, true, 0);
	publish(a, topic("kept"), "", 0, 1, true);
}

Test(at, publishes_the_will, REQ("AT-1"), TAGS("needs:broker needs:broker_log"))
{
	int a = observer(NULL);
	observe(a, topic("will"), 1);
	int b = observer(fmt("{\"client_id\":\"%s\",\"keepalive\":60,\"will\":{\"topic\":\"%s\","
			     "\"payload\":\"gone\",\"qos\":1}}",
		client_id(), topic("will")));
	broker_log(fmt("New client connected from * as %s (*k60*", client_id()), 0);
	observer_leave(b, "rst");
	expect_text(a, topic("will"), "gone");
	int c = observer(
		fmt("{\"will\":{\"topic\":\"%s\",\"payload\":\"gone\",\"qos\":1}}", topic("will")));
	observer_leave(c, "mqtt");
	no_message(a, 50);
}

Test(at, carries_a_mebibyte, REQ("AT-1"), TAGS("needs:broker"))
{
	enum { LEN = 1024, COUNT = 1024 };
	uint8_t want[LEN];
	int a = observer(NULL);
	int b = observer(NULL);
	observe(a, topic("bulk"), 2);
	publish_pattern(b, topic("bulk"), 7, LEN, COUNT, 2);
	for (int i = 0; i < COUNT; i++) {
		pattern_fill(7, (uint64_t)i * LEN, want, LEN);
		expect_message(a, topic("bulk"), want, LEN, 2, false, 0);
	}
	no_message(a, 20);
}

Test(at, lets_nobody_in_without_a_password, REQ("AT-1"), TAGS("needs:broker needs:broker_log"))
{
	int n;
	check(!observer_tried("{\"username\":\"\"}", &n), "somebody got in without a name");
	check(!observer_tried("{\"username\":\"atconform\",\"password\":\"x\"}", &n),
		"somebody got in with a wrong password");
	check(observer_tried("{\"username\":\"espressif\",\"password\":\"1234567890\"}", &n),
		"the name of the document's examples does not get in");
	broker_log("*not authori?ed*", 0);
}

Test(at, lets_in_long_and_odd_names, REQ("AT-1"), TAGS("needs:broker_users needs:broker"))
{
	static const char *const kinds[] = { "other", "long", "longest" };
	int n;
	for (size_t i = 0; i < 3; i++)
		check(observer_tried(fmt("{\"username\":\"%s\",\"password\":\"%s\"}",
					     broker(fmt("%s_username", kinds[i])),
					     broker(fmt("%s_password", kinds[i]))),
			      &n),
			"a user that is in the facts does not get in");
	check(observer_tried("{\"username\":\"o,d\\\"d\\\\\",\"password\":\"p,a\\\"s\\\\s\"}", &n),
		"the user with odd characters does not get in");
}

Test(at, denies_by_the_list, REQ("AT-1"), TAGS("needs:broker needs:broker_log"))
{
	int a = observer(NULL);
	int b = observer(fmt("{\"client_id\":\"%s\",\"username\":\"other\",\"password\":\"%s\"}",
		client_id(), broker("other_password")));
	observe(a, "only/+", 1);
	observe(a, "denied/+", 1);
	publish_text(b, "only/x", "no");
	broker_log(fmt("Denied PUBLISH from %s *only/x*", client_id()), 0);
	publish_text(a, "only/x", "yes");
	expect_text(a, "only/x", "yes");
	publish_text(a, "denied/x", "no");
	no_message(a, 50);
}

Test(at, stops_and_starts, REQ("AT-1"), TAGS("needs:broker needs:broker_control needs:broker_log"))
{
	int n;
	int a = observer(NULL);
	broker_stop();
	check(!observer_tried(NULL, &n), "a broker that was stopped answers");
	check(!message(a, 20), "a message came from a broker that was stopped");
	broker_start();
	broker_log("mosquitto version * running", 0);
	int b = observer(NULL);
	broker_kill();
	broker_start();
	broker_restart();
	int c = observer(NULL);
	observe(c, topic("x"), 0);
	publish(c, topic("x"), "1", 1, 0, false);
	expect_message(c, topic("x"), "1", 1, 0, false, 0);
	broker_forget();
	no_broker_log("mosquitto version * running", 20);
	(void)b;
}

Test(at, stops_and_ends, REQ("AT-1"), TAGS("needs:broker needs:broker_control"))
{
	broker_stop();
}

Test(at, tells_its_facts, REQ("AT-1"),
	TAGS("needs:broker needs:broker_tls needs:broker_ws needs:broker_other"))
{
	static const char *const kinds[] = { "tcp", "tls", "tls_client", "tls_other", "tls_expired",
		"ws", "wss", "wss_client", "wss_other", "wss_expired" };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check(broker_port(kinds[i]) > 0, "%s has no port at %s", kinds[i], broker("host"));
}

/* Long enough for the test to do something to the broker. */
Test(at, waits_with_an_observer, REQ("AT-1"), TAGS("needs:broker"))
{
	int a = observer(NULL);
	observe(a, topic("x"), 1);
	listen_for(3000);
	at("AT", "OK");
}

Test(at, waits_and_fails, REQ("AT-1"), TAGS("needs:broker"))
{
	int a = observer(NULL);
	observe(a, topic("x"), 1);
	/* Not through the rig, which is held up meanwhile. */
	const char *told = getenv("ATCONFORM_TEST_GO");
	for (int i = 0; told && access(told, F_OK) < 0 && i < 20000; i++)
		usleep(1000);
	check(false, "the module did it");
}

Test(at, dies_with_an_observer, REQ("AT-1"), TAGS("needs:broker"))
{
	int a = observer("{\"will\":{\"topic\":\"w\",\"payload\":\"x\"}}");
	observe(a, topic("x"), 1);
	abort();
}

/* The password on the wire, as a case that configures the module has it there. */
Test(at, sends_the_password, REQ("AT-1"), TAGS("needs:broker"))
{
	const char *password = broker("password");
	at(fmt("AT+%s", password), "ERROR");
	check(!*password, "it is %s", password);
}

Test(at, needs_no_broker, REQ("AT-1"))
{
	at("AT", "OK");
}
