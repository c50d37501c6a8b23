/* SPDX-License-Identifier: MIT */
/* What the files of the ladder share. Only recover*.c include it. */
#ifndef RIG_RECOVER_STEP_H
#define RIG_RECOVER_STEP_H

#include "rig/recover.h"
#include "rig/rom.h"

enum {
	RECOVER_ASK_MS = 300, /* for a plain AT at most: a module that is there takes a few ms */
	RECOVER_DRAIN_MS = 1500
};

/* One way up the ladder. */
struct climb {
	struct talk *t;
	bool commands; /* it reads commands, so it is in no data mode and at no other rate */
	bool fresh;    /* it has just started: nothing volatile is left to put back */
	bool there;    /* this rung had the line, at least for a while */
	enum rom_state rom;
	struct error last; /* why the last switch did not help */
};

/* Journals a step that began at since_ns (of the journal's clock). Gives ok back. */
bool recover_note(struct talk *t, const char *step, bool ok, int64_t since_ns, const char *text);
int recover_least(int a, int b);
/* For a short question, ms. */
int recover_ask_ms(const struct talk *t);
/* The host's side: the bench's format at that rate. False: the adapter can't do it. */
bool recover_host_rate(struct talk *t, int64_t baud);
/* Stale bytes must not be taken for an answer. Bounded: some modules are never quiet. */
void recover_drop_stale(struct talk *t);
/* AT is answered OK, within that time. */
bool recover_answers(struct talk *t, int timeout_ms);
/* And echo is on, or goes on. */
bool recover_shows_order(struct talk *t);
/* The module answers at another rate than the bench's: it gets the bench's again. */
bool recover_put_rate_back(struct talk *t);
/* Until the start-up line, or until the boot noise has ended. False when nothing came at all. */
bool recover_hears_start(struct talk *t);
/* Whether a start is among what came since the last question: "ready", or words of the ROM. */
bool recover_shows_start(struct talk *t);
/* Then AT until it is answered; other rates only of a module that was heard. *started (or NULL) is
 * set when it shows a start meanwhile. */
bool recover_wait_up(struct talk *t, bool heard, bool *started);
/* A start that was made gets its chance, whatever the rungs below have taken. */
void recover_allow_restart(struct talk *t);
/* A command that restarts the module, and back to the bench's rate. */
bool recover_restart_by(struct talk *t, const char *step, const char *command);

/* What the switches of a bench may take in one climb, beyond the time to recover. */
int64_t recover_switches_ms(const struct rig_bench *bench);
/* recover-switch.c: rungs that need more than the line. */
bool recover_climb_reopen(struct climb *c);
bool recover_climb_reset(struct climb *c);
bool recover_climb_power(struct climb *c);
bool recover_climb_factory(struct climb *c);

#endif
