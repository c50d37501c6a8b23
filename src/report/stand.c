/* SPDX-License-Identifier: MIT */
/* How a run stands against its baseline and its waivers: what is known, what regressed, what is
 * waived, and which waivers do not hold. No verdict is changed by any of it. */
#include "report/run.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/text.h"

#include <string.h>

const char *run_standing_name(enum run_standing s)
{
	static const char *const names[] = { [RUN_AS_IS] = "",
		[RUN_WAIVED] = "waived",
		[RUN_BEFORE] = "known",
		[RUN_REGRESSED] = "regressed",
		[RUN_NEW] = "new" };
	return names[s];
}

const char *run_waiver_state(const struct run_waiver *w)
{
	static const char *const names[] = { [WAIVER_HOLDS] = "holds",
		[WAIVER_IDLE] = "idle",
		[WAIVER_ELSEWHERE] = "elsewhere",
		[WAIVER_STALE] = "stale",
		[WAIVER_UNMATCHED] = "unmatched",
		[WAIVER_EXPIRED] = "expired" };
	return names[w->state];
}

bool run_waiver_off(const struct run_waiver *w)
{
	return w->state == WAIVER_STALE || w->state == WAIVER_UNMATCHED ||
	       w->state == WAIVER_EXPIRED;
}

bool run_breach_gates(const struct run_breach *b)
{
	return b->standing != RUN_WAIVED && b->standing != RUN_BEFORE;
}

/* ---- waivers ---- */

static bool names_requirement(const struct run_case *c, const char *id)
{
	for (const char **r = c->requirements; *r; r++)
		if (strcmp(*r, id) == 0)
			return true;
	return false;
}

/* Whether the entry is about this case at all. */
static bool is_about(const struct waiver *w, const struct run_case *c)
{
	if (*w->cases)
		return text_glob(w->cases, c->id);
	return names_requirement(c, w->requirement) ||
	       strcmp(run_final(c)->requirement, w->requirement) == 0;
}

/* A missing case has shown nothing that could be waived. */
static bool can_be_waived(const struct run *run, const struct run_case *c)
{
	enum verdict v = run_verdict(c);
	return verdict_bad(v) || v == VERDICT_FLAKY ||
	       ((v == VERDICT_DEVIATION || v == VERDICT_UNEQUIPPED) && run_gates_plain(run, c));
}

/* By the requirement that is at fault, where the verdict tells. */
static bool is_at_fault(
	const struct waiver *w, const struct run_case *c, const struct run_attempt *a)
{
	if (*w->cases || !*a->requirement)
		return is_about(w, c);
	return strcmp(a->requirement, w->requirement) == 0;
}

static bool waives(const struct run *run, const struct waiver *w, const struct run_case *c)
{
	const struct run_attempt *a = run_flaky(c) ? run_first_bad(c) : run_final(c);
	AUTO_BUF struct buf message = { 0 };
	if (!can_be_waived(run, c) || !is_at_fault(w, c, a))
		return false;
	text_why_attempt(&message, run, c, a);
	return waiver_expects(w, buf_text(&message));
}

static void waive_cases(struct run *run, struct run_waiver *w, bool *good, bool *bad)
{
	for (size_t i = 0; i < run->planned; i++) {
		struct run_case *c = &run->cases[i];
		if (!is_about(&w->w, c))
			continue;
		if (waives(run, &w->w, c)) {
			w->count++;
			c->standing = RUN_WAIVED;
			c->waiver = c->waiver ? c->waiver : w;
		}
		*bad = *bad || can_be_waived(run, c);
		*good = *good || run_verdict(c) == VERDICT_PASS ||
			(run_verdict(c) == VERDICT_DEVIATION && !run->strict);
	}
}

static void waive_breaches(struct run *run, struct run_waiver *w, bool *bad)
{
	for (size_t i = 0; i < run->breach_count; i++) {
		struct run_breach *b = &run->breaches[i];
		if (!*w->w.requirement || strcmp(b->id, w->w.requirement) != 0)
			continue;
		*bad = true;
		if (!waiver_expects(&w->w, b->text))
			continue;
		b->standing = RUN_WAIVED;
		w->count++;
	}
}

