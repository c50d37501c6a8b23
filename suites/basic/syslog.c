/* SPDX-License-Identifier: MIT */
/* AT+SYSLOG: when an error code is printed, and which. */
#include "at/at.h"

#define ANY_CODE RE("ERR CODE:0x[0-9A-Fa-f]{8}")

Test(syslog, shows_the_code_of_an_unknown_command, REQ("SYSLOG-10"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+FAKE", "ERR CODE:0x01090000", "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(syslog, shows_no_code_when_switched_off, REQ("SYSLOG-12"))
{
	at("AT+SYSLOG=0", "OK");
	at("AT+FAKE", "ERROR");
}

Test(syslog, shows_a_code_of_a_mode_out_of_range, REQ("SYSLOG-13"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+SLEEP=9", ANY_CODE, "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(syslog, shows_a_code_of_a_power_out_of_range, REQ("SYSLOG-13"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+RFPOWER=39", ANY_CODE, "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(syslog, shows_a_code_of_a_word_instead_of_a_number, REQ("SYSLOG-13"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+SYSTIMESTAMP=abc", ANY_CODE, "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(syslog, shows_a_code_of_its_own_refusal, REQ("SYSLOG-13"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT+SYSLOG=2", ANY_CODE, "ERROR");
	at("AT+SYSLOG=0", "OK");
}

Test(syslog, shows_no_code_of_a_success, REQ("SYSLOG-14"))
{
	at("AT+SYSLOG=1", "OK");
	at("AT", "OK");
	at("AT+SYSRAM?", LIKE("+SYSRAM:<remaining_ram_size>"), "OK");
	at("AT+SLEEP=0", "OK");
	at("AT+SYSLOG=0", "OK");
}
