/* SPDX-License-Identifier: MIT */
/* Progress of a run: one live line on a terminal, plain lines elsewhere. Case names and messages
 * pass through text_clean: firmware text never reaches a terminal as it is. */
#include "report/progress.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "report/run.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define REDRAW_NS    INT64_C(100000000) /* at most ten times a second */
#define HEARTBEAT_NS INT64_C(10000000000)

struct progress {
	FILE *out;
	bool terminal, drawn;
	size_t total, done, counts[VERDICT_COUNT];
	int64_t start_ns, drawn_ns, beat_ns;
	size_t beat_tenth;
	char current[256];
	struct buf held; /* lines of cases that no module was needed for, until one has its turn */
	bool begun;
	size_t cases;
	enum verdict verdicts[]; /* of each case so far; VERDICT_COUNT: none */
};

struct progress *progress_create(FILE *out, bool terminal, size_t cases, size_t attempts)
{
	struct progress *p = calloc(1, sizeof(*p) + cases * sizeof(p->verdicts[0]));
	if (!p)
		return NULL;
	p->cases = cases;
	for (size_t i = 0; i < cases; i++)
		p->verdicts[i] = VERDICT_COUNT;
	p->out = out;
	p->terminal = terminal;
	p->total = attempts;
	p->start_ns = p->beat_ns = clock_ns();
	return p;
}

