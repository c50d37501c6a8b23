/* SPDX-License-Identifier: MIT */
/* AT+CWLAPOPT: which fields AT+CWLAP shows, and in which order. */
#include "wifi.h"

#include <stdio.h>

enum { ALL = 31, BITS = 5 };

/* The pattern of an entry with the fields of this mask; parentheses are AT+CWLAP's own affair. */
static const char *entry_of(int mask)
{
	static const char *const fields[BITS] = { "[0-5]", "\".*\"", "-\\d+",
		"\"[0-9A-Fa-f:]{17}\"", "\\d+" };
	static char pattern[200];
	size_t len = (size_t)snprintf(pattern, sizeof(pattern), "%s", RE("\\+CWLAP:\\(?"));
	for (int bit = 0, count = 0; bit < BITS; bit++) {
		if (mask >> bit & 1)
			len += (size_t)snprintf(pattern + len, sizeof(pattern) - len, "%s%s",
				count++ ? "," : "", fields[bit]);
	}
	snprintf(pattern + len, sizeof(pattern) - len, "\\)?");
	return pattern;
}

/* Sets the mask and looks at every entry of the list. */
static void expect_fields(int mask, const char *list)
{
	at(fmt("AT+CWLAPOPT=1,%d", mask), "OK");
	any(list);
	check(said("OK"), "\"%s\" gets \"%s\" and no OK", list, line_text(0));
	check(mask == 0 || line_count() > 0, "mask %d: the list is empty", mask);
	for (size_t i = 0; i < line_count(); i++)
		check(line_like(i, entry_of(mask)), "mask %d: %s", mask, line_text(i));
}

/* The bit alone, and all but the bit. */
static void expect_bit(int bit)
{
	enter_mode(1);
	expect_fields(1 << bit, "AT+CWLAP");
	expect_fields(ALL & ~(1 << bit), "AT+CWLAP");
	show_all();
	leave_mode();
}

Test(cwlapopt, sorts_by_strength, REQ("CWLAPOPT-12"), TAGS("nvs"))
{
	bool falling = true, rising = true;
	enter_mode(1);
	at("AT+CWLAPOPT=1,31", "OK");
	scan("AT+CWLAP");
	for (size_t i = 1; i < seen_count; i++) {
		falling = falling && seen[i].rssi <= seen[i - 1].rssi;
		rising = rising && seen[i].rssi >= seen[i - 1].rssi;
	}
	if (seen_count < 2)
		inconclusive("%zu access point(s) are too few to sort", seen_count);
	check(falling || rising, "the %zu entries are in no order", seen_count);
	leave_mode();
}

Test(cwlapopt, bit_0_is_the_encryption, REQ("CWLAPOPT-13"), TAGS("nvs needs:access_point"))
{
	expect_bit(0);
}

Test(cwlapopt, bit_1_is_the_ssid, REQ("CWLAPOPT-14"), TAGS("nvs needs:access_point"))
{
	expect_bit(1);
}

Test(cwlapopt, bit_2_is_the_strength, REQ("CWLAPOPT-15"), TAGS("nvs needs:access_point"))
{
	expect_bit(2);
}

Test(cwlapopt, bit_3_is_the_mac_address, REQ("CWLAPOPT-16"), TAGS("nvs needs:access_point"))
{
	expect_bit(3);
}

Test(cwlapopt, bit_4_is_the_channel, REQ("CWLAPOPT-17"), TAGS("nvs needs:access_point"))
{
	expect_bit(4);
}

Test(cwlapopt, shows_exactly_the_fields_of_each_mask, REQ("CWLAPOPT-18"),
	TAGS("nvs slow needs:access_point"))
{
	enter_mode(1);
	for (int mask = 0; mask <= ALL; mask++)
		expect_fields(mask, "AT+CWLAP");
	show_all();
	leave_mode();
}

Test(cwlapopt, binds_a_filtered_list_too, REQ("CWLAPOPT-19"), TAGS("nvs needs:access_point"))
{
	const char *list = fmt("AT+CWLAP=\"%s\"", escaped(network("access_point.ssid")));
	enter_mode(1);
	expect_fields(6, list);
	expect_fields(24, list);
	show_all();
	leave_mode();
}

Test(cwlapopt, stays_when_a_command_is_refused, REQ("CWLAPOPT-20"), TAGS("nvs needs:access_point"))
{
	enter_mode(1);
	expect_fields(5, "AT+CWLAP");
	at("AT+CWLAPOPT=1,-1", "ERROR");
	at("AT+CWLAPOPT=2,31", "ERROR");
	any("AT+CWLAP");
	check(line_count() > 0, "the list is empty");
	for (size_t i = 0; i < line_count(); i++)
		check(line_like(i, entry_of(5)), "%s", line_text(i));
	show_all();
	leave_mode();
}
