/* SPDX-License-Identifier: MIT */
/* The rules for all commands: framing, refusals, recovery. */
#include "at/at.h"

#include <string.h>

static void put_echo_back(void)
{
	at(bench_echo() ? "ATE1" : "ATE0", "OK");
}

Test(general, a_command_waits_for_its_line_end, REQ("GENERAL-1"))
{
	at("ATE0", "OK"); /* an echo would be seen */
	raw("AT", 2);
	listen_for(bench_ms("silence"));
	raw("\r\n", 2);
	response("OK");
	put_echo_back();
}

Test(general, a_carriage_return_alone_is_no_line_end, REQ("GENERAL-1"))
{
	at("ATE0", "OK");
	raw("AT\r", 3);
	listen_for(bench_ms("silence"));
	raw("\n", 1);
	response("OK");
	put_echo_back();
}

Test(general, a_command_may_arrive_byte_by_byte, REQ("GENERAL-2"))
{
	static const char command[] = "AT+SYSRAM?\r\n";
	for (size_t i = 0; command[i]; i++)
		raw(&command[i], 1);
	response(LIKE("+SYSRAM:<remaining_ram_size>"), "OK");
}

Test(general, a_command_may_arrive_in_two_halves, REQ("GENERAL-2"))
{
	at("ATE0", "OK");
	raw("AT+SYS", 6);
	listen_for(bench_ms("silence")); /* so that they don't come as one after all */
	raw("RAM?\r\n", 6);
	response(LIKE("+SYSRAM:<remaining_ram_size>"), "OK");
	put_echo_back();
}

Test(general, information_comes_before_the_final_result, REQ("GENERAL-3"))
{
	at("AT+SYSMSG?", LIKE("+SYSMSG:<state>"), "OK");
	listen_for(bench_ms("silence"));
	at("AT+SYSRAM?", LIKE("+SYSRAM:<remaining_ram_size>"), "OK");
	listen_for(bench_ms("silence"));
	at("AT+UART_CUR?",
		LIKE("+UART_CUR:<baudrate>,<databits>,<stopbits>,<parity>,<flow_control>"), "OK");
	listen_for(bench_ms("silence"));
}

Test(general, an_unknown_command_is_refused, REQ("GENERAL-4"))
{
	at("AT+FAKE", "ERROR");
	at("AT+FAKE?", "ERROR");
	at("AT+FAKE=1", "ERROR");
}

Test(general, a_command_with_something_behind_its_name_is_refused, REQ("GENERAL-4"))
{
	at("AT+GMRX", "ERROR");
	at("ATX", "ERROR");
}

/* The document prints it once with a blank behind the colon and once without. */
#define ANY_CODE RE("ERR CODE: ?0x[0-9A-Fa-f]{8}")

Test(general, an_error_code_has_eight_digits, REQ("GENERAL-5"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+FAKE", ANY_CODE, "ERROR");
	at("AT+SLEEP=9", ANY_CODE, "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(general, an_error_code_comes_once_and_right_ahead_of_error, REQ("GENERAL-6"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+FAKE", ANY_CODE, "ERROR");
	size_t len;
	const char *bytes = received(&len);
	const char *code = memmem(bytes, len, "ERR CODE:", 9);
	const char *error = memmem(bytes, len, "\nERROR\r\n", 8);
	check(code && error && code < error, "the code does not stand ahead of ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(general, a_refused_command_changes_nothing, REQ("GENERAL-7"), TAGS("nvs"))
{
	ask("AT+SYSMSG?");
	const char *state = fmt("%s", field("state"));
	ask("AT+SYSLOG?");
	const char *status = fmt("%s", field("status"));
	at("AT+SYSMSG=-1", "ERROR");
	at("AT+SYSLOG=2", "ERROR");
	at("AT+UART_CUR=79,8,1,0,0", "ERROR");
	at("AT+SYSMSG?", fmt("+SYSMSG:%s", state), "OK");
	at("AT+SYSLOG?", fmt("+SYSLOG:%s", status), "OK");
	at("AT", "OK");
}

Test(general, an_integer_in_quotes_is_refused, REQ("GENERAL-8"), TAGS("nvs"))
{
	at("AT+SYSLOG=\"1\"", "ERROR");
	at("AT+SLEEP=\"0\"", "ERROR");
	at("AT+SYSMSG=\"1\"", "ERROR");
}

Test(general, an_optional_group_may_be_left_out, REQ("GENERAL-9"))
{
	ask("AT+RFPOWER?");
	const char *before = fmt("%s,%s,%s,%s", field("wifi_power_in_use"), field("ble_adv_power"),
		field("ble_scan_power"), field("ble_conn_power"));
	at("AT+RFPOWER=78", "OK");
	at("AT+RFPOWER=78,0,0,0", "OK");
	at(fmt("AT+RFPOWER=%s", before), "OK");
}

Test(general, a_mandatory_parameter_may_not_be_left_out, REQ("GENERAL-10"))
{
	at("AT+UART_CUR=115200,8,1,0", "ERROR");
}

Test(general, a_mandatory_parameter_may_not_be_empty, REQ("GENERAL-10"))
{
	at("AT+UART_CUR=115200,,1,0,0", "ERROR");
	at("AT+SLEEP=", "ERROR");
}

Test(general, a_line_that_does_not_begin_with_at_is_refused, REQ("GENERAL-11"))
{
	at("FAKE", "ERROR");
	at("A", "ERROR");
	at("+GMR", "ERROR");
	at("XAT+GMR", "ERROR");
}

/* The module may cut a long line and refuse each part. */
static void refuse_long_line(size_t length)
{
	char line[1024 + 2];
	size_t ok, refused;
	memset(line, 'X', length);
	memcpy(line, "AT", 2);
	memcpy(line + length, "\r\n", 2);
	tolerate(true, "a line that is too long");
	raw(line, length + 2);
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 0 && refused > 0, "%zu OK and %zu ERROR", ok, refused);
	at("AT", "OK");
	ask("AT+SYSRAM?");
}

Test(general, a_line_that_is_too_long_is_refused, REQ("GENERAL-12"))
{
	refuse_long_line(300);
}

Test(general, a_line_that_is_far_too_long_is_refused, REQ("GENERAL-12"))
{
	refuse_long_line(1000);
}

Test(general, the_next_command_is_taken_at_once, REQ("GENERAL-13"))
{
	for (int i = 0; i < 20; i++) {
		at("AT+FAKE", "ERROR");
		at("AT", "OK");
	}
}

Test(general, bytes_that_are_no_text_are_refused, REQ("GENERAL-14"))
{
	static const char line[] = "AT\x00\x80\xff\r\n";
	size_t ok, refused;
	tolerate(true, "bytes that are no text");
	raw(line, sizeof(line) - 1);
	until_quiet(&ok, &refused);
	tolerate(false, "");
	check(ok == 0 && refused > 0, "%zu OK and %zu ERROR", ok, refused);
	at("AT", "OK");
}
