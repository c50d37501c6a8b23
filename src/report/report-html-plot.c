/* SPDX-License-Identifier: MIT */
/* The HTML report's plots, as SVG made here: verdicts per family, latency per command, and the run
 * over time. Every mark has its number or letter in words too. */
#include "report/html.h"

#include "base/cleanup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH     1000
#define LEFT      150 /* where the marks begin */
#define ROW       22
#define MOST_ROWS 200
#define DOTS      40 /* samples of a command shown one by one */

/* --- verdicts per family --- */

struct slice {
	enum verdict verdict;
	bool inferred;
};

static size_t count_of(const struct run *run, const char *family, struct slice s)
{
	size_t count = 0;
	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_attempt *a = run_final(&run->cases[i]);
		bool same = strcmp(run->cases[i].family, family) == 0 &&
			    run_verdict(&run->cases[i]) == s.verdict;
		count += same && (s.verdict != VERDICT_FAIL || a->inferred == s.inferred);
	}
	return count;
}

static double bar(struct html *h, struct slice s, size_t count, double x, double width, int y)
{
	const char *class = html_class(s.verdict, s.inferred);
	fprintf(h->out,
		"<g><title>%zu %s</title><rect class=\"bar f-%s\" x=\"%.1f\" y=\"%d\" "
		"width=\"%.1f\" height=\"%d\"/>",
		count, html_word(s.verdict, s.inferred), class, x, y + 3, width, ROW - 6);
	if (width >= 36)
		fprintf(h->out,
			"<text class=\"%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s "
			"%zu</text>",
			s.verdict == VERDICT_PASS ? "on-pass" : "on", x + width / 2, y + 15,
			html_mark(s.verdict, s.inferred), count);
	else if (width >= 11)
		fprintf(h->out,
			"<text class=\"on\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
			x + width / 2, y + 15, html_mark(s.verdict, s.inferred));
	html_puts(h, "</g>\n");
	return x + width;
}

static void family_bars(struct html *h, const char *family, int y)
{
	size_t total = 0;
	for (size_t i = 0; i < h->run->case_count; i++)
		total += strcmp(h->run->cases[i].family, family) == 0;
	fprintf(h->out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 10,
		y + 15);
	html_text(h, family);
	html_puts(h, "</text>\n");
	double x = LEFT;
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		for (int inferred = 0; inferred <= (v == VERDICT_FAIL); inferred++) {
			struct slice s = { (enum verdict)v, inferred };
			size_t count = count_of(h->run, family, s);
			double width = (double)(WIDTH - LEFT - 50) * (double)count / (double)total;
			if (count)
				x = bar(h, s, count, x, width, y);
		}
	}
	fprintf(h->out, "<text x=\"%.1f\" y=\"%d\">%zu</text>\n", x + 8, y + 15, total);
}

/* The same in words, for those who can't see the bars. */
static void table_begin(struct html *h, const char *caption, const char *heads)
{
	html_puts(h, "<details class=\"as-table\"><summary>as a table</summary><table><caption "
		     "class=\"vh\">");
	html_text(h, caption);
	html_puts(h, "</caption><thead><tr>");
	html_puts(h, heads);
	html_puts(h, "</tr></thead><tbody>\n");
}

static void table_end(struct html *h)
{
	html_puts(h, "</tbody></table></details></div>\n");
}

static void family_row(struct html *h, const char *family)
{
	const char *comma = "";
	html_puts(h, "<tr><th scope=\"row\">");
	html_text(h, family);
	html_puts(h, "</th><td>");
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		for (int inferred = 0; inferred <= (v == VERDICT_FAIL); inferred++) {
			struct slice s = { (enum verdict)v, inferred };
			size_t count = count_of(h->run, family, s);
			if (count)
				fprintf(h->out, "%s%zu %s", comma, count,
					html_word(s.verdict, s.inferred));
			comma = count ? ", " : comma;
		}
	}
	html_puts(h, "</td></tr>\n");
}

static bool first_of_family(const struct run *run, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(run->cases[i].family, run->cases[at].family) == 0)
			return false;
	return true;
}

