/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>
#include <time.h>

/* Characters that change how the text around them looks, or that can't be seen. */
static bool harmful(uint32_t c)
{
	static const uint32_t ranges[][2] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x61c, 0x61c }, { 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
		{ 0xe0000, 0xe0fff } };
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return (c & 0xfffe) == 0xfffe;
}

static void clean(struct buf *out, const char *text, size_t columns, bool lines)
{
	const char *p = text;
	for (size_t column = 0; *p; column++) {
		if (column + 3 >= columns && strlen(p) > 3) {
			buf_puts(out, "...");
			return;
		}
		uint32_t c;
		size_t n = text_code_point(p, &c);
		size_t before = out->len;
		if (n && (!harmful(c) || (lines && c == '\n')))
			buf_append(out, p, n);
		else if (n == 1 && (c == '\n' || c == '\r' || c == '\t'))
			buf_puts(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else
			buf_printf(out, n && c >= 0x100 ? "\\u%04x" : "\\x%02x", c);
		if (!n || harmful(c))
			column += out->len - before - 1;
		p += n ? n : 1;
	}
}

void text_clean(struct buf *out, const char *text)
{
	clean(out, text, SIZE_MAX, false);
}

void text_clean_lines(struct buf *out, const char *text)
{
	clean(out, text, SIZE_MAX, true);
}

void text_clean_cut(struct buf *out, const char *text, size_t columns)
{
	clean(out, text, columns, false);
}

static void escape(struct buf *out, const char *text, bool lines)
{
	AUTO_BUF struct buf safe = { 0 };
	clean(&safe, text, SIZE_MAX, lines);
	text_xml(out, buf_text(&safe));
}

void text_element(struct buf *out, const char *text)
{
	escape(out, text, true);
}

void text_attribute(struct buf *out, const char *text)
{
	escape(out, text, false);
}

void text_json_script(struct buf *out, const char *text, size_t len)
{
	const char *p = text;
	const char *end = p + len;
	buf_putc(out, '"');
	while (p < end && *p) {
		uint32_t c;
		size_t n = text_code_point(p, &c);
		c = n ? c : 0xfffd;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (int)c);
		else if (c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&')
			buf_putc(out, (char)c);
		else if (c < 0x10000)
			buf_printf(out, "\\u%04x", c);
		else
			buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
		p += n ? n : 1;
	}
	buf_putc(out, '"');
}

static void quote(struct buf *out, const char *word)
{
	buf_putc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *word);
	}
	buf_putc(out, '\'');
}

void text_shell(struct buf *out, const char *word)
{
	if (*word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-+=:,./@%") == strlen(word))
		buf_puts(out, word);
	else
		quote(out, word);
}

/* An option of the run that a repetition needs too. Sets *value when the next word belongs to it.
 */
static bool needed_option(const char *word, bool *value)
{
	static const struct {
		const char *name;
		bool value;
	} options[] = { { "--bench", true }, { "--profile", true }, { "--spec", true },
		{ "--allow", true }, { "--gate", true }, { "--strict", false },
		{ "--require-all", false } };
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		size_t len = strlen(options[i].name);
		if (strncmp(word, options[i].name, len) != 0)
			continue;
		*value = options[i].value && word[len] == '\0';
		if (word[len] == '\0' || (options[i].value && word[len] == '='))
			return true;
	}
	return false;
}

void text_repeat_command(struct buf *out, const struct run *run, const struct run_case *c)
{
	buf_puts(out, "atconform run");
	if (*run->iut && strcmp(run->iut, "virtual:") != 0) {
		buf_puts(out, " --iut ");
		text_shell(out, run->iut);
	}
	for (const char *const *arg = (const char *const *)run->argv; *arg; arg++) {
		bool value;
		if (!needed_option(*arg, &value))
			continue;
		buf_putc(out, ' ');
		text_shell(out, *arg);
		if (value && arg[1]) {
			buf_putc(out, ' ');
			text_shell(out, *++arg);
		}
	}
	buf_putc(out, ' ');
	quote(out, c->id);
}

