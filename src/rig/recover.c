/* SPDX-License-Identifier: MIT */
/* A ladder: each rung costs more than the one before. Whatever rung makes the IUT answer, a known
 * state is made next, and then it must show that it has it. */
#include "rig/recover.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
	ASK_MS = 300,      /* for a plain AT at most: a module that is there answers in a few ms */
	BOOT_ASK_MS = 100, /* and while it starts */
	BOOT_QUIET_MS = 600,
	READY_MS = 2000, /* for "ready", which not every module prints */
	REOPEN_MS = 100,
	DRAIN_MS = 1500,
	FILL_BYTES = 2048,
};

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int ask_ms(const struct talk *t)
{
	return least(t->bench->timeouts_ms.answer, ASK_MS);
}

static bool note_step(struct talk *t, const char *step, bool ok, int64_t since_ns, const char *text)
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

static void host_uart(struct talk *t, int64_t baud)
{
	struct rig_uart uart = t->bench->uart;
	uart.baud = baud;
	if (link_set_uart(t->link, &uart) == -EPIPE)
		talk_lost(t);
}

/* ---- the single steps ---- */

static bool answers(struct talk *t)
{
	int64_t since = journal_now(t->journal);
	enum talk_answer answer = talk_ask(t, "AT", t->bench->timeouts_ms.answer);
	/* A late OK with a prompt belongs to a command of the case: what comes next would be data.
	 */
	bool prompt = t->got.len > 0 && t->got.data[t->got.len - 1] == '>';
	bool ok = answer == TALK_OK && !prompt;
	return note_step(t, "at", ok, since, ok ? "" : talk_said(t));
}

/* The cases expect echo, as after every start. */
static bool echoes(struct talk *t)
{
	if (t->echo)
		return true;
	int64_t since = journal_now(t->journal);
	bool ok = talk_ask(t, "ATE1", ask_ms(t)) == TALK_OK &&
		  talk_ask(t, "AT", ask_ms(t)) == TALK_OK;
	note_step(t, "echo", ok && t->echo, since, "echo was off");
	return ok;
}

/* Stale bytes must not be taken for an answer. */
static void drop_stale(struct talk *t)
{
	while (talk_read(t, 0) > 0)
		;
	buf_clear(&t->got);
}

static bool shows_order(struct talk *t)
{
	drop_stale(t);
	return answers(t) && echoes(t);
}

