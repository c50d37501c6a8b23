/* SPDX-License-Identifier: MIT */
/* The session monitor: for each SESSION rule sessions that break it and sessions that keep it. A
 * step is "> sent", "< received", or "! event"; the result is the list of breaches. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "monitor/monitor.h"
#include "pieces.h"
#include "sessions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct response_line prompt_line = { .text = ">" };
static struct response_line deep_line = { .text = "+UART_DEF:<baudrate>" };
static struct response prompting = { .lines = &prompt_line, .count = 1 };
static struct response deep = { .lines = &deep_line, .count = 1 };
static struct command commands[] = {
	{ .name = "AT" },
	{ .name = "AT+GMR" },
	{ .name = "AT+RST", .restarts = true },
	{ .name = "AT+UART_CUR" },
	{ .name = "AT+UART_DEF" },
	{ .name = "AT+REBOOT", .restarts = true },
	{ .name = "AT+UPLOAD",
		.forms = { [FORM_SET] = { .responses = &prompting, .response_count = 1 } } },
	{ .name = "AT+ALL",
		.forms = { [FORM_QUERY] = { .responses = &deep, .response_count = 1 } } },
};
static struct response_line odd_line = { .text = "+VERSION:<text>" };
static struct deviation_match odd = { .command = "AT+GMR*", .response = { &odd_line, 1 } };
static struct deviation deviations[] = { { .id = "GMR-D1", .matches = &odd, .match_count = 1 } };
static const char *const noise[] = { "I (*", "heap: *", NULL };

static struct spec spec_of_pieces(void)
{
	struct spec s = sessions_spec();
	s.commands = commands;
	s.command_count = sizeof(commands) / sizeof(commands[0]);
	s.deviations = deviations;
	s.deviation_count = sizeof(deviations) / sizeof(deviations[0]);
	return s;
}

static void spec_done(struct spec *s)
{
	free(s->urcs);
	free(s->finals);
}

static int64_t event(struct monitor *m, const char *what, int64_t t_ns)
{
	if (strcmp(what, "tolerate") == 0)
		monitor_tolerate(m, true);
	else if (strcmp(what, "strict") == 0)
		monitor_tolerate(m, false);
	else if (strcmp(what, "restarted") == 0)
		monitor_restarted(m, t_ns);
	else if (strcmp(what, "retuned") == 0)
		monitor_retuned(m);
	else if (strcmp(what, "end") == 0)
		monitor_end(m, t_ns);
	else if (strcmp(what, "silence") == 0)
		return t_ns + 2000000000;
	else
		cr_assert_fail("no such event: %s", what);
	return t_ns;
}

static void session(const char *expected, const char *const *steps)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = spec_of_pieces();
	struct monitor *m = monitor_create(&spec, noise, sessions_list_breach, &breaches);
	int64_t t_ns = 1;
	for (; *steps; steps++) {
		const char *rest = *steps + 2;
		t_ns += 1000000;
		if (**steps == '>')
			monitor_sent(m, rest, strlen(rest), t_ns);
		else if (**steps == '<')
			monitor_received(m, rest, strlen(rest), t_ns);
		else
			t_ns = event(m, rest, t_ns);
	}
	monitor_end(m, t_ns);
	cr_expect_str_eq(buf_text(&breaches), expected);
	monitor_destroy(m);
	spec_done(&spec);
}

/* Each session begins with a command, so that the module counts as running. */
#define breaks(expected, ...)                                                                      \
	session(expected, (const char *const[]){ "> AT\r\n", "< \r\nOK\r\n", __VA_ARGS__, NULL })
#define keeps(...) breaks("", __VA_ARGS__)

Test(monitor, every_command_gets_one_final)
{
	keeps("> AT\r\n", "< AT\r\n\r\nOK\r\n", "> AT+GMR\r\n",
		"< AT+GMR\r\nAT version\r\n\r\nOK\r\n");
	breaks("1 no final result: AT+GMR", "> AT+GMR\r\n", "< AT version\r\n");
	breaks("1 no final result: AT+A (and 1 more)", "> AT+A\r\n", "> AT+B\r\n");
	breaks("1 a second final result: OK", "> AT\r\n", "< OK\r\nOK\r\n");
	breaks("1 a second final result: ERROR", "> AT\r\n", "< OK\r\n", "< ERROR\r\n");
}

