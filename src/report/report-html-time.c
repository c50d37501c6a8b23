/* SPDX-License-Identifier: MIT */
/* The HTML report's account of time: a bar for each line to a module, and what the waits were for.
 */
#include "report/html.h"

#include "base/cleanup.h"
#include "report/text.h"

#define WIDTH 1000
#define LEFT  150 /* where the bars begin */
#define ROW   22
#define MOST  16 /* lines, and reasons */

static const struct {
	const char *class, *text;
} kinds[TIME_KINDS] = {
	[TIME_LINE] = { "t-line", "bytes of cases on the line, both ways" },
	[TIME_WAIT] = { "t-wait", "demanded by the document, or nothing was to come" },
	[TIME_MODULE] = { "t-module", "until the module or the network did something" },
	[TIME_BENCH] = { "t-bench", "probes, recovery and the broker's start" },
	[TIME_TESTER] = { "t-tester", "everything else" },
};

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void bar(struct html *h, const struct time_sum *sum, int64_t longest, int y)
{
	double x = LEFT, scale = (WIDTH - LEFT - 60) / (double)(longest > 0 ? longest : 1);
	for (int k = 0; k < TIME_KINDS; k++) {
		double width = (double)sum->kind[k] * scale;
		if (width <= 0)
			continue;
		fprintf(h->out,
			"<g><title>%s: %.1f s</title><rect class=\"%s\" x=\"%.1f\" y=\"%d\" "
			"width=\"%.1f\" height=\"%d\"/>",
			time_kind_name((enum time_kind)k), seconds(sum->kind[k]), kinds[k].class, x,
			y + 3, width, ROW - 6);
		if (width >= 90)
			fprintf(h->out,
				"<text class=\"in-time\" x=\"%.1f\" y=\"%d\" "
				"text-anchor=\"middle\">%s</text>",
				x + width / 2, y + 15, time_kind_name((enum time_kind)k));
		html_puts(h, "</g>\n");
		x += width;
	}
	fprintf(h->out, "<text x=\"%.1f\" y=\"%d\">%.1f s</text>\n", x + 8, y + 15,
		seconds(sum->wall));
}

static void bars(struct html *h, const struct run_time *time)
{
	size_t rows = time->line_count < MOST ? time->line_count : MOST;
	int64_t longest = 0;
	for (size_t i = 0; i < rows; i++)
		if (time->lines[i].sum.wall > longest)
			longest = time->lines[i].sum.wall;
	fprintf(h->out,
		"<svg viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"Where the time went\">\n",
		WIDTH, rows * ROW + 2);
	for (size_t i = 0; i < rows; i++) {
		int y = (int)i * ROW;
		fprintf(h->out,
			"<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">line "
			"%d</text>\n",
			LEFT - 10, y + 15, time->lines[i].line);
		bar(h, &time->lines[i].sum, longest, y);
	}
	html_puts(h, "</svg>\n");
}

static void kind_rows(struct html *h, const struct time_sum *sum)
{
	for (int k = 0; k < TIME_KINDS; k++) {
		fprintf(h->out, "<tr><th scope=\"row\"><i class=\"key %s\"></i>", kinds[k].class);
		html_text(h, time_kind_name((enum time_kind)k));
		fprintf(h->out,
			"</th><td class=\"num\">%.1f s</td><td class=\"num\">%.1f %%</td><td>",
			seconds(sum->kind[k]),
			sum->wall > 0 ? 100.0 * (double)sum->kind[k] / (double)sum->wall : 0.0);
		html_text(h, kinds[k].text);
		html_puts(h, "</td></tr>\n");
	}
}

static void wait_rows(struct html *h, const struct run_time *time)
{
	for (size_t i = 0; i < time->wait_count && i < MOST; i++) {
		html_puts(h, "<tr><th scope=\"row\">");
		html_text(h, time->waits[i].why);
		fprintf(h->out,
			"</th><td class=\"num\">%.1f s</td><td class=\"num\">%lld</td></tr>\n",
			seconds(time->waits[i].ns), (long long)time->waits[i].count);
	}
}

void html_time(struct html *h)
{
	const struct run_time *time = &h->run->time_account;
	AUTO_BUF struct buf text = { 0 };
	text_time(&text, h->run);
	if (!text.len)
		return;
	html_puts(h, "<div class=\"panel wide\" id=\"time\"><h3>Where the time went</h3><p>");
	html_text(h, buf_text(&text));
	html_puts(h, time_ratio(&time->sum) > 0 ? ". The ratio is that of the wall time to line "
						  "and demanded waits, which no "
						  "tester could do without.</p>"
						: ".</p>");
	bars(h, time);
	html_puts(h,
		"<table class=\"times\"><caption class=\"vh\">Where the time went</caption><thead>"
		"<tr><th scope=\"col\">Kind</th><th scope=\"col\">Time</th><th scope=\"col\">"
		"Share</th><th scope=\"col\">What it is</th></tr></thead><tbody>\n");
	kind_rows(h, &time->sum);
	html_puts(h, "</tbody></table>\n");
	if (time->wait_count) {
		html_puts(h,
			"<details class=\"as-table\"><summary>what the demanded waits were for"
			"</summary><table><caption class=\"vh\">Demanded waits</caption><thead><tr>"
			"<th scope=\"col\">Why</th><th scope=\"col\">Time</th><th scope=\"col\">"
			"Times</th></tr></thead><tbody>\n");
		wait_rows(h, time);
		html_puts(h, "</tbody></table></details>\n");
	}
	html_puts(h, "</div>\n");
}
