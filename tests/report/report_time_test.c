/* SPDX-License-Identifier: MIT */
/* Where the time went: kinds that add up to the wall time whatever the journal says, and what they
 * are for a line whose course is known. */
#include "journal_made.h"

#include "report/text.h"
#include "report/time-account.h"

#define MS INT64_C(1000000) /* and a byte takes one, at 10000 baud */

static struct time_account account;

static struct time_sum ended(int64_t t)
{
	struct time_sum sum = { 0 };
	time_end(&account, t, &sum);
	return sum;
}

static void begin_lease(int64_t t)
{
	time_begin(&account, 0);
	time_rate(&account, "10000,8,1,none,none", true);
	time_lease(&account, t);
}

static int64_t whole(const struct time_sum *sum)
{
	int64_t all = 0;
	for (int k = 0; k < TIME_KINDS; k++)
		all += sum->kind[k];
	return all;
}

static void kinds(const struct time_sum *sum, int64_t line_ms, int64_t wait_ms, int64_t module_ms,
	int64_t bench_ms, int64_t tester_ms)
{
	const int64_t expected[TIME_KINDS] = { line_ms, wait_ms, module_ms, bench_ms, tester_ms };
	for (int k = 0; k < TIME_KINDS; k++)
		cr_assert_eq(sum->kind[k], expected[k] * MS, "%s: %lld ns, not %lld ms",
			time_kind_name((enum time_kind)k), (long long)sum->kind[k],
			(long long)expected[k]);
	cr_assert_eq(sum->wall, whole(sum));
}

Test(time_account, an_exchange_is_line_module_and_tester)
{
	begin_lease(5 * MS);
	time_sent(&account, 7 * MS, 4);       /* 7 to 11 */
	time_received(&account, 25 * MS, 10); /* 15 to 25 */
	time_release(&account, 26 * MS);
	struct time_sum sum = ended(30 * MS);
	kinds(&sum, 4 + 10, 0, 4, 0, 5 + 2 + 1 + 4);
	cr_assert(time_is_paced(&sum));
	cr_assert_float_eq(time_ratio(&sum), 0, 1e-9, "of 14 ms there is none");
}

Test(time_account, the_ratio_is_that_of_the_wall_time_to_line_and_waits)
{
	begin_lease(0);
	time_sent(&account, 0, 600);
	time_waited(&account, 600 * MS, 1000 * MS);
	time_release(&account, 2000 * MS);
	struct time_sum sum = ended(2500 * MS);
	kinds(&sum, 600, 400, 0, 0, 1500);
	cr_assert_float_eq(time_ratio(&sum), 2.5, 1e-6);
	sum.kind[TIME_LINE] -= 1;
	cr_assert_float_eq(time_ratio(&sum), 0, 1e-9);
}

/* What is known of a line holds, however early or late the host read. */
Test(time_account, a_known_pace_is_not_judged)
{
	begin_lease(0);
	time_pace(&account, TIME_PACE_NEVER);
	time_sent(&account, 0, 4);
	time_received(&account, 1000 * MS, 100); /* late enough for a line */
	struct time_sum sum = ended(2000 * MS);
	kinds(&sum, 0, 0, 1000, 0, 1000);
	cr_assert(!time_is_paced(&sum));
	begin_lease(0);
	time_pace(&account, TIME_PACE_ALWAYS);
	time_received(&account, 100 * MS, 300); /* more than there was time for */
	sum = ended(100 * MS);
	kinds(&sum, 100, 0, 0, 0, 0);
	cr_assert(time_is_paced(&sum));
}

Test(time_account, both_directions_at_a_time_count_once)
{
	begin_lease(0);
	time_sent(&account, 0, 20);
	time_received(&account, 21 * MS, 20); /* 1 to 21: the echo */
	struct time_sum sum = ended(21 * MS);
	kinds(&sum, 21, 0, 0, 0, 0);
}

Test(time_account, format_and_rate_of_the_moment_count)
{
	begin_lease(0);
	time_rate(&account, "1000,7,2,even,none", false); /* 11 bits of 1 ms */
	time_sent(&account, 0, 2);
	time_release(&account, 22 * MS);
	time_rate_back(&account);
	time_lease(&account, 22 * MS);
	time_sent(&account, 22 * MS, 3);
	struct time_sum sum = ended(25 * MS);
	kinds(&sum, 25, 0, 0, 0, 0);
}

Test(time_account, a_demanded_wait_is_what_of_it_is_idle)
{
	begin_lease(0);
	time_sent(&account, 0, 4);
	time_received(&account, 30 * MS, 10);     /* 20 to 30: in the wait */
	time_waited(&account, 10 * MS, 100 * MS); /* told early: until then at the most */
	time_waited(&account, 50 * MS, 80 * MS);  /* counts once */
	time_release(&account, 70 * MS);
	struct time_sum sum = ended(70 * MS);
	kinds(&sum, 4 + 10, 10 + 40, 6, 0, 0);
}

