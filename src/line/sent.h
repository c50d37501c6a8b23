/* SPDX-License-Identifier: MIT */
/* The tester's side of the session: which commands were sent and still wait for their result, what
 * the echo must be, and whether bytes are commands or data behind a prompt. */
#ifndef LINE_SENT_H
#define LINE_SENT_H

#include "base/buf.h"
#include "line/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SENT_COMMANDS = 32, /* commands remembered at a time */
	SENT_BYTES = 8192,  /* of one command; a longer one has no echo that could be known */
	SENT_COMMAND = 256, /* longest command that the family takes in one piece */
};

enum sent_mode {
	SENT_MODE_COMMAND, /* bytes are commands */
	SENT_MODE_DATA,    /* counted data behind a prompt */
	SENT_MODE_PASS,    /* passthrough, until +++ */
	SENT_MODE_START,   /* the same at the start of a module with a saved link: lines yet */
	SENT_MODE_TAIL,    /* +++ was sent: late data, until the next command */
};

struct sent_command {
	struct buf bytes; /* as sent */
	struct buf text;  /* without line end; of data: the command that asked for it */
	size_t total;     /* bytes sent, those not kept included */
	size_t echo_at;   /* bytes given back so far */
	unsigned credit;  /* optional: how many final results it may still get */
	bool complete;    /* its line end was sent, or it is data */
	bool optional;    /* may be answered, need not */
	bool data;        /* data behind a prompt */
	bool echoed, informed;
	bool passed; /* optional, and a later command was answered */
};

struct sent {
	struct sent_command queue[SENT_COMMANDS];
	size_t count;
	enum sent_mode mode;
	unsigned spare;      /* final results of commands that fell out of the queue */
	int64_t data_left;   /* SENT_MODE_DATA: bytes to come, -1: not known */
	bool data_ends;      /* backslash 0 ends the data */
	bool data_escape;    /* the last data byte was an open backslash */
	size_t plus;         /* SENT_MODE_PASS: plus signs in a row */
	bool prompt_open;    /* OK came: a prompt may follow */
	bool boot;           /* between a restart and `ready` */
	struct buf answered; /* text of the command answered last */
	line_data_fn *on_data;
	void (*on_command)(void *user, const char *command);
	void *user;
};

struct sent_result {
	const char *command; /* NULL: no command was waiting */
	bool echoed, data;
	bool optional; /* it need not have been answered */
};

void sent_finish(struct sent *s);
void sent_bytes(struct sent *s, const uint8_t *p, size_t len);
/* The command that information lines belong to, or NULL. */
struct sent_command *sent_pending(struct sent *s);
/* Marks and returns the command whose echo these bytes are, or NULL. */
struct sent_command *sent_echo(struct sent *s, const uint8_t *p, size_t len);
/* How many of the bytes are the echo of a command whose rest was not sent yet: all that was sent
 * of it, and something else behind. */
size_t sent_echo_part(struct sent *s, const uint8_t *p, size_t len);
/* How many of the bytes are an echo that something else comes in between of: +IPD. *more: it can't
 * be told yet. Counts them as given back. */
size_t sent_echo_cut(struct sent *s, const uint8_t *p, size_t len, bool *more);
/* Whether the bytes are the head of an echo that is still to come. */
bool sent_echo_head(const struct sent *s, const uint8_t *p, size_t len);
/* Whether the line is the command once more, after its echo. */
bool sent_echo_again(const struct sent_command *command, const char *text, size_t len);
bool sent_like_echo(const struct sent_command *command, const uint8_t *p, size_t len);
struct sent_result sent_settle(struct sent *s, bool ok);
/* `busy p...`: the input that came while a command was running is dropped. */
void sent_busy(struct sent *s);
bool sent_prompt_allowed(struct sent *s);
/* The prompt came: what is sent now is data. Returns the command, *early when OK was missing. */
const char *sent_prompt(struct sent *s, bool *early);
/* All that waits becomes optional; half lines are forgotten, data mode is left. */
void sent_excuse(struct sent *s);
/* The module starts anew (boot: it is about to). */
void sent_restart(struct sent *s, bool boot);
void sent_reset(struct sent *s);

#endif