Test(monitor, missing_final_counts_for_its_own_lease)
{
	breaks("1 no final result: AT", "> AT\r\n", "! end", "> AT\r\n", "< OK\r\n", "! end");
	keeps("> AT\r\n", "< OK\r\n", "! end", "! end");
}

Test(monitor, half_a_command_ends_with_its_lease)
{
	keeps("> AT+CW", "< AT+CW", "! end", "> AT\r\n", "< AT\r\nOK\r\n");
	keeps("> AT+CIPSEND=4\r\n", "< OK\r\n>", "> a", "! end", "> AT\r\n", "< AT\r\nOK\r\n");
}

Test(monitor, late_final_is_no_second_breach)
{
	breaks("1 no final result: AT+GMR", "> AT+GMR\r\n", "! end", "< OK\r\n", "> AT\r\n",
		"< OK\r\n");
}

Test(monitor, nonsense_needs_no_final)
{
	keeps("> \r\n");
	keeps("> A\r\n", "< ERROR\r\n");
	keeps("> AT", "! end");
	keeps("> AT\n", "! end");
}

Test(monitor, over_long_line_may_get_several_finals)
{
	char sent[310] = "> AT+";
	memset(sent + 5, 'X', 300);
	strcpy(sent + 305, "\r\n");
	keeps(sent, "< ERROR\r\nERROR\r\n");
	keeps(sent, "< ERROR\r\n");
	char missing[512];
	snprintf(missing, sizeof(missing), "1 no final result: %.200s", sent + 2);
	breaks(missing, sent);
}

Test(monitor, busy_answers_a_command_sent_into_another)
{
	keeps("> AT+GMR\r\n", "> AT\r\n", "< busy p...\r\nAT version\r\nOK\r\n");
	keeps("> AT+GMR\r\n", "> X", "< busy p...\r\nOK\r\n", "> AT\r\n", "< OK\r\n");
	breaks("1 no final result: AT+GMR", "> AT+GMR\r\n", "< busy p...\r\n");
}

Test(monitor, no_final_without_a_command)
{
	breaks("2 final result without a command: OK", "> A", "< OK\r\n");
	breaks("2 final result without a command: ERROR", "! end", "< ERROR\r\n");
}

Test(monitor, every_line_is_known)
{
	keeps("< WIFI GOT IP\r\n3,CLOSED\r\n\r\n");
	breaks("3 unknown line: hello\\x80", "< hello\x80\r\n");
	breaks("3 unknown line: +CWMODE:1", "< +CWMODE:1\r\n");
}

Test(monitor, noise_of_the_profile_is_known)
{
	keeps("< I (312) boot: done\r\nheap: 31k\r\n");
	keeps("> AT\r\n", "< I (312) boot: done\r\nOK\r\n");
}

Test(monitor, a_flood_is_reported_a_few_times)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct spec spec = spec_of_pieces();
	struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
	monitor_sent(m, "AT\r\n", 4, 1);
	monitor_received(m, "OK\r\n", 4, 2);
	for (int i = 0; i < 1000; i++)
		monitor_received(m, "x\r\n", 3, 3);
	cr_assert_eq(breaches.len, 16 * strlen("3 unknown line: x, ") - 2);
	monitor_end(m, 4);
	monitor_received(m, "x\r\n", 3, 5);
	cr_assert_eq(breaches.len, 17 * strlen("3 unknown line: x, ") - 2);
	monitor_destroy(m);
	spec_done(&spec);
}