static void families(struct html *h)
{
	const char *names[32];
	size_t count = 0;
	for (size_t i = 0; i < h->run->case_count && count < 32; i++)
		if ((i == 0 || strcmp(h->run->cases[i - 1].family, h->run->cases[i].family) != 0) &&
			first_of_family(h->run, i))
			names[count++] = h->run->cases[i].family;
	if (!count)
		return;
	fprintf(h->out,
		"<div class=\"panel wide\"><h3>Verdicts by family</h3><svg viewBox=\"0 0 %d %zu\" "
		"role=\"img\" aria-label=\"Verdicts by family\">\n",
		WIDTH, count * ROW + 2);
	for (size_t i = 0; i < count; i++)
		family_bars(h, names[i], (int)i * ROW);
	html_puts(h, "</svg>\n");
	table_begin(h, "Verdicts by family",
		"<th scope=\"col\">Family</th><th scope=\"col\">Verdicts</th>");
	for (size_t i = 0; i < count; i++)
		family_row(h, names[i]);
	table_end(h);
}

/* --- latency per command --- */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint32_t quantile(const struct run_latency *l, double q)
{
	return l->us[(size_t)((double)(l->kept - 1) * q + 0.5)];
}

struct scale {
	double low, high; /* log10 of microseconds */
};

static double place(struct scale s, double us)
{
	double at = (log10(us < 1 ? 1 : us) - s.low) / (s.high - s.low);
	return LEFT + at * (WIDTH - LEFT - 60);
}

