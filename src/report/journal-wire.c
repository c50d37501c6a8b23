/* SPDX-License-Identifier: MIT */
/* Journal events about the lines to the IUTs: leases, bytes, recovery. Bytes are only looked at to
 * time exchanges; they stay in the file. */
#include "report/reader.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BANNER_MOST 4096

long report_wire_bytes(const json_t *string, char *out)
{
	const unsigned char *p = (const unsigned char *)json_string_value(string);
	size_t len = json_string_length(string);
	long n = 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x80) {
			out[n++] = (char)p[i];
		} else if ((p[i] == 0xc2 || p[i] == 0xc3) && i + 1 < len) {
			out[n++] = (char)((p[i] & 3) << 6 | (p[i + 1] & 0x3f));
			i++;
		} else {
			return -1;
		}
	}
	return n;
}

long reader_bytes(struct reader *r, const json_t *string)
{
	size_t need = json_string_length(string) + 1;
	if (need > r->bytes_cap) {
		char *bytes = realloc(r->bytes, need);
		if (!bytes)
			return reader_fail(r, "out of memory");
		r->bytes = bytes;
		r->bytes_cap = need;
	}
	long n = report_wire_bytes(string, r->bytes);
	return n >= 0 ? n : reader_fail(r, "\"bytes\" holds a character that is no byte");
}

int reader_lane(struct reader *r, struct lane **out, int *number)
{
	int64_t l = r->object ? -1 : r->quick.l;
	if (r->object && reader_need_number(r, "l", &l))
		return -1;
	if (l < 0 || l >= JOURNAL_LANES)
		return reader_fail(r, "no such line: %lld", (long long)l);
	*out = &r->lanes[l];
	*number = (int)l;
	return 0;
}

struct run_attempt *reader_attempt(struct run_case *c)
{
	return c->attempt_count ? &c->attempts[c->attempt_count - 1] : NULL;
}

void reader_extend(struct reader *r, struct run_case *c)
{
	struct run_attempt *a = reader_attempt(c);
	if (a && a->leased) {
		a->to = r->to;
		a->end_ns = r->t;
	}
}

void reader_drop_lease(struct lane *lane)
{
	lane->c = -1;
	exchange_reset(&lane->exchange);
}

int read_lease(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	enum attempt_why why;
	int64_t number = 1;
	int l;
	if (reader_case(r, &c) || reader_lane(r, &lane, &l) || reader_number(r, "attempt", &number))
		return -1;
	if (!c)
		return reader_fail(r, "a lease for no case");
	if (reader_why(r, c->attempt_count ? ATTEMPT_RETRY : ATTEMPT_FIRST, &why))
		return -1;
	struct run_attempt a = { .number = (int)number,
		.why = why,
		.line = l,
		.leased = true,
		.from = r->from,
		.to = r->to,
		.start_ns = r->t,
		.end_ns = r->t,
		.verdict = VERDICT_MISSING,
		.requirement = "",
		.message = "",
		.file = "",
		.expected = "",
		.actual = "",
		.recoveries = lane->recoveries,
		.recovery_count = lane->recovery_count };
	lane->recoveries = NULL;
	lane->recovery_count = 0;
	KEEP_ADD(c->attempts, c->attempt_count) = a;
	lane->c = c - r->run->cases;
	time_lease(reader_time(r, lane), r->t);
	exchange_reset(&lane->exchange);
	answer_reset(&lane->answer);
	return 0;
}

int read_release(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	int l;
	if (reader_case(r, &c) || reader_lane(r, &lane, &l))
		return -1;
	if (c)
		reader_extend(r, c);
	struct run_attempt *a = c && lane->c == c - r->run->cases ? reader_attempt(c) : NULL;
	if (a && a->leased) {
		struct answer_sum sum = answer_take(&lane->answer);
		a->answer = sum.all;
		a->answer_lines = sum.lines;
		a->answered = true;
	}
	time_release(reader_time(r, lane), r->t);
	reader_drop_lease(lane);
	return 0;
}

/* "AT+UART_CUR=1,2" -> the latency of AT+UART_CUR, when the plan has it: what hostile cases send is
 * no command. */
static struct run_latency *latency_of(struct run *run, const char *command)
{
	size_t len = strcspn(command, "=?");
	if (len == 4 && strncmp(command, "ATE", 3) == 0)
		len = 3;
	for (size_t i = 0; i < run->latency_count; i++) {
		struct run_latency *l = &run->latencies[i];
		if (strncmp(l->command, command, len) == 0 && l->command[len] == '\0')
			return l;
	}
	return NULL;
}