static time_t started(const struct run *run)
{
	struct tm tm = { 0 };
	const char *rest = strptime(run->time, "%Y-%m-%dT%H:%M:%S", &tm);
	return rest ? timegm(&tm) : 0;
}

int64_t text_moment_ms(const struct run *run, int64_t t_ns)
{
	time_t start = started(run);
	return start > 0 ? (int64_t)start * 1000 + t_ns / 1000000 : 0;
}

void text_moment(struct buf *out, const struct run *run, int64_t t_ns, bool plain)
{
	int64_t ms = text_moment_ms(run, t_ns);
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_puts(out, text);
	if (!plain)
		buf_printf(out, ".%03dZ", (int)(ms % 1000));
}

void text_why_attempt(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a)
{
	if (a->verdict == VERDICT_DEVIATION && a->deviation_count) {
		const struct run_deviation *d = &a->deviations[0];
		const struct run_known *known = run_known(run, d->id);
		text_clean(out, d->id);
		if (known && *known->text) {
			buf_puts(out, ": ");
			text_clean(out, known->text);
		}
		buf_puts(out, " (source: ");
		text_clean(out, *d->source ? d->source : known ? known->source : "not given");
		buf_putc(out, ')');
		return;
	}
	if (*a->message) {
		text_clean(out, a->message);
	} else if (*a->expected || *a->actual) {
		buf_puts(out, "expected ");
		text_clean(out, a->expected);
		buf_puts(out, ", got ");
		text_clean(out, a->actual);
	} else if (a->verdict == VERDICT_UNEQUIPPED && c->needs[0]) {
		buf_puts(out, "the bench has no ");
		text_clean(out, c->needs[0]);
	} else if (a->verdict != VERDICT_PASS) {
		buf_puts(out, a->verdict == VERDICT_MISSING ? "planned, but it got no verdict"
							    : "no reason given");
	}
}

void text_why(struct buf *out, const struct run *run, const struct run_case *c,
	const struct run_attempt *a)
{
	const struct run_attempt *bad = run_first_bad(c);
	if (!run_flaky(c) || a != run_final(c) || !bad) {
		text_why_attempt(out, run, c, a);
		return;
	}
	buf_printf(out, "%s on attempt %d, after %s on attempt %d: ", verdict_name(a->verdict),
		a->number, verdict_name(bad->verdict), bad->number);
	text_why_attempt(out, run, c, bad);
}

void text_standing(struct buf *out, const struct run_case *c)
{
	if (c->standing == RUN_WAIVED) {
		const struct waiver *w = &c->waiver->w;
		buf_puts(out, "waived: ");
		text_clean(out, w->reason);
		buf_puts(out, " (");
		text_clean(out, w->issue);
		buf_puts(out, "; ");
		text_clean(out, w->owner);
		buf_printf(out, "; until %s)", w->expires);
		return;
	}
	buf_puts(out, run_standing_name(c->standing));
	if (!c->was || c->standing == RUN_AS_IS)
		return;
	buf_printf(out, ": %s in the baseline", verdict_name(c->was->verdict));
	if (*c->was->requirement && verdict_bad(c->was->verdict)) {
		buf_puts(out, ", of ");
		text_clean(out, c->was->requirement);
	}
}

void text_waiver(struct buf *out, const struct run *run, const struct run_waiver *w)
{
	text_clean(out, w->w.file);
	buf_printf(out, ":%d: the waiver of ", w->w.line);
	text_clean(out, *w->w.cases ? w->w.cases : w->w.requirement);
	buf_printf(out, " is %s: ", run_waiver_state(w));
	if (w->state == WAIVER_STALE)
		buf_puts(out, "what it is for passes");
	else if (w->state == WAIVER_UNMATCHED)
		buf_printf(out, "there is no such %s", *w->w.cases ? "case" : "requirement");
	else if (w->state == WAIVER_EXPIRED)
		buf_printf(out, "its last day was %s", w->w.expires);
	else if (w->state == WAIVER_ELSEWHERE)
		buf_printf(
			out, "it is for profile %s, this run is of %s", w->w.profile, run->profile);
	else if (w->state == WAIVER_IDLE)
		buf_puts(out, *w->w.message || *w->w.pattern
				      ? "nothing here is bad with the message that it expects"
				      : "it says no message that it expects");
	else
		buf_printf(out, "%zu case%s", w->count, w->count == 1 ? "" : "s");
	buf_puts(out, " (");
	text_clean(out, w->w.issue);
	buf_puts(out, "; ");
	text_clean(out, w->w.owner);
	buf_putc(out, ')');
}

