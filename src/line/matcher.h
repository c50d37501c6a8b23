/* SPDX-License-Identifier: MIT */
/* The table of known lines: unsolicited patterns, found by their first character, and final
 * results. */
#ifndef LINE_MATCHER_H
#define LINE_MATCHER_H

#include "line/line.h"

struct matcher;
struct matcher *matcher_create(const struct line_grammar *grammar);
void matcher_destroy(struct matcher *m);
bool matcher_urc(const struct matcher *m, const char *text, size_t len);
/* Whether a pattern that begins with literal text may become of it. */
bool matcher_urc_head(const struct matcher *m, const char *text, size_t len);
/* Link id at the head of "<link_id>,…", or -1. */
int matcher_link(const char *text, size_t len);
const struct line_final *matcher_final(const struct matcher *m, const char *text, size_t len);
/* Whether the grammar has an entry of this payload kind. */
bool matcher_counts(const struct matcher *m, const char *payload);

#endif
