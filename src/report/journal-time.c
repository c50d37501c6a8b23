/* SPDX-License-Identifier: MIT */
/* What a journal says about where the time went, for report/time-account.h. */
#include "report/reader.h"

#include <stdlib.h>
#include <string.h>

#define REASONS 64 /* that are told apart */

#define MOST_NS INT64_C(86400000000000000) /* a wait lasts no longer, whatever it says */

static const char others[] = "other reasons";

/* Of the line, as far as there are such. */
static int64_t moment(const struct reader *r)
{
	return r->t < 0 ? 0 : r->t < MOST_NS ? r->t : MOST_NS;
}

struct time_account *reader_time(struct reader *r, struct lane *lane)
{
	if (!lane->time.open)
		time_begin(&lane->time, r->epoch);
	return &lane->time;
}

/* Whether the address tells it: a host under load may deliver late what took no time, and all at
 * once what did. Any `pace` but `pace=0` asks the virtual module for it. */
static enum time_pace pace_of(const char *address)
{
	if (strncmp(address, "replay:", 7) == 0)
		return TIME_PACE_NEVER;
	if (strncmp(address, "virtual:", 8) != 0)
		return TIME_PACE_SEEN;
	for (const char *at = strchr(address, '?'); at; at = strchr(at, '&')) {
		size_t len = strcspn(++at, "&");
		bool off = len == 6 && strncmp(at, "pace=0", 6) == 0;
		if (strncmp(at, "pace", 4) == 0 && (len == 4 || at[4] == '=') && !off)
			return TIME_PACE_ALWAYS;
	}
	return TIME_PACE_NEVER;
}

void reader_time_opened(struct reader *r, struct lane *lane, const char *uart)
{
	const char *address;
	time_rate(reader_time(r, lane), uart, true);
	if (reader_text(r, "text", &address) == 0)
		time_pace(&lane->time, pace_of(address));
	time_bench(&lane->time, r->t, r->t);
	r->run->time_account.told = r->run->time_account.told || *uart;
}

/* Each step says how long it took. */
void reader_time_recovered(struct reader *r, struct lane *lane, const struct run_recovery *step)
{
	struct time_account *a = reader_time(r, lane);
	int64_t ms = step->ms < 0 ? 0 : step->ms < 86400000 ? step->ms : 86400000;
	time_bench(a, moment(r) - ms * 1000000, moment(r));
	/* It found the line as the bench has it, or put it back. */
	time_rate_back(a);
}

void reader_time_broker(struct reader *r, struct lane *lane, const char *what)
{
	struct time_account *a = reader_time(r, lane);
	if (a->leased)
		time_moved(a, r->t);
	else if (strcmp(what, "log") != 0)
		time_bench(a, r->t, r->t);
}

void reader_time_peer(struct reader *r, struct lane *lane, const char *what)
{
	static const char *const by_others[] = { "accept", "rx", "request", "message", "close" };
	struct time_account *a = reader_time(r, lane);
	for (size_t i = 0; i < sizeof(by_others) / sizeof(by_others[0]); i++)
		if (strcmp(what, by_others[i]) == 0)
			time_moved(a, r->t);
}

static struct run_wait *wait_of(struct run_time *time, const char *why)
{
	for (size_t i = 0; i < time->wait_count; i++)
		if (strcmp(time->waits[i].why, why) == 0)
			return &time->waits[i];
	if (time->wait_count >= REASONS && why != others)
		return wait_of(time, others);
	struct run_wait *fresh = &KEEP_ADD(time->waits, time->wait_count);
	*fresh = (struct run_wait){ .why = why };
	return fresh;
}

int read_wait(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	int64_t from = 0, to = 0;
	const char *why;
	int l;
	if (reader_case(r, &c) || reader_lane(r, &lane, &l) || reader_need_text(r, "why", &why) ||
		reader_need_number(r, "from", &from) || reader_need_number(r, "to", &to))
		return -1;
	if (c)
		reader_extend(r, c);
	struct time_account *a = reader_time(r, lane);
	int64_t t = moment(r);
	from = from < a->since - t ? a->since : t + (from < 0 ? from : 0);
	to = to < MOST_NS ? t + (to > 0 ? to : 0) : MOST_NS;
	if (to <= from || !a->leased)
		return 0;
	time_waited(a, from, to);
	struct run_wait *w = wait_of(&r->run->time_account, why);
	w->ns += to - from < INT64_MAX / 4 - w->ns ? to - from : 0;
	w->count++;
	return 0;
}

void reader_time_pause(struct reader *r)
{
	for (size_t i = 0; i < JOURNAL_LANES; i++)
		time_pause(&r->lanes[i].time, r->t);
}

static void end_all(struct reader *r, int64_t t)
{
	struct run_time *time = &r->run->time_account;
	for (size_t i = 0; i < JOURNAL_LANES; i++) {
		struct time_sum sum = { 0 };
		bool any = r->lanes[i].time.open;
		time_end(&r->lanes[i].time, t, &sum);
		if (!any)
			continue;
		KEEP_ADD(time->lines, time->line_count) =
			(struct run_time_line){ .line = (int)i, .sum = sum };
		time_add(&time->sum, &sum);
	}
}

void reader_time_part(struct reader *r)
{
	end_all(r, r->t_before);
	r->epoch = r->t;
}

static int by_length(const void *a, const void *b)
{
	const struct run_wait *x = a;
	const struct run_wait *y = b;
	if (x->ns == y->ns)
		return strcmp(x->why, y->why);
	return x->ns < y->ns ? 1 : -1;
}

void reader_time_done(struct reader *r)
{
	struct run_time *time = &r->run->time_account;
	end_all(r, r->t_now);
	if (time->wait_count)
		qsort(time->waits, time->wait_count, sizeof(*time->waits), by_length);
}