void text_baseline(struct buf *out, const struct run *run)
{
	const struct run_baseline *b = &run->baseline;
	if (!b->given)
		return;
	text_clean(out, b->path);
	buf_puts(out, " (run ");
	text_clean(out, b->run);
	const char *const facts[] = { b->time, b->iut, b->profile };
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		buf_puts(out, *facts[i] ? ", " : "");
		text_clean(out, facts[i]);
	}
	buf_putc(out, ')');
}

void text_part(struct buf *out, const struct run *run, const struct run_part *p)
{
	if (p->shard)
		buf_printf(out, "shard %lld of %lld: ", (long long)p->shard,
			(long long)run->merged_shards);
	buf_puts(out, "run ");
	text_clean(out, p->id);
	const char *const facts[] = { p->time, p->host, p->iut, p->bench };
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		buf_puts(out, *facts[i] ? ", " : "");
		text_clean(out, facts[i]);
	}
	buf_printf(out, ", %lld cases, ", (long long)p->cases);
	text_clean(out, p->end);
}

void text_attempt(struct buf *out, const struct run_attempt *a)
{
	static const char *const words[] = { [ATTEMPT_FIRST] = "",
		[ATTEMPT_REPEAT] = " (repeated)",
		[ATTEMPT_RETRY] = " (tried again, from a settled module)",
		[ATTEMPT_RESUME] = " (the one before was cut off)" };
	buf_printf(out, "attempt %d%s", a->number, words[a->why]);
}

void text_schedule(struct buf *out, const struct run *run)
{
	const struct {
		const char *before;
		int64_t value;
		const char *after;
	} parts[] = { { "shuffled with seed ", run->shuffle, "" },
		{ "each case ", run->repeat > 1 ? run->repeat : 0, " times" },
		{ "up to ", run->retries, run->retries == 1 ? " retry" : " retries" },
		{ "", run->flaky_budget, " flaky allowed" },
		{ "resumed ", run->resumed, run->resumed == 1 ? " time" : " times" } };
	if (run->merged)
		buf_printf(out, "merged from %lld run%s", (long long)run->merged,
			run->merged == 1 ? "" : "s");
	if (run->merged_shards)
		buf_printf(out, " of %lld shards", (long long)run->merged_shards);
	if (run->shards)
		buf_printf(out, "shard %lld of %lld (%zu of %lld cases)", (long long)run->shard,
			(long long)run->shards, run->case_count, (long long)run->whole_count);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].value)
			buf_printf(out, "%s%s%lld%s", out->len ? ", " : "", parts[i].before,
				(long long)parts[i].value, parts[i].after);
	}
	if (run->mixed_firmware)
		buf_printf(out, "%sboards may differ in firmware", out->len ? ", " : "");
}

void text_time(struct buf *out, const struct run *run)
{
	const struct run_time *time = &run->time_account;
	const struct time_sum *sum = &time->sum;
	bool paced = time_is_paced(sum);
	if (!time->told || sum->wall <= 0)
		return;
	int digits = sum->wall < INT64_C(100000000000) ? 1 : 0;
	if (time->line_count > 1)
		buf_printf(out, "%zu lines: ", time->line_count);
	buf_printf(out, "wall %.*f s = ", digits, (double)sum->wall / 1e9);
	for (int k = TIME_LINE; k < TIME_KINDS; k++)
		buf_printf(out, "%s %.*f s%s", time_kind_name((enum time_kind)k), digits,
			(double)sum->kind[k] / 1e9, k + 1 < TIME_KINDS ? " + " : "");
	if (time_ratio(sum) > 0)
		buf_printf(out, " (ratio %.2f)", time_ratio(sum));
	else if (!paced)
		buf_puts(out, " (bytes take no time on this line: no ratio)");
}