static size_t columns(const struct progress *p)
{
	struct winsize size;
	if (ioctl(fileno(p->out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static void say_counts(const struct progress *p, struct buf *b)
{
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		if (p->counts[v])
			buf_printf(b, "  %zu %s", p->counts[v], verdict_name((enum verdict)v));
}

/* Cases differ too much in length for more than a guess: the mean so far. */
static void say_left(const struct progress *p, struct buf *b)
{
	if (p->done == 0 || p->done >= p->total)
		return;
	int64_t spent = clock_ns() - p->start_ns;
	int64_t left = spent / (int64_t)p->done * (int64_t)(p->total - p->done) / 1000000000;
	buf_printf(b, "  %lld:%02lld left", (long long)(left / 60), (long long)(left % 60));
}

static void clear(struct progress *p)
{
	if (!p->drawn)
		return;
	fputs("\r\x1b[K", p->out);
	p->drawn = false;
}

static void draw(struct progress *p)
{
	int64_t t = clock_ns();
	if (!p->terminal || t - p->drawn_ns < REDRAW_NS)
		return;
	AUTO_BUF struct buf line = { 0 };
	AUTO_BUF struct buf cut = { 0 };
	buf_printf(&line, "%zu/%zu", p->done, p->total);
	say_counts(p, &line);
	say_left(p, &line);
	if (*p->current)
		buf_printf(&line, "  %s", p->current);
	text_clean_cut(&cut, buf_text(&line), columns(p) - 1);
	/* One write, the rest of the old line erased behind it: no flicker. */
	fprintf(p->out, "\r%s\x1b[K", buf_text(&cut));
	fflush(p->out);
	p->drawn = true;
	p->drawn_ns = t;
}

static size_t tenth(const struct progress *p)
{
	return p->total ? p->done * 10 / p->total : 0;
}

static void beat(struct progress *p)
{
	int64_t t = clock_ns();
	if (p->terminal || (t - p->beat_ns < HEARTBEAT_NS && tenth(p) == p->beat_tenth))
		return;
	AUTO_BUF struct buf line = { 0 };
	buf_printf(&line, "%zu/%zu", p->done, p->total);
	say_counts(p, &line);
	say_left(p, &line);
	fprintf(p->out, "%s\n", buf_text(&line));
	fflush(p->out);
	p->beat_ns = t;
	p->beat_tenth = tenth(p);
}

/* A case has the line, so that there is a module: what was decided without it is worth a reader's
 * time. */
static void release_held(struct progress *p)
{
	p->begun = true;
	if (!p->held.len)
		return;
	clear(p);
	fputs(buf_text(&p->held), p->out);
	fflush(p->out);
	buf_finish(&p->held);
}

/* No case ever had it: how many were decided is enough. */
static void sum_up_held(struct progress *p)
{
	AUTO_BUF struct buf line = { 0 };
	if (!p->held.len)
		return;
	buf_printf(&line, "%zu/%zu", p->done, p->total);
	say_counts(p, &line);
	fprintf(p->out, "%s\n", buf_text(&line));
	buf_finish(&p->held);
}

void progress_case_started(struct progress *p, const char *name)
{
	if (!p)
		return;
	release_held(p);
	snprintf(p->current, sizeof(p->current), "%s", name);
	draw(p);
}

/* A line that stays; on a terminal it scrolls up above the live one. */
static void say(struct progress *p, const char *text)
{
	AUTO_BUF struct buf cut = { 0 };
	if (p->terminal)
		text_clean_cut(&cut, text, columns(p) - 1);
	else
		text_clean(&cut, text);
	clear(p);
	fprintf(p->out, "%s\n", buf_text(&cut));
	fflush(p->out);
}

/* On a terminal only what asks for attention scrolls; a log names every case that did not pass. */
static bool worth_a_line(const struct progress *p, enum verdict v)
{
	if (!p->terminal)
		return v != VERDICT_PASS;
	return v == VERDICT_FAIL || v == VERDICT_ERROR || v == VERDICT_INCONCLUSIVE ||
	       v == VERDICT_MISSING;
}

void progress_before(struct progress *p, size_t index, enum verdict v, size_t attempts)
{
	if (!p || index >= p->cases || !attempts)
		return;
	p->verdicts[index] = v;
	p->counts[v]++;
	p->done += attempts;
}

void progress_more(struct progress *p, size_t attempts)
{
	if (!p)
		return;
	p->total += attempts;
	p->beat_tenth = tenth(p);
}

static enum verdict count(struct progress *p, size_t index, enum attempt_why why, enum verdict v)
{
	enum verdict before = p->verdicts[index];
	enum verdict now = before == VERDICT_COUNT ? v : verdict_after(before, why, v);
	if (before != VERDICT_COUNT)
		p->counts[before]--;
	p->counts[now]++;
	p->verdicts[index] = now;
	return now;
}

void progress_case_ended(struct progress *p, size_t index, const char *name, enum attempt_why why,
	enum verdict v, const char *message)
{
	if (!p || (unsigned)v >= VERDICT_COUNT || index >= p->cases)
		return;
	p->done++;
	enum verdict now = count(p, index, why, v);
	bool without = v == VERDICT_SKIPPED || v == VERDICT_UNEQUIPPED || v == VERDICT_NA;
	bool hold = !p->begun && without && why == ATTEMPT_FIRST;
	if (!hold)
		release_held(p);
	if (worth_a_line(p, v) || now == VERDICT_FLAKY) {
		AUTO_BUF struct buf line = { 0 };
		buf_printf(&line, "%s  %s%s%s", verdict_name(now == VERDICT_FLAKY ? now : v), name,
			message && *message ? "  " : "", message ? message : "");
		if (why != ATTEMPT_FIRST)
			buf_printf(&line, "  (%s)", attempt_why_name(why));
		if (hold) {
			text_clean(&p->held, buf_text(&line));
			buf_putc(&p->held, '\n');
		} else {
			say(p, buf_text(&line));
		}
	}
	if (hold)
		p->beat_tenth = tenth(p);
	beat(p);
	draw(p);
}

void progress_note(struct progress *p, const char *text)
{
	if (!p)
		return;
	say(p, text);
	draw(p);
}

void progress_tick(struct progress *p)
{
	if (!p)
		return;
	beat(p);
	draw(p);
}

void progress_destroy(struct progress *p)
{
	if (!p)
		return;
	clear(p);
	/* That none has its turn is no surprise where none needs one. */
	if (p->done >= p->total)
		release_held(p);
	sum_up_held(p);
	fflush(p->out);
	free(p);
}
