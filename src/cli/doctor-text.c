/* SPDX-License-Identifier: MIT */
/* Findings as text of 100 columns, and as JSON. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 100, INDENT = 25 };

static const char *const words[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_UNTRIED] = "untried",
	[DOCTOR_MISSING] = "missing",
	[DOCTOR_WRONG] = "wrong",
	[DOCTOR_FOREIGN] = "wrong",
	[DOCTOR_UNUSABLE] = "wrong",
};

/* How many columns UTF-8 text takes, near enough: one for each code point. */
static size_t columns_of(const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Bytes of the text that fit into so many columns, and no half code point. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t len = 0;
	for (; text[len]; len++)
		if (((unsigned char)text[len] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return len;
}

/* The length of the next piece, broken at a blank where there is one. */
static size_t piece(const char *text, size_t room)
{
	size_t len = strlen(text);
	if (columns_of(text, len) <= room)
		return len;
	len = bytes_of(text, room);
	for (size_t i = len; i > 0; i--)
		if (text[i] == ' ')
			return i;
	return len;
}

static void print(const struct doctor_finding *f)
{
	const char *rest = f->text;
	printf("%-8s %-15s ", words[f->state], f->name);
	for (bool first = true; first || *rest; first = false) {
		size_t len = piece(rest, COLUMNS - INDENT);
		if (!first)
			printf("%*s", INDENT, "");
		printf("%.*s\n", (int)len, rest);
		rest += len;
		rest += strspn(rest, " ");
	}
	fflush(stdout);
}

void doctor_head(const struct doctor *d, const char *text)
{
	if (!d->options.json)
		printf("%s%s\n", d->finding_count ? "\n" : "", text);
}

const char *doctor_text(const char *text, size_t max)
{
	enum { BUFFERS = 6, SIZE = 1024 };
	static char buffers[BUFFERS][SIZE];
	static int next;
	struct buf visible AUTO_BUF = { 0 };
	char *out = buffers[next++ % BUFFERS];
	size_t len = strnlen(text, max);
	text_visible(&visible, text, len);
	snprintf(out, SIZE, "%.*s%s", SIZE - 8, buf_text(&visible), text[len] ? "..." : "");
	return out;
}

void doctor_say(
	struct doctor *d, enum doctor_state state, const char *name, const char *format, ...)
{
	struct doctor_finding *f =
		realloc(d->findings, (d->finding_count + 1) * sizeof(*d->findings));
	va_list args;
	if (!f)
		abort();
	d->findings = f;
	f += d->finding_count++;
	*f = (struct doctor_finding){ .state = state, .board = d->board, .name = name };
	va_start(args, format);
	if (vasprintf(&f->text, format, args) < 0)
		abort();
	va_end(args);
	if (!d->options.json)
		print(f);
}

/* ---- JSON ---- */

static void key(struct buf *out, const char *name)
{
	buf_printf(out, "%s\"%s\":", out->len && !strchr("{[", out->data[out->len - 1]) ? "," : "",
		name);
}

static void member(struct buf *out, const char *name, const char *text)
{
	key(out, name);
	if (text)
		buf_json_text(out, text);
	else
		buf_puts(out, "null");
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void put_adapter(struct buf *out, const struct doctor_board *b)
{
	char id[160] = "";
	if (b->has_adapter)
		adapter_id(&b->adapter, id, sizeof(id));
	member(out, "port", or_null(b->path));
	member(out, "adapter", or_null(id));
	member(out, "product", b->has_adapter ? or_null(b->adapter.product) : NULL);
	member(out, "driver", b->has_adapter ? or_null(b->adapter.driver) : NULL);
}

static void put_list(struct buf *out, const char *name, const char *const *items)
{
	key(out, name);
	buf_putc(out, '[');
	for (size_t i = 0; items[i]; i++) {
		buf_puts(out, i ? "," : "");
		buf_json_text(out, items[i]);
	}
	buf_putc(out, ']');
}

static void put_board(struct buf *out, const struct doctor_board *b)
{
	const struct survey *s = &b->survey;
	bool answered = s->line == SURVEY_ANSWERED;
	buf_putc(out, '{');
	member(out, "iut", b->iut.address);
	put_adapter(out, b);
	key(out, "answers");
	buf_puts(out, answered ? "true" : "false");
	key(out, "baud");
	buf_printf(out, answered && s->can_rate ? "%lld" : "null", (long long)s->baud);
	key(out, "echo");
	buf_puts(out, !answered ? "null" : s->echo ? "true" : "false");
	put_list(out, "firmware", s->identity.lines);
	member(out, "profile", or_null(b->profile));
	member(out, "mac", or_null(s->mac));
	put_list(out, "carries", s->carried);
	buf_putc(out, '}');
}

static void put_findings(struct buf *out, const struct doctor *d)
{
	key(out, "findings");
	buf_putc(out, '[');
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct doctor_finding *f = &d->findings[i];
		buf_puts(out, i ? ",{" : "{");
		member(out, "state", words[f->state]);
		member(out, "name", f->name);
		member(out, "iut", f->board < 0 ? NULL : d->boards[f->board].iut.address);
		member(out, "text", f->text);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

void doctor_print_json(const struct doctor *d, int code, const char *command)
{
	struct buf out AUTO_BUF = { 0 };
	buf_putc(&out, '{');
	member(&out, "bench", d->bench.rig.name);
	key(&out, "exit");
	buf_printf(&out, "%d", code);
	key(&out, "boards");
	buf_putc(&out, '[');
	for (int i = 0; i < d->board_count; i++) {
		buf_puts(&out, i ? "," : "");
		put_board(&out, &d->boards[i]);
	}
	buf_putc(&out, ']');
	put_findings(&out, d);
	key(&out, "cases");
	buf_printf(&out,
		"{\"planned\":%zu,\"run\":%zu,\"absent\":%zu,\"unequipped\":%zu,"
		"\"destructive\":%zu,\"capped\":%zu}",
		d->cases.planned, d->cases.run, d->cases.absent, d->cases.unequipped,
		d->cases.destructive, d->cases.capped);
	key(&out, "unequipped");
	buf_printf(&out, "{%s}", buf_text(&d->unequipped));
	member(&out, "bench_file", d->file);
	member(&out, "command", command);
	buf_puts(&out, "}\n");
	fwrite(out.data, 1, out.len, stdout);
}