Test(time_account, what_others_did_ends_the_module_s_time)
{
	begin_lease(0);
	time_sent(&account, 0, 4);
	time_moved(&account, 9 * MS);
	struct time_sum sum = ended(11 * MS);
	kinds(&sum, 4, 0, 5, 0, 2);
}

Test(time_account, between_leases_it_is_the_bench_s)
{
	time_begin(&account, 0);
	time_rate(&account, "10000,8,1,none,none", true);
	time_bench(&account, 5 * MS, 5 * MS);
	time_sent(&account, 6 * MS, 100); /* no line time: nobody asked for it */
	time_bench(&account, 0, 40 * MS);
	time_lease(&account, 45 * MS);
	time_bench(&account, 46 * MS, 47 * MS); /* not in a lease */
	struct time_sum sum = ended(50 * MS);
	kinds(&sum, 0, 0, 0, 40, 10);
	cr_assert(!time_is_paced(&sum));
	cr_assert_float_eq(time_ratio(&sum), 0, 1e-9);
}

Test(time_account, bytes_faster_than_the_rate_take_no_time)
{
	begin_lease(0);
	time_sent(&account, 0, 400);
	time_received(&account, 3 * MS, 300);
	time_received(&account, 4 * MS, 300);
	struct time_sum sum = ended(5 * MS);
	kinds(&sum, 0, 0, 4, 0, 1);
	cr_assert(!time_is_paced(&sum));
	cr_assert_float_eq(time_ratio(&sum), 0, 1e-9);
}

Test(time_account, a_pause_is_no_time_of_the_run)
{
	begin_lease(0);
	time_sent(&account, 0, 4);
	time_moved(&account, 10 * MS);
	time_pause(&account, INT64_C(5000) * MS);
	struct time_sum sum = ended(INT64_C(5003) * MS);
	kinds(&sum, 4, 0, 6, 0, 3);
}

static uint64_t state;

static int64_t any(void)
{
	static const int64_t odd[] = { 0, -1, 1, INT64_MIN, INT64_MAX, INT64_MAX - 1,
		INT64_C(1) << 53 };
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint64_t x = state >> 33;
	return x % 11 == 0 ? odd[x / 11 % 7] : (int64_t)(x % 100000000);
}

static void anything(void)
{
	static const char *const rates[] = { "115200,8,1,none,none", "0,8,1,none,none", "", "x",
		"-5,8", "99999999999999999999,8,2,even,none", "1,9,2,odd,none", "9600,8" };
	switch (any() & 15) {
	case 0:
		time_rate(&account, rates[any() & 7], any() & 1);
		break;
	case 1:
	case 2:
	case 3:
		time_sent(&account, any(), any());
		break;
	case 4:
	case 5:
	case 6:
		time_received(&account, any(), any());
		break;
	case 7:
		time_waited(&account, any(), any());
		break;
	case 8:
		time_bench(&account, any(), any());
		break;
	case 9:
	case 10:
		time_lease(&account, any());
		break;
	case 11:
	case 12:
		time_release(&account, any());
		break;
	case 13:
		time_moved(&account, any());
		break;
	case 14:
		if (any() % 8 == 0)
			time_pause(&account, any());
		break;
	default:
		time_rate_back(&account);
	}
}

Test(time_account, adds_up_whatever_comes)
{
	for (uint64_t seed = 0; seed < 3000; seed++) {
		state = seed;
		time_begin(&account, any());
		for (int i = 0; i < 40; i++)
			anything();
		struct time_sum sum = ended(any());
		cr_assert_eq(sum.wall, whole(&sum), "seed %d", (int)seed);
		for (int k = 0; k < TIME_KINDS; k++)
			cr_assert_geq(sum.kind[k], 0, "seed %d: %s", (int)seed,
				time_kind_name((enum time_kind)k));
	}
}

/* --- of a journal --- */

static void write_timed(const char *open, const char *wait)
{
	lines = cases = 0;
	buf_clear(&journal);
	header(GATES_NONE);
	plan("X-1");
	line("line", open);
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"AT\\r\\n\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"\\r\\nOK\\r\\n\"");
	if (wait)
		line("wait", wait);
	line("release", "\"l\":0,\"c\":0");
	verdict_of(0, 1, "pass", "X-1");
	end("complete", 0);
}

#define OPENED(address) "\"l\":0,\"what\":\"open\",\"text\":\"" address "\""
#define OPEN            OPENED("serial:/dev/ttyUSB0")

static const char *told_of(void)
{
	static struct buf text;
	buf_clear(&text);
	cr_assert(read_journal() == 0, "%s", error_text(&error));
	text_time(&text, run);
	return buf_text(&text);
}

