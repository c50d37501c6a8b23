/* SPDX-License-Identifier: MIT */
#include "report/time-account.h"

#include "report/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BAUD = 115200, HALF_BITS = 20 };
/* Longest of anything: about 146 years would overflow, and no run lasts a year. */
#define MOST_NS  INT64_C(31536000000000000)
#define LEAST_NS INT64_C(1000000000) /* of line and waits, for a ratio */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Time does not go back. */
static int64_t now(struct time_account *a, int64_t t)
{
	a->last = later(a->last, sooner(t, MOST_NS));
	return a->last;
}

void time_begin(struct time_account *a, int64_t t)
{
	struct time_span *spans = a->spans;
	size_t room = a->room;
	t = later(0, sooner(t, MOST_NS));
	*a = (struct time_account){ .open = true,
		.byte_ns = HALF_BITS * INT64_C(500000000) / DEFAULT_BAUD,
		.since = t,
		.last = t,
		.sent_to = t,
		.received_to = t,
		.bench_from = -1,
		.spans = spans,
		.room = room };
	a->first_byte_ns = a->byte_ns;
}

void time_rate(struct time_account *a, const char *uart, bool first)
{
	char stop[4] = "1", parity[8] = "none";
	long long baud = 0, databits = 8;
	if (sscanf(uart, "%lld,%lld,%3[0-9.],%7[a-z]", &baud, &databits, stop, parity) < 2)
		return;
	if (baud < 1 || baud > 100000000 || databits < 5 || databits > 9)
		return;
	int stop_halves = strcmp(stop, "2") == 0 ? 4 : strcmp(stop, "1.5") == 0 ? 3 : 2;
	int64_t halves = 2 * (1 + databits + (strcmp(parity, "none") != 0)) + stop_halves;
	a->byte_ns = halves * INT64_C(500000000) / baud;
	if (first)
		a->first_byte_ns = a->byte_ns;
}

void time_pace(struct time_account *a, enum time_pace pace)
{
	a->pace = pace;
}

void time_rate_back(struct time_account *a)
{
	a->byte_ns = a->first_byte_ns;
}

static int64_t bytes_ns(const struct time_account *a, int64_t bytes)
{
	if (bytes <= 0 || a->byte_ns <= 0)
		return 0;
	return bytes > MOST_NS / a->byte_ns ? MOST_NS : bytes * a->byte_ns;
}

static void add_span(struct time_account *a, struct time_span span)
{
	if (a->count == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		a->spans = realloc(a->spans, a->room * sizeof(*a->spans));
		if (!a->spans)
			abort();
	}
	a->spans[a->count++] = span;
}

/* Long data are many chunks: those that touch are one. */
static void add_line(struct time_account *a, int64_t from, int64_t to, bool own)
{
	struct time_span *before = a->count ? &a->spans[a->count - 1] : NULL;
	if (before && !before->wait && before->own == own && before->to == from &&
		before->from < before->to)
		before->to = to;
	else
		add_span(a, (struct time_span){ .from = from, .to = to, .own = own });
}

void time_sent(struct time_account *a, int64_t t, int64_t bytes)
{
	t = now(a, t);
	if (!a->leased) {
		time_bench(a, t, t);
		return;
	}
	int64_t ns = bytes_ns(a, bytes);
	int64_t from = later(t, a->sent_to);
	a->sent_to = sooner(from + ns, MOST_NS);
	a->nominal = sooner(a->nominal + ns, MOST_NS);
	add_line(a, from, a->sent_to, false);
}

void time_received(struct time_account *a, int64_t t, int64_t bytes)
{
	t = now(a, t);
	if (!a->leased) {
		time_bench(a, t, t);
		return;
	}
	/* They are here, so that they have been on the line before; but one after the other. */
	int64_t ns = bytes_ns(a, bytes);
	int64_t earliest = later(a->received_to, a->since);
	int64_t from = later(t - ns, earliest);
	a->nominal = sooner(a->nominal + ns, MOST_NS);
	a->impossible = sooner(a->impossible + later(0, earliest - (t - ns)), MOST_NS);
	a->received_to = t;
	add_line(a, from, t, true);
}

void time_moved(struct time_account *a, int64_t t)
{
	t = now(a, t);
	if (a->leased)
		add_span(a, (struct time_span){ .from = t, .to = t, .own = true });
}

void time_waited(struct time_account *a, int64_t from, int64_t to)
{
	from = later(from, a->since);
	to = sooner(to, MOST_NS);
	if (a->leased && to > from)
		add_span(a, (struct time_span){ .from = from, .to = to, .wait = true });
}

void time_bench(struct time_account *a, int64_t from, int64_t to)
{
	if (a->leased)
		return;
	to = now(a, to);
	from = later(a->since, sooner(from, to));
	a->bench_from = a->bench_from < 0 ? from : sooner(a->bench_from, from);
	a->bench_to = later(a->bench_to, to);
}

/* --- a segment: a lease, or what is between two --- */

