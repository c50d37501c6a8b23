/* SPDX-License-Identifier: MIT */
/* The worker's side of a lease against a scripted rig: matching, queueing, deviations, time-outs
 * and the ways in which a case ends. */
#include "at/exchange.h"
#include "at/restart.h"
#include "fake-rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fake_rig rig;
static struct session s;

#define GRANT                                                                                      \
	"{\"case\":\"toys/toy/x\",\"attempt\":1,\"line\":0,\"t\":0,\"requirements\":["             \
	"{\"id\":\"TOY-1\",\"section\":\"9.1\",\"line\":11,\"grade\":\"stated\",\"text\":\"t\"}]," \
	"\"deviations\":[{\"id\":\"TOY-D1\",\"requirement\":\"TOY-1\",\"text\":\"d\","             \
	"\"source\":\"tests\",\"match\":[{\"command\":\"AT+TOY?\",\"response\":"                   \
	"[\"+TOY:<size>\"],\"final\":\"OK\"}]},"                                                   \
	"{\"id\":\"CAR-D1\",\"requirement\":\"CAR-1\",\"text\":\"d\",\"source\":\"tests\","        \
	"\"match\":[{\"command\":\"AT+CAR\",\"response\":[],\"final\":\"ERROR\"}]}],"              \
	"\"facilities\":[\"power\",\"baudrate:*\"],\"noise\":[\"log *\"],"                         \
	"\"uart\":{\"baud\":115200,\"databits\":8,\"stopbits\":1,\"parity\":\"none\","             \
	"\"flow\":\"none\"},\"timeouts_ms\":{\"answer\":100,\"restart\":1500,\"silence\":30},"     \
	"\"echo\":true,\"deadline_ms\":2000,\"spec\":[\"" TEST_SPEC "\"]}"

static void start(void)
{
	int fd = fake_rig_start(&rig, GRANT);
	cr_assert(session_greet(&s, fd, "toys/toy/x") && session_begin(&s, 2000), "%s",
		buf_text(&s.outcome.why));
}

/* Closes the session, so that all that the rig saw is there. */
static void stop(void)
{
	session_close(&s);
	fake_rig_join(&rig);
}

static void done(void)
{
	session_finish(&s);
	fake_rig_finish(&rig);
}

static bool exchange(const char *command, const char *a, const char *b, const char *c)
{
	return exchange_words(&s, command, (const char *const[]){ a, b, c, NULL });
}

static void expect_end(const char *verdict, const char *part)
{
	cr_assert(s.outcome.verdict && strcmp(s.outcome.verdict, verdict) == 0, "verdict %s: %s",
		s.outcome.verdict ? s.outcome.verdict : "none", buf_text(&s.outcome.why));
	cr_assert(strstr(buf_text(&s.outcome.why), part), "why: %s", buf_text(&s.outcome.why));
}

Test(session, takes_a_plain_answer, .fini = done)
{
	rig.steps[0].reply = "AT\r\n\r\n\r\nOK\r\n";
	start();
	cr_assert(exchange("AT", "OK", NULL, NULL), "%s", buf_text(&s.outcome.why));
	cr_assert(s.echoed);
	stop();
	cr_assert_str_eq(rig.seen[0].text, "toys/toy/x");
	cr_assert_str_eq(fake_rig_last(&rig, CHANNEL_TX), "AT\r\n");
}

Test(session, takes_an_answer_cut_at_any_place, .fini = done)
{
	static const char answer[] = "AT+TOY?\r\n+TOY:5,1\r\nWIFI CONNECTED\r\n\r\nOK\r\n";
	for (size_t chunk = 1; chunk < sizeof(answer); chunk++) {
		rig = (struct fake_rig){ .steps = { { .reply = answer, .chunk = chunk } } };
		start();
		cr_assert(exchange("AT+TOY?", "+TOY:5,1", "OK", NULL), "chunks of %zu: %s", chunk,
			buf_text(&s.outcome.why));
		cr_assert_eq(s.queued, 1);
		stop();
		done();
	}
}

Test(session, refuses_another_line, .fini = done)
{
	rig.steps[0].reply = "+TOY:5,1\r\nwhat\r\nOK\r\n";
	start();
	cr_assert(!exchange("AT+TOX?", "+TOY:5,1", "OK", NULL));
	expect_end("fail", "expected \"+TOY:5,1\\nOK\", came \"+TOY:5,1\\nwhat\\nOK\"");
	stop();
}

Test(session, misses_a_line, .fini = done)
{
	rig.steps[0].reply = "OK\r\n";
	start();
	cr_assert(!exchange("AT+TOX?", "+TOY:5,1", "OK", NULL));
	expect_end("fail", "came \"OK\"");
	stop();
}

Test(session, refuses_another_final_result, .fini = done)
{
	rig.steps[0].reply = "ERROR\r\n";
	start();
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("fail", "after \"AT\" expected \"OK\", came \"ERROR\"");
	struct buf message = { 0 };
	session_message(&s, &message, "suites/toys/toy.c", 7);
	cr_assert(strstr(buf_text(&message),
		"suites/toys/toy.c:7: TOY-1 (section 9.1, line 11): after \"AT\""));
	buf_finish(&message);
	stop();
}

