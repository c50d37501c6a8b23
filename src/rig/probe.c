/* SPDX-License-Identifier: MIT */
#include "rig/probe.h"

#include "rig/recover.h"
#include "rig/rom.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_ASK_MS = 200 };

static int note_probe(struct talk *t, const char *name, bool ok, const char *text)
{
	struct buf *line = journal_begin(t->journal, "probe", -1);
	journal_text(line, "name", name);
	journal_bool(line, "ok", ok);
	journal_text(line, "text", text);
	journal_int(line, "l", t->lane);
	journal_end(t->journal);
	return ok ? 0 : -1;
}

static int fail(struct talk *t, const char *name, struct error *error)
{
	return note_probe(t, name, false, error->text);
}

static void random_word(char out[9])
{
	uint8_t random[8];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		memset(random, 7, sizeof(random));
	for (size_t i = 0; i < 8; i++)
		out[i] = (char)('A' + random[i] % 26);
	out[8] = '\0';
}

/* A word that is no command comes back and nothing else does: nobody is behind this line. */
bool probe_is_looped(struct talk *t)
{
	char word[9], nonce[16], expected[20];
	random_word(word);
	snprintf(nonce, sizeof(nonce), "~%s~", word);
	snprintf(expected, sizeof(expected), "%s\r\n", nonce);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	talk_ask(t, nonce, t->bench->timeouts_ms.answer);
	return t->got.len == strlen(expected) && memcmp(t->got.data, expected, t->got.len) == 0;
}

/* Opening the port may have restarted the module, so it gets the time of a restart. */
bool probe_is_answered(struct talk *t)
{
	struct deadline deadline = deadline_in_ms(t->bench->timeouts_ms.restart);
	do {
		if (talk_ask(t, "AT", FIRST_ASK_MS) == TALK_OK) {
			talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
			return true;
		}
		if (t->got.len && t->echo && probe_is_looped(t))
			return false;
	} while (talk_alive(t) && !deadline_passed(deadline));
	return false;
}

/* Opening a port raises DTR and RTS, which holds some boards in reset until they are let go. */
static bool reset_by_lines(struct talk *t)
{
	struct error error = { 0 };
	if (!t->bench->switches.reset.line_count || !talk_alive(t) || probe_is_looped(t))
		return false;
	return recover_switch(t, "reset", &error) == 0 &&
	       note_probe(t, "reset", true, "by the modem lines, since nobody answered") == 0;
}

/* A run that was killed in a data mode has left it there. */
static bool escapes(struct talk *t)
{
	return talk_alive(t) && !probe_is_looped(t) && recover_escape(t);
}

static int probe_answer(struct talk *t, struct error *error)
{
	const char *address = link_address(t->link);
	if (probe_is_answered(t) || escapes(t) || (reset_by_lines(t) && probe_is_answered(t)))
		return note_probe(t, "answer", true, "AT is answered");
	if (t->cancelled)
		return error_set(error, NULL, 0, 0, "%s: interrupted", address);
	if (t->lost) {
		error_set(error, NULL, 0, 0, "%s was lost before the first case", address);
		return fail(t, "answer", error);
	}
	if (probe_is_looped(t)) {
		error_set(error, NULL, 0, 0,
			"%s is looped back: our own bytes come back and nobody answers; remove the "
			"loop-back plug or connect RX and TX crosswise to the module",
			address);
		return fail(t, "loopback", error);
	}
	int64_t baud = t->bench->uart.baud;
	enum rom_state rom = ROM_NONE;
	if ((link_can(t->link) & LINK_CAN_UART) && recover_find_rate(t))
		error_set(error, NULL, 0, 0,
			"%s does not answer at %lld baud, but it does at %lld: set the bench's "
			"\"baud\" to that, or the module's by AT+UART_DEF",
			address, (long long)baud, (long long)link_uart(t->link)->baud);
	else if ((rom = rom_listen(t, !t->heard)) != ROM_NONE)
		error_set(error, NULL, 0, 0, "the module on %s answers no AT: %s", address,
			rom_text(rom));
	else
		error_set(error, NULL, 0, 0,
			"nobody answers AT on %s at %lld baud: is the module powered, wired and in "
			"command mode?",
			address, (long long)baud);
	return fail(t, "answer", error);
}

static int probe_nonsense(struct talk *t, struct error *error)
{
	char word[9], command[16];
	random_word(word);
	snprintf(command, sizeof(command), "AT+%s", word);
	enum talk_answer answer = talk_ask(t, command, t->bench->timeouts_ms.answer);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	if (answer == TALK_ERROR)
		return note_probe(t, "nonsense", true, "an unknown command gets ERROR");
	if (answer != TALK_OK)
		return note_probe(t, "nonsense", true,
			"an unknown command gets no final result: for the cases to judge");
	error_set(error, NULL, 0, 0,
		"%s says OK to \"%s\", which is no command: nothing it says can be believed; is "
		"this "
		"the module or a stand-in that always says OK?",
		link_address(t->link), command);
	return fail(t, "nonsense", error);
}

int probe_line(struct talk *t, struct error *error)
{
	if (probe_answer(t, error) < 0)
		return -1;
	note_probe(t, "loopback", true, "the line is not looped back");
	return probe_nonsense(t, error);
}
