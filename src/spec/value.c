/* SPDX-License-Identifier: MIT */
/* Whether a text is a value of a parameter: its type, its bounds, its enumeration. */
#include "base/text.h"
#include "spec/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char reason[160];

static bool is_mac(const char *text)
{
	for (int i = 0; i < 6; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return false;
		if (text[2] != (i < 5 ? ':' : '\0'))
			return false;
	}
	return true;
}

static bool is_ip(const char *text)
{
	for (int i = 0; i < 4; i++) {
		size_t digits = strspn(text, "0123456789");
		if (digits < 1 || digits > 3 || atoi(text) > 255)
			return false;
		if (text[digits] != (i < 3 ? '.' : '\0'))
			return false;
		text += digits + 1;
	}
	return true;
}

static bool is_listed(const struct parameter *p, const char *text)
{
	int64_t wanted, number;
	bool numeric = p->type == PARAM_INTEGER && text_integer(text, &wanted);
	for (size_t i = 0; i < p->value_count; i++)
		if (strcmp(p->values[i], text) == 0 ||
			(numeric && text_integer(p->values[i], &number) && number == wanted))
			return true;
	snprintf(reason, sizeof(reason), "is not one of the %zu listed values", p->value_count);
	return false;
}

/* How far a reported value may lie outside: a share of the bound. */
static int64_t slack(int64_t bound, const struct parameter *p, bool reported)
{
	if (!reported || p->tolerance_percent == 0 || bound == INT64_MIN || bound == INT64_MAX)
		return 0;
	int64_t size = bound < 0 ? -bound : bound;
	return size / 100 * p->tolerance_percent + size % 100 * p->tolerance_percent / 100;
}

static bool is_within(const struct parameter *p, int64_t number, bool reported, const char *what)
{
	int64_t low = slack(p->min, p, reported), high = slack(p->max, p, reported);
	if (number < p->min && (p->min < INT64_MIN + low || number < p->min - low)) {
		snprintf(reason, sizeof(reason), "%s%lld is below %lld", what, (long long)number,
			(long long)p->min);
		return false;
	}
	if (number > p->max && (p->max > INT64_MAX - high || number > p->max + high)) {
		snprintf(reason, sizeof(reason), "%s%lld is above %lld", what, (long long)number,
			(long long)p->max);
		return false;
	}
	return true;
}

static bool fits_type(const struct parameter *p, const char *text, bool reported)
{
	int64_t number;
	switch (p->type) {
	case PARAM_INTEGER:
		snprintf(reason, sizeof(reason), "is not an integer");
		return text_integer(text, &number) &&
		       (!p->bounded || is_within(p, number, reported, ""));
	case PARAM_MAC:
		snprintf(reason, sizeof(reason), "is not a MAC address");
		return is_mac(text);
	case PARAM_IP:
		snprintf(reason, sizeof(reason), "is not an IPv4 address");
		return is_ip(text);
	case PARAM_HEX:
		snprintf(reason, sizeof(reason), "is not hexadecimal");
		if (!*text || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
			return false;
		break;
	case PARAM_STRING:
	case PARAM_TEXT:
		break;
	}
	return !p->bounded || is_within(p, (int64_t)strlen(text), false, "length ");
}

bool spec_is_bench_fact(const char *text)
{
	return (text_starts(text, "{network.") || text_starts(text, "{peer.") ||
		       text_starts(text, "{case.")) &&
	       text_ends(text, "}");
}

bool spec_value_fits(const struct parameter *p, const char *text, bool reported, const char **why)
{
	reason[0] = '\0';
	if (!reported && spec_is_bench_fact(text))
		return true;
	bool fits = fits_type(p, text, reported) && (p->value_count == 0 || is_listed(p, text));
	if (why)
		*why = fits ? "" : reason;
	return fits;
}