bool recover_find_rate(struct talk *t)
{
	for (const int64_t *rate = t->bench->baud_rates; rate && *rate && talk_alive(t); rate++) {
		host_uart(t, *rate);
		talk_drain(t, least(t->bench->timeouts_ms.silence, 50), ASK_MS);
		/* Noise from wrong rates may stand before the first one: ERROR is an answer too. */
		for (int i = 0; i < 2; i++) {
			enum talk_answer answer = talk_ask(t, "AT", ask_ms(t));
			if (answer == TALK_OK || answer == TALK_ERROR)
				return true;
		}
	}
	host_uart(t, t->bench->uart.baud);
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

/* The module answers at another rate than the bench's: put it back. */
static bool put_rate_back(struct talk *t)
{
	if (link_uart(t->link)->baud == t->bench->uart.baud)
		return true;
	talk_ask(t, "AT", ask_ms(t));
	if (!set_iut_uart(t, "AT+UART_CUR"))
		return false;
	host_uart(t, t->bench->uart.baud);
	talk_drain(t, t->bench->timeouts_ms.silence, ASK_MS);
	if (talk_ask(t, "AT", ask_ms(t)) != TALK_OK)
		return false;
	if (t->bench->restore_after_failure)
		set_iut_uart(t, "AT+UART_DEF");
	return true;
}

static bool climb_baud(struct talk *t)
{
	int64_t since = journal_now(t->journal);
	char text[64] = "no rate of the bench is answered";
	bool found = recover_find_rate(t);
	if (found)
		snprintf(
			text, sizeof(text), "answers at %lld", (long long)link_uart(t->link)->baud);
	return note_step(t, "baud", found && put_rate_back(t), since, text);
}

/* Until the start-up line, or until the boot noise has ended. False when nothing came at all. */
static bool hears_start(struct talk *t)
{
	struct deadline ready = deadline_in_ms(least(t->bench->timeouts_ms.restart, READY_MS));
	while (talk_alive(t) && !deadline_passed(ready)) {
		size_t before = t->got.len;
		if (talk_await(t, "ready", least(deadline_left_ms(ready), BOOT_QUIET_MS)))
			break;
		if (before && t->got.len == before)
			break;
	}
	return t->got.len > 0;
}

/* AT as often as it takes, then at other rates, but not when the line is dead silent. */
bool recover_wait_restart(struct talk *t)
{
	bool heard = hears_start(t);
	struct deadline up = deadline_in_ms(t->bench->timeouts_ms.restart);
	while (talk_alive(t) && !deadline_passed(up)) {
		if (talk_ask(t, "AT", BOOT_ASK_MS) == TALK_OK) {
			talk_drain(t, t->bench->timeouts_ms.silence, ASK_MS);
			return true;
		}
		heard = heard || t->got.len > 0;
	}
	return heard && recover_find_rate(t);
}

/* A command that restarts the module, and back to the bench's rate afterwards. */
static bool restart_by(struct talk *t, const char *step, const char *command)
{
	int64_t since = journal_now(t->journal);
	if (talk_ask(t, command, t->bench->timeouts_ms.answer) != TALK_OK)
		return note_step(t, step, false, since, talk_said(t));
	/* The start-up line may have come along with the answer. */
	if (!talk_await(t, "ready", 0))
		buf_clear(&t->got);
	bool up = recover_wait_restart(t) && put_rate_back(t);
	return note_step(t, step, up, since, up ? "" : "does not come back");
}

/* ---- the rungs ---- */

static bool climb_drain(struct talk *t)
{
	int64_t since = journal_now(t->journal);
	host_uart(t, t->bench->uart.baud);
	bool quiet = talk_drain(t, t->bench->timeouts_ms.silence, DRAIN_MS);
	note_step(t, "drain", quiet, since, quiet ? "" : "the line does not fall silent");
	return false; /* silence is no answer */
}

static bool climb_at(struct talk *t)
{
	/* The first may end a half line of a case that broke off. */
	drop_stale(t);
	if (answers(t))
		return true;
	return (t->got.len || t->bench->timeouts_ms.answer <= ASK_MS) && answers(t);
}

/* Leaves a data mode: "+++" as a packet of its own, silence before and after. */
static bool climb_escape(struct talk *t)
{
	int64_t since = journal_now(t->journal);
	int guard = t->bench->timeouts_ms.guard;
	talk_drain(t, guard, DRAIN_MS);
	talk_send(t, "+++");
	talk_drain(t, guard, DRAIN_MS);
	bool ok =
		talk_ask(t, "AT", ask_ms(t)) == TALK_OK || talk_ask(t, "AT", ask_ms(t)) == TALK_OK;
	return note_step(t, "escape", ok, since, ok ? "" : talk_said(t));
}

/* Ends a data prompt that waits for the rest of what was announced, at most 2048 bytes. What is too
 * much are commands that do nothing. */
static bool climb_fill(struct talk *t)
{
	int64_t since = journal_now(t->journal);
	char fill[FILL_BYTES + 1];
	for (size_t i = 0; i < FILL_BYTES; i++)
		fill[i] = "AT\r\n"[i % 4];
	fill[FILL_BYTES] = '\0';
	talk_send(t, fill);
	talk_drain(t, t->bench->timeouts_ms.silence, DRAIN_MS);
	bool ok = talk_ask(t, "AT", ask_ms(t)) == TALK_OK;
	return note_step(t, "fill", ok, since, ok ? "" : talk_said(t));
}

int recover_switch(struct talk *t, const char *how, struct error *error)
{
	bool power = strcmp(how, "power") == 0;
	const struct rig_switches *s = &t->bench->switches;
	const char *const *command = power ? s->power_command : s->reset_command;
	talk_line_event(t, how, link_address(t->link));
	if (command)
		return talk_run(t, command, error);
	if (link_can(t->link) & LINK_CAN_POWER)
		return link_power(t->link, error);
	return error_set(error, NULL, 0, 0,
		"this bench has no %s switch: add a \"%s\" command to its file", how, how);
}

static bool switch_answers(
	struct talk *t, const char *step, int64_t since, bool done, const struct error *error)
{
	if (!done)
		return note_step(t, step, false, since, error->text);
	buf_clear(&t->got);
	host_uart(t, t->bench->uart.baud);
	bool up = recover_wait_restart(t) && put_rate_back(t);
	return note_step(t, step, up, since, up ? "" : "still no answer");
}

static bool climb_reset(struct talk *t)
{
	struct error error = { 0 };
	int64_t since = journal_now(t->journal);
	bool done = recover_switch(t, "reset", &error) == 0;
	return switch_answers(t, "reset", since, done, &error);
}

/* Opens a lost line again, as soon as it is there. */
static bool reopen(struct talk *t, struct error *error)
{
	for (;;) {
		*error = (struct error){ 0 };
		if (link_reopen(t->link, error) == 0)
			break;
		struct pollfd cancel = { .fd = t->cancel_fd, .events = POLLIN };
		int left = least(REOPEN_MS, deadline_left_ms(t->deadline));
		if (left == 0 || poll(&cancel, 1, left) != 0)
			return false;
	}
	t->lost = false;
	talk_line_event(t, "back", link_address(t->link));
	return true;
}

static bool climb_power(struct talk *t)
{
	struct error error = { 0 };
	int64_t since = journal_now(t->journal);
	bool own = !t->bench->switches.power_command && (link_can(t->link) & LINK_CAN_POWER);
	if (own) /* also ends a module that no longer listens to its control port */
		talk_line_event(t, "power", link_address(t->link));
	else if (!t->lost || t->bench->switches.power_command)
		recover_switch(t, "power", &error);
	bool done = own || t->lost ? reopen(t, &error) : error.text[0] == '\0';
	return switch_answers(t, "power", since, done, &error);
}

/* The virtual module forgets everything, as if its flash were written anew: the way back from a
 * stored rate that no search finds, or from an AT+RESTORE that does not work. */
static bool climb_factory(struct talk *t)
{
	struct error error = { 0 };
	struct buf answer = { 0 };
	if (!t->bench->restore_after_failure || !(link_can(t->link) & LINK_CAN_CONTROL))
		return false;
	int64_t since = journal_now(t->journal);
	bool done = link_control(t->link, "{\"do\":\"factory\"}", &answer, &error) == 0;
	buf_finish(&answer);
	return switch_answers(t, "factory", since, done, &error);
}

/* What a case may have changed goes back: what is volatile, then what is stored. A module that
 * can't do it by its own commands is helped from outside, where the bench can. */
static bool settle(struct talk *t)
{
	if (!restart_by(t, "restart", "AT+RST") && !climb_factory(t))
		climb_reset(t);
	if (t->bench->restore_after_failure && !restart_by(t, "restore", "AT+RESTORE"))
		climb_factory(t);
	talk_drain(t, t->bench->timeouts_ms.silence, ASK_MS);
	return shows_order(t);
}

static const struct {
	bool (*climb)(struct talk *t);
	bool without_line; /* makes sense on a lost line too */
	bool settled;      /* leaves nothing to put back */
} rungs[] = {
	{ climb_drain, false, false },
	{ climb_at, false, false },
	{ climb_escape, false, false },
	{ climb_fill, false, false },
	{ climb_baud, false, false },
	{ climb_reset, false, false },
	{ climb_power, true, false },
	{ climb_factory, false, true },
};

bool recover_line(struct talk *t, bool dirty, struct error *why)
{
	int64_t since = journal_now(t->journal);
	if (!dirty && !t->lost && shows_order(t))
		return true;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		if (t->cancelled || deadline_passed(t->deadline))
			break;
		if (t->lost && !rungs[i].without_line)
			continue;
		if (rungs[i].climb(t) && (rungs[i].settled ? shows_order(t) : settle(t)))
			return true;
	}
	error_set(why, NULL, 0, 0, "%s %s", link_address(t->link),
		t->lost        ? "is gone and did not come back"
		: t->cancelled ? "was given up"
			       : "does not answer any more, whatever was tried");
	note_step(t, "giveup", false, since, why->text);
	return false;
}
