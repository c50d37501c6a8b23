/* SPDX-License-Identifier: MIT */
/* Addresses, and what a message about a bad one says. */
#include "rig/link.h"

#include "base/text.h"

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
	taken("rfc2217:127.0.0.1:5000");
	taken("rfc2217:[::1]:5000?baud=74880");
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
	refused("tcp:host:4294972296", "HOST:PORT");
	refused("rfc2217:host", "HOST:PORT");
	refused("rfc2217:?baud=9600", "HOST:PORT");
	refused("rfc2217:host:5000?rate=9600", "rate");
	refused("rfc2217:host:5000?baud=0", "baud");
}

Test(link, virtual_lines_have_networks_of_their_own)
{
	struct link_network one, two;
	cr_assert(link_network("virtual:", 0, &one));
	cr_assert(link_network("virtual:?dialect=field&pace=1", 1, &two));
	cr_assert(text_ends(one.module, ".100.1"), "%s", one.module);
	cr_assert(text_ends(one.host, ".100.2"), "%s", one.host);
	cr_assert(text_ends(one.other, ".100.3"), "%s", one.other);
	cr_assert(text_ends(two.host, ".101.2"), "%s", two.host);
	cr_assert_eq(one.more, 7);
}

Test(link, an_address_says_which_part_of_the_network_it_is)
{
	struct link_network n;
	cr_assert(link_network("virtual:?address=127.9.8.7", 3, &n));
	cr_assert_str_eq(n.module, "127.9.8.7");
	cr_assert_str_eq(n.host, "127.9.8.20");
	cr_assert(link_network("virtual:?address=127.9.8.1", 3, &n));
	cr_assert_str_eq(n.host, "127.9.8.2");
}

Test(link, others_have_none)
{
	static const char *const addresses[] = { "serial:/dev/ttyUSB0", "tcp:127.0.0.1:1",
		"virtual:?colour=red", "nonsense" };
	struct link_network n;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		cr_assert_not(link_network(addresses[i], 0, &n));
		cr_assert_not(n.own);
		cr_assert_str_eq(n.host, "");
	}
}
