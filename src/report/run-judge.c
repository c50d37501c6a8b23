/* SPDX-License-Identifier: MIT */
/* What a run amounts to: counts, the verdict of each requirement, the exit code and the sentence
 * that says what decided it. Nothing but `pass` ever counts as one. */
#include "report/run.h"

#include "base/buf.h"
#include "report/keep.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXIT_CONFORMS = 0,
	EXIT_DOES_NOT_CONFORM = 1,
	EXIT_UNUSABLE = 3,
	EXIT_INTERNAL = 4,
	EXIT_NOTHING_VERIFIED = 5,
};

size_t run_count(const struct run *run, enum verdict v)
{
	return run->counts[v];
}

int run_exit_code(const struct run *run)
{
	return run->exit_code;
}

const char *run_detail(const struct run *run)
{
	return run->detail;
}

bool run_gates_plain(const struct run *run, const struct run_case *c)
{
	switch (run_verdict(c)) {
	case VERDICT_FAIL:
		return !run_final(c)->inferred || run->gate_inferred;
	case VERDICT_ERROR:
	case VERDICT_INCONCLUSIVE:
	case VERDICT_MISSING:
		return true;
	case VERDICT_DEVIATION:
		return run->strict;
	case VERDICT_UNEQUIPPED:
		return run->require_all;
	case VERDICT_FLAKY:
		return run->flaky_counted > (size_t)run->flaky_budget;
	case VERDICT_PASS:
	case VERDICT_NA:
	case VERDICT_SKIPPED:
	case VERDICT_COUNT:
		return false;
	}
	return true;
}

bool run_itself_failed(const struct run *run)
{
	bool breach = false;
	for (size_t i = 0; i < run->breach_count; i++)
		breach = breach || run_breach_gates(&run->breaches[i]);
	return run->end != RUN_COMPLETE || breach || run->waivers_off ||
	       run->exit_code == EXIT_NOTHING_VERIFIED;
}

static void count_for(struct run *run, const char *id, enum verdict v)
{
	struct run_requirement *r = (struct run_requirement *)run_requirement(run, id);
	if (!r)
		return;
	if (!r->tested || verdict_worse(v, r->verdict))
		r->verdict = v;
	r->tested = true;
	r->counts[v]++;
}

/* Rules of the session that were broken on the way, in whichever attempt. */
static void count_breaches(
	struct run *run, const struct run_attempt *a, enum verdict v, const char *counted)
{
	for (size_t i = 0; i < a->breach_count; i++)
		if (v != VERDICT_FAIL || strcmp(a->breaches[i].id, counted) != 0)
			count_for(run, a->breaches[i].id,
				v == VERDICT_FLAKY ? VERDICT_FLAKY : VERDICT_FAIL);
}

/* A fail is of the one requirement that it was judged by; of the others that the case names, the
 * case says nothing. */
static void count_requirements(struct run *run, const struct run_case *c)
{
	const struct run_attempt *a = run_final(c);
	enum verdict v = run_verdict(c);
	bool named = false;
	for (const char **id = c->requirements; *id; id++) {
		bool judged = strcmp(*id, a->requirement) == 0;
		named = named || judged;
		bool other = v == VERDICT_FAIL && *a->requirement && !judged;
		count_for(run, *id, other ? VERDICT_INCONCLUSIVE : v);
	}
	if (!named && *a->requirement && v == VERDICT_FAIL)
		count_for(run, a->requirement, VERDICT_FAIL);
	for (size_t k = 0; k < c->attempt_count; k++)
		count_breaches(run, &c->attempts[k], v, a->requirement);
}

/* What the monitor judges holds when the run was complete, something was leased and nothing broke
 * it. */
static void count_monitored(struct run *run, size_t leased)
{
	for (size_t i = 0; i < run->breach_count; i++)
		count_for(run, run->breaches[i].id, VERDICT_FAIL);
	for (size_t i = 0; i < run->requirement_count; i++) {
		struct run_requirement *r = &run->requirements[i];
		if (strcmp(r->judge, "monitor") == 0 && !r->tested && leased)
			count_for(run, r->id,
				run->end == RUN_COMPLETE ? VERDICT_PASS : VERDICT_INCONCLUSIVE);
	}
}