Test(monitor, restart_only_by_command_or_reset)
{
	keeps("> AT+RST\r\n", "< OK\r\n\xff\xfe\r\nready\r\nWIFI CONNECTED\r\n");
	keeps("> AT+REBOOT\r\n", "< OK\r\nready\r\n");
	keeps("! restarted", "< \xff\xfe\r\nready\r\n");
	keeps("> AT+GMR\r\n", "> AT+RST\r\n", "< Will force to restart!!!\r\nready\r\n");
	breaks("4 the module restarted by itself", "< ready\r\n");
	breaks("4 the module restarted by itself", "> AT+GMR\r\n", "< ready\r\n");
	breaks("4 the module restarted by itself", "> AT+RST\r\n", "< OK\r\nready\r\nready\r\n");
	breaks("4 the module restarted by itself", "> AT+RST\r\n", "< ERROR\r\n", "< ready\r\n");
	breaks("3 unknown line: \\xff, 4 the module restarted by itself", "< \xff\r\nready\r\n");
}

Test(monitor, restart_may_be_awaited_with_commands)
{
	keeps("> AT+RST\r\n", "< OK\r\n", "> AT\r\n", "> AT\r\n", "< ready\r\n", "< OK\r\n",
		"> AT\r\n", "< OK\r\n");
}

Test(monitor, a_session_may_begin_with_the_start)
{
	session("", (const char *const[]){ "< \xff\r\nready\r\n", "> AT\r\n", "< OK\r\n", NULL });
}

Test(monitor, echo_is_what_was_sent)
{
	keeps("> AT+GMR\r\n", "< AT+GMR\r\nOK\r\n");
	breaks("5 echo differs from what was sent: AT+GMR", "> AT+GMR\r\n", "< AT+GNR\r\nOK\r\n");
	breaks("5 echo too late or once too often: AT", "> AT\r\n", "< AT\r\nAT\r\nOK\r\n");
	breaks("5 echo too late or once too often: AT", "> AT\r\n", "< OK\r\nAT\r\n");
}

Test(monitor, echo_is_off_and_on_as_told)
{
	keeps("> ATE0\r\n", "< ATE0\r\nOK\r\n", "> AT\r\n", "< OK\r\n");
	breaks("5 echo after ATE0: AT", "> ATE0\r\n", "< OK\r\n", "> AT\r\n", "< AT\r\nOK\r\n");
	keeps("> ATE1\r\n", "< OK\r\n", "> AT\r\n", "< AT\r\nOK\r\n");
	breaks("5 no echo after ATE1: AT", "> ATE1\r\n", "< OK\r\n", "> AT\r\n", "< OK\r\n");
	keeps("> ATE0\r\n", "< OK\r\n", "> AT+RST\r\n", "< OK\r\nready\r\n", "> AT\r\n",
		"< AT\r\nOK\r\n");
	keeps("> ATE0\r\n", "< ERROR\r\n", "> AT\r\n", "< AT\r\nOK\r\n");
}

Test(monitor, prompt_only_where_data_is_taken)
{
	keeps("> AT+CIPSEND=2\r\n", "< OK\r\n\r\n>", "> hi", "< Recv 2 bytes\r\n\r\nSEND OK\r\n");
	keeps("> AT+UPLOAD=2\r\n", "< OK\r\n>", "> hi", "< OK\r\n");
	breaks("6 prompt for AT+GMR", "> AT+GMR\r\n", "< OK\r\n>");
	breaks("1 prompt without OK: AT+CIPSEND=2", "> AT+CIPSEND=2\r\n", "< >", "> hi",
		"< SEND OK\r\n");
	breaks("6 SEND OK without data behind a prompt", "> AT\r\n", "< SEND OK\r\n");
}

Test(monitor, data_behind_a_prompt_is_answered)
{
	breaks("1 no final result: AT+CIPSEND=2", "> AT+CIPSEND=2\r\n", "< OK\r\n>", "> hi");
	keeps("> AT+CIPSEND=2\r\n", "< OK\r\n>", "> h");
}

