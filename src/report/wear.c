/* SPDX-License-Identifier: MIT */
#include "report/wear.h"

#include "report/keep.h"

#include <stdlib.h>
#include <string.h>

enum { REASONS_SHOWN = 40 };

static void count_one(struct run *run, enum verdict verdict, const char *why)
{
	for (size_t i = 0; i < run->left_out_count; i++) {
		struct run_left_out *one = &run->left_out[i];
		if (one->verdict == verdict && strcmp(one->why, why) == 0) {
			one->count++;
			return;
		}
	}
	struct run_left_out fresh = { .verdict = verdict, .why = why, .count = 1 };
	KEEP_ADD(run->left_out, run->left_out_count) = fresh;
}

static int by_count(const void *a, const void *b)
{
	const struct run_left_out *x = a;
	const struct run_left_out *y = b;
	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->why, y->why);
}

void wear_count_left_out(struct run *run)
{
	for (size_t i = 0; i < run->case_count; i++) {
		enum verdict v = run_verdict(&run->cases[i]);
		if (v == VERDICT_SKIPPED || v == VERDICT_UNEQUIPPED || v == VERDICT_NA)
			count_one(run, v, run_final(&run->cases[i])->message);
	}
	if (run->left_out_count)
		qsort(run->left_out, run->left_out_count, sizeof(*run->left_out), by_count);
}

void wear_left_out(struct buf *out, const struct run *run)
{
	enum verdict last = VERDICT_COUNT;
	size_t rest = 0;
	for (size_t i = 0; i < run->left_out_count; i++) {
		const struct run_left_out *one = &run->left_out[i];
		if (i >= REASONS_SHOWN) {
			rest += one->count;
			continue;
		}
		if (one->verdict != last)
			buf_printf(out, "%s%s: ", out->len ? "; " : "", verdict_name(one->verdict));
		else
			buf_puts(out, ", ");
		buf_printf(out, "%zu %s", one->count, one->why);
		last = one->verdict;
	}
	if (rest)
		buf_printf(out, "; and %zu more", rest);
}

int wear_lines(const struct run *run)
{
	int lines = 0;
	for (size_t i = 0; i < run->nvs_count; i++)
		lines = run->nvs[i].line >= lines ? run->nvs[i].line + 1 : lines;
	for (size_t i = 0; i < run->put_back_count; i++)
		lines = run->put_backs[i].line >= lines ? run->put_backs[i].line + 1 : lines;
	return lines;
}

int64_t wear_nvs_writes(const struct run *run, int line)
{
	int64_t writes = 0;
	for (size_t i = 0; i < run->nvs_count; i++)
		if (run->nvs[i].line == line)
			writes += run->nvs[i].by_cases + run->nvs[i].by_rig;
	return writes;
}

void wear_nvs(struct buf *out, const struct run *run, int line)
{
	int64_t by_rig = 0;
	size_t start = out->len;
	int64_t all = wear_nvs_writes(run, line);
	if (!all)
		return;
	buf_printf(out, "line %d: %lld", line, (long long)all);
	for (size_t i = 0; i < run->nvs_count; i++) {
		const struct run_nvs *n = &run->nvs[i];
		if (n->line != line)
			continue;
		bool first = !memchr(out->data + start, '(', out->len - start);
		by_rig += n->by_rig;
		buf_printf(out, "%s%s %lld", first ? " (" : ", ", n->command,
			(long long)(n->by_cases + n->by_rig));
	}
	buf_putc(out, ')');
	if (by_rig)
		buf_printf(out, ", of these %lld by the tester itself", (long long)by_rig);
}

void wear_put_back(struct buf *out, const struct run *run, int line)
{
	size_t done = 0;
	size_t failed = 0;
	for (size_t i = 0; i < run->put_back_count; i++) {
		const struct run_put_back *p = &run->put_backs[i];
		if (p->line != line || !p->ok)
			continue;
		if (done++)
			buf_printf(out, ", %s", p->setting);
		else
			buf_printf(out, "line %d: put back %s", line, p->setting);
	}
	for (size_t i = 0; i < run->put_back_count; i++) {
		const struct run_put_back *p = &run->put_backs[i];
		if (p->line != line || p->ok)
			continue;
		if (!failed++)
			buf_printf(out, "%s", done ? "; " : "");
		if (failed == 1 && !done)
			buf_printf(out, "line %d: ", line);
		buf_printf(out, "%s%s: %s", failed > 1 ? ", " : "NOT put back ",
			*p->setting ? p->setting : "anything", p->text);
	}
}
