/* SPDX-License-Identifier: MIT */
/* Is a command slower than it was, or is that noise? Mann and Whitney's U test compares the ranks
 * of two samples, so that neither outliers nor the shape of the distribution matter; Holm's method
 * keeps the chance of any false alarm among all commands of a run below DRIFT_ALPHA. A change that
 * is real but too small to matter is none. */
#include "report/compare.h"

#include <math.h>
#include <stdlib.h>

double mann_whitney(const uint32_t *a, size_t n, const uint32_t *b, size_t m, double *z)
{
	double total = (double)n + (double)m, ranks = 0, ties = 0;
	*z = 0;
	if (!n || !m)
		return 1;
	for (size_t i = 0, k = 0; i < n || k < m;) {
		uint32_t value = k >= m || (i < n && a[i] <= b[k]) ? a[i] : b[k];
		size_t before = i + k, of_b = k;
		while (i < n && a[i] == value)
			i++;
		while (k < m && b[k] == value)
			k++;
		double tied = (double)(i + k - before);
		ranks += (double)(k - of_b) * ((double)before + (tied + 1) / 2);
		ties += tied * tied * tied - tied;
	}
	double u = ranks - (double)m * ((double)m + 1) / 2;
	double mean = (double)n * (double)m / 2;
	double variance = (double)n * (double)m / 12 * (total + 1 - ties / (total * (total - 1)));
	if (variance <= 0)
		return 1;
	double away = fabs(u - mean) - 0.5; /* U comes in steps of one */
	*z = (u < mean ? -1 : 1) * (away > 0 ? away : 0) / sqrt(variance);
	return erfc(fabs(*z) / sqrt(2));
}

struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	return (x->p > y->p) - (x->p < y->p);
}

void holm(double *p, size_t count)
{
	struct ranked *sorted = calloc(count + 1, sizeof(*sorted));
	double least = 0;
	if (!sorted)
		abort();
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct ranked){ p[i], i };
	qsort(sorted, count, sizeof(*sorted), by_p);
	for (size_t i = 0; i < count; i++) {
		double corrected = fmin(1, sorted[i].p * (double)(count - i));
		least = fmax(least, corrected);
		p[sorted[i].at] = least;
	}
	free(sorted);
}

static uint32_t quantile(const uint32_t *sorted, size_t count, double q)
{
	return count ? sorted[(size_t)(q * (double)(count - 1) + 0.5)] : 0;
}

static const uint32_t *samples_of(
	const struct compare *c, const struct compare_command *x, size_t run)
{
	return x->in[run] ? c->runs[run].index->samples + x->in[run]->samples : NULL;
}

static void describe(const struct compare *c, struct compare_command *x)
{
	for (size_t r = 0; r < c->run_count; r++) {
		const uint32_t *us = samples_of(c, x, r);
		size_t count = us ? x->in[r]->sample_count : 0;
		x->latency[r] = (struct latency){ .samples = count,
			.p50 = quantile(us, count, 0.50),
			.p95 = quantile(us, count, 0.95) };
	}
}

static bool matters(const struct latency *was, const struct latency *is)
{
	double change = fabs((double)is->p50 - (double)was->p50);
	return change >= DRIFT_US && change >= DRIFT_RELATIVE * (double)was->p50;
}

/* When most commands moved one way, it was not the firmware of one command. */
static void note_tide(struct compare *c, size_t run, size_t tested)
{
	size_t slower = 0, faster = 0;
	for (size_t i = 0; i < c->command_count; i++) {
		const struct latency *l = &c->commands[i].latency[run];
		if (l->tested && l->p < DRIFT_ALPHA)
			*(l->z > 0 ? &slower : &faster) += 1;
	}
	size_t most = slower > faster ? slower : faster;
	if (tested >= 5 && (double)most >= DRIFT_TIDE * (double)tested)
		compare_note(c,
			"%zu of %zu commands answered %s in %s than in %s: the host, the line or "
			"all of the firmware, not one command",
			most, tested, slower > faster ? "later" : "earlier", c->runs[run].label,
			c->runs[0].label);
}

static void judge_run(struct compare *c, size_t run)
{
	double *p = calloc(c->command_count + 1, sizeof(*p));
	size_t tested = 0, at = 0;
	if (!p)
		abort();
	for (size_t i = 0; i < c->command_count; i++) {
		struct compare_command *x = &c->commands[i];
		struct latency *was = &x->latency[0], *is = &x->latency[run];
		if (!was->samples || !is->samples)
			continue;
		is->tested = was->samples >= DRIFT_SAMPLES && is->samples >= DRIFT_SAMPLES;
		is->drift = is->tested ? DRIFT_NONE : DRIFT_FEW;
		if (is->tested)
			p[tested++] = mann_whitney(samples_of(c, x, 0), was->samples,
				samples_of(c, x, run), is->samples, &is->z);
	}
	holm(p, tested);
	for (size_t i = 0; i < c->command_count; i++) {
		struct latency *was = &c->commands[i].latency[0];
		struct latency *is = &c->commands[i].latency[run];
		if (!is->tested)
			continue;
		is->p = p[at++];
		if (is->p < DRIFT_ALPHA && matters(was, is) && (is->z > 0) == (is->p50 > was->p50))
			is->drift = is->z > 0 ? DRIFT_SLOWER : DRIFT_FASTER;
	}
	free(p);
	note_tide(c, run, tested);
}

void compare_latencies(struct compare *c)
{
	for (size_t i = 0; i < c->command_count; i++)
		describe(c, &c->commands[i]);
	for (size_t run = 1; run < c->run_count; run++)
		judge_run(c, run);
}