Test(time_of_a_run, is_one_line)
{
	write_timed(OPEN ",\"uart\":\"100000,8,1,none,none\"",
		"\"l\":0,\"c\":0,\"why\":\"nothing is to come\",\"from\":-1000000,\"to\":0");
	cr_assert_str_eq(told_of(),
		"wall 0.0 s = line 0.0 s + demanded waits 0.0 s + module 0.0 s + "
		"bench 0.0 s + tester 0.0 s");
	const struct run_time *time = &run->time_account;
	cr_assert_eq(time->line_count, 1);
	cr_assert_eq(time->sum.wall, 12 * MS);
	cr_assert_eq(time->sum.kind[TIME_LINE], MS);
	cr_assert_eq(time->wait_count, 1);
	cr_assert_str_eq(time->waits[0].why, "nothing is to come");
	finish();
}

Test(time_of_a_run, knows_by_the_address_of_its_pace)
{
	static const struct {
		const char *open;
		bool paced;
	} all[] = {
		{ OPENED("virtual:"), false },
		{ OPENED("virtual:?dialect=field"), false },
		{ OPENED("virtual:?pace=0"), false },
		{ OPENED("virtual:?images=pace&dialect=pace"), false },
		{ OPENED("virtual:?pace"), true },
		{ OPENED("virtual:?dialect=field&pace=1"), true },
		{ OPENED("replay:runs/1"), false },
		{ OPENED("tcp:host:1"), true },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char open[200];
		snprintf(open, sizeof(open), "%s,\"uart\":\"100000,8,1,none,none\"", all[i].open);
		write_timed(open, NULL);
		bool none = strstr(told_of(), "no ratio") != NULL;
		cr_assert_eq(none, !all[i].paced, "%s: %s", all[i].open, told_of());
		finish();
	}
}

Test(time_of_a_run, is_not_told_by_an_older_journal)
{
	write_timed(OPEN, NULL);
	cr_assert_str_eq(told_of(), "");
	finish();
}

Test(time_of_a_run, is_told_as_far_as_the_journal_goes)
{
	write_timed(OPEN ",\"uart\":\"100000,8,1,none,none\"",
		"\"l\":0,\"c\":0,\"why\":\"w\",\"from\":-9223372036854775808,\"to\":"
		"9223372036854775807");
	size_t whole_len = journal.len;
	struct buf all = { 0 };
	buf_append(&all, journal.data, whole_len);
	for (size_t len = 400; len < whole_len; len += 7) {
		if (read_bytes(all.data, len) != 0)
			continue; /* cut in its header */
		const struct time_sum *sum = &run->time_account.sum;
		cr_assert_eq(sum->wall, whole(sum), "%zu bytes", len);
	}
	buf_finish(&all);
	finish();
}

Test(time_of_a_run, refuses_what_the_rig_never_writes)
{
	refuses_line(
		"wait", "\"l\":0,\"c\":0,\"why\":7,\"from\":1,\"to\":2", "\"why\" is not a string");
	refuses_line("wait", "\"l\":0,\"c\":0,\"why\":\"w\",\"to\":2", "\"from\" is missing");
	refuses_line("wait", "\"l\":0,\"c\":9,\"why\":\"w\",\"from\":1,\"to\":2", "");
	refuses_line("wait", "\"l\":99,\"c\":0,\"why\":\"w\",\"from\":1,\"to\":2", "no such line");
	refuses_line(
		"line", "\"l\":0,\"what\":\"open\",\"text\":\"x\",\"uart\":1", "\"uart\" is not");
	finish();
}

/* A hundred reasons are no hundred rows: the reader tells so many apart, and the rest together. */
Test(time_of_a_run, bounds_the_reasons)
{
	char rest[120];
	write_timed(OPEN ",\"uart\":\"100000,8,1,none,none\"", NULL);
	lines = cases = 0;
	buf_clear(&journal);
	header(GATES_NONE);
	plan("X-1");
	line("lease", "\"l\":0,\"c\":0,\"attempt\":1,\"pid\":1");
	for (int i = 0; i < 300; i++) {
		snprintf(rest, sizeof(rest),
			"\"l\":0,\"c\":0,\"why\":\"reason %d\",\"from\":%lld,\"to\":%lld", i,
			(long long)(-i * MS), (long long)(400 * MS));
		line("wait", rest);
	}
	cr_assert(read_journal() == 0, "%s", error_text(&error));
	cr_assert_leq(run->time_account.wait_count, 65);
	int64_t count = 0;
	for (size_t i = 0; i < run->time_account.wait_count; i++)
		count += run->time_account.waits[i].count;
	cr_assert_eq(count, 300);
	finish();
}