Test(monitor, payload_is_as_long_as_announced)
{
	keeps("< +IPD,0,4:ABCD\r\n2,CONNECT\r\n");
	breaks("7 more bytes than announced: E", "< +IPD,0,4:ABCDE\r\n");
	breaks("7 fewer bytes than announced", "< +IPD,0,4:AB", "! silence");
	keeps("> AT+UART_CUR?\r\n", "< +IPD,0,4:ABCD+UART_CUR:1\r\n\r\nOK\r\n");
	breaks("7 more bytes than announced: E+UART_CUR:1", "> AT+UART_CUR?\r\n",
		"< +IPD,0,4:ABCDE+UART_CUR:1\r\n\r\nOK\r\n");
	keeps("< +IPD,0,4:AB", "! end", "< WIFI GOT IP\r\n");
	breaks("7 more bytes than announced: s", "> AT+CIPRECVDATA=3\r\n",
		"< +CIPRECVDATA:3,pass\r\nOK\r\n");
}

Test(monitor, lines_end_with_cr_lf)
{
	breaks("8 line end without CR: OK", "> AT\r\n", "< OK\n");
	breaks("8 line end without CR: WIFI GOT IP", "< WIFI GOT IP\n");
	breaks("1 no final result: AT, 8 line without end: OK", "> AT\r\n", "< AT\r\nOK",
		"! silence");
	keeps("< WIFI GO", "! end", "< WIFI GOT IP\r\n");
	breaks("8 line end without CR: AT version", "> AT+GMR\r\n", "< AT version\nOK\r\n");
}

Test(monitor, information_belongs_to_the_command)
{
	keeps("> AT+UART_CUR?\r\n", "< +UART_CUR:115200,8,1,0,0\r\nOK\r\n");
	keeps("> AT+GMR\r\n", "< +VERSION:1\r\nOK\r\n");
	breaks("3 unknown line: +OTHER:1", "> AT+UART_CUR?\r\n", "< +OTHER:1\r\nOK\r\n");
	keeps("> AT+ALL?\r\n", "< +UART_DEF:115200\r\nOK\r\n");
	keeps("> AT+VENDOR?\r\n", "< +UART_DEF:115200\r\nOK\r\n");
	breaks("9 information of another command: +UART_DEF:115200,8,1,0,0", "> AT+UART_CUR?\r\n",
		"< +UART_DEF:115200,8,1,0,0\r\nOK\r\n");
}

Test(monitor, closed_only_for_an_open_link)
{
	keeps("< 0,CONNECT\r\n0,CLOSED\r\n0,CONNECT\r\n0,CLOSED\r\n");
	keeps("< CONNECT\r\nCLOSED\r\n1,CLOSED\r\n");
	keeps("< CLOSED\r\n+LINK_CONN:0,0,\"TCP\",0,\"1.2.3.4\",1,2\r\nCLOSED\r\n");
	keeps("< 1,CLOSED\r\n", "> AT+RST\r\n", "< OK\r\nready\r\nCLOSED\r\n");
	breaks("10 not an open link: 1,CLOSED", "> AT+RST\r\n", "< OK\r\nready\r\n1,CLOSED\r\n");
	breaks("10 not an open link: 1,CLOSED", "< 1,CONNECT\r\n1,CLOSED\r\n1,CLOSED\r\n");
}

Test(monitor, looks_away_when_told)
{
	keeps("! tolerate", "> AT\r\n", "< \xff\xfe\r\nOK\r\nOK\r\nready\r\n+IPD,9999:x",
		"! strict", "> AT\r\n", "< OK\r\n");
	keeps("! tolerate", "> AT\r\n", "> AT\r\n", "! strict", "< OK\r\n", "< OK\r\n");
	keeps("! tolerate", "< half a line", "! strict", "< WIFI GOT IP\r\n");
	breaks("3 unknown line: x", "! tolerate", "! strict", "< x\r\n");
}

