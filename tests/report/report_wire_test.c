/* SPDX-License-Identifier: MIT */
/* The wire log and the peers of an attempt: both sides of the network on one timeline. */
#include "journal_made.h"

#include "report/wire.h"

static void collect(enum wire_style style, size_t limit, struct buf *out)
{
	const struct run_case *c = &run->cases[0];
	cr_assert_eq(wire_collect(out, run, c, run_final(c), style, limit, &error), 0);
}

Test(wire, bytes_come_back_from_the_file_as_visible_text)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	attempt(1, "pass");
	end("complete", 0);
	snprintf(path, sizeof(path), "/tmp/atconform-report-XXXXXX");
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 4096, &out);
	cr_assert(strstr(buf_text(&out), "-> AT+X=1\\r\\n"), "%s", buf_text(&out));
	cr_assert(strstr(buf_text(&out), "+X:\\xff\\0<\\r\\n"), "%s", buf_text(&out));
	buf_clear(&out);
	collect(WIRE_JSON, 4096, &out);
	cr_assert(strstr(buf_text(&out), "\"rx\",\"AT+X=1\\\\r\\\\r\\\\n+X:\\\\xff\\\\0\\u003c"),
		"%s", buf_text(&out));
	buf_finish(&out);
	finish();
}

Test(wire, a_long_log_keeps_beginning_and_end_and_says_so)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"first\"");
	for (int i = 0; i < 2000; i++)
		line("rx",
			"\"l\":0,\"c\":0,\"bytes\":\"0123456789012345678901234567890123456789\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"last\"");
	line("release", "\"l\":0,\"c\":0");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 8192, &out);
	cr_assert(out.len <= 8192 + 200, "%zu", out.len);
	cr_assert(strstr(buf_text(&out), "first") && strstr(buf_text(&out), "left out") &&
		  strstr(buf_text(&out), "last\n"));
	buf_finish(&out);
	finish();
}

static void peer(int p, int k, const char *what, const char *rest)
{
	struct buf all = { 0 };
	buf_printf(&all, "\"l\":0,\"c\":0,\"p\":%d,\"k\":%d,\"what\":\"%s\"%s%s", p, k, what,
		*rest ? "," : "", rest);
	line("peer", buf_text(&all));
	buf_finish(&all);
}

static void echo_of_one_byte(void)
{
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	peer(0, -1, "open", "\"kind\":\"tcp-echo\",\"address\":\"127.0.1.2\",\"port\":7");
	peer(0, 0, "accept", "\"from\":\"127.0.1.1:9\",\"to\":\"127.0.1.2:7\"");
	peer(0, 0, "rx", "\"bytes\":\"\u00ff<\"");
	peer(0, 0, "tx", "\"bytes\":\"\\\\x\"");
	peer(1, 0, "connect", "\"kind\":\"tcp\",\"from\":\"127.0.1.2:9\",\"to\":\"127.0.1.1:8\"");
	peer(0, 0, "close", "\"how\":\"fin\",\"text\":\"by the module\"");
	line("release", "\"l\":0,\"c\":0");
}

Test(reader, peers_are_counted_for_their_attempt)
{
	header(GATES_NONE);
	plan("X-1");
	echo_of_one_byte();
	verdict_of(0, 1, "pass", "X-1");
	line("peer", "\"l\":0,\"c\":-1,\"p\":0,\"k\":-1,\"what\":\"close\"");
	end("complete", 0);
	cr_assert(read_journal() == 0, "%s", error_text(&error));
	const struct run_attempt *a = run_final(&run->cases[0]);
	cr_assert_eq(a->peer_count, 2);
	cr_assert_str_eq(a->peers[0].kind, "tcp-echo");
	cr_assert_eq(a->peers[0].port, 7);
	cr_assert_eq(a->peers[0].connections, 1);
	cr_assert_eq(a->peers[0].received, 2);
	cr_assert_eq(a->peers[0].sent, 2);
	cr_assert(a->peers[1].client && !a->peers[0].client);
	cr_assert_eq(run_exit_code(run), 0);
	finish();
}

Test(reader, a_wrong_line_about_a_peer_is_refused_with_its_number)
{
	refuses_line("peer", "\"l\":0,\"c\":0,\"p\":0,\"k\":0", "\"what\" is missing");
	refuses_line("peer", "\"l\":0,\"c\":0,\"what\":\"rx\"", "\"p\" is missing");
	refuses_line("peer", "\"l\":0,\"c\":7,\"p\":0,\"what\":\"rx\"", "no case 7");
	refuses_line("peer", "\"l\":99,\"c\":0,\"p\":0,\"what\":\"rx\"", "no such line");
	refuses_line("peer", "\"l\":0,\"c\":0,\"p\":-2,\"what\":\"rx\"", "no such peer");
	finish();
}

Test(reader, wrong_bytes_of_a_peer_are_refused)
{
	static const char *const wrong[] = { "\"bytes\":\"\u0100\"", "\"bytes\":5",
		"\"len\":\"5\"" };
	for (size_t i = 0; i < 3; i++) {
		lines = cases = 0;
		buf_clear(&journal);
		header(GATES_NONE);
		plan("X-1");
		line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
		peer(0, 0, "rx", wrong[i]);
		refuses(journal.data, journal.len, lines, "byte");
	}
	finish();
}

