/* SPDX-License-Identifier: MIT */
/* Words that no record of a run may have: the password of the team's own broker. Texts lose them,
 * bytes of the line have asterisks in their place, also when they came in pieces. */
#ifndef RIG_SECRET_H
#define RIG_SECRET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct secrets;
/* NULL-terminated list, or NULL: there are none, and NULL is returned. */
struct secrets *secrets_create(const char *const *words);
void secrets_destroy(struct secrets *s); /* NULL is fine */

/* A finished line of the journal (a JSON object): what its free texts say is masked. */
void secrets_mask_line(const struct secrets *s, struct buf *line);
/* A text for people; false when there is nothing to mask, and *out is left alone. */
bool secrets_mask_text(const struct secrets *s, const char *text, struct buf *out);

/* What is known of a stream of bytes: the end of it, as far as a secret could begin there. */
struct secrets_stream {
	struct buf tail;
};
/* The same number of bytes, masked. A secret's beginning at the end is masked too, since the rest
 * of it may come next. The answer is valid until the next call. */
const void *secrets_mask_bytes(
	const struct secrets *s, struct secrets_stream *stream, const void *bytes, size_t len);
void secrets_stream_finish(struct secrets_stream *stream);

#endif