static int compare_ids(const void *a, const void *b)
{
	const struct run_requirement *const *x = a;
	const struct run_requirement *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

static void index_requirements(struct run *run)
{
	size_t count = 0;
	for (size_t i = 0; i < run->requirement_count; i++)
		KEEP_ADD(run->by_id, count) = &run->requirements[i];
	if (count)
		qsort(run->by_id, count, sizeof(*run->by_id), compare_ids);
}

/* A fail whose journal line does not give a grade is one of its requirement's grade, and a stated
 * one when that is not known either. */
static void settle_grade(struct run *run, struct run_attempt *a)
{
	const struct run_requirement *r = run_requirement(run, a->requirement);
	a->inferred = r ? r->inferred : a->inferred;
}

static void settle(
	struct run_attempt *a, enum verdict v, const char *requirement, const char *message)
{
	a->verdict = v;
	a->requirement = requirement;
	if (*message)
		a->message = message;
}

/* A verdict that the events of its attempt contradict is none: what broke a rule of the session did
 * not pass and can't be excused, what met a deviation is one, and what never had the line saw
 * nothing of the module. The rig writes no such journal. */
static void settle_verdict(struct run_attempt *a)
{
	bool tame = a->verdict == VERDICT_NA || a->verdict == VERDICT_SKIPPED ||
		    a->verdict == VERDICT_UNEQUIPPED;
	bool pass = a->verdict == VERDICT_PASS;
	if ((pass || tame || a->verdict == VERDICT_DEVIATION) && a->breach_count)
		settle(a, VERDICT_FAIL, a->breaches[0].id, a->breaches[0].text);
	else if (pass && a->deviation_count)
		settle(a, VERDICT_DEVIATION, a->deviations[0].requirement, "");
	else if (pass && !a->leased)
		settle(a, VERDICT_ERROR, a->requirement, "it passed, but it never had the line");
}

/* The attempts in their order. One without a verdict was cut off: it matters while nothing stands
 * in for it and nothing bad is known anyway. */
static void settle_case(struct run *run, struct run_case *c)
{
	static const struct run_attempt unfinished = { .verdict = VERDICT_MISSING,
		.requirement = "",
		.message = "not all of its repetitions were run",
		.file = "",
		.expected = "",
		.actual = "" };
	int64_t wanted = run->repeat;
	c->verdict = VERDICT_MISSING;
	for (size_t i = 0; i < c->attempt_count; i++) {
		const struct run_attempt *a = &c->attempts[i];
		if (!a->judged)
			continue;
		bool first = !c->decides;
		enum verdict v = first ? a->verdict : verdict_after(c->verdict, a->why, a->verdict);
		bool tried = a->why == ATTEMPT_RETRY && verdict_tried(a->verdict);
		if (first || tried || v != c->verdict)
			c->decides = a;
		c->verdict = v;
		wanted -= a->leased ? first || a->why != ATTEMPT_RETRY : wanted;
	}
	const struct run_attempt *last =
		c->attempt_count ? &c->attempts[c->attempt_count - 1] : NULL;
	bool cut = last && (!last->judged || wanted > 0);
	if (cut && !(c->decides && verdict_bad(c->verdict))) {
		c->decides = last->judged ? &unfinished : last;
		c->verdict = VERDICT_MISSING;
	}
}

static size_t count_all(struct run *run)
{
	size_t leased = 0;
	for (size_t i = 0; i < run->case_count; i++) {
		struct run_case *c = &run->cases[i];
		for (size_t k = 0; k < c->attempt_count; k++) {
			settle_verdict(&c->attempts[k]);
			settle_grade(run, &c->attempts[k]);
			leased += c->attempts[k].leased;
		}
		settle_case(run, c);
		run->counts[c->verdict]++;
		if (c->verdict == VERDICT_FAIL)
			*(run_final(c)->inferred ? &run->inferred_fails : &run->stated_fails) += 1;
		count_requirements(run, c);
	}
	run->flaky = run->counts[VERDICT_FLAKY];
	return leased;
}

static int decide(const struct run *run)
{
	if (run->end == RUN_INTERNAL || run->end == RUN_RUNNER_DIED)
		return EXIT_INTERNAL;
	if (run->end == RUN_UNUSABLE)
		return EXIT_UNUSABLE;
	if (run->end == RUN_INTERRUPTED)
		return 128 + (run->signal ? run->signal : SIGINT);
	if (run->end == RUN_CUT)
		return EXIT_DOES_NOT_CONFORM;
	/* A breach outside every lease has no case to show it. */
	for (size_t i = 0; i < run->breach_count; i++)
		if (run_breach_gates(&run->breaches[i]))
			return EXIT_DOES_NOT_CONFORM;
	if (run->waivers_off)
		return EXIT_DOES_NOT_CONFORM;
	for (size_t i = 0; i < run->case_count; i++)
		if (run_gates(run, &run->cases[i]))
			return EXIT_DOES_NOT_CONFORM;
	return run->counts[VERDICT_PASS] ? EXIT_CONFORMS : EXIT_NOTHING_VERIFIED;
}

const char *run_outcome(const struct run *run)
{
	static const struct {
		int code;
		const char *text;
	} outcomes[] = { { EXIT_CONFORMS, "Conforms" },
		{ EXIT_DOES_NOT_CONFORM, "Does not conform" },
		{ EXIT_UNUSABLE, "IUT or bench unusable" }, { EXIT_INTERNAL, "Internal error" },
		{ EXIT_NOTHING_VERIFIED, "Nothing was verified" } };
	if (run->end == RUN_CUT)
		return "Cut off";
	if (run->exit_code == EXIT_CONFORMS && run->baseline.given)
		return "No worse than the baseline";
	if (run->exit_code == EXIT_CONFORMS && run->standings[RUN_WAIVED])
		return "Conforms but for what is waived";
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].code == run->exit_code)
			return outcomes[i].text;
	return "Interrupted";
}

