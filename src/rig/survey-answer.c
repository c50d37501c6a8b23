/* SPDX-License-Identifier: MIT */
/* Is anyone there? Cheapest first: the rate that is expected, then the others, then what a line
 * that does not answer may be instead. */
#include "rig/survey-part.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/probe.h"
#include "rig/recover.h"
#include "rig/rom.h"

#include <stdio.h>
#include <string.h>

enum { LISTEN_MS = 100, LISTEN_LIMIT_MS = 400, ASK_MS = 250, ASKS = 3 };

static void note_heard(struct talk *t, struct survey *out)
{
	out->boot_noise |= rom_recognise(t->got.data, t->got.len) != ROM_NONE;
	if (t->got.len)
		snprintf(out->heard, sizeof(out->heard), "%.190s", talk_said(t));
}

static bool answers(struct talk *t, struct survey *out)
{
	for (int i = 0; i < ASKS && talk_alive(t); i++) {
		enum talk_answer answer = talk_ask(t, "AT", ASK_MS);
		note_heard(t, out);
		if (answer == TALK_OK)
			return true;
	}
	return false;
}

/* ERROR may be the answer to noise of a wrong rate: it has to be OK. */
static bool answers_elsewhere(struct talk *t, struct survey *out)
{
	if (!out->can_rate || !recover_find_rate(t))
		return false;
	return answers(t, out);
}

/* A module that waits for the rest of some data takes commands for data: it gets the most that it
 * can have asked for. What is too much of it are commands that do nothing. */
static bool answers_filled(struct talk *t, struct survey *out)
{
	enum { FILL_BYTES = 2048 };
	char fill[FILL_BYTES + 1];
	for (size_t i = 0; i < FILL_BYTES; i++)
		fill[i] = "AT\r\n"[i % 4];
	fill[FILL_BYTES] = '\0';
	talk_send(t, fill);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	out->escaped = answers(t, out);
	return out->escaped;
}

/* A module in passthrough does so too. Where it is not, this is a line that is no command. */
static bool answers_escaped(struct talk *t, struct survey *out)
{
	int guard = t->bench->timeouts_ms.guard;
	talk_drain(t, guard, LISTEN_LIMIT_MS);
	talk_send(t, "+++");
	talk_drain(t, t->bench->timeouts_ms.escape, t->bench->timeouts_ms.escape);
	talk_ask(t, "", ASK_MS);
	out->escaped = answers(t, out);
	return out->escaped;
}

static enum survey_line find(struct talk *t, struct survey *out)
{
	struct deadline deadline = deadline_in_ms(t->bench->timeouts_ms.restart);
	do {
		if (answers(t, out))
			return SURVEY_ANSWERED;
		if (t->echo && talk_alive(t) && probe_is_looped(t))
			return SURVEY_LOOPED;
		if (answers_elsewhere(t, out))
			return SURVEY_ANSWERED;
	} while (talk_alive(t) && !deadline_passed(deadline));
	if (talk_alive(t) && (answers_escaped(t, out) || answers_filled(t, out)))
		return SURVEY_ANSWERED;
	enum rom_state rom = talk_alive(t) ? rom_listen(t, false) : ROM_NONE;
	if (t->lost)
		return SURVEY_CLOSED;
	if (rom != ROM_NONE)
		return rom == ROM_DOWNLOAD ? SURVEY_LOADER : SURVEY_BOOT_LOOP;
	return *out->heard ? SURVEY_STUCK : SURVEY_SILENT;
}

void survey_answer(struct talk *t, struct survey *out)
{
	talk_drain(t, LISTEN_MS, LISTEN_LIMIT_MS);
	note_heard(t, out);
	*out->heard = '\0';
	out->line = find(t, out);
	out->baud = link_uart(t->link)->baud;
	out->echo = t->echo;
	out->talks = !talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer) &&
		     talk_alive(t);
	if (t->lost)
		error_set(&out->error, NULL, 0, 0, "%s was lost", link_address(t->link));
}