Test(monitor, can_not_read_half_a_line_of_another_rate)
{
	const char *set = "> AT+UART_CUR=9600,8,1,0,0\r\n", *ok = "< OK\r\n";
	keeps(set, ok, "< \xff\xfe", "! retuned", "> AT\r\n", "< AT\r\n\r\nOK\r\n");
	breaks("5 echo differs from what was sent: AT", set, ok, "< \xff\xfe", "> AT\r\n",
		"< AT\r\n\r\nOK\r\n");
	breaks("3 unknown line: x", set, ok, "< x\r\n", "! retuned", "> AT\r\n", "< OK\r\n");
}

Test(monitor, rules_are_numbered_in_order)
{
	const char *id;
	const char *text;
	size_t n = 0;
	for (; monitor_rule(n, &id, &text); n++) {
		char expected[16];
		snprintf(expected, sizeof(expected), "SESSION-%zu", n + 1);
		cr_assert_str_eq(id, expected);
	}
	cr_assert_eq(n, 16);
}

static uint32_t random_below(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % limit;
}

/* Whatever comes, nothing breaks but the rules, and breaches always say something. */
static void check_breach(void *user, const struct breach *b)
{
	size_t *count = user;
	++*count;
	cr_assert(strncmp(b->requirement, "SESSION-", 8) == 0 && b->text[0]);
}

Test(monitor, survives_anything)
{
	static const char *const words[] = { "AT\r\n", "AT+CIPSEND=3\r\n", "AT+RST\r\n", "ATE0\r\n",
		"ATE1\r\n", "OK\r\n", "ERROR\n", "SEND OK\r\n", ">", "ready\r\n", "0,CLOSED\r\n",
		"abc", "+IPD,4:", "+UART_DEF:1\r\n", "\xff\xfe\r\n", "busy p...\r\n", "\r\n",
		"CLOSED\r\n" };
	enum { WORDS = sizeof(words) / sizeof(words[0]) };
	struct spec spec = spec_of_pieces();
	size_t count = 0;
	struct monitor *m = monitor_create(&spec, noise, check_breach, &count);
	uint32_t state = 7;
	for (int64_t t = 0; t < 200000; t++) {
		const char *word = words[random_below(&state, WORDS)];
		uint32_t what = random_below(&state, 64);
		if (what == 0)
			monitor_end(m, t);
		else if (what == 1)
			monitor_restarted(m, t);
		else if (what < 4)
			monitor_tolerate(m, what == 2);
		else if (what < 32)
			monitor_sent(m, word, strlen(word), t);
		else
			monitor_received(m, word, strlen(word), t);
	}
	cr_assert_gt(count, 1000);
	monitor_destroy(m);
	spec_done(&spec);
}

static void replay(void *user, char direction, const void *bytes, size_t len, double seconds)
{
	int64_t t_ns = (int64_t)(seconds * 1e9);
	if (direction == '>')
		monitor_sent(user, bytes, len, t_ns);
	else
		monitor_received(user, bytes, len, t_ns);
}

/* What a recording shows against the rules; nothing does so far. */
static void judge_recording(const struct spec *spec)
{
	struct buf breaches AUTO_BUF = { 0 };
	struct monitor *m = monitor_create(spec, NULL, sessions_list_breach, &breaches);
	cr_assert(recording_play(TRANSCRIPTS "/esp-at-2.0.0.jsonl", replay, m));
	monitor_end(m, INT64_MAX);
	cr_assert_str_eq(buf_text(&breaches), "");
	monitor_destroy(m);
}

Test(monitor, recorded_session)
{
	struct spec spec = spec_of_pieces();
	judge_recording(&spec);
	spec_done(&spec);
}

Test(monitor, recorded_session_by_the_real_model)
{
	struct spec spec;
	struct error error = { 0 };
	const char *const dirs[] = { SUITES, NULL };
	cr_assert_eq(spec_load(&spec, dirs, &error), 0, "%s", error_text(&error));
	judge_recording(&spec);
	const char *id;
	const char *text;
	for (size_t n = 0; monitor_rule(n, &id, &text); n++) {
		const struct requirement *r = spec_requirement(&spec, id);
		cr_expect(r && r->judge == JUDGE_MONITOR, "%s is not in the model", id);
	}
	spec_finish(&spec);
}
