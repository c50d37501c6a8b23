/* SPDX-License-Identifier: MIT */
/* A ladder: each rung costs more than the one before. Whatever rung makes the IUT answer, a known
 * state is made next, and then it must show that it has it. */
#include "rig/recover-step.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { FILL_BYTES = 2048, CLIMBS_MAX = 2 };

static bool climb_drain(struct climb *c)
{
	struct talk *t = c->t;
	int64_t since = journal_now(t->journal);
	recover_host_rate(t, t->bench->uart.baud);
	bool quiet = talk_drain(t, t->bench->timeouts_ms.silence, RECOVER_DRAIN_MS);
	recover_note(t, "drain", quiet, since, quiet ? "" : "the line does not fall silent");
	return false; /* silence is no answer */
}

/* Says ERROR to a clean AT, or that it is busy: no data mode and no other rate does that. */
static bool takes_commands(struct talk *t)
{
	static const char *const lines[] = { "ERROR", "busy p...", "busy s..." };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (talk_await(t, lines[i], 0))
			return true;
	return false;
}

static bool climb_at(struct climb *c)
{
	struct talk *t = c->t;
	int limit = t->bench->timeouts_ms.answer;
	recover_drop_stale(t);
	/* The first may end a half line of a case that broke off. */
	if (recover_answers(t, limit))
		return true;
	if ((t->got.len || limit <= RECOVER_ASK_MS) && recover_answers(t, recover_ask_ms(t)))
		return true;
	c->commands = takes_commands(t);
	return false;
}

/* Leaves a data mode: "+++" as a packet of its own, silence before and after. */
static bool climb_escape(struct climb *c)
{
	struct talk *t = c->t;
	const struct rig_timeouts *ms = &t->bench->timeouts_ms;
	int64_t since = journal_now(t->journal);
	int behind = ms->escape > ms->guard ? ms->escape : ms->guard;
	talk_drain(t, ms->guard, RECOVER_DRAIN_MS);
	talk_send(t, "+++");
	talk_drain(t, behind, RECOVER_DRAIN_MS + behind);
	bool ok = talk_ask(t, "AT", recover_ask_ms(t)) == TALK_OK;
	/* Where it escaped from nothing it stood before AT. */
	if (!ok && t->got.len)
		ok = talk_ask(t, "AT", recover_ask_ms(t)) == TALK_OK;
	return recover_note(t, "escape", ok, since, ok ? "" : talk_said(t));
}

/* Ends a data prompt that waits for what was announced, at most 2048 bytes: in parts, each as long
 * as all before it, until something is said. What is too much are commands that do nothing. */
static bool climb_fill(struct climb *c)
{
	struct talk *t = c->t;
	int64_t since = journal_now(t->journal);
	char fill[FILL_BYTES], text[48];
	bool ok = false;
	size_t sent = 0;
	for (size_t i = 0; i < FILL_BYTES; i++)
		fill[i] = "AT\r\n"[i % 4];
	memcpy(fill, "\\0\r\n", 4); /* the end of what has no length */
	for (size_t part = 64; sent < FILL_BYTES && !ok && talk_alive(t); part = sent) {
		buf_clear(&t->got);
		talk_write(t, fill + sent, part);
		sent += part;
		talk_drain(t, t->bench->timeouts_ms.silence, RECOVER_DRAIN_MS);
		ok = t->got.len > 0 && talk_ask(t, "AT", recover_ask_ms(t)) == TALK_OK;
	}
	snprintf(text, sizeof(text), "after %zu bytes", sent);
	return recover_note(t, "fill", ok, since, ok ? text : talk_said(t));
}

bool recover_escape(struct talk *t)
{
	struct climb c = { .t = t };
	return climb_escape(&c);
}

static bool climb_baud(struct climb *c)
{
	struct talk *t = c->t;
	int64_t since = journal_now(t->journal);
	char text[64] = "no rate of the bench is answered";
	if (!(link_can(t->link) & LINK_CAN_UART))
		return false;
	bool found = recover_find_rate(t);
	if (found)
		snprintf(
			text, sizeof(text), "answers at %lld", (long long)link_uart(t->link)->baud);
	return recover_note(t, "baud", found && recover_put_rate_back(t), since, text);
}

/* What the ROM says tells why the firmware does not. */
static bool climb_listen(struct climb *c)
{
	int64_t since = journal_now(c->t->journal);
	c->rom = rom_listen(c->t, !c->t->heard);
	bool heard = c->rom != ROM_NONE;
	recover_note(c->t, "listen", heard, since, heard ? rom_text(c->rom) : "nothing of its ROM");
	return false;
}

/* For a module that reads commands and answers none: it may obey this one, also while busy. */
static bool climb_restart(struct climb *c)
{
	struct talk *t = c->t;
	int64_t since = journal_now(t->journal);
	if (c->rom != ROM_NONE)
		return false;
	enum talk_answer answer = talk_ask(t, "AT+RST", recover_ask_ms(t));
	if (answer == TALK_SILENT)
		return recover_note(t, "restart", false, since, "");
	bool obeyed = answer == TALK_OK || talk_await(t, "Will force to restart!!!", 0);
	if (!talk_await(t, "ready", 0))
		buf_clear(&t->got);
	bool up = recover_wait_restart(t) && recover_put_rate_back(t);
	c->fresh = up && obeyed;
	return recover_note(t, "restart", up, since, up ? "" : "does not come back");
}