Test(session, keeps_what_came_unasked, .fini = done)
{
	rig.steps[0].reply = "WIFI CONNECTED\r\n3,CLOSED\r\nOK\r\n";
	start();
	cr_assert(exchange("AT", "OK", NULL, NULL));
	cr_assert_eq(s.queued, 2);
	cr_assert_str_eq(s.queue[1], "3,CLOSED");
	cr_assert(session_forget(&s, "3,CLOSED") && !session_forget(&s, "3,CLOSED"));
	stop();
}

Test(session, takes_an_unsolicited_line_that_is_expected, .fini = done)
{
	rig.steps[0].reply = "WIFI CONNECTED\r\nOK\r\n";
	start();
	cr_assert(exchange("AT", "WIFI CONNECTED", "OK", NULL));
	cr_assert_eq(s.queued, 0);
	stop();
}

Test(session, drops_known_log_lines, .fini = done)
{
	rig.steps[0].reply = "log of something\r\nOK\r\n";
	start();
	cr_assert(exchange("AT", "OK", NULL, NULL), "%s", buf_text(&s.outcome.why));
	stop();
}

Test(session, gives_up_in_time, .fini = done)
{
	rig.steps[0].reply = "half a li";
	start();
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("fail", "came \"half a li\" and no final result within");
	stop();
}

Test(session, gives_up_on_a_flood, .fini = done)
{
	struct buf flood = { 0 };
	for (int i = 0; i < 2000; i++)
		buf_puts(&flood, "x\r\n");
	rig.steps[0].reply = buf_text(&flood);
	start();
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("fail", "more than 512 lines");
	stop();
	buf_finish(&flood);
}

Test(session, reads_fields_of_a_template, .fini = done)
{
	rig.steps[0].reply = "+TOY:5,1\r\nOK\r\n";
	start();
	cr_assert(exchange("AT+TOY?", "\001+TOY:<size>,<color>", "OK", NULL), "%s",
		buf_text(&s.outcome.why));
	cr_assert_str_eq(fields_get(&s.fields, "size"), "5");
	cr_assert_str_eq(fields_get(&s.fields, "color"), "1");
	cr_assert_null(fields_get(&s.fields, "weight"));
	stop();
}

Test(session, judges_fields_by_the_model_of_the_command_sent, .fini = done)
{
	rig.steps[0].reply = "+TOY:10,1\r\nOK\r\n";
	start();
	cr_assert(!exchange("AT+TOY?", "\001+TOY:<size>,<color>", "OK", NULL));
	expect_end("fail", "came \"+TOY:10,1\\nOK\"");
	stop();
}

Test(session, takes_a_pattern, .fini = done)
{
	rig.steps[0].reply = "ERR CODE:0x01090000\r\nERROR\r\n";
	start();
	cr_assert(exchange("AT+X", "\002ERR CODE:0x[0-9a-f]{8}", "ERROR", NULL), "%s",
		buf_text(&s.outcome.why));
	stop();
}

Test(session, tells_a_known_deviation, .fini = done)
{
	rig.steps[0].reply = "+TOY:5\r\nOK\r\n";
	start();
	cr_assert(exchange("AT+TOY?", "\001+TOY:<size>,<color>", "OK", NULL), "%s",
		buf_text(&s.outcome.why));
	cr_assert_str_eq(fields_get(&s.fields, "size"), "5");
	stop();
	cr_assert(strstr(fake_rig_last(&rig, CHANNEL_DEVIATION), "\"id\":\"TOY-D1\""));
	cr_assert(strstr(fake_rig_last(&rig, CHANNEL_DEVIATION), "\"actual\":\"+TOY:5\\nOK\""));
}

Test(session, only_notes_a_deviation_where_it_needs_the_fact, .fini = done)
{
	rig.steps[0].reply = "+TOY:5\r\nOK\r\n";
	start();
	cr_assert(exchange_model(&s, "AT+TOY?"), "%s", buf_text(&s.outcome.why));
	stop();
	cr_assert_eq(fake_rig_count(&rig, CHANNEL_DEVIATION), 0);
	cr_assert(strstr(fake_rig_last(&rig, CHANNEL_NOTE), "TOY-D1"));
}

Test(session, only_notes_a_deviation_of_another_command, .fini = done)
{
	rig.steps[0].reply = "ERROR\r\n";
	start();
	cr_assert(exchange("AT+CAR", "OK", NULL, NULL), "%s", buf_text(&s.outcome.why));
	stop();
	cr_assert_eq(fake_rig_count(&rig, CHANNEL_DEVIATION), 0);
	cr_assert_eq(fake_rig_count(&rig, CHANNEL_NOTE), 1);
}

