/* SPDX-License-Identifier: MIT */
/* Nine of ten bytes of a journal are in lines of three kinds: bytes sent and received, and the
 * broker's log. Those are read here when they look exactly as the rig writes them. Whatever looks
 * otherwise, be it right or wrong, is left to the JSON reader: so this decides nothing but time. */
#include "report/reader.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
	const char *at, *end;
};

static bool word(struct cursor *p, const char *text)
{
	size_t len = strlen(text);
	if ((size_t)(p->end - p->at) < len || memcmp(p->at, text, len) != 0)
		return false;
	p->at += len;
	return true;
}

static bool number(struct cursor *p, int64_t *out)
{
	bool negative = word(p, "-");
	const char *from = p->at;
	*out = 0;
	while (p->at < p->end && p->at - from < 18 && *p->at >= '0' && *p->at <= '9')
		*out = *out * 10 + (*p->at++ - '0');
	size_t digits = (size_t)(p->at - from);
	if (negative)
		*out = -*out;
	return digits && digits < 18 && (digits == 1 || *from != '0');
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash; -1: not here. */
static int escaped(struct cursor *p)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (p->at >= p->end)
		return -1;
	const char *known = *p->at ? strchr(from, *p->at) : NULL;
	if (known) {
		p->at++;
		return to[known - from];
	}
	if (p->end - p->at < 5 || memcmp(p->at, "u00", 3) != 0)
		return -1;
	int high = hex(p->at[3]), low = hex(p->at[4]);
	p->at += 5;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* The rest of a string with its quotation mark, each character a byte; how many, or -1. */
static long octets(struct cursor *p, char *out)
{
	for (long n = 0; p->at < p->end;) {
		unsigned char c = (unsigned char)*p->at++;
		int byte = c;
		if (c == '"')
			return n;
		if (c == '\\') {
			byte = escaped(p);
		} else if ((c == 0xc2 || c == 0xc3) && p->at < p->end && (*p->at & 0xc0) == 0x80) {
			byte = (c & 3) << 6 | (*p->at++ & 0x3f);
		} else if (c < 0x20 || c >= 0x80) {
			return -1;
		}
		if (byte < 0)
			return -1;
		out[n++] = (char)byte;
	}
	return -1;
}

static bool room(struct reader *r, size_t need)
{
	if (need <= r->bytes_cap)
		return true;
	char *bytes = realloc(r->bytes, need);
	if (!bytes)
		return false;
	r->bytes = bytes;
	r->bytes_cap = need;
	return true;
}

static int (*kind(struct cursor *p))(struct reader *)
{
	return word(p, "tx\",\"l\":")       ? read_tx
	       : word(p, "rx\",\"l\":")     ? read_rx
	       : word(p, "broker\",\"l\":") ? read_broker
					    : NULL;
}

quick_fn *journal_quick(struct reader *r, const char *text, size_t len)
{
	struct cursor p = { text, text + len };
	struct quick *q = &r->quick;
	int64_t n, t;
	if (!word(&p, "{\"n\":") || !number(&p, &n) || !word(&p, ",\"t\":") || !number(&p, &t) ||
		!word(&p, ",\"e\":\""))
		return NULL;
	quick_fn *read = kind(&p);
	if (!read || !number(&p, &q->l) || !word(&p, ",\"c\":") || !number(&p, &q->c) ||
		!word(&p, read == read_broker ? ",\"what\":\"log\",\"text\":\"" : ",\"bytes\":\""))
		return NULL;
	if (n != r->run->lines || r->run->end != RUN_CUT || q->l < 0 || q->l >= JOURNAL_LANES ||
		q->c < -1 || q->c >= (int64_t)r->run->case_count || !room(r, len))
		return NULL;
	q->count = octets(&p, r->bytes);
	if (q->count < 0 || !word(&p, "}") || p.at != p.end)
		return NULL;
	r->t = t;
	return read;
}
