/* SPDX-License-Identifier: MIT */
/* Which settings of the line adapter and wiring carry: the module is put there by UART_CUR, which
 * no restart keeps, asked, and put back. Flow control is left alone: without the wires for it the
 * module could not be asked back. */
#include "rig/survey-part.h"

#include "rig/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETTLE_MS = 30,
	SETTLE_LIMIT_MS = 300,
	ASK_MS = 400,
	ASKS = 2,
	HOME_TRIES = 3,
	BAUD_MAX = 20000000
};

static const struct trial {
	struct survey_uart uart; /* baud 0: as it is */
	bool format;             /* only where the link carries formats */
	const char *facilities[3];
} trials[] = {
	{ { 9600, 8, 1, 0, 0 }, false, { "baudrate:9600" } },
	{ { 57600, 8, 1, 0, 0 }, false, { "baudrate:57600" } },
	{ { 115200, 8, 1, 0, 0 }, false, { "baudrate:115200" } },
	{ { 460800, 8, 1, 0, 0 }, false, { "baudrate:460800" } },
	{ { 921600, 8, 1, 0, 0 }, false, { "baudrate:921600" } },
	{ { 0, 7, 1, 2, 0 }, true, { "databits:7", "parity:2" } },
	{ { 0, 8, 1, 1, 0 }, true, { "databits:8", "parity:1" } },
	{ { 0, 8, 3, 0, 0 }, true, { "stopbits:3" } },
};

static bool take_number(const char **at, long long least, long long most, long long *out)
{
	char *end;
	errno = 0;
	*out = strtoll(*at, &end, 10);
	bool good = end > *at && !errno && *out >= least && *out <= most;
	*at = end + (*end == ',');
	return good;
}

/* "115200,8,1,0,0". What no module can mean is not taken. */
static bool parse(const char *text, struct survey_uart *out)
{
	long long baud, databits, stopbits, parity, flow;
	if (!take_number(&text, 1, BAUD_MAX, &baud) || !take_number(&text, 5, 8, &databits) ||
		!take_number(&text, 1, 3, &stopbits) || !take_number(&text, 0, 2, &parity) ||
		!take_number(&text, 0, 3, &flow))
		return false;
	*out = (struct survey_uart){ baud, (int)databits, (int)stopbits, (int)parity, (int)flow };
	return true;
}

static bool query(struct talk *t, const char *name, struct survey_uart *out)
{
	char command[32], mark[32], text[64];
	snprintf(command, sizeof(command), "AT+%s?", name);
	snprintf(mark, sizeof(mark), "+%s:", name);
	return survey_ask(t, command) == TALK_OK && survey_find(t, mark, text, sizeof(text)) &&
	       parse(text, out);
}

static bool host_to(struct talk *t, const struct survey_uart *u)
{
	const struct rig_uart uart = { .baud = u->baud,
		.databits = u->databits,
		.stopbits_x2 = u->stopbits + 1,
		.parity = "noe"[u->parity > 0 && u->parity < 3 ? u->parity : 0],
		.flow = t->bench->uart.flow };
	int failure = link_set_uart(t->link, &uart);
	talk_drain(t, SETTLE_MS, SETTLE_LIMIT_MS);
	return failure == 0;
}

static bool answers(struct talk *t)
{
	for (int i = 0; i < ASKS && talk_alive(t); i++)
		if (talk_ask(t, "AT", ASK_MS) == TALK_OK)
			return true;
	return false;
}

static bool move(struct talk *t, const struct survey_uart *u)
{
	char command[64];
	snprintf(command, sizeof(command), "AT+UART_CUR=%lld,%d,%d,%d,%d", (long long)u->baud,
		u->databits, u->stopbits, u->parity, u->flow);
	return survey_ask(t, command) == TALK_OK;
}

/* Of a module that is there; noise of a wrong rate is ended first. */
static bool fetch(struct talk *t, const struct survey_uart *there, const struct survey_uart *home)
{
	host_to(t, there);
	talk_send(t, "\r\n");
	talk_drain(t, SETTLE_MS, SETTLE_LIMIT_MS);
	return move(t, home) && host_to(t, home) && answers(t);
}

/* From wherever it may be now. */
static bool go_home(struct talk *t, const struct survey_uart *there, const struct survey_uart *home)
{
	for (int i = 0; i < HOME_TRIES && talk_alive(t); i++) {
		move(t, home);
		host_to(t, home);
		if (answers(t) || fetch(t, there, home) ||
			(recover_find_rate(t) && move(t, home) && host_to(t, home) && answers(t)))
			return true;
	}
	return false;
}

/* A signal, or the end of the time, may have come anywhere before, also between a command and its
 * answer: the module is then where it was sent. */
static bool come_home(
	struct talk *t, const struct survey_uart *there, const struct survey_uart *home)
{
	if (go_home(t, there, home))
		return true;
	if (t->lost || talk_alive(t))
		return false;
	const struct survey_back back = survey_back_begin(t);
	bool home_again = fetch(t, there, home) || go_home(t, there, home);
	survey_back_end(t, &back);
	return home_again;
}

static struct survey_uart goal(const struct trial *trial, const struct survey_uart *home)
{
	struct survey_uart there = trial->uart;
	if (!there.baud)
		there.baud = home->baud;
	there.flow = home->flow;
	return there;
}

static bool try(struct talk *t, const struct survey_uart *there, const struct survey_uart *home)
{
	/* A module that is where this port can't follow would be lost. */
	if (!host_to(t, there)) {
		host_to(t, home);
		return false;
	}
	host_to(t, home);
	if (!move(t, there))
		return false;
	return host_to(t, there) && answers(t);
}

static void carry(struct survey *out, const char *facility)
{
	if (out->carried_count < SURVEY_CARRIED_MAX)
		out->carried[out->carried_count++] = facility;
}

void survey_uart(struct talk *t, struct survey *out)
{
	bool known = query(t, "UART_CUR", &out->now);
	query(t, "UART_DEF", &out->stored);
	if (!known || !out->can_rate)
		return;
	struct survey_uart home = out->now;
	home.baud = out->baud; /* what it says may be rounded */
	bool formats = link_can(t->link) & LINK_CAN_UART_FORMAT;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]) && talk_alive(t); i++) {
		if (trials[i].format && !formats)
			continue;
		const struct survey_uart there = goal(&trials[i], &home);
		bool carried = try(t, &there, &home);
		for (const char *const *f = trials[i].facilities; carried && *f; f++)
			carry(out, *f);
		if (come_home(t, &there, &home))
			continue;
		out->rate_lost = true;
		return;
	}
}
