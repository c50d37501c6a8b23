/* SPDX-License-Identifier: MIT */
/* Pure wire parsing: bytes of the module in, classified pieces out. No descriptor, no clock. Every
 * byte belongs to exactly one piece. Memory is bounded: a line without end comes out in pieces. */
#ifndef LINE_LINE_H
#define LINE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_MAX_BYTES = 8192 }; /* longest line kept whole; more comes out as LINE_NOISE pieces */

enum line_kind {
	LINE_ECHO,    /* the command that was sent, given back */
	LINE_BLANK,   /* a line end alone */
	LINE_INFO,    /* information line of a pending command */
	LINE_FINAL,   /* final result */
	LINE_PROMPT,  /* '>' (no line end): after OK of a command, as "OK\r\n>" or "OK\r\n\r\n>" */
	LINE_URC,     /* known unsolicited line */
	LINE_PAYLOAD, /* data behind a counted header (a URC or INFO piece of its own) or
			 passthrough */
	LINE_NOISE,   /* belongs to nothing known */
};

struct line_piece {
	enum line_kind kind;
	const uint8_t
		*bytes; /* as on the wire, line end included; valid until the next line_feed */
	size_t len;
	const char *text; /* line kinds: NUL-terminated, without line end; NULs inside are kept */
	size_t text_len;
	const char *command;  /* the command it answers, without line end; NULL: none */
	int64_t t_ns;         /* of its last byte */
	size_t offset, total; /* LINE_PAYLOAD: place of this part in the announced length; total 0:
				 passthrough. Header: total alone */
	int link;             /* LINE_PAYLOAD and its header: link id or -1 */
	bool ok;              /* LINE_FINAL: success */
	bool pending;         /* a command (or data behind a prompt) was waiting when it came */
	bool echoed;          /* LINE_FINAL: its command had been given back */
	bool data;            /* LINE_FINAL: answers data behind a prompt */
	bool optional;        /* LINE_FINAL: its command need not have been answered, or was no
				 whole line */
	bool like_echo;       /* LINE_NOISE: an echo with errors, too late, or once too often */
	bool boot;            /* came between a restart and `ready` */
};

/* What the parser must know of the language; strings are not copied. */
struct line_urc {
	const char *
		pattern; /* literal text with <name> for any run of characters, <link_id> for one to
			    three digits ("<link_id>,CLOSED"); not beginning with another <name> */
	const char *payload; /* NULL, "ipd", "recvdata", "subrecv" */
};
struct line_final {
	const char *text;
	bool ok;
};
/* Bytes of the tester that are data: behind the prompt of `command`, or, when that is NULL, of a
 * passthrough. */
typedef void line_data_fn(void *user, const char *command, const void *bytes, size_t len);
struct line_grammar {
	const struct line_urc *urcs;
	size_t urc_count;
	const struct line_final *finals;
	size_t final_count;
	const char *const
		*restarts; /* commands that restart, besides those known; NULL at the end */
	/* Called out of line_sent; may be NULL. A command: when its line end was sent. */
	line_data_fn *on_data;
	void (*on_command)(void *user, const char *command);
	void *user;
};

struct line;
struct line *line_create(const struct line_grammar *grammar);
void line_destroy(struct line *l);
/* Bytes that the tester sends: to know echo, pending command and data behind a prompt. */
void line_sent(struct line *l, const void *bytes, size_t len);
/* Call line_next until it is false before the next line_feed. */
void line_feed(struct line *l, const void *bytes, size_t len, int64_t t_ns);
/* The next piece; false when more bytes are needed. */
bool line_next(struct line *l, struct line_piece *out);
/* Gives up on a half line or counted payload (IUT gone, case over): the half line comes out of
 * line_next as NOISE, or as ECHO of a command that was sent without line end. */
void line_flush(struct line *l);
/* Forgets commands, data mode and half lines (these come out as by line_flush). */
void line_reset(struct line *l);
/* The module restarts: noise until `ready`. Known by itself after OK of a restarting command. */
void line_restart(struct line *l);
/* What is still waiting may be answered from now on, but need not; half a command is forgotten,
 * data mode is left. */
void line_excuse(struct line *l);
/* Data without headers begins or ends, without a prompt or +++. A link that AT+SAVETRANSLINK saved
 * is known by itself: behind `ready` come lines until the first bytes that are none. */
void line_passthrough(struct line *l, bool on);
bool line_pending(const struct line *l); /* a command is waiting for its final result */
/* How many commands must still get a final result; *first (may be NULL): the oldest, or NULL. */
size_t line_outstanding(const struct line *l, const char **first);
size_t line_payload_left(const struct line *l); /* bytes of a counted payload still to come */
/* Whether the command asks for data with a prompt: AT+CIPSEND, AT+CIPSENDEX, AT+MQTTPUBRAW. */
bool line_takes_data(const char *command);
/* Whether the module restarts behind this command's OK. */
bool line_restarts(const struct line *l, const char *command);

#endif