static int by_start(const void *a, const void *b)
{
	const struct time_span *x = a;
	const struct time_span *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* Waits apart, as a union, in front; returns how many. */
static size_t join_waits(struct time_span *spans, size_t count)
{
	size_t waits = 0;
	for (size_t i = 0; i < count; i++) {
		if (!spans[i].wait)
			continue;
		struct time_span span = spans[i];
		if (waits && span.from <= spans[waits - 1].to && spans[waits - 1].wait) {
			spans[waits - 1].to = later(spans[waits - 1].to, span.to);
			continue;
		}
		spans[waits++] = span;
	}
	return waits;
}

struct walk {
	int64_t *kind;
	const struct time_span *waits;
	size_t wait_count, wait;
	int64_t at;
};

/* Idle until there: demanded, or else of that kind. */
static void idle_until(struct walk *w, int64_t to, enum time_kind kind)
{
	if (to <= w->at)
		return;
	int64_t demanded = 0;
	for (; w->wait < w->wait_count; w->wait++) {
		const struct time_span *s = &w->waits[w->wait];
		int64_t from = later(s->from, w->at), end = sooner(s->to, to);
		demanded += later(0, end - from);
		if (s->to > to)
			break;
	}
	w->kind[TIME_WAIT] += demanded;
	w->kind[kind] += to - w->at - demanded;
	w->at = to;
}

static void walk_lease(struct time_account *a, bool instant, size_t waits,
	const struct time_span *line, size_t line_count, int64_t end)
{
	struct walk w = {
		.kind = a->sum.kind, .waits = a->spans, .wait_count = waits, .at = a->since
	};
	for (size_t i = 0; i < line_count; i++) {
		const struct time_span *s = &line[i];
		/* Bytes that came take effect when they are there, those that went when they go. */
		int64_t moment = s->own ? s->to : s->from;
		int64_t from = sooner(instant ? moment : s->from, end);
		int64_t to = sooner(instant ? moment : s->to, end);
		idle_until(&w, from, s->own ? TIME_MODULE : TIME_TESTER);
		w.kind[TIME_LINE] += later(0, to - w.at);
		w.at = later(w.at, to);
	}
	idle_until(&w, end, TIME_TESTER);
}

static void end_lease(struct time_account *a, int64_t end)
{
	struct time_span *line = NULL;
	size_t line_count = 0;
	if (a->count)
		qsort(a->spans, a->count, sizeof(*a->spans), by_start);
	for (size_t i = 0; i < a->count; i++)
		if (!a->spans[i].wait)
			KEEP_ADD(line, line_count) = a->spans[i];
	size_t waits = join_waits(a->spans, a->count);
	a->impossible = sooner(a->impossible + later(0, a->sent_to - end), MOST_NS);
	/* A quarter is more than a host that reads late makes of a line. */
	bool seen = a->impossible <= a->nominal / 4;
	bool paced = a->pace == TIME_PACE_SEEN ? seen : a->pace == TIME_PACE_ALWAYS;
	walk_lease(a, !paced, waits, line, line_count, end);
	a->sum.leases += a->nominal > 0;
	a->sum.paced += a->nominal > 0 && paced;
	free(line);
}

static void end_segment(struct time_account *a, int64_t t)
{
	int64_t end = now(a, t), whole = end - a->since;
	a->sum.wall += whole;
	if (a->leased) {
		end_lease(a, end);
	} else {
		int64_t bench = a->bench_from < 0 ? 0 : sooner(a->bench_to, end) - a->bench_from;
		int64_t tester = whole - bench;
		a->sum.kind[TIME_BENCH] += bench;
		a->sum.kind[TIME_TESTER] += tester;
	}
	a->count = 0;
	a->nominal = a->impossible = 0;
	a->since = a->sent_to = a->received_to = end;
	a->bench_from = -1;
	a->bench_to = 0;
	a->leased = false;
}

void time_lease(struct time_account *a, int64_t t)
{
	end_segment(a, t);
	a->leased = true;
}

void time_release(struct time_account *a, int64_t t)
{
	end_segment(a, t);
}

void time_pause(struct time_account *a, int64_t t)
{
	if (!a->open)
		return;
	end_segment(a, a->last);
	a->since = a->sent_to = a->received_to = now(a, t);
}

void time_add(struct time_sum *sum, const struct time_sum *more)
{
	sum->wall += more->wall;
	sum->leases += more->leases;
	sum->paced += more->paced;
	for (int k = 0; k < TIME_KINDS; k++)
		sum->kind[k] += more->kind[k];
}

void time_end(struct time_account *a, int64_t t, struct time_sum *sum)
{
	if (a->open) {
		end_segment(a, t);
		time_add(sum, &a->sum);
	}
	free(a->spans);
	*a = (struct time_account){ 0 };
}

/* --- what it amounts to --- */

bool time_is_paced(const struct time_sum *sum)
{
	return sum->paced > sum->leases / 2;
}

double time_ratio(const struct time_sum *sum)
{
	int64_t needed = sum->kind[TIME_LINE] + sum->kind[TIME_WAIT];
	return time_is_paced(sum) && needed >= LEAST_NS ? (double)sum->wall / (double)needed : 0;
}

const char *time_kind_name(enum time_kind kind)
{
	static const char *const names[] = { [TIME_LINE] = "line",
		[TIME_WAIT] = "demanded waits",
		[TIME_MODULE] = "module",
		[TIME_BENCH] = "bench",
		[TIME_TESTER] = "tester" };
	return (unsigned)kind < TIME_KINDS ? names[kind] : "";
}
