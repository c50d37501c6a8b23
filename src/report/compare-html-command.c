/* SPDX-License-Identifier: MIT */
/* The page's table of commands: presence, what became of the cases, and latency as distributions.
 */
#include "report/compare-html.h"

#include <math.h>
#include <string.h>

#define PLOT_WIDTH 320
#define PLOT_ROW   14
#define PLOTTED    8 /* runs with a row of their own in a plot */

struct scale {
	double low, high; /* log10 of microseconds */
};

static double place(struct scale s, double us)
{
	return 2 + (log10(us < 1 ? 1 : us) - s.low) / (s.high - s.low) * (PLOT_WIDTH - 4);
}

static void say_us(struct html *h, uint32_t us)
{
	if (us < 1000)
		fprintf(h->out, "%u \xc2\xb5s", us);
	else
		fprintf(h->out, us < 10000 ? "%.2f ms" : "%.1f ms", us / 1e3);
}

static const uint32_t *samples_of(
	const struct compare *c, const struct compare_command *x, size_t run)
{
	return c->runs[run].index->samples + x->in[run]->samples;
}

static struct scale scale_of(const struct compare *c)
{
	struct scale s = { 9, 0 };
	for (size_t i = 0; i < c->command_count; i++) {
		const struct compare_command *x = &c->commands[i];
		for (size_t r = 0; r < c->run_count; r++) {
			size_t n = x->latency[r].samples;
			if (!n)
				continue;
			const uint32_t *us = samples_of(c, x, r);
			s.low = fmin(s.low, floor(log10(fmax(1, us[0]))));
			s.high = fmax(s.high, ceil(log10(fmax(1, us[n - 1]))));
		}
	}
	if (s.high <= s.low)
		s = (struct scale){ s.high - 1, s.high };
	return s;
}

