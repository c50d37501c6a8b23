/* SPDX-License-Identifier: MIT */
/* ATE0 and ATE1: what the echo is like. */
#include "at/at.h"

#include <string.h>

static void put_echo_back(void)
{
	at(bench_echo() ? "ATE1" : "ATE0", "OK");
}

Test(ate, switches_the_echo_off, REQ("ATE-3"))
{
	at("ATE0", "OK");
	at("AT", "OK");
	size_t len;
	const char *bytes = received(&len);
	check(!echoed() && !memmem(bytes, len, "AT", 2), "the command came back");
	put_echo_back();
}

Test(ate, switches_the_echo_on, REQ("ATE-4"))
{
	at("ATE0", "OK");
	at("ATE1", "OK");
	at("AT", "OK");
	size_t len;
	const char *bytes = received(&len);
	check(echoed() && len > 4 && memcmp(bytes, "AT\r\n", 4) == 0,
		"the command did not come back ahead of the response");
	put_echo_back();
}

Test(ate, gives_the_command_back_byte_by_byte_and_once, REQ("ATE-6"))
{
	static const char command[] = "AT+SLEEP=9\r\n";
	const size_t n = sizeof(command) - 1;
	at("ATE1", "OK");
	at("AT+SLEEP=9", "ERROR");
	size_t len;
	const char *bytes = received(&len);
	check(len > n && memcmp(bytes, command, n) == 0, "the echo is not what was sent");
	check(!memmem(bytes + n, len - n, command, n), "the echo came twice");
	put_echo_back();
}

Test(ate, stays_off_when_another_digit_is_refused, REQ("ATE-7"))
{
	at("ATE0", "OK");
	at("ATE2", "ERROR");
	at("AT", "OK");
	check(!echoed(), "the refused ATE2 switched the echo on");
	put_echo_back();
}

Test(ate, stays_on_when_another_digit_is_refused, REQ("ATE-7"))
{
	at("ATE1", "OK");
	at("ATE2", "ERROR");
	at("AT", "OK");
	check(echoed(), "the refused ATE2 switched the echo off");
	put_echo_back();
}