static void measure(struct reader *r, const struct exchange *x)
{
	struct run *run = r->run;
	if (strcmp(x->command, "AT+GMR") == 0 && strcmp(x->final, "OK") == 0 && !*run->firmware)
		run->firmware = run_keep(run, x->info, x->info_len ? x->info_len - 1 : 0);
	struct run_latency *l = latency_of(run, x->command);
	if (!l || x->latency_ns < 0)
		return;
	int64_t us = x->latency_ns / 1000;
	uint32_t sample = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	l->count++;
	l->done += strcmp(x->final, "ERROR") != 0 && !strstr(x->final, "FAIL");
	if (l->kept < RUN_SAMPLES) {
		l->us[l->kept++] = sample;
		return;
	}
	/* Reservoir sampling, from a generator of its own: a report is the same every time. */
	r->random = r->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint64_t at = (r->random >> 33) % l->count;
	if (at < RUN_SAMPLES)
		l->us[at] = sample;
}

/* Common to tx and rx. *n: bytes in r->bytes; -1 when the journal only has their number, which is
 * *count then. */
static int take_bytes(struct reader *r, struct lane **lane, long *n, int64_t *count)
{
	struct run_case *c;
	int l;
	if (reader_case(r, &c) || reader_lane(r, lane, &l))
		return -1;
	if (c)
		reader_extend(r, c);
	if (!r->object) {
		*n = r->quick.count;
		*count = *n;
		return 0;
	}
	const json_t *string = json_object_get(r->object, "bytes");
	*n = -1;
	if (!string && json_is_integer(json_object_get(r->object, "len"))) {
		*count = json_integer_value(json_object_get(r->object, "len"));
		exchange_reset(&(*lane)->exchange);
		answer_counted(&(*lane)->answer);
		return 0;
	}
	if (!json_is_string(string))
		return reader_fail(r, "\"bytes\" is missing");
	*n = reader_bytes(r, string);
	*count = *n;
	return *n < 0 ? -1 : 0;
}

/* The line "ready" ends what a module prints when it starts. What is before it and after the final
 * result of the command that restarted it, if one did, is the banner. */
static void find_banner(struct reader *r, struct lane *lane, size_t n)
{
	static const char result[] = "\r\nOK\r\n", last[] = "\nready\r\n";
	AUTO_BUF struct buf text = { 0 };
	if (lane->boot.len + n > BANNER_MOST)
		buf_clear(&lane->boot);
	if (n > BANNER_MOST)
		return;
	buf_append(&lane->boot, r->bytes, n);
	const char *from = lane->boot.data;
	const char *end = memmem(from, lane->boot.len, last, strlen(last));
	if (!end)
		return;
	const char *after = memmem(from, (size_t)(end - from), result, strlen(result));
	from = after ? after + strlen(result) : from;
	end += strlen(last);
	text_visible(&text, from, (size_t)(end - from));
	r->run->banner = run_keep(r->run, buf_text(&text), text.len);
	buf_clear(&lane->boot);
}

int read_tx(struct reader *r)
{
	struct lane *lane;
	long n;
	int64_t count = 0;
	if (take_bytes(r, &lane, &n, &count))
		return -1;
	time_sent(reader_time(r, lane), r->t, count);
	if (n <= 0)
		return 0;
	exchange_sent(&lane->exchange, r->bytes, (size_t)n, r->t);
	if (lane->c >= 0)
		answer_sent(&lane->answer, r->bytes, (size_t)n);
	buf_clear(&lane->boot);
	return 0;
}

int read_rx(struct reader *r)
{
	struct lane *lane;
	long n;
	int64_t count = 0;
	if (take_bytes(r, &lane, &n, &count))
		return -1;
	time_received(reader_time(r, lane), r->t, count);
	if (n > 0 && lane->c >= 0)
		answer_received(&lane->answer, r->bytes, (size_t)n);
	if (n > 0 && !*r->run->banner)
		find_banner(r, lane, (size_t)n);
	for (size_t at = 0; n > 0 && at < (size_t)n;) {
		bool done;
		at += exchange_received(
			&lane->exchange, r->bytes + at, (size_t)n - at, r->t, &done);
		if (done)
			measure(r, &lane->exchange);
	}
	return 0;
}

/* Opened, reset, switched on: what was received before is not of this start. */
int read_line_event(struct reader *r)
{
	struct lane *lane;
	const char *what, *text, *uart;
	int l;
	if (reader_lane(r, &lane, &l) || reader_text(r, "what", &what) ||
		reader_text(r, "text", &text) || reader_text(r, "uart", &uart))
		return -1;
	buf_clear(&lane->boot);
	if (strcmp(what, "open") == 0)
		reader_time_opened(r, lane, uart);
	else if (strcmp(what, "uart") == 0)
		time_rate(reader_time(r, lane), text, false);
	return strcmp(what, "out") == 0 ? reader_board_out(r) : 0;
}

int read_recover(struct reader *r)
{
	struct run_recovery step = { .t_ns = r->t };
	struct lane *lane;
	int l;
	if (reader_lane(r, &lane, &l) || reader_need_text(r, "step", &step.step) ||
		reader_text(r, "text", &step.text) || reader_number(r, "ms", &step.ms) ||
		reader_flag(r, r->object, "ok", &step.ok))
		return -1;
	reader_time_recovered(r, lane, &step);
	KEEP_ADD(lane->recoveries, lane->recovery_count) = step;
	return 0;
}
