/* SPDX-License-Identifier: MIT */
/* Where the time went, among what CTRF has no place for. */
#include "report/json-out.h"
#include "report/run.h"

static const char *const keys[TIME_KINDS] = { [TIME_LINE] = "line_ms",
	[TIME_WAIT] = "demanded_waits_ms",
	[TIME_MODULE] = "module_ms",
	[TIME_BENCH] = "bench_ms",
	[TIME_TESTER] = "tester_ms" };

static void sums(struct json_out *j, const struct time_sum *sum)
{
	out_number(j, "wall_ms", sum->wall / 1000000);
	for (int k = 0; k < TIME_KINDS; k++)
		out_number(j, keys[k], sum->kind[k] / 1000000);
	out_flag(j, "paced", time_is_paced(sum));
	if (time_ratio(sum) > 0)
		out_number(j, "ratio_percent", (int64_t)(time_ratio(sum) * 100 + 0.5));
}

void out_time_account(struct json_out *j, const struct run *run)
{
	const struct run_time *time = &run->time_account;
	if (!time->told)
		return;
	out_open(j, "time_account", '{');
	sums(j, &time->sum);
	out_open(j, "lines", '[');
	for (size_t i = 0; i < time->line_count; i++) {
		out_open(j, NULL, '{');
		out_number(j, "line", time->lines[i].line);
		sums(j, &time->lines[i].sum);
		out_close(j, '}');
	}
	out_close(j, ']');
	out_open(j, "waits", '[');
	for (size_t i = 0; i < time->wait_count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "why", time->waits[i].why);
		out_number(j, "ms", time->waits[i].ns / 1000000);
		out_number(j, "count", time->waits[i].count);
		out_close(j, '}');
	}
	out_close(j, ']');
	out_close(j, '}');
}
