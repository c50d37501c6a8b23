/* SPDX-License-Identifier: MIT */
/* Whether DTR and RTS restart the board, as those of common ESP boards do. Echo tells: it was
 * switched off before, and is on after a restart. */
#include "rig/survey-part.h"

#include "rig/modem.h"
#include "rig/recover.h"

#include <stdio.h>

void survey_reset(struct talk *t, struct survey *out)
{
	struct error error = { 0 };
	bool volatile_rate = out->stored.baud && out->stored.baud != out->baud;
	if (!out->can_lines || volatile_rate || !talk_alive(t) || survey_ask(t, "ATE0") != TALK_OK)
		return;
	out->reset = SURVEY_FAILED;
	if (modem_reset(t->link, modem_esp, MODEM_ESP_STEPS, t->cancel_fd, &error) < 0) {
		snprintf(out->reset_why, sizeof(out->reset_why), "%.190s", error.text);
	} else if (recover_wait_restart(t) && survey_ask(t, "AT") == TALK_OK && t->echo) {
		out->reset = SURVEY_OK;
	}
	if (out->echo && !t->echo)
		survey_ask(t, "ATE1");
	else if (!out->echo && t->echo)
		survey_ask(t, "ATE0");
}