static void part(struct buf *b, size_t count, const char *one, const char *many)
{
	if (count)
		buf_printf(b, "%s%zu %s", b->len ? ", " : "", count, count == 1 ? one : many);
}

struct tally { /* of the cases that gate, or of those that don't */
	size_t of[VERDICT_COUNT], stated, inferred, regressed;
};

static struct tally tally(const struct run *run, bool gating)
{
	struct tally t = { 0 };
	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_case *c = &run->cases[i];
		enum verdict v = run_verdict(c);
		if (run_gates(run, c) != gating || c->standing == RUN_WAIVED ||
			c->standing == RUN_BEFORE)
			continue;
		if (c->standing == RUN_REGRESSED && v != VERDICT_MISSING) {
			t.regressed++;
			continue;
		}
		t.of[v]++;
		if (v == VERDICT_FAIL)
			*(run_final(c)->inferred ? &t.inferred : &t.stated) += 1;
	}
	return t;
}

static size_t breaches(const struct run *run, bool gating)
{
	size_t count = 0;
	for (size_t i = 0; i < run->breach_count; i++)
		count += run_breach_gates(&run->breaches[i]) == gating;
	return count;
}

/* Which entries of the file, so that nobody has to look for them. */
static void name_waivers(const struct run *run, struct buf *b)
{
	enum { MOST = 5 };
	size_t named = 0;
	for (size_t i = 0; i < run->waiver_count && named < MOST; i++) {
		const struct run_waiver *w = &run->waivers[i];
		if (run_waiver_off(w))
			buf_printf(b, "%s%s:%d %s", named++ ? ", " : " (", w->w.file, w->w.line,
				run_waiver_state(w));
	}
	if (named < run->waivers_off)
		buf_printf(b, " and %zu more", run->waivers_off - named);
	buf_puts(b, named ? ")" : "");
}

