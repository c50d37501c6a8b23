/* SPDX-License-Identifier: MIT */
/* Commands of a bench: what is said of those that fail, and that nothing of them is left. */
#include "rig/command.h"
#include "rig/recover.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 30000, SHORT_MS = 300 };

static struct error error;

static int run(const char *script, int limit_ms)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	error = (struct error){ 0 };
	return command_run(argv, limit_ms, -1, &error);
}

static void check_said(const char *text)
{
	cr_assert_not_null(strstr(error.text, text), "\"%s\" is not in \"%s\"", text, error.text);
}

Test(command, succeeds_in_silence)
{
	cr_assert_eq(run("echo much; echo more >&2; cat", LONG_MS), 0, "%s", error.text);
	cr_assert_str_empty(error.text);
}

Test(command, its_last_words_are_told)
{
	cr_assert_eq(run("echo first; printf 'no such relay\\n\\n' >&2; exit 4", LONG_MS), -1);
	cr_assert_str_eq(error.text, "the bench's command sh failed (exit 4): no such relay");
	cr_assert_eq(run("exit 1", LONG_MS), -1);
	cr_assert_str_eq(error.text, "the bench's command sh failed (exit 1)");
	cr_assert_eq(run("kill -9 $$", LONG_MS), -1);
	check_said("signal 9");
}

Test(command, what_it_says_is_bounded_and_harmless)
{
	cr_assert_eq(
		run("head -c 3000000 /dev/zero; printf '\\n\\033[31mred\\n'; exit 1", LONG_MS), -1);
	check_said("failed (exit 1): \\x1b[31mred");
	cr_assert_eq(run("head -c 3000 /dev/zero; exit 1", LONG_MS), -1);
}

Test(command, one_that_is_not_there)
{
	const char *const argv[] = { "/no/such/relay", NULL };
	error = (struct error){ 0 };
	cr_assert_eq(command_run(argv, LONG_MS, -1, &error), -1);
	cr_assert_str_eq(error.text,
		"the bench's command /no/such/relay can't be run: there is no such program");
}

static bool lives(int pid)
{
	char name[64], state = 'Z';
	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	FILE *stat = fopen(name, "re");
	if (stat) {
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		fclose(stat);
	}
	return state != 'Z' && state != 'X';
}

/* The process ids that the script wrote into the file are gone, or about to be. */
static void check_gone(const char *path)
{
	struct deadline deadline = deadline_in_ms(5000);
	FILE *f = fopen(path, "re");
	int pid = 0, count = 0;
	cr_assert_not_null(f);
	while (fscanf(f, "%d", &pid) == 1) {
		while (lives(pid) && !deadline_passed(deadline))
			poll(NULL, 0, 5);
		cr_assert(!lives(pid), "process %d lives", pid);
		count++;
	}
	fclose(f);
	unlink(path);
	cr_assert_gt(count, 0);
}

Test(command, one_that_hangs_is_killed_with_all_of_its_own)
{
	char path[] = "/tmp/command-XXXXXX", script[200];
	close(mkstemp(path));
	snprintf(script, sizeof(script),
		"trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $$ $! >%s; wait; sleep 1000",
		path);
	cr_assert_eq(run(script, SHORT_MS), -1);
	check_said("did not end within 300 ms and was killed");
	check_gone(path);
}

Test(command, what_it_leaves_behind_is_ended)
{
	char path[] = "/tmp/command-XXXXXX", script[200];
	close(mkstemp(path));
	snprintf(script, sizeof(script), "sleep 1000 & echo $! >%s", path);
	cr_assert_eq(run(script, LONG_MS), 0, "%s", error.text);
	check_gone(path);
}

Test(command, one_that_never_stops_talking)
{
	cr_assert_eq(run("exec yes", SHORT_MS), -1);
	check_said("did not end within 300 ms and was killed");
	cr_assert_eq(run("yes & exit 0", LONG_MS), 0, "%s", error.text);
	const char *const argv[] = { "yes", NULL };
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	error = (struct error){ 0 };
	cr_assert_eq(command_run(argv, LONG_MS, ends[0], &error), -1);
	check_said("interrupted");
}

Test(command, counts_in_how_long_a_recovery_may_take)
{
	static const char *const relay[] = { "relay", NULL };
	struct rig_bench bench = { .timeouts_ms = { .recover = 1000, .restart = 100 } };
	int64_t none = recover_most_ms(&bench);
	cr_assert_geq(none, 1000);
	bench.switches.power.command = relay;
	int64_t usual = recover_most_ms(&bench);
	cr_assert_geq(usual, none + 30000);
	bench.timeouts_ms.command = 200000;
	cr_assert_geq(recover_most_ms(&bench), none + 200000);
}

Test(command, is_given_up_when_the_run_is)
{
	const char *const argv[] = { "sleep", "1000", NULL };
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	error = (struct error){ 0 };
	cr_assert_eq(command_run(argv, LONG_MS, ends[0], &error), -1);
	check_said("interrupted");
}
