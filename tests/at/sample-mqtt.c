/* SPDX-License-Identifier: MIT */
/* Cases with a broker, observers and messages, for mqtt_test.py, which plays rig, module and
 * broker. */
#include "at/broker.h"
#include "at/derived.h"
#include "base/pattern.h"

#include <criterion/hooks.h>
#include <criterion/options.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000

Test(mqttpub, takes_messages, REQ("MQTTPUB-1"))
{
	at("AT+GO", "OK");
	subrecv("t", "one", 3, SECOND);
	subrecv("t", "", 0, SECOND);
	const struct message *m = next_subrecv(SECOND);
	check(strcmp(m->topic, "a\",b") == 0 && m->len == 2 && m->link == 0, "%s", m->topic);
	urc("+MQTTDISCONNECTED:0", SECOND); /* everything has come */
	check(subrecv_count() == 1, "%zu left", subrecv_count());
	subrecv_text("t", "last");
	no_subrecv(20);
}

Test(mqttpub, takes_another_message, REQ("MQTTPUB-1"))
{
	at("AT+GO", "OK");
	subrecv("t", "two", 3, SECOND);
}

Test(mqttpub, takes_none, REQ("MQTTPUB-1"))
{
	subrecv("t", "two", 3, 20);
}

Test(mqttpub, takes_half_of_one, REQ("MQTTPUB-1"))
{
	at("AT+HALF", "OK");
	next_subrecv(20);
}

Test(mqttpub, wants_no_message, REQ("MQTTPUB-1"))
{
	at("AT+GO", "OK");
	no_subrecv(20);
}

Test(mqttpub, takes_a_pattern, REQ("MQTTPUB-1"))
{
	at("AT+PATTERN", "OK");
	subrecv_pattern("t", 7, 4, 3, SECOND);
	subrecv_pattern("t", 7, 4, 2, SECOND);
}

Test(mqttpub, publishes, REQ("MQTTPUB-1"))
{
	publish_raw("AT+MQTTPUBRAW=0,\"t\",5,0,0", "hello", 5);
	subrecv_text("t", "between");
	data_prompt("AT+MQTTPUBRAW=0,\"t\",2,0,0");
	raw("no", 2);
	response("+MQTTPUB:FAIL");
}

Test(mqttpub, publishes_in_vain, REQ("MQTTPUB-1"))
{
	publish_raw("AT+MQTTPUBRAW=0,\"t\",2,0,0", "no", 2);
}

Test(mqttpub, is_refused, REQ("MQTTPUB-1"))
{
	refused("AT+BAD", 0x6044);
	refused("AT+BAD", 2);
	any("AT+BAD");
	error_code(0x6044);
}

Test(mqttpub, is_refused_with_another_code, REQ("MQTTPUB-1"))
{
	refused("AT+BAD", 0x6045);
}

Test(mqttpub, is_not_refused, REQ("MQTTPUB-1"))
{
	refused("AT+CWMODE?", 0x6044);
}

Test(mqttpub, asks_the_broker, REQ("MQTTPUB-1"))
{
	check(strcmp(broker("host"), "127.0.0.2") == 0, "%s", broker("host"));
	check(broker_port("tcp") == 1883 && broker_port("wss_client") == 8085, "ports");
	broker_stop();
	check(strcmp(broker_log("*New client*", SECOND), "1: New client connected") == 0, "log");
	check(broker_logged(RE("^1: New"), SECOND), "log");
	broker_forget();
	no_broker_log("*New client*", 20);
	check(strncmp(topic("x"), "ac/", 3) == 0 && strcmp(topic("x") + 11, "/x") == 0, "%s",
		topic("x"));
	check(strncmp(client_id(), "ac-", 3) == 0 && strcmp(topic("x"), topic("x")) == 0, "id");
}

Test(mqttpub, has_no_such_line, REQ("MQTTPUB-1"))
{
	broker_log("*Socket error*", 20);
}

Test(mqttpub, has_a_line_too_many, REQ("MQTTPUB-1"))
{
	no_broker_log("*New client*", 20);
}

Test(mqttpub, observes, REQ("MQTTPUB-1"))
{
	int none, o = observer("{\"keepalive\":60}");
	check(o == 3, "%d", o);
	check(!observer_tried("{\"username\":\"x\"}", &none) && none == -1, "%d", none);
	observe(o, "#", 2);
	publish(o, "t", "a\0b", 3, 2, true);
	publish_pattern(o, "t", 7, 1024, 1024, 1);
	expect_message(o, "t", "hello", 5, 1, true, SECOND);
	no_message(o, 20);
	check(!message(o, 20), "one more");
	observer_leave(o, "rst");
}

Test(mqttpub, observes_another, REQ("MQTTPUB-1"))
{
	expect_message(observer(NULL), "t", "hello", 5, 1, false, SECOND);
}

Test(mqttpub, observes_nothing, REQ("MQTTPUB-1"))
{
	int o = observer(NULL);
	message(o, SECOND);
	expect_text(o, "t", "x");
}

Test(mqttpub, observes_too_much, REQ("MQTTPUB-1"))
{
	no_message(observer(NULL), 20);
}

Test(mqttpub, is_refused_an_observer, REQ("MQTTPUB-1"))
{
	observer("{\"username\":\"x\"}");
}

ReportHook(POST_TEST)(struct criterion_test_stats *stats)
{
	static const char *const results[] = { "pass", "fail", "skip" };
	printf("%s %s\n", stats->test->name, results[stats->test_status]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct criterion_test_extra_data data = { .lang_ = CR_LANG_C,
		.kind_ = CR_TEST_NORMAL,
		.identifier_ = "derived",
		.file_ = "mqttpubraw.json",
		.line_ = 1,
		.init = at_begin,
		.fini = at_end,
		.timeout = AT_BACKSTOP_S };
	if (argc == 4 && strcmp(argv[1], "--pattern") == 0) {
		char bytes[64];
		size_t len = (size_t)atoi(argv[3]);
		pattern_fill(7, (uint64_t)atoi(argv[2]), bytes, len);
		return fwrite(bytes, 1, len, stdout) != len;
	}
	struct criterion_test_set *set = criterion_initialize();
	for (int i = 1; i < argc; i++)
		criterion_register_test(set,
			&(struct criterion_test){ argv[i], "mqttpubraw", at_derived_test, &data });
	criterion_options.jobs = 1;
	criterion_options.logging_threshold = CRITERION_IMPORTANT + 1;
	criterion_run_all_tests(set);
	criterion_finalize(set);
	return 0;
}
