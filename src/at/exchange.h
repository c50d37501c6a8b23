/* SPDX-License-Identifier: MIT */
/* One exchange: a command goes out, its complete response is collected and judged, first against
 * what the case expects, then against the deviations that the profile knows. */
#ifndef AT_EXCHANGE_H
#define AT_EXCHANGE_H

#include "at/session.h"

/* Starts anew: no alternatives yet. */
void exchange_begin(struct session *s);
/* A further alternative, to be filled. `final` may be NULL. */
struct expectation *exchange_alternative(struct session *s, const char *final);
/* Sends the command line (NULL: it went out already), collects until the final result and judges.
 * Known URCs that came in between are queued. */
bool exchange_run(struct session *s, const char *command_line);
/* The first half of it: the response is in s->got, unjudged; its final is NULL when none came. */
bool exchange_collect(struct session *s, const char *command_line);
/* Unsolicited lines of such a response go to the queue. */
bool exchange_keep_urcs(struct session *s);
/* Against what the model lists for this form of the command; deviations are only noted. */
bool exchange_model(struct session *s, const char *command_line);
/* The prompt came: raw bytes are data now, and their response is one of the command's. */
void exchange_prompted(struct session *s, const struct line_piece *prompt);
/* Before the response to raw bytes is collected: a command loses its line end. */
void exchange_trim(struct session *s);
/* Waits for one piece that is not blank, echo, data or log output. False: none came, or the end. */
bool exchange_piece(struct session *s, struct deadline deadline, struct line_piece *piece);
/* Takes in one piece of whatever kind, what is no data going where it belongs. 1; 0: none came; -1:
 * the end. */
int exchange_any_piece(struct session *s, struct deadline deadline, const char *expected);
/* What a module that starts prints before `ready` is nobody's. */
bool exchange_boot_noise(const struct line_piece *piece);
/* Ends the case: this piece came in place of what was expected. Returns false. */
bool exchange_foreign(struct session *s, const char *expected, const struct line_piece *piece);
/* Waits for the prompt; known URCs that come before it are queued. */
bool exchange_prompt(struct session *s, int timeout_ms);
/* All of it from the words of a case: information lines, then the final result. */
bool exchange_words(struct session *s, const char *command_line, const char *const words[]);
/* Whether a line fits a word of a case. -1: the word itself is broken. */
int exchange_fits(struct session *s, const char *word, const char *text, size_t len);

/* Lets time pass; URCs are queued. Why the document demands that, or NULL when it does not. */
bool exchange_listen(struct session *s, int ms, const char *why);

#endif