static void count_gating(const struct run *run, struct buf *b)
{
	const struct tally t = tally(run, true);
	part(b, t.regressed, "regression", "regressions");
	part(b, t.stated, "fail of a stated requirement", "fails of stated requirements");
	part(b, t.inferred, "fail of an inferred requirement", "fails of inferred requirements");
	part(b, t.of[VERDICT_ERROR], "error", "errors");
	part(b, t.of[VERDICT_INCONCLUSIVE], "inconclusive", "inconclusive");
	part(b, t.of[VERDICT_MISSING], "missing", "missing");
	if (t.of[VERDICT_FLAKY]) {
		part(b, t.of[VERDICT_FLAKY], "flaky", "flaky");
		buf_printf(b, " (%lld allowed)", (long long)run->flaky_budget);
	}
	part(b, t.of[VERDICT_DEVIATION], "deviation (--strict)", "deviations (--strict)");
	part(b, t.of[VERDICT_UNEQUIPPED], "unequipped (--require-all)",
		"unequipped (--require-all)");
	part(b, breaches(run, true), "breach outside every case", "breaches outside every case");
	part(b, run->waivers_off, "waiver that does not hold", "waivers that do not hold");
	if (run->waivers_off)
		name_waivers(run, b);
}

static void count_excused(const struct run *run, struct buf *b)
{
	part(b, run->standings[RUN_BEFORE], "known from the baseline", "known from the baseline");
	part(b, run->standings[RUN_WAIVED], "waived", "waived");
	part(b, breaches(run, false), "breach outside every case, known or waived",
		"breaches outside every case, known or waived");
}

static void count_tolerated(const struct run *run, struct buf *b)
{
	const struct tally t = tally(run, false);
	count_excused(run, b);
	part(b, t.inferred, "fail of an inferred requirement (does not gate)",
		"fails of inferred requirements (do not gate)");
	part(b, t.of[VERDICT_DEVIATION], "known deviation", "known deviations");
	part(b, t.of[VERDICT_UNEQUIPPED], "unequipped", "unequipped");
	part(b, t.of[VERDICT_NA], "n/a", "n/a");
	part(b, t.of[VERDICT_SKIPPED], "skipped", "skipped");
	if (t.of[VERDICT_FLAKY]) {
		part(b, t.of[VERDICT_FLAKY], "flaky", "flaky");
		buf_printf(b, " (%lld allowed)", (long long)run->flaky_budget);
	}
}

static void tell(const struct run *run, struct buf *b)
{
	if (run->end == RUN_CUT)
		buf_printf(b,
			"the journal ends without the run's end (killed?): %zu of %zu cases "
			"missing",
			run->counts[VERDICT_MISSING], run->case_count);
	else if (run->end == RUN_INTERRUPTED)
		buf_printf(b, "interrupted by %s: %zu of %zu cases missing",
			run->signal == SIGTERM  ? "SIGTERM"
			: run->signal == SIGHUP ? "SIGHUP"
						: "SIGINT",
			run->counts[VERDICT_MISSING], run->case_count);
	else if (run->end != RUN_COMPLETE)
		buf_printf(b, "%s",
			*run->end_text                ? run->end_text
			: run->end == RUN_UNUSABLE    ? "the IUT or the bench is unusable"
			: run->end == RUN_RUNNER_DIED ? "the suite program died"
						      : "the tester failed");
	else if (run->exit_code == EXIT_DOES_NOT_CONFORM)
		count_gating(run, b);
	else if (run->exit_code == EXIT_NOTHING_VERIFIED)
		buf_printf(b, "none of %zu cases passed", run->case_count);
	else
		buf_printf(
			b, "%zu of %zu cases passed", run->counts[VERDICT_PASS], run->case_count);
	if (run->exit_code == EXIT_CONFORMS || run->exit_code == EXIT_NOTHING_VERIFIED)
		count_tolerated(run, b);
	else if (run->exit_code == EXIT_DOES_NOT_CONFORM && run->end == RUN_COMPLETE)
		count_excused(run, b);
}

void run_judge(struct run *run)
{
	index_requirements(run);
	count_monitored(run, count_all(run));
	run_stand(run);
	run->exit_code = decide(run);
	struct buf detail = { 0 };
	tell(run, &detail);
	for (size_t i = 0; i < detail.len; i++)
		if (detail.data[i] == '\n' || detail.data[i] == '\r')
			detail.data[i] = ' ';
	run->detail = buf_take(&detail);
}
