/* SPDX-License-Identifier: MIT */
/* What the files of the survey share. */
#ifndef RIG_SURVEY_PART_H
#define RIG_SURVEY_PART_H

#include "rig/survey.h"
#include "rig/talk.h"

/* The text behind `mark` at the beginning of a line, up to the line's end, or false. */
bool survey_find(const struct talk *t, const char *mark, char *out, size_t size);
/* Asks with the bench's time for answers. */
enum talk_answer survey_ask(struct talk *t, const char *command);

/* The way back, which is walked after a signal and after the time limit too, in a short time of its
 * own: what a talk was ended by is taken off it and put back behind. */
struct survey_back {
	bool cancelled;
	int cancel_fd;
	struct deadline deadline;
};
struct survey_back survey_back_begin(struct talk *t);
void survey_back_end(struct talk *t, const struct survey_back *back);

/* survey-answer.c: finds the module, or what there is instead. */
void survey_answer(struct talk *t, struct survey *out);
/* survey-uart.c: which rates and formats the line carries. */
void survey_uart(struct talk *t, struct survey *out);
/* survey-reset.c: whether the modem lines restart it. Moves them. */
void survey_reset(struct talk *t, struct survey *out);
/* survey-network.c: the access point, and the way back to the tester. */
void survey_network(struct talk *t, const struct survey_want *want, struct survey *out);

#endif
