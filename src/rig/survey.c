/* SPDX-License-Identifier: MIT */
#include "rig/survey.h"

#include "base/cleanup.h"
#include "rig/aside.h"
#include "rig/probe.h"
#include "rig/recover.h"
#include "rig/survey-part.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 300000, BACK_MS = 10000 };

struct task {
	const struct survey_want *want;
	struct survey *out;
};

enum talk_answer survey_ask(struct talk *t, const char *command)
{
	return talk_ask(t, command, t->bench->timeouts_ms.answer);
}

struct survey_back survey_back_begin(struct talk *t)
{
	const struct survey_back back = { t->cancelled, t->cancel_fd, t->deadline };
	struct deadline least = deadline_in_ms(BACK_MS);
	if (t->cancelled || t->deadline.at_ns < least.at_ns)
		t->deadline = least;
	t->cancelled = false;
	t->cancel_fd = -1;
	return back;
}

void survey_back_end(struct talk *t, const struct survey_back *back)
{
	t->cancelled = back->cancelled;
	t->cancel_fd = back->cancel_fd;
	t->deadline = back->deadline;
}

bool survey_find(const struct talk *t, const char *mark, char *out, size_t size)
{
	const char *at = t->got.data;
	size_t len = strlen(mark);
	while (at && (at = strstr(at, mark)) && at > t->got.data && at[-1] != '\n')
		at += len;
	if (!at)
		return false;
	at += len;
	snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
	return true;
}

/* Whoever says OK to this says it to everything. */
static bool obeys_anything(struct talk *t)
{
	bool obeys = survey_ask(t, "AT+ATCONFORMDOCTOR") == TALK_OK;
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	return obeys;
}

static int talk_of_all(struct talk *t, void *user, struct error *error)
{
	const struct task *task = user;
	struct survey *out = task->out;
	(void)error;
	out->can_rate = link_can(t->link) & LINK_CAN_UART;
	out->can_lines = link_can(t->link) & LINK_CAN_MODEM;
	survey_answer(t, out);
	if (out->line != SURVEY_ANSWERED)
		return 0;
	out->obeys_anything = obeys_anything(t);
	if (out->obeys_anything)
		return 0;
	out->identified = survey_ask(t, "AT+GMR") == TALK_OK;
	if (out->identified)
		identity_parse(&out->identity, &t->got);
	board_ask_mac(t, out->mac);
	survey_uart(t, out);
	if (task->want->try_reset)
		survey_reset(t, out);
	survey_network(t, task->want, out);
	return 0;
}

int survey(const struct survey_want *want, struct survey *out)
{
	struct task task = { want, out };
	const struct aside what = { .bench = want->bench,
		.module_program = want->module_program,
		.address = want->address,
		.limit_ms = LIMIT_MS,
		.air = want->bench->air };
	*out = (struct survey){ .line = SURVEY_CLOSED };
	return aside(&what, talk_of_all, &task, &out->signal, &out->error);
}

void survey_finish(struct survey *survey)
{
	identity_finish(&survey->identity);
}
