/* SPDX-License-Identifier: MIT */
/* What the module said in one case, as a number that two runs can compare. Pure.
 *
 * Only what is the module's own counts. Values that the tester made for the run (addresses, ports,
 * client ids, passwords, topics) are in what the tester sent, or in what the journal says of the
 * peers: a word of the response that is there too counts as "the Nth word that was sent", not as
 * its letters. A response that gives back what was sent is the same in both runs; one that gives
 * something else is not. Time counts for nothing. */
#ifndef REPORT_ANSWER_H
#define REPORT_ANSWER_H

#include "base/buf.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_KEPT (48 << 10) /* bytes compared where the journal only counts the rest */

struct answer_word;

struct answer {
	struct buf sent, received;
	struct buf places; /* of peers: text, NUL, 8 bytes of name; see answer_place() */
	bool counted;      /* some of it was not kept in the journal */
	struct answer_word *words;
	size_t word_count, word_room;
};

struct answer_sum {
	uint64_t all;   /* the responses in their order, and the names of the commands */
	uint64_t lines; /* the same lines in whatever order */
};

void answer_reset(struct answer *a);
void answer_finish(struct answer *a);
void answer_sent(struct answer *a, const void *bytes, size_t len);
void answer_received(struct answer *a, const void *bytes, size_t len);
void answer_counted(struct answer *a);
/* An address, or a port in decimal, that the tester's network had; `name` says whose, by numbers
 * that are the same in every run. */
void answer_place(struct answer *a, const char *text, size_t len, uint64_t name);
/* The places in a "peer" line of the journal. */
void answer_peer(struct answer *a, const json_t *line);
/* Closes the account. */
struct answer_sum answer_take(struct answer *a);

/* The length of the word that `text` begins with, 0 when none does. */
size_t answer_word_length(const char *text, size_t len);
/* After answer_take(): whether the tester sent that word or a peer had it. */
bool answer_knows(const struct answer *a, const char *word, size_t len, uint64_t *name);

#endif