/* What a case that broke off has set round the virtual module: an access point that is silent. */
static void put_surroundings_back(struct talk *t)
{
	struct buf answer AUTO_BUF = { 0 };
	struct error ignored = { 0 };
	if (link_can(t->link) & LINK_CAN_CONTROL)
		link_control(t->link, "{\"do\":\"restore\"}", &answer, &ignored);
}

/* What a case may have changed goes back: what is volatile, then what is stored. A module that
 * can't do it by its own commands is helped from outside, where the bench can. */
static bool settle(struct climb *c)
{
	struct talk *t = c->t;
	put_surroundings_back(t);
	bool started = c->fresh || recover_restart_by(t, "restart", "AT+RST") ||
		       recover_climb_factory(c) || (recover_climb_reset(c) && c->fresh);
	if (t->bench->restore_after_failure)
		started = recover_restart_by(t, "restore", "AT+RESTORE") ||
			  recover_climb_factory(c) || started;
	talk_drain(t, t->bench->timeouts_ms.silence, RECOVER_ASK_MS);
	if (!recover_shows_order(t))
		return false;
	/* A firmware whose AT+RST is broken is worth its other verdicts: it goes on. */
	if (!started)
		recover_note(t, "settle", false, journal_now(t->journal),
			"it answers, but nothing was seen to restart it");
	return true;
}

enum kind {
	RUNG_LINE,  /* gets a lost line back */
	RUNG_TALK,  /* over the line */
	RUNG_BLIND, /* and pointless with a module that reads commands */
	RUNG_RESET, /* from outside */
	RUNG_POWER, /* and without a line too */
};

static const struct rung {
	bool (*climb)(struct climb *c);
	enum kind kind;
	bool settled; /* leaves nothing to put back */
} rungs[] = {
	{ recover_climb_reopen, RUNG_LINE, false },
	{ climb_drain, RUNG_TALK, false },
	{ climb_at, RUNG_TALK, false },
	{ climb_escape, RUNG_BLIND, false },
	{ climb_fill, RUNG_BLIND, false },
	{ climb_baud, RUNG_BLIND, false },
	{ climb_listen, RUNG_BLIND, false },
	{ climb_restart, RUNG_TALK, false },
	{ recover_climb_reset, RUNG_RESET, false },
	{ recover_climb_power, RUNG_POWER, false },
	{ recover_climb_factory, RUNG_RESET, true },
};

/* Whether it can help as things are. */
static bool fits(const struct climb *c, enum kind kind)
{
	const struct talk *t = c->t;
	bool late = deadline_passed(t->deadline);
	switch (kind) {
	case RUNG_LINE:
		return t->lost && !late;
	case RUNG_TALK:
		return !t->lost && !late && !t->clogged;
	case RUNG_BLIND:
		return !t->lost && !late && !t->clogged && !c->commands;
	case RUNG_RESET:
		return !t->lost;
	case RUNG_POWER:
		break;
	}
	return true;
}

/* From the first rung up. False with *lost: the line went on the way, so that most of what was left
 * could not be tried. */
static bool climb_once(struct climb *c, bool *lost)
{
	struct talk *t = c->t;
	*lost = false;
	t->heard = c->commands = false;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]) && !t->cancelled && !*lost; i++) {
		const struct rung *rung = &rungs[i];
		if (!fits(c, rung->kind))
			continue;
		c->fresh = false;
		c->there = !t->lost;
		if (rung->climb(c) && (rung->settled ? recover_shows_order(t) : settle(c)))
			return true;
		*lost = t->lost && c->there && !t->cancelled;
	}
	return false;
}

/* A port may go with a restart, or with a hand at its cable: then it begins with the line again. */
static bool climb(struct climb *c)
{
	bool lost = true;
	for (int i = 0; i < CLIMBS_MAX && lost; i++) {
		if (i > 0)
			recover_allow_restart(c->t);
		if (climb_once(c, &lost))
			return true;
	}
	return false;
}

int64_t recover_most_ms(const struct rig_bench *bench)
{
	return CLIMBS_MAX * (bench->timeouts_ms.recover + recover_switches_ms(bench));
}

static void explain(const struct climb *c, struct error *why)
{
	const struct talk *t = c->t;
	bool rom = c->rom != ROM_NONE && !t->lost;
	error_set(why, NULL, 0, 0, "%s %s%s%s%s%s", link_address(t->link),
		t->lost        ? "is gone and did not come back"
		: t->cancelled ? "was given up"
			       : "does not answer any more, whatever was tried",
		rom ? ": " : "", rom ? rom_text(c->rom) : "", c->last.text[0] ? "; " : "",
		c->last.text);
}

bool recover_line(struct talk *t, bool dirty, struct error *why)
{
	struct climb c = { .t = t };
	int64_t since = journal_now(t->journal);
	if ((!dirty && !t->lost && recover_shows_order(t)) || climb(&c))
		return true;
	explain(&c, why);
	recover_note(t, "giveup", false, since, why->text);
	return false;
}
