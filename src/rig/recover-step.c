/* SPDX-License-Identifier: MIT */
/* The steps that rungs are made of. */
#include "rig/recover-step.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	BOOT_ASK_MS = 100, /* while it starts */
	BOOT_QUIET_MS = 600,
	READY_MS = 2000, /* for "ready", which not every module prints */
	RATE_QUIET_MS = 50,
};

int recover_least(int a, int b)
{
	return a < b ? a : b;
}

int recover_ask_ms(const struct talk *t)
{
	return recover_least(t->bench->timeouts_ms.answer, RECOVER_ASK_MS);
}

bool recover_note(struct talk *t, const char *step, bool ok, int64_t since_ns, const char *text)
{
	int64_t now = journal_now(t->journal);
	if (strcmp(step, "at") != 0)
		t->changed = true;
	struct buf *line = journal_begin(t->journal, "recover", -1);
	journal_int(line, "l", t->lane);
	journal_text(line, "step", step);
	journal_bool(line, "ok", ok);
	journal_int(line, "ms", (now - since_ns) / 1000000);
	journal_text(line, "text", text);
	journal_end(t->journal);
	return ok;
}

bool recover_host_rate(struct talk *t, int64_t baud)
{
	struct rig_uart uart = t->bench->uart;
	uart.baud = baud;
	int failure = link_set_uart(t->link, &uart);
	if (failure == -EPIPE)
		talk_lost(t);
	return failure == 0;
}

void recover_drop_stale(struct talk *t)
{
	/* A switch that is tried when the time to recover is over wants it too. */
	struct deadline before = t->deadline;
	if (deadline_passed(before))
		t->deadline = deadline_in_ms(RECOVER_DRAIN_MS);
	talk_drain(t, 0, RECOVER_DRAIN_MS);
	t->deadline = before;
	buf_clear(&t->got);
}

bool recover_answers(struct talk *t, int timeout_ms)
{
	int64_t since = journal_now(t->journal);
	enum talk_answer answer = talk_ask(t, "AT", timeout_ms);
	/* A late OK with a prompt belongs to a command of the case: what comes next would be data.
	 */
	bool prompt = t->got.len > 0 && t->got.data[t->got.len - 1] == '>';
	bool ok = answer == TALK_OK && !prompt;
	return recover_note(t, "at", ok, since, ok ? "" : talk_said(t));
}

/* The cases expect echo, as after every start. */
static bool echoes(struct talk *t)
{
	if (t->echo)
		return true;
	int64_t since = journal_now(t->journal);
	bool ok = talk_ask(t, "ATE1", recover_ask_ms(t)) == TALK_OK &&
		  talk_ask(t, "AT", recover_ask_ms(t)) == TALK_OK;
	recover_note(t, "echo", ok && t->echo, since, "echo was off");
	return ok;
}

bool recover_shows_order(struct talk *t)
{
	recover_drop_stale(t);
	return recover_answers(t, t->bench->timeouts_ms.answer) && echoes(t);
}

/* A final result, which may be that of noise. */
static bool says_something(struct talk *t)
{
	enum talk_answer answer = talk_ask(t, "AT", recover_ask_ms(t));
	if (answer != TALK_OK && answer != TALK_ERROR)
		return false;
	talk_drain(t, RATE_QUIET_MS, RECOVER_ASK_MS);
	return true;
}

bool recover_find_rate(struct talk *t)
{
	const int64_t *rate = t->bench->baud_rates;
	if (!(link_can(t->link) & LINK_CAN_UART))
		return false;
	for (; rate && *rate && talk_alive(t); rate++) {
		if (!recover_host_rate(t, *rate))
			continue;
		talk_send(t, "\r\n"); /* ends what was noise at its rate */
		talk_drain(t, recover_least(t->bench->timeouts_ms.silence, RATE_QUIET_MS),
			RECOVER_ASK_MS);
		if (says_something(t) || (t->got.len && says_something(t)))
			return true;
	}
	recover_host_rate(t, t->bench->uart.baud);
	return false;
}

static bool set_iut_uart(struct talk *t, const char *command)
{
	const struct rig_uart *u = &t->bench->uart;
	char line[80];
	snprintf(line, sizeof(line), "%s=%lld,%d,%d,%d,%d", command, (long long)u->baud,
		u->databits, u->stopbits_x2 - 1,
		u->parity == 'o'   ? 1
		: u->parity == 'e' ? 2
				   : 0,
		u->flow);
	return talk_ask(t, line, t->bench->timeouts_ms.answer) == TALK_OK;
}

bool recover_put_rate_back(struct talk *t)
{
	if (link_uart(t->link)->baud == t->bench->uart.baud)
		return true;
	talk_ask(t, "AT", recover_ask_ms(t));
	if (!set_iut_uart(t, "AT+UART_CUR"))
		return false;
	recover_host_rate(t, t->bench->uart.baud);
	talk_drain(t, t->bench->timeouts_ms.silence, RECOVER_ASK_MS);
	if (talk_ask(t, "AT", recover_ask_ms(t)) != TALK_OK)
		return false;
	if (t->bench->restore_after_failure)
		set_iut_uart(t, "AT+UART_DEF");
	return true;
}

bool recover_hears_start(struct talk *t)
{
	struct deadline ready =
		deadline_in_ms(recover_least(t->bench->timeouts_ms.restart, READY_MS));
	while (talk_alive(t) && !deadline_passed(ready)) {
		size_t before = t->got.len;
		if (talk_await(t, "ready", recover_least(deadline_left_ms(ready), BOOT_QUIET_MS)))
			break;
		if (before && t->got.len == before)
			break;
	}
	return t->got.len > 0;
}

bool recover_shows_start(struct talk *t)
{
	return talk_await(t, "ready", 0) || rom_recognise(t->got.data, t->got.len) != ROM_NONE;
}

bool recover_wait_up(struct talk *t, bool heard, bool *started)
{
	struct deadline up = deadline_in_ms(t->bench->timeouts_ms.restart);
	while (talk_alive(t) && !deadline_passed(up)) {
		bool up_now = talk_ask(t, "AT", BOOT_ASK_MS) == TALK_OK;
		if (started && recover_shows_start(t))
			*started = true;
		if (up_now) {
			talk_drain(t, t->bench->timeouts_ms.silence, RECOVER_ASK_MS);
			return true;
		}
		heard = heard || t->got.len > 0;
	}
	return heard && recover_find_rate(t);
}

bool recover_wait_restart(struct talk *t)
{
	bool heard = recover_hears_start(t);
	return recover_wait_up(t, heard, NULL);
}

bool recover_restart_by(struct talk *t, const char *step, const char *command)
{
	int64_t since = journal_now(t->journal);
	if (talk_ask(t, command, t->bench->timeouts_ms.answer) != TALK_OK)
		return recover_note(t, step, false, since, talk_said(t));
	/* The start-up line may have come along with the answer. */
	if (!talk_await(t, "ready", 0))
		buf_clear(&t->got);
	bool up = recover_wait_restart(t) && recover_put_rate_back(t);
	return recover_note(t, step, up, since, up ? "" : "does not come back");
}
