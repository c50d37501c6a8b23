/* SPDX-License-Identifier: MIT */
/* The rungs that need more than the line: opening it again, the bench's reset and power, and the
 * virtual module's control port. What a command takes is not counted against the time to recover,
 * which is the module's. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/command.h"
#include "rig/modem.h"
#include "rig/recover-step.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { REOPEN_MS = 100, COMMAND_MS = 30000, RESTARTS_MAX = 3, RESETS_MAX = 3 };

static void give_time(struct talk *t, struct deadline since)
{
	t->deadline.at_ns += clock_ns() - since.at_ns;
}

void recover_allow_restart(struct talk *t)
{
	struct deadline least = deadline_in_ms(2 * t->bench->timeouts_ms.restart);
	if (t->deadline.at_ns < least.at_ns)
		t->deadline = least;
}

/* Whether the port has gone: an adapter that had its power from the module. */
static bool hung_up(struct talk *t)
{
	struct pollfd line = { .fd = link_fd(t->link) };
	return line.fd < 0 || (poll(&line, 1, 0) > 0 && line.revents);
}

/* Where it came back, when that is another name. */
static void note_back(struct talk *t)
{
	const char *address = link_address(t->link);
	const char *port = link_port(t->link);
	const char *typed = address + strlen("serial:");
	struct buf text AUTO_BUF = { 0 };
	buf_puts(&text, address);
	if (text_starts(address, "serial:") &&
		(strlen(port) != strcspn(typed, "?") || !text_starts(typed, port)))
		buf_printf(&text, ", now %s", port);
	talk_line_event(t, "back", text.data);
}

/* Opens a lost line again, as soon as it is there. */
static bool reopen(struct talk *t, int limit_ms, struct error *error)
{
	struct deadline limit = deadline_in_ms(limit_ms);
	for (;;) {
		*error = (struct error){ 0 };
		if (link_reopen(t->link, error) == 0)
			break;
		struct pollfd cancel = { .fd = t->cancel_fd, .events = POLLIN };
		int left = recover_least(deadline_left_ms(limit), deadline_left_ms(t->deadline));
		if (left == 0)
			return false;
		if (poll(&cancel, 1, recover_least(REOPEN_MS, left)) > 0) {
			t->cancelled = true;
			return false;
		}
	}
	t->lost = false;
	note_back(t);
	return true;
}

static int run_command(struct talk *t, const struct rig_switch *s, struct error *error)
{
	int limit = t->bench->timeouts_ms.command;
	struct deadline since = deadline_in_ms(0);
	int failed = command_run(s->command, limit ? limit : COMMAND_MS, t->cancel_fd, error);
	give_time(t, since);
	return failed;
}

int64_t recover_switches_ms(const struct rig_bench *bench)
{
	const struct rig_switches *s = &bench->switches;
	int64_t command = bench->timeouts_ms.command ? bench->timeouts_ms.command : COMMAND_MS;
	int64_t restart = RESTARTS_MAX * (int64_t)bench->timeouts_ms.restart;
	int64_t reset = (s->reset.command ? command : 0) + s->reset.settle_ms + restart;
	int64_t power = (s->power.command ? command : 0) + s->power.settle_ms + restart;
	for (size_t i = 0; i < s->reset.line_count; i++)
		reset += s->reset.lines[i].ms;
	for (size_t i = 0; i < s->power.line_count; i++)
		power += s->power.lines[i].ms;
	/* The rung itself, and when a rung has made it answer and AT+RST is refused. */
	return RESETS_MAX * reset + power;
}

static int use_switch(struct talk *t, const char *how, struct error *error)
{
	bool power = strcmp(how, "power") == 0;
	const struct rig_switch *s = power ? &t->bench->switches.power : &t->bench->switches.reset;
	if (s->command)
		return run_command(t, s, error);
	if (s->line_count && !t->lost)
		return modem_reset(t->link, s->lines, s->line_count, t->cancel_fd, error);
	if (link_can(t->link) & LINK_CAN_POWER)
		return link_power(t->link, error);
	return error_set(error, NULL, 0, 0,
		"this bench has no %s switch: add a \"%s\" command to its file", how, how);
}

int recover_switch(struct talk *t, const char *how, struct error *error)
{
	talk_line_event(t, how, link_address(t->link));
	if (use_switch(t, how, error) < 0)
		return -1;
	if (t->lost || !hung_up(t))
		return 0;
	talk_lost(t);
	return reopen(t, t->bench->timeouts_ms.restart, error) ? 0 : -1;
}

/* Listens only. */
static void settle_down(struct talk *t, int ms)
{
	struct deadline since = deadline_in_ms(0);
	struct deadline end = deadline_in_ms(ms);
	while (talk_alive(t) && !deadline_passed(end))
		talk_read(t, deadline_left_ms(end));
	give_time(t, since);
}