Test(session, leaves_when_the_rig_says_so, .fini = done)
{
	rig.steps[0].abort = "{\"verdict\":\"fail\",\"why\":\"breach\"}";
	start();
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("", "breach");
	stop();
}

Test(session, ends_as_an_error_when_the_rig_is_gone, .fini = done)
{
	rig.steps[0].hang_up = true;
	start();
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("error", "the rig is gone");
	stop();
}

Test(session, finds_a_late_line_before_the_next_command, .fini = done)
{
	rig.steps[0].reply = "OK\r\nOK\r\n";
	rig.steps[1].reply = "OK\r\n";
	start();
	cr_assert(exchange("AT", "OK", NULL, NULL));
	cr_assert(!exchange("AT", "OK", NULL, NULL));
	expect_end("fail", "a line that nothing asked for: \"OK\\r\\n\"");
	stop();
}

Test(session, hears_what_breaks_the_silence, .fini = done)
{
	rig.steps[0] = (struct fake_step){ .reply = "x", .delay_ms = 30 };
	start();
	cr_assert(session_silence(&s, 20));
	cr_assert(session_send(&s, "A", 1));
	cr_assert(!session_silence(&s, 1000));
	expect_end("fail", "expected silence for 1000 ms, came \"x\"");
	stop();
}

Test(session, waits_until_the_rig_has_done_it, .fini = done)
{
	rig.steps[0] = (struct fake_step){ .ack = "{\"ok\":true,\"text\":\"\"}", .delay_ms = 20 };
	rig.steps[1].ack = "{\"ok\":false,\"text\":\"no such rate\"}";
	start();
	struct grant_uart uart = s.uart;
	uart.baud = 9600;
	cr_assert(session_set_uart(&s, &uart));
	cr_assert_eq(s.uart.baud, 9600);
	cr_assert(!session_set_uart(&s, &uart));
	expect_end("inconclusive", "no such rate");
	stop();
	cr_assert(strstr(fake_rig_last(&rig, CHANNEL_UART), "\"baud\":9600,\"databits\":8,"
							    "\"stopbits\":1,\"parity\":\"none\""));
}

Test(session, waits_for_a_module_that_says_ready, .fini = done)
{
	rig.steps[0].reply = "OK\r\n\x80\xf3garbage\r\nready\r\n";
	rig.steps[1].reply = "AT\r\n\r\nOK\r\n";
	rig.steps[2].reply = "OK\r\n";
	start();
	cr_assert(exchange("AT+RST", "OK", NULL, NULL));
	cr_assert(restart_wait(&s, 1500), "%s", buf_text(&s.outcome.why));
	cr_assert(exchange("AT", "OK", NULL, NULL), "%s", buf_text(&s.outcome.why));
	cr_assert_eq(s.queued, 0);
	stop();
	cr_assert_eq(fake_rig_count(&rig, CHANNEL_TX), 3);
	cr_assert_eq(fake_rig_count(&rig, CHANNEL_TOLERATE), 2);
}

Test(session, waits_for_a_module_that_starts_without_a_word, .fini = done)
{
	rig.steps[0].reply = "OK\r\n";
	rig.steps[2].reply = "OK\r\nOK\r\n"; /* the first poll was kept, and answered late */
	rig.steps[3].reply = "OK\r\n";
	start();
	cr_assert(exchange("AT+RST", "OK", NULL, NULL));
	cr_assert(restart_wait(&s, 1500), "%s", buf_text(&s.outcome.why));
	cr_assert(exchange("AT", "OK", NULL, NULL), "%s", buf_text(&s.outcome.why));
	stop();
}

Test(session, gives_up_on_a_module_that_stays_away, .fini = done)
{
	rig.steps[0].reply = "OK\r\n";
	start();
	cr_assert(exchange("AT+RST", "OK", NULL, NULL));
	cr_assert(!restart_wait(&s, 400));
	expect_end("fail", "did not answer AT within 400 ms");
	stop();
}

Test(session, refuses_a_broken_lease)
{
	int fd = fake_rig_start(&rig, "[1]");
	cr_assert(session_greet(&s, fd, "toys/toy/x"));
	cr_assert(!session_begin(&s, 2000));
	expect_end("error", "not a JSON object");
	stop();
	done();
}

Test(session, follows_a_verdict_in_the_lease)
{
	int fd = fake_rig_start(&rig, "{\"verdict\":\"skipped\"}");
	cr_assert(session_greet(&s, fd, "toys/toy/x"));
	cr_assert(!session_begin(&s, 2000));
	expect_end("skipped", "");
	stop();
	done();
}

Test(session, reads_fields_line_by_line, .fini = done)
{
	rig.steps[0].reply = "one\r\ntwo\r\nOK\r\n";
	start();
	cr_assert(exchange("AT+TOX", "\001<first>", "\001<second>", "OK"), "%s",
		buf_text(&s.outcome.why));
	cr_assert_str_eq(fields_get(&s.fields, "first"), "one");
	cr_assert_str_eq(fields_get(&s.fields, "second"), "two");
	stop();
}
