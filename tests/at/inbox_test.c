/* SPDX-License-Identifier: MIT */
/* The inbox: messages of +MQTTSUBRECV, whole, in parts, without data, torn; and what is none. */
#include "at/inbox.h"

#include "at/incoming.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct inbox in;

static void finish(void)
{
	inbox_finish(&in);
}

static void header(const char *topic, size_t len)
{
	char text[128];
	snprintf(text, sizeof(text), "+MQTTSUBRECV:0,\"%s\",%zu,", topic, len);
	struct line_piece piece = { .kind = LINE_URC, .text = text, .total = len, .t_ns = 1 };
	cr_assert(inbox_is(&in, &piece));
	cr_assert(incoming_is(&piece));
	cr_assert(inbox_add(&in, &piece));
}

static void data(const char *bytes, size_t offset, size_t total)
{
	struct line_piece piece = { .kind = LINE_PAYLOAD,
		.bytes = (const uint8_t *)bytes,
		.len = strlen(bytes),
		.offset = offset,
		.total = total,
		.t_ns = 2 };
	cr_assert(inbox_is(&in, &piece));
	cr_assert(inbox_add(&in, &piece));
}

static void next_is(const char *topic, const char *payload)
{
	const struct message *m = inbox_next(&in);
	cr_assert_not_null(m);
	cr_assert_str_eq(m->topic, topic);
	cr_assert_eq(m->len, strlen(payload));
	cr_assert_str_eq((const char *)m->payload, payload);
}

Test(inbox, keeps_the_order, .fini = finish)
{
	header("a", 5);
	data("he", 0, 5);
	cr_assert_null(inbox_next(&in));
	size_t got, len;
	cr_assert(inbox_half(&in, &got, &len));
	cr_assert_eq(got, 2);
	cr_assert_eq(len, 5);
	data("llo", 2, 5);
	header("empty", 0);
	header("a\",1,b", 2);
	data("hi", 0, 2);
	cr_assert_eq(inbox_count(&in), 3);
	next_is("a", "hello");
	next_is("empty", "");
	next_is("a\",1,b", "hi");
	cr_assert_null(inbox_next(&in));
	cr_assert_not(inbox_half(&in, &got, &len));
	cr_assert_eq(in.bytes, 0);
}

Test(inbox, forgets_what_is_torn, .fini = finish)
{
	header("a", 5);
	data("hel", 0, 5);
	header("b", 1);
	data("x", 0, 1);
	header("c", 3);
	inbox_close(&in);
	header("d", 1);
	data("y", 0, 1);
	next_is("b", "x");
	next_is("d", "y");
	cr_assert_eq(in.bytes, 0);
}

Test(inbox, leaves_other_data_alone, .fini = finish)
{
	struct line_piece other = { .kind = LINE_URC, .text = "+IPD,2:", .total = 2 };
	struct line_piece bytes = {
		.kind = LINE_PAYLOAD, .bytes = (const uint8_t *)"hi", .len = 2, .total = 2
	};
	cr_assert_not(inbox_is(&in, &other));
	cr_assert_not(inbox_is(&in, &bytes));
	header("a", 2);
	cr_assert(inbox_is(&in, &bytes));
	bytes.command = "AT+CIPRECVDATA=2";
	cr_assert_not(inbox_is(&in, &bytes));
	bytes.command = NULL;
	bytes.total = 0; /* passthrough */
	cr_assert_not(inbox_is(&in, &bytes));
}

Test(inbox, has_a_limit, .fini = finish)
{
	struct line_piece piece = {
		.kind = LINE_URC, .text = "+MQTTSUBRECV:0,\"t\",65536,", .total = 65536
	};
	static uint8_t block[65536];
	struct line_piece bytes = {
		.kind = LINE_PAYLOAD, .bytes = block, .len = sizeof(block), .total = sizeof(block)
	};
	size_t count = 0;
	while (count < 2000 && inbox_add(&in, &piece) && inbox_add(&in, &bytes))
		count++;
	cr_assert_lt(count, INBOX_MAX / sizeof(block));
	cr_assert_gt(count, INBOX_MAX / sizeof(block) - 2);
}