static void decade_lines(struct html *h, struct scale s, int bottom)
{
	static const char *const names[] = { "1 \xc2\xb5s", "10 \xc2\xb5s", "100 \xc2\xb5s", "1 ms",
		"10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s" };
	for (int d = (int)s.low; d <= (int)s.high && d < 10; d++) {
		double x = place(s, pow(10, d));
		fprintf(h->out,
			"<line class=\"axis\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/><text "
			"x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			x, x, bottom, x, bottom + 14, names[d]);
	}
}

static void say_time(struct html *h, uint32_t us)
{
	if (us < 1000)
		fprintf(h->out, "%u \xc2\xb5s", us);
	else
		fprintf(h->out, us < 10000 ? "%.2f ms" : "%.1f ms", us / 1e3);
}

static void box(struct html *h, const struct run_latency *l, struct scale s, int y)
{
	int middle = y + ROW / 2;
	double x[5];
	static const double quantiles[5] = { 0, 0.25, 0.5, 0.75, 1 };
	for (int i = 0; i < 5; i++)
		x[i] = place(s, quantile(l, quantiles[i]));
	fprintf(h->out, "<g><title>%llu exchanges, median ", (unsigned long long)l->count);
	say_time(h, quantile(l, 0.5));
	html_puts(h, ", longest ");
	say_time(h, quantile(l, 1));
	fprintf(h->out,
		"</title><line class=\"whisker\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
		x[0], middle, x[4], middle);
	fprintf(h->out, "<rect class=\"box\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"12\"/>",
		x[1], middle - 6, x[3] - x[1] > 1 ? x[3] - x[1] : 1);
	for (size_t i = 0; i < l->kept; i += 1 + l->kept / DOTS)
		fprintf(h->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%d\" r=\"2.2\"/>",
			place(s, l->us[i]), middle);
	fprintf(h->out,
		"<line class=\"median\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/></g>\n", x[2],
		middle - 7, x[2], middle + 7);
}

static void latency_row(struct html *h, const struct run_latency *l)
{
	static const double quantiles[4] = { 0.25, 0.5, 0.75, 1 };
	html_puts(h, "<tr><th scope=\"row\">");
	html_text(h, l->command);
	fprintf(h->out, "</th><td>%llu</td>", (unsigned long long)l->count);
	for (int i = 0; i < 4; i++) {
		html_puts(h, "<td>");
		say_time(h, quantile(l, quantiles[i]));
		html_puts(h, "</td>");
	}
	html_puts(h, "</tr>\n");
}

static size_t sort_samples(const struct run *run, struct scale *s)
{
	size_t rows = 0;
	*s = (struct scale){ 9, 0 };
	for (size_t i = 0; i < run->latency_count; i++) {
		struct run_latency *l = &run->latencies[i];
		if (!l->kept)
			continue;
		qsort(l->us, l->kept, sizeof(l->us[0]), by_size);
		rows++;
		s->low = fmin(s->low, floor(log10(fmax(1, l->us[0]))));
		s->high = fmax(s->high, ceil(log10(fmax(1, l->us[l->kept - 1]))));
	}
	if (s->high <= s->low)
		s->high = s->low + 1;
	return rows < MOST_ROWS ? rows : MOST_ROWS;
}

static void latencies(struct html *h)
{
	const struct run *run = h->run;
	struct scale scale;
	size_t rows = sort_samples(run, &scale);
	if (!rows)
		return;
	int bottom = (int)rows * ROW;
	fprintf(h->out,
		"<div class=\"panel wide\"><h3>Latency by command</h3><p>Command sent to final "
		"result "
		"received; the box holds the middle half, the bar is the median.</p>"
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Latency by command\">\n",
		WIDTH, bottom + 20);
	decade_lines(h, scale, bottom);
	size_t row = 0;
	for (size_t i = 0; i < run->latency_count && row < rows; i++) {
		const struct run_latency *l = &run->latencies[i];
		if (!l->kept)
			continue;
		int y = (int)row++ * ROW;
		fprintf(h->out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
			LEFT - 10, y + 15);
		html_text(h, l->command);
		html_puts(h, "</text>");
		box(h, l, scale, y);
		fprintf(h->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%llu\xc3\x97</text>\n",
			WIDTH - 4, y + 15, (unsigned long long)l->count);
	}
	html_puts(h, "</svg>\n");
	table_begin(h, "Latency by command",
		"<th scope=\"col\">Command</th><th scope=\"col\">Exchanges</th><th scope=\"col\">"
		"Lower quartile</th><th scope=\"col\">Median</th><th scope=\"col\">Upper quartile"
		"</th><th scope=\"col\">Longest</th>");
	for (size_t i = 0; i < run->latency_count; i++)
		if (run->latencies[i].kept)
			latency_row(h, &run->latencies[i]);
	table_end(h);
}

/* --- the run over time --- */

static void mark_attempt(struct html *h, const struct run_case *c, const struct run_attempt *a)
{
	double span = (double)(h->run->last_ns > 0 ? h->run->last_ns : 1);
	double x = 20 + (double)a->start_ns / span * (WIDTH - 40);
	double width = (double)(a->end_ns - a->start_ns) / span * (WIDTH - 40);
	bool pass = a->verdict == VERDICT_PASS;
	int y = a->line * 40 + (pass ? 14 : 4);
	fprintf(h->out,
		"<rect class=\"f-%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"><title>",
		html_class(a->verdict, a->inferred), x, y, width > 1.2 ? width : 1.2,
		pass ? 14 : 24);
	html_text(h, c->id);
	fprintf(h->out, ": %s, %lld ms</title></rect>\n", html_word(a->verdict, a->inferred),
		(long long)a->ms);
}

static int lanes(const struct run *run)
{
	int most = 0;
	for (size_t i = 0; i < run->case_count; i++)
		for (size_t k = 0; k < run->cases[i].attempt_count; k++)
			if (run->cases[i].attempts[k].leased &&
				run->cases[i].attempts[k].line >= most)
				most = run->cases[i].attempts[k].line + 1;
	return most;
}

static void time_axis(struct html *h, int bottom)
{
	double seconds = (double)h->run->last_ns / 1e9;
	for (int i = 0; i <= 5; i++) {
		double x = 20 + i * (WIDTH - 40) / 5.0;
		fprintf(h->out,
			"<line class=\"axis\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/><text "
			"x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.*f s</text>\n",
			x, x, bottom, x, bottom + 14, seconds < 10 ? 2 : 0, seconds * i / 5);
	}
}

static void timeline(struct html *h)
{
	const struct run *run = h->run;
	int rows = lanes(run);
	if (!rows)
		return;
	fprintf(h->out,
		"<div class=\"panel wide\"><h3>The run over time</h3><p>A mark is a case on its "
		"line; what did not pass stands taller. Gaps are recovery and waiting.</p>"
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The run over time\">\n",
		WIDTH, rows * 40 + 20);
	time_axis(h, rows * 40);
	for (size_t i = 0; i < run->case_count; i++)
		for (size_t k = 0; k < run->cases[i].attempt_count; k++)
			if (run->cases[i].attempts[k].leased)
				mark_attempt(h, &run->cases[i], &run->cases[i].attempts[k]);
	html_puts(h, "</svg></div>\n");
}

void html_plots(struct html *h)
{
	html_puts(h, "<section id=\"plots\" aria-labelledby=\"h-plots\"><h2 "
		     "id=\"h-plots\">Plots</h2><div class=\"plots\">\n");
	families(h);
	timeline(h);
	html_time(h);
	latencies(h);
	html_puts(h, "</div></section>\n");
}