/* A rule of the session, that every case keeps or breaks. */
static bool is_kept(const struct run *run, const struct waiver *w)
{
	const struct run_requirement *r =
		*w->requirement ? run_requirement(run, w->requirement) : NULL;
	return r && r->tested && r->verdict == VERDICT_PASS;
}

static void judge_waiver(struct run *run, struct run_waiver *w)
{
	bool good = false;
	bool bad = false;
	if (waiver_expired(&w->w, run->time)) {
		w->state = WAIVER_EXPIRED;
		return;
	}
	if (!w->known) {
		w->state = WAIVER_UNMATCHED;
		return;
	}
	if (!waiver_of_profile(&w->w, run->profile)) {
		w->state = WAIVER_ELSEWHERE;
		return;
	}
	waive_cases(run, w, &good, &bad);
	waive_breaches(run, w, &bad);
	good = good || is_kept(run, &w->w);
	w->state = w->count ? WAIVER_HOLDS : good && !bad ? WAIVER_STALE : WAIVER_IDLE;
}

/* ---- the baseline ---- */

static bool good(enum verdict v)
{
	return v == VERDICT_PASS || v == VERDICT_DEVIATION;
}

static bool regressed(const struct run_case *c)
{
	enum verdict was = c->was->verdict;
	enum verdict v = run_verdict(c);
	const char *requirement = run_final(c)->requirement;
	if (v == VERDICT_MISSING)
		return true;
	if (v == VERDICT_FLAKY) /* the budget is for that */
		return false;
	if (good(was))
		return !good(v) || verdict_worse(v, was);
	if (!verdict_bad(v))
		return false;
	if (verdict_worse(v, was))
		return true;
	/* The same case, and something else is broken. */
	return v == VERDICT_FAIL && was == VERDICT_FAIL && *requirement && *c->was->requirement &&
	       strcmp(requirement, c->was->requirement) != 0;
}

static enum run_standing against_baseline(const struct run *run, const struct run_case *c)
{
	enum verdict v = run_verdict(c);
	bool bad = verdict_bad(v) || v == VERDICT_FLAKY || run_gates_plain(run, c);
	if (!c->was)
		return bad ? RUN_NEW : RUN_AS_IS;
	if (regressed(c))
		return RUN_REGRESSED;
	if (!bad || (v == VERDICT_FLAKY && good(c->was->verdict)))
		return RUN_AS_IS;
	return RUN_BEFORE;
}

static void hold_breaches(struct run *run)
{
	for (size_t i = 0; i < run->breach_count; i++) {
		struct run_breach *b = &run->breaches[i];
		for (const char **id = run->baseline.breaches; *id; id++)
			if (b->standing == RUN_AS_IS && strcmp(*id, b->id) == 0)
				b->standing = RUN_BEFORE;
	}
}

void run_stand(struct run *run)
{
	for (size_t i = 0; i < run->waiver_count; i++) {
		judge_waiver(run, &run->waivers[i]);
		run->waivers_off += run_waiver_off(&run->waivers[i]);
	}
	if (run->baseline.given)
		hold_breaches(run);
	for (size_t i = 0; i < run->case_count; i++) {
		struct run_case *c = &run->cases[i];
		if (run->baseline.given && c->standing == RUN_AS_IS)
			c->standing = against_baseline(run, c);
		run->standings[c->standing]++;
		run->flaky_counted +=
			run_flaky(c) && c->standing != RUN_WAIVED && c->standing != RUN_BEFORE;
	}
}

bool run_gates(const struct run *run, const struct run_case *c)
{
	switch (c->standing) {
	case RUN_WAIVED:
	case RUN_BEFORE:
		return false;
	case RUN_REGRESSED:
		return true;
	case RUN_AS_IS:
	case RUN_NEW:
		break;
	}
	return run_gates_plain(run, c);
}
