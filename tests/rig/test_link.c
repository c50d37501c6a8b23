/* SPDX-License-Identifier: MIT */
/* Addresses, and what a message about a bad one says. */
#include "rig/link.h"

#include <criterion/criterion.h>
#include <string.h>

static void refused(const char *address, const char *word)
{
	struct error error = { 0 };
	cr_assert_lt(link_check(address, &error), 0, "%s was taken", address);
	cr_assert_not_null(strstr(error.text, word), "%s: \"%s\"", address, error.text);
	cr_assert_null(strchr(error.text, '\n'));
}

static void taken(const char *address)
{
	struct error error = { 0 };
	cr_assert_eq(link_check(address, &error), 0, "%s: %s", address, error.text);
}

Test(link, good_addresses)
{
	taken("virtual:");
	taken("virtual:?dialect=field&fault=a&fault=b&pace=1&images=1&nvs=%2ftmp%2fx");
	taken("serial:/dev/ttyUSB0");
	taken("serial:/dev/ttyUSB0?baud=74880");
	taken("pty:/tmp/x");
	taken("exec:./a 'b c'");
	taken("tcp:127.0.0.1:5000");
	taken("tcp:[::1]:5000");
}

Test(link, bad_addresses)
{
	refused("", "virtual:");
	refused("/dev/ttyUSB0", "serial:");
	refused("virtual:field", "question mark");
	refused("virtual:?dialekt=field", "dialekt");
	refused("serial:", "/dev/ttyUSB0");
	refused("serial:/dev/ttyUSB0?rate=9600", "rate");
	refused("serial:/dev/ttyUSB0?baud=0", "baud");
	refused("pty:", "path");
	refused("exec:", "program");
	refused("exec:a 'b", "quote");
	refused("tcp:5000", "HOST:PORT");
	refused("tcp:host:", "HOST:PORT");
	refused("tcp:host:70000", "HOST:PORT");
	refused("tcp::5000", "HOST:PORT");
}