/* From the 5th to the 95th percentile a line, the middle half a box, the median a bar. */
static void box(struct html *h, const struct compare *c, const struct compare_command *x,
	size_t run, struct scale s, int y)
{
	static const double quantiles[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
	size_t n = x->latency[run].samples;
	double at[5];
	if (!n)
		return;
	for (size_t i = 0; i < 5; i++)
		at[i] = place(
			s, samples_of(c, x, run)[(size_t)(quantiles[i] * (double)(n - 1) + 0.5)]);
	fprintf(h->out,
		"<line class=\"whisker\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/><rect "
		"class=\"box "
		"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"8\"/><line class=\"median\" "
		"x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
		at[0], y + 7, at[4], y + 7, run ? "is" : "was", at[1], y + 3,
		fmax(1, at[3] - at[1]), at[2], y + 2, at[2], y + 12);
}

static void plot(
	struct html *h, const struct compare *c, const struct compare_command *x, struct scale s)
{
	size_t rows = c->run_count < PLOTTED ? c->run_count : PLOTTED;
	fprintf(h->out,
		"<svg class=\"spread\" viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"Latency in "
		"each "
		"run, on a logarithmic scale; the numbers are beside it\">",
		PLOT_WIDTH, rows * PLOT_ROW);
	for (int d = (int)s.low; d <= (int)s.high; d++)
		fprintf(h->out,
			"<line class=\"axis\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%zu\"/>",
			place(s, pow(10, d)), place(s, pow(10, d)), rows * PLOT_ROW);
	for (size_t r = 0; r < rows; r++)
		box(h, c, x, r, s, (int)r * PLOT_ROW);
	html_puts(h, "</svg>");
}

static void latency(struct html *h, const struct compare_command *x, size_t run)
{
	const struct latency *l = &x->latency[run];
	html_puts(h, "<div>");
	if (l->samples) {
		fprintf(h->out, "<span class=\"no\">%zu</span> ", run + 1);
		say_us(h, l->p50);
		html_puts(h, " / ");
		say_us(h, l->p95);
		fprintf(h->out, " <small>%zu samples</small>", l->samples);
	}
	if (run && l->samples && x->latency[0].samples) {
		static const char *const classes[] = { "same", "faster", "slower", "few" };
		fprintf(h->out, " <span class=\"drift %s\">%s</span>", classes[l->drift],
			l->drift == DRIFT_NONE ? "no change" : drift_name(l->drift));
	}
	if (l->tested)
		fprintf(h->out, " <small>p = %.2g, z = %.1f</small>", l->p, l->z);
	html_puts(h, "</div>");
}

static void presences(struct html *h, const struct compare *c, const struct compare_command *x)
{
	static const struct {
		const char *class, *mark;
	} looks[] = { { "none", "?" }, { "pass", "\xe2\x9c\x93" }, { "fail", "\xe2\x9c\x97" } };
	for (size_t r = 0; r < c->run_count; r++) {
		unsigned p = x->presence[r];
		fprintf(h->out,
			"<span class=\"m m-%s\" role=\"img\" title=\"run %zu: %s\" "
			"aria-label=\"run %zu: "
			"%s\">%s</span>",
			looks[p].class, r + 1, presence_name((enum presence)p), r + 1,
			presence_name((enum presence)p), looks[p].mark);
	}
}

static void case_changes(struct html *h, const struct compare *c, const struct compare_command *x)
{
	for (size_t r = 1; r < c->run_count; r++) {
		html_puts(h, "<div>");
		if (c->run_count > 2)
			fprintf(h->out, "<span class=\"no\">%zu</span> ", r + 1);
		for (unsigned k = 1; k < CHANGE_COUNT; k++) {
			if (!x->counts[r][k])
				continue;
			compare_badge(h, (enum change)k);
			fprintf(h->out, " %zu&ensp;", x->counts[r][k]);
		}
		html_puts(h, "</div>");
	}
}

void compare_html_commands(struct html *h, const struct compare *c)
{
	struct scale scale = scale_of(c);
	html_puts(h,
		"<section id=\"commands\"><h2>Commands</h2>\n<p class=\"hint\">Latency: command "
		"sent to final result received, median / 95th percentile; the line goes from the "
		"5th to the 95th percentile, the box holds the middle half, on one logarithmic "
		"scale from ");
	say_us(h, (uint32_t)fmin(4e9, pow(10, scale.low)));
	html_puts(h, " to ");
	say_us(h, (uint32_t)fmin(4e9, pow(10, scale.high)));
	fprintf(h->out,
		". Slower or faster: by Mann and Whitney's U test, two-sided, p &lt; %.2g over all "
		"commands of a run (Holm), and the median moved by at least %d %% and %d ms; with "
		"fewer than %d samples there is no verdict.</p>\n",
		DRIFT_ALPHA, (int)(DRIFT_RELATIVE * 100), DRIFT_US / 1000, DRIFT_SAMPLES);
	html_puts(h, "<div class=\"panel scroll\"><table class=\"grid\"><thead><tr><th "
		     "scope=\"col\">Command</th><th scope=\"col\">Accepted</th><th "
		     "scope=\"col\">Cases that changed</th><th scope=\"col\">Latency</th><th "
		     "scope=\"col\">p50 / p95</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < c->command_count; i++) {
		const struct compare_command *x = &c->commands[i];
		html_puts(h, "<tr><th scope=\"row\" class=\"rid\">");
		html_text(h, x->name);
		fprintf(h->out, "<small>%zu cases</small></th><td class=\"runs\">", x->cases);
		presences(h, c, x);
		html_puts(h, "</td><td>");
		case_changes(h, c, x);
		html_puts(h, "</td><td>");
		plot(h, c, x, scale);
		html_puts(h, "</td><td class=\"lat\">");
		for (size_t r = 0; r < c->run_count; r++)
			if (r < PLOTTED || x->latency[r].drift == DRIFT_SLOWER ||
				x->latency[r].drift == DRIFT_FASTER)
				latency(h, x, r);
		html_puts(h, "</td></tr>\n");
	}
	html_puts(h, "</tbody></table></div></section>\n");
}
