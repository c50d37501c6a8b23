/* SPDX-License-Identifier: MIT */
/* AT+SYSTIMESTAMP: a value that runs on. */
#include "at/at.h"

#define EXAMPLE 1565853509 /* the document's own */

static int64_t began_ms, began_at;

/* What the clock showed when the case began goes back, plus what has passed. */
static void remember_clock(void)
{
	ask("AT+SYSTIMESTAMP?");
	began_at = field_int("unix_timestamp");
	began_ms = clock_ms();
}

static void put_back(void)
{
	long long now = (long long)(began_at + (clock_ms() - began_ms) / 1000);
	at(fmt("AT+SYSTIMESTAMP=%lld", now < 0 || now > INT32_MAX ? 0 : now), "OK");
}

static int64_t shown(void)
{
	ask("AT+SYSTIMESTAMP?");
	return field_int("unix_timestamp");
}

Test(systimestamp, shows_what_was_set, REQ("SYSTIMESTAMP-7"))
{
	remember_clock();
	int64_t start = clock_ms();
	at("AT+SYSTIMESTAMP=1565853509", "OK");
	int64_t value = shown(), most = EXAMPLE + 1 + (clock_ms() - start) / 1000;
	check(value >= EXAMPLE && value <= most, "the query shows %lld", (long long)value);
	put_back();
}

Test(systimestamp, runs_on_with_the_seconds, REQ("SYSTIMESTAMP-8"))
{
	int64_t start = clock_ms(), first = shown();
	listen_for(2100);
	int64_t grown = shown() - first, passed_ms = clock_ms() - start;
	check(grown * 1000 > passed_ms - 1000 && grown * 1000 < passed_ms + 1000,
		"%lld more after %lld ms", (long long)grown, (long long)passed_ms);
}

Test(systimestamp, takes_nothing, REQ("SYSTIMESTAMP-10"))
{
	remember_clock();
	int64_t start = clock_ms();
	at("AT+SYSTIMESTAMP=0", "OK");
	int64_t value = shown(), most = 1 + (clock_ms() - start) / 1000;
	check(value >= 0 && value <= most, "the query shows %lld", (long long)value);
	put_back();
}

Test(systimestamp, takes_the_largest_value, REQ("SYSTIMESTAMP-10"))
{
	remember_clock();
	at("AT+SYSTIMESTAMP=2147483647", "OK");
	put_back();
}

Test(systimestamp, stays_when_a_value_is_refused, REQ("SYSTIMESTAMP-12"))
{
	remember_clock();
	int64_t start = clock_ms();
	at("AT+SYSTIMESTAMP=1565853509", "OK");
	at("AT+SYSTIMESTAMP=abc", "ERROR");
	at("AT+SYSTIMESTAMP=", "ERROR");
	int64_t value = shown(), most = EXAMPLE + 1 + (clock_ms() - start) / 1000;
	check(value >= EXAMPLE && value <= most, "the query shows %lld", (long long)value);
	put_back();
}
