/* SPDX-License-Identifier: MIT */
/* A mebibyte of messages in each direction at QoS 1 and 2, none of which may be lost, doubled or
 * changed, and a lot of small ones. */
#include "base/pattern.h"
#include "traffic.h"

enum { MEBIBYTE = 1 << 20, BATCH = 64 };

/* In batches, so that no queue of the broker overflows. */
static void receives_much(int qos)
{
	const char *t = own("a");
	int o = enter_subscribed(t, qos);
	for (uint64_t i = 0; i < MEBIBYTE / MESSAGE_MAX / BATCH; i++) {
		publish_pattern(o, t, 100 + i, MESSAGE_MAX, BATCH, qos);
		subrecv_pattern(t, 100 + i, MESSAGE_MAX, BATCH, patience_ms());
	}
	no_subrecv(moment_ms());
	still_there(o);
	leave_mqtt();
}

Test(mqttsubrecv, loses_nothing_of_a_mebibyte_at_qos_1, REQ("MQTTSUBRECV-7", "MQTTSUBRECV-8"),
	TAGS("needs:broker"))
{
	receives_much(1);
}

Test(mqttsubrecv, loses_nothing_of_a_mebibyte_at_qos_2, REQ("MQTTSUBRECV-7", "MQTTSUBRECV-8"),
	TAGS("needs:broker"))
{
	receives_much(2);
}

static void expect_pattern(
	int o, const char *t, uint64_t seed, size_t len, size_t messages, int qos)
{
	for (size_t i = 0; i < messages; i++) {
		const struct message *m = message(o, patience_ms());
		check(m, "message %zu of %zu does not come", i, messages);
		check(strcmp(m->topic, t) == 0 && m->qos == qos, "\"%s\" with QoS %d comes",
			m->topic, m->qos);
		check(m->len == len && pattern_match(seed, i * len, m->payload, len) == len,
			"message %zu of %zu is not what was published", i, messages);
	}
}

static void publishes_much(int qos)
{
	static uint8_t bytes[MESSAGE_MAX];
	const char *t = own("a");
	int o = enter_observed(t);
	for (uint64_t i = 0; i < MEBIBYTE / MESSAGE_MAX / BATCH; i++) {
		for (size_t k = 0; k < BATCH; k++) {
			pattern_fill(200 + i, k * MESSAGE_MAX, bytes, MESSAGE_MAX);
			publish_raw(raw_line(t, MESSAGE_MAX, qos, 0), bytes, MESSAGE_MAX);
		}
		expect_pattern(o, t, 200 + i, MESSAGE_MAX, BATCH, qos);
	}
	no_message(o, moment_ms());
	still_there(o);
	leave_mqtt();
}

Test(mqttpubraw, loses_nothing_of_a_mebibyte_at_qos_1, REQ("MQTTPUBRAW-31"), TAGS("needs:broker"))
{
	publishes_much(1);
}

Test(mqttpubraw, loses_nothing_of_a_mebibyte_at_qos_2, REQ("MQTTPUBRAW-31"), TAGS("needs:broker"))
{
	publishes_much(2);
}

static void publishes_many(int qos)
{
	enum { MANY = 300 };
	const char *t = own("a");
	int o = enter_observed(t);
	for (unsigned i = 0; i < MANY; i++)
		at(pub_line(t, some_text(i, 1 + i * 7 % 150), qos, 0), "OK");
	for (unsigned i = 0; i < MANY; i++) {
		size_t len = 1 + i * 7 % 150;
		expect_message(o, t, some_text(i, len), len, qos, false, patience_ms());
	}
	no_message(o, moment_ms());
	leave_mqtt();
}

Test(mqttpub, loses_nothing_at_qos_1, REQ("MQTTPUB-29"), TAGS("needs:broker"))
{
	publishes_many(1);
}

Test(mqttpub, loses_nothing_at_qos_2, REQ("MQTTPUB-29"), TAGS("needs:broker"))
{
	publishes_many(2);
}

/* Both ways at a time: what comes in meets prompts and data. */
Test(mqttsubrecv, loses_nothing_in_both_directions,
	REQ("MQTTSUBRECV-7", "MQTTSUBRECV-10", "MQTTSUBRECV-11", "MQTTPUBRAW-31"),
	TAGS("needs:broker"))
{
	enum { IN = 20, OUT = 16 };
	static uint8_t bytes[MESSAGE_MAX];
	const char *t = own("in"), *out = own("out");
	int o = enter_subscribed(t, 2), other = observer(NULL);
	observe(other, out, 2);
	for (uint64_t i = 0; i < 8; i++) {
		publish_pattern(o, t, 300 + i, MESSAGE_MAX, IN, 2);
		for (size_t k = 0; k < OUT; k++) {
			pattern_fill(400 + i, k * MESSAGE_MAX, bytes, MESSAGE_MAX);
			publish_raw(raw_line(out, MESSAGE_MAX, 2, 0), bytes, MESSAGE_MAX);
		}
		subrecv_pattern(t, 300 + i, MESSAGE_MAX, IN, patience_ms());
		expect_pattern(other, out, 400 + i, MESSAGE_MAX, OUT, 2);
	}
	no_subrecv(moment_ms());
	no_message(other, moment_ms());
	leave_mqtt();
}