/* Some boards take the adapter down with them, a moment later. That something is heard is no start:
 * a module that the switch has not restarted may have URCs to tell. */
static bool comes_up(struct climb *c, int settle_ms)
{
	struct talk *t = c->t;
	buf_clear(&t->got);
	t->clogged = false;
	recover_allow_restart(t);
	settle_down(t, settle_ms);
	for (int i = 0; i < RESTARTS_MAX; i++) {
		if (t->lost && !reopen(t, t->bench->timeouts_ms.restart, &c->last))
			return false;
		c->there = true;
		recover_host_rate(t, t->bench->uart.baud);
		bool heard = recover_hears_start(t);
		bool started = recover_shows_start(t);
		if (recover_wait_up(t, heard, &started) && recover_put_rate_back(t)) {
			c->fresh = started;
			return true;
		}
		if (!t->lost)
			break;
	}
	return false;
}

/* `text` says what was done. */
static bool switch_answers(struct climb *c, const char *step, int64_t since, bool done,
	int settle_ms, const char *text)
{
	struct talk *t = c->t;
	if (!done)
		return recover_note(t, step, false, since, c->last.text);
	bool up = comes_up(c, settle_ms);
	recover_note(t, step, up, since,
		up                ? text
		: c->last.text[0] ? c->last.text
				  : "still no answer");
	if (up || !talk_alive(t))
		return up;
	c->rom = rom_listen(t, false);
	return false;
}

bool recover_climb_reset(struct climb *c)
{
	const struct rig_switch *s = &c->t->bench->switches.reset;
	int64_t since = journal_now(c->t->journal);
	c->last = (struct error){ 0 };
	recover_drop_stale(c->t); /* an older "ready" is none of this reset's */
	bool done = recover_switch(c->t, "reset", &c->last) == 0;
	return switch_answers(
		c, "reset", since, done, s->settle_ms, s->line_count ? "by the modem lines" : "");
}

bool recover_climb_power(struct climb *c)
{
	struct talk *t = c->t;
	const struct rig_switch *s = &t->bench->switches.power;
	int64_t since = journal_now(t->journal);
	bool own = !s->command && (link_can(t->link) & LINK_CAN_POWER);
	bool done = true;
	if (!own && !s->command && t->lost)
		return false; /* it was waited for */
	c->last = (struct error){ 0 };
	if (!t->lost)
		recover_drop_stale(t);
	if (own) /* also ends a module that no longer listens to its control port */
		talk_line_event(t, "power", link_address(t->link));
	else
		done = recover_switch(t, "power", &c->last) == 0;
	recover_allow_restart(t);
	if (own || (done && t->lost))
		done = reopen(t, deadline_left_ms(t->deadline), &c->last);
	return switch_answers(c, "power", since, done, s->settle_ms, "");
}

/* An adapter that was pulled, a server that went away, a program that has ended: the line is opened
 * as soon as it is there again. With a power switch it is not waited for until the end. */
bool recover_climb_reopen(struct climb *c)
{
	struct talk *t = c->t;
	int64_t since = journal_now(t->journal);
	int limit = deadline_left_ms(t->deadline);
	if (t->bench->switches.power.command)
		limit = recover_least(limit, t->bench->timeouts_ms.restart);
	bool back = reopen(t, limit, &c->last);
	recover_note(t, "reopen", back, since, back ? "" : c->last.text);
	if (!back)
		return false;
	c->last = (struct error){ 0 };
	c->there = true;
	recover_host_rate(t, t->bench->uart.baud);
	buf_clear(&t->got);
	/* It may have started because of it, and may be in any state when it has not. */
	if (!recover_hears_start(t) || !recover_wait_up(t, true, NULL) || !recover_put_rate_back(t))
		return false;
	c->fresh = (link_can(t->link) & LINK_CAN_POWER) != 0;
	return true;
}

/* The virtual module forgets everything, as if its flash were written anew: the way back from a
 * stored rate that no search finds, or from an AT+RESTORE that does not work. */
bool recover_climb_factory(struct climb *c)
{
	struct talk *t = c->t;
	struct buf answer = { 0 };
	struct error error = { 0 };
	if (!t->bench->restore_after_failure || !(link_can(t->link) & LINK_CAN_CONTROL))
		return false;
	int64_t since = journal_now(t->journal);
	recover_drop_stale(t);
	bool done = link_control(t->link, "{\"do\":\"factory\"}", &answer, &error) == 0;
	buf_finish(&answer);
	c->last = error;
	return switch_answers(c, "factory", since, done, 0, "");
}