Test(wire, both_sides_of_the_network_are_one_timeline)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	echo_of_one_byte();
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 4096, &out);
	cr_assert(strstr(buf_text(&out), "p0: tcp-echo at 127.0.1.2:7, 1 connection, 2 bytes "
					 "received, 2 sent\np1: tcp client from 127.0.1.2:9"),
		"%s", buf_text(&out));
	cr_assert(strstr(buf_text(&out), "p0.0  -> \\xff<\n"), "%s", buf_text(&out));
	cr_assert(strstr(buf_text(&out), "p0.0  <- \\\\x\n"), "%s", buf_text(&out));
	cr_assert(strstr(buf_text(&out), "p0.0  .. closed by the module (fin)\n"));
	buf_clear(&out);
	collect(WIRE_JSON, 4096, &out);
	cr_assert(strstr(buf_text(&out), "\"prx\",\"\\\\xff\\u003c\",2,0,0,0]"), "%s",
		buf_text(&out));
	buf_finish(&out);
	finish();
}

Test(wire, a_wait_of_more_than_a_second_is_named)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	buf_printf(&journal,
		"{\"n\":%d,\"t\":2512000000,\"e\":\"peer\",\"l\":0,\"c\":0,\"p\":3,\"k\":0,"
		"\"what\":\"tx\",\"bytes\":\"x\"}\n"
		"{\"n\":%d,\"t\":4000000000,\"e\":\"release\",\"l\":0,\"c\":0}\n",
		lines, lines + 1);
	lines += 2;
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	collect(WIRE_TEXT, 4096, &out);
	cr_assert(strstr(buf_text(&out), "2.507 s of waiting, until peer 3 sent\n"), "%s",
		buf_text(&out));
	cr_assert(strstr(buf_text(&out), "1.488 s of waiting, until the end of the case\n"));
	buf_finish(&out);
	finish();
}

Test(wire, the_broker_and_its_messages_stand_among_the_rest)
{
	struct buf out = { 0 };
	header(GATES_NONE);
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	line("broker", "\"l\":0,\"c\":-1,\"what\":\"log\",\"text\":\"of nobody\"");
	line("broker", "\"l\":0,\"c\":0,\"what\":\"log\",\"text\":\"New <client>\"");
	line("broker", "\"l\":0,\"c\":0,\"what\":\"stop\",\"text\":\"\"");
	peer(0, 0, "connect",
		"\"kind\":\"mqtt\",\"from\":\"127.0.1.2:9\",\"to\":\"127.0.1.2:1883\"");
	peer(0, 0, "subscribe", "\"topic\":\"a/#\",\"qos\":1");
	peer(0, 0, "message",
		"\"topic\":\"a\",\"qos\":1,\"retain\":true,\"duplicate\":false,\"bytes\":"
		"\"\u00ff\"");
	peer(0, 0, "publish", "\"topic\":\"b\",\"qos\":0,\"retain\":false,\"bytes\":\"hi\"");
	peer(0, 0, "publish", "\"topic\":\"b\",\"qos\":0,\"retain\":false,\"len\":1024");
	line("release", "\"l\":0,\"c\":0");
	end("complete", 0);
	cr_assert_eq(read_journal(), 0);
	const struct run_attempt *a = run_final(&run->cases[0]);
	cr_assert_eq(a->broker_lines, 2);
	cr_assert_eq(a->peers[0].received, 1);
	cr_assert_eq(a->peers[0].sent, 1026);
	collect(WIRE_TEXT, 4096, &out);
	static const char *const parts[] = { "mqtt: the broker's log\n", "mqtt  .. New <client>\n",
		"mqtt  .. stop\n", "p0.0  .. subscribe: a/#\n",
		"p0.0  -> \"a\", QoS 1, retained: \\xff\n", "p0.0  <- \"b\", QoS 0: hi\n",
		"p0.0  <- [1024 bytes, not kept]\n" };
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		cr_expect(strstr(buf_text(&out), parts[i]), "%s\n%s", parts[i], buf_text(&out));
	cr_expect_null(strstr(buf_text(&out), "of nobody"));
	buf_clear(&out);
	collect(WIRE_JSON, 4096, &out);
	cr_expect(strstr(buf_text(&out), "\"lane\",\"the broker's log\",0,0,-1,-1]"));
	cr_expect(strstr(buf_text(&out), "\"broker\",\"New \\u003cclient"), "%s", buf_text(&out));
	buf_finish(&out);
	finish();
}

Test(reader, a_wrong_line_about_the_broker_is_refused)
{
	refuses_line("broker", "\"l\":0,\"c\":0", "\"what\" is missing");
	refuses_line("broker", "\"l\":0,\"c\":7,\"what\":\"log\"", "no case 7");
	refuses_line("broker", "\"l\":99,\"c\":0,\"what\":\"log\"", "no such line");
}
