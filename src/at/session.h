/* SPDX-License-Identifier: MIT */
/* A worker's side of the lease: the channel to the rig, the wire parser behind it, and what is kept
 * of the case so far. Knows nothing of Criterion: a function that returns false (or -1) has filled
 * the outcome, and the verbs (at.c) turn that into the end of the case. */
#ifndef AT_SESSION_H
#define AT_SESSION_H

#include "at/grant.h"
#include "at/inbox.h"
#include "at/incoming.h"
#include "at/match.h"
#include "base/buf.h"
#include "base/channel.h"
#include "base/clock.h"
#include "line/line.h"

/* Why a case ends before its body does. */
struct outcome {
	const char *verdict; /* "fail", "error", …; "": the rig has decided, leave without a word */
	struct buf why, expected, actual;
};

enum { SESSION_MAX_URCS = 1024, SESSION_MAX_WIRE = 65536 };

struct session {
	int fd;
	struct grant grant;
	struct grant_uart uart; /* the host's side now */
	struct spec general;    /* unsolicited lines and final results */
	struct spec model;      /* of the command `suite` */
	char *suite;
	struct line *line;
	struct line_urc *urcs;
	struct line_final *finals;
	char *queue[SESSION_MAX_URCS]; /* known URCs that came in between */
	size_t queued;
	struct buf wire; /* bytes since the last command */
	struct got got;
	struct expectation *expected; /* alternatives */
	size_t expected_count;
	size_t deviations_met; /* known deviations that took the place of what was expected */
	bool deviated;         /* the last response was one */
	bool facts_only;       /* a deviation is noted, but the case does not judge it */
	bool error_codes_pass; /* ERR CODE lines before ERROR are no part of the response */
	struct fields fields;
	bool echoed;        /* the last command came back */
	bool raw_open;      /* raw bytes went out whose response is not collected yet */
	bool data_open;     /* behind a prompt: `sent` stays the command that asked for data */
	bool routed;        /* the air has routes of this case */
	size_t data_sent;   /* bytes behind the prompt */
	int64_t line_ns;    /* what all that was received takes on the line, at its rate */
	struct incoming in; /* data that came and was not taken */
	struct inbox inbox; /* the same of MQTT messages */
	int64_t clock_offset_ns, sent_ns, final_ns;
	bool acked, ack_ok;
	struct buf ack_text, sent; /* sent: the last command line */
	struct buf peer_answer;    /* JSON, NUL, bytes */
	struct outcome outcome;
	char message[CHANNEL_SIZE + 1];
};

/* Connects and says which case it is. */
bool session_open(struct session *s, const char *path, const char *case_id);
/* The same over a connected socket, which becomes the session's. */
bool session_greet(struct session *s, int fd, const char *case_id);
/* Waits for the lease. */
bool session_begin(struct session *s, int timeout_ms);
/* The folders with models that the suite program was started with, NULL behind the last: those of
 * the lease, before there is one. */
const char *const *session_spec_dirs(void);
/* Closes the channel and frees everything; the outcome stays until session_finish. */
void session_close(struct session *s);
void session_finish(struct session *s);

/* Fills the outcome. Returns false. */
bool session_end(struct session *s, const char *verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tells the rig something that needs no answer. `json` is complete. */
bool session_tell(struct session *s, enum channel_type type, const char *json);
/* The same, and waits until the rig says that it is done. */
bool session_ask(struct session *s, enum channel_type type, const char *json);
/* Asks the rig's peers. The answer's JSON is in s->peer_answer, its bytes at *bytes (may be NULL).
 * What they refuse is an error, and *refused (may be NULL) instead. */
bool session_peer(struct session *s, const struct buf *request, int timeout_ms,
	const uint8_t **bytes, size_t *len, bool *refused);
/* Sends bytes to the line. */
bool session_send(struct session *s, const void *bytes, size_t len);
/* The next piece from the wire: 1; 0 when the deadline has passed; -1 when the case is over. Data
 * is kept in s->in, and pieces of it come out of session_any() only. */
int session_any(struct session *s, struct deadline deadline, struct line_piece *out);
int session_piece(struct session *s, struct deadline deadline, struct line_piece *out);
/* Takes in what has come so far. Nothing but blank lines, echo and known URCs may have. */
bool session_drain(struct session *s);
/* Says that the time since then (of clock_ns()) was spent because the document demands it, or
 * because nothing was to come. What is short is not told. */
bool session_waited(struct session *s, int64_t from_ns, const char *why);
/* The same of the time to come. */
bool session_will_wait(struct session *s, int ms, const char *why);
/* Waits that long; false when any byte comes. */
bool session_silence(struct session *s, int ms);
/* A time-out for much data: it does not run while they are on the line, however slow that is. */
struct patience {
	struct deadline deadline;
	int64_t line_ns; /* of the session, at the beginning */
};
struct patience session_patience(const struct session *s, int timeout_ms);
struct deadline session_until(const struct session *s, const struct patience *p);
/* A known line that came in between, for urc(). */
bool session_queue(struct session *s, const char *text);
/* A line of log output that the profile knows. */
bool session_noise(const struct session *s, const char *text);
/* Forgets half lines and the pending command: after a restart or a change of rate. */
bool session_reset_line(struct session *s);
/* Drops a line from the queue, wherever it is. Whether it was there. */
bool session_forget(struct session *s, const char *text);
/* Sets the host's side of the line. */
bool session_set_uart(struct session *s, const struct grant_uart *uart);
/* The model of the command on a command line ("AT+UART_CUR?"); NULL when there is none. */
const struct command *session_command(struct session *s, const char *command_line);
/* Ends the conversation with a verdict. */
void session_verdict(
	struct session *s, const char *verdict, const char *message, const char *file, int line);
/* "file:line: REQ-1 (section 2.1, line 107): text" for the outcome, in one line. */
void session_message(const struct session *s, struct buf *out, const char *file, int line);

#endif
