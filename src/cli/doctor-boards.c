/* SPDX-License-Identifier: MIT */
/* Several boards of one bench: a run wants them of one firmware, and of what their lines carry only
 * what all of them do. */
#include "cli/doctor.h"

#include "base/cleanup.h"

#include <string.h>

static const struct doctor_board *next_usable(const struct doctor *d, const struct doctor_board *b)
{
	const struct doctor_board *end = d->boards + d->board_count;
	b = b ? b + 1 : d->boards;
	while (b < end && !b->usable)
		b++;
	return b < end ? b : NULL;
}

/* A file may not have one address twice, whatever the reason is. */
static void compare_macs(struct doctor *d, int index)
{
	struct doctor_board *b = &d->boards[index];
	for (int i = 0; i < index && *b->survey.mac; i++)
		if (strcmp(b->survey.mac, d->boards[i].survey.mac) == 0) {
			doctor_say(d, DOCTOR_WRONG, "board",
				"%s and %s have the MAC address %s: they are one board, or have "
				"been given one by hand",
				d->boards[i].iut.address, b->iut.address, b->survey.mac);
			*b->survey.mac = '\0';
		}
}

/* The first line of AT+GMR in which they differ, or -1. */
static int firmware_differs(const struct doctor_board *a, const struct doctor_board *b)
{
	const char *const *x = a->survey.identity.lines;
	const char *const *y = b->survey.identity.lines;
	int i = 0;
	while (x[i] && y[i] && strcmp(x[i], y[i]) == 0)
		i++;
	return x[i] || y[i] ? i : -1;
}

static void quote(const struct doctor_board *b, int line, struct buf *out)
{
	const char *text = b->survey.identity.lines[line];
	if (text)
		buf_printf(out, "\"%s\"", doctor_text(text, 60));
	else
		buf_puts(out, line ? "nothing more" : "nothing");
}

/* As a run does, and in its words. */
static void compare_firmware(struct doctor *d)
{
	const struct doctor_board *first = next_usable(d, NULL);
	const struct doctor_board *other = first ? next_usable(d, first) : NULL;
	while (other && firmware_differs(first, other) < 0)
		other = next_usable(d, other);
	if (!other)
		return;
	struct buf here AUTO_BUF = { 0 };
	struct buf there AUTO_BUF = { 0 };
	int line = firmware_differs(first, other);
	quote(first, line, &here);
	quote(other, line, &there);
	doctor_say(d, DOCTOR_UNUSABLE, "firmware",
		"the boards differ in firmware: to AT+GMR %s says %s, %s says %s; run them apart, "
		"or allow it with --mixed-firmware%s",
		doctor_text(first->iut.address, 60), here.data, doctor_text(other->iut.address, 60),
		there.data,
		strcmp(first->profile, other->profile) != 0 ? " and one --profile for both" : "");
}

void doctor_compare(struct doctor *d)
{
	for (int i = 1; i < d->board_count; i++)
		compare_macs(d, i);
	compare_firmware(d);
}

/* ---- what the lines carry ---- */

static bool carries(const struct survey *s, const char *facility)
{
	for (size_t i = 0; i < s->carried_count; i++)
		if (strcmp(s->carried[i], facility) == 0)
			return true;
	return false;
}

static void intersect(struct doctor *d)
{
	const struct doctor_board *first = next_usable(d, NULL);
	size_t count = 0;
	d->can_rate = first != NULL;
	for (size_t i = 0; first && i < first->survey.carried_count; i++) {
		const struct doctor_board *b = first;
		while (b && carries(&b->survey, first->survey.carried[i]))
			b = next_usable(d, b);
		if (!b)
			d->carried[count++] = first->survey.carried[i];
	}
	for (const struct doctor_board *b = first; b; b = next_usable(d, b))
		d->can_rate &= b->survey.can_rate;
}

/* What the bench says that this line carries, and it does not. */
static void check(struct doctor *d, const struct doctor_board *b)
{
	static const char *const tried[] = { "baudrate:9600", "baudrate:57600", "baudrate:115200",
		"baudrate:460800", "baudrate:921600" };
	for (size_t i = 0; b->survey.carried_count && i < sizeof(tried) / sizeof(tried[0]); i++)
		if (!carries(&b->survey, tried[i]) && bench_has(&d->bench, tried[i]))
			doctor_say(d, DOCTOR_WRONG, "line",
				"the bench has the facility \"%s\", but the module on %s was not "
				"understood at that rate: take it out, or look at adapter and "
				"wires",
				tried[i], doctor_text(b->iut.address, 90));
}

void doctor_carried(struct doctor *d)
{
	intersect(d);
	for (int i = 0; i < d->board_count && d->options.bench; i++) {
		d->board = i;
		check(d, &d->boards[i]);
	}
	d->board = -1;
}
