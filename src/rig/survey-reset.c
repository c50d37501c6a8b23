/* SPDX-License-Identifier: MIT */
/* Whether DTR and RTS restart the board, as those of common ESP boards do. Echo tells: it was
 * switched off before, and is on after a restart. */
#include "rig/survey-part.h"

#include "rig/modem.h"
#include "rig/recover.h"

#include <stdio.h>

/* After a restart that was not waited for, it has to be up first. */
static void put_echo_back(struct talk *t, const struct survey *out)
{
	bool cut = !talk_alive(t);
	const struct survey_back back = survey_back_begin(t);
	if (cut && out->reset != SURVEY_UNTRIED)
		recover_wait_restart(t);
	if (cut || out->echo != t->echo)
		survey_ask(t, out->echo ? "ATE1" : "ATE0");
	survey_back_end(t, &back);
}

void survey_reset(struct talk *t, struct survey *out)
{
	struct error error = { 0 };
	bool volatile_rate = out->stored.baud && out->stored.baud != out->baud;
	if (!out->can_lines || volatile_rate || !talk_alive(t))
		return;
	if (survey_ask(t, "ATE0") != TALK_OK) {
		put_echo_back(t, out);
		return;
	}
	out->reset = SURVEY_FAILED;
	/* Once begun it is gone through with, 150 ms: half of it holds the board in reset. */
	if (modem_reset(t->link, modem_esp, MODEM_ESP_STEPS, -1, &error) < 0) {
		snprintf(out->reset_why, sizeof(out->reset_why), "%.190s", error.text);
	} else if (recover_wait_restart(t) && survey_ask(t, "AT") == TALK_OK && t->echo) {
		out->reset = SURVEY_OK;
	}
	put_echo_back(t, out);
}
