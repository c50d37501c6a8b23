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
	LINE_BLANK,   /* CR LF alone */
	LINE_INFO,    /* information line of a pending command */
	LINE_FINAL,   /* final result */
	LINE_PROMPT,  /* '>' (no line end) */
	LINE_URC,     /* known unsolicited line */
	LINE_PAYLOAD, /* counted binary data behind a header; header comes as its own URC or INFO piece */
	LINE_NOISE,   /* belongs to nothing known */
};

struct line_piece {
	enum line_kind kind;
	const uint8_t *bytes; /* as on the wire, line end included; valid until the next line_feed */
	size_t len;
	const char *text; /* line kinds: NUL-terminated, without line end; NULs inside are kept */
	size_t text_len;
	bool ok;	/* LINE_FINAL: success */
	bool pending;	/* a command was pending when it came */
	int64_t t_ns;	/* of its last byte */
	int link;	/* LINE_PAYLOAD and its header: link id or -1 */
	size_t offset, total; /* LINE_PAYLOAD: place of this part in the announced length */
};

/* What the parser must know of the language; strings are not copied. */
struct line_urc {
	const char *pattern; /* literal text with <name> for any run of characters ("<link_id>,CLOSED") */
	const char *payload; /* NULL, "ipd", "recvdata", "subrecv" */
};
struct line_final {
	const char *text;
	bool ok;
};
struct line_grammar {
	const struct line_urc *urcs;
	size_t urc_count;
	const struct line_final *finals;
	size_t final_count;
};

struct line;
struct line *line_create(const struct line_grammar *grammar);
void line_destroy(struct line *l);
/* Bytes that the tester sends: to know echo, pending command and data behind a prompt. */
void line_sent(struct line *l, const void *bytes, size_t len);
void line_feed(struct line *l, const void *bytes, size_t len, int64_t t_ns);
/* The next piece; false when more bytes are needed. */
bool line_next(struct line *l, struct line_piece *out);
/* Gives up on a half line (IUT gone, case over): what is left comes out of line_next as NOISE. */
void line_flush(struct line *l);
/* Forgets pending command and half lines: after a reset or a change of rate. */
void line_reset(struct line *l);
bool line_pending(const struct line *l); /* a command is waiting for its final result */

#endif
