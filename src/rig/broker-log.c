/* SPDX-License-Identifier: MIT */
/* What the broker says: into the journal line by line, and kept for cases that look for a line. */
#include "rig/broker-internal.h"

#include "base/cleanup.h"
#include "base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_AT_ONCE = 16384, READS = 64 };

void broker_tell(const struct broker *b, const char *what, const char *text)
{
	const struct lane *lane = b->lane;
	struct buf *line = journal_begin(lane->journal, "broker", -1);
	journal_int(line, "l", lane->index);
	journal_int(line, "c", lane->worker ? lane->worker->case_index : -1);
	journal_text(line, "what", what);
	journal_text(line, "text", text);
	journal_end(lane->journal);
}

/* ---- searching ---- */

static void answer(struct broker *b, bool found, uint64_t next, const char *text)
{
	json_t *say = json_string(text);
	json_t *json = json_pack("{s:b,s:b,s:o,s:I}", "ok", 1, "found", found, "text",
		say ? say : json_string("?"), "next", (json_int_t)next);
	char *message AUTO_FREE = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	broker_log_forget(b);
	b->asked = BROKER_NOTHING;
	if (message)
		peer_answer(b->lane, message, strlen(message));
}

static bool fits(const struct broker_search *s, const char *text)
{
	if (s->glob)
		return text_glob(s->glob, text);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int rc = pcre2_match(s->pattern, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	return rc >= 0;
}

static void look(struct broker *b)
{
	struct broker_search *s = &b->search;
	if (b->line_count > BROKER_LINES && s->since < b->line_count - BROKER_LINES)
		s->since = b->line_count - BROKER_LINES;
	for (; s->since < b->line_count; s->since++) {
		const char *text = b->lines[s->since % BROKER_LINES].text;
		if (!fits(s, text))
			continue;
		answer(b, true, s->since + 1, text);
		return;
	}
}

static void on_patience(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct broker *b = user;
	if (b->asked == BROKER_LOG)
		broker_log_take(b);
	if (b->asked == BROKER_LOG)
		answer(b, false, b->line_count, "");
}

void broker_log_forget(struct broker *b)
{
	if (event_initialized(&b->patience))
		event_del(&b->patience);
	free(b->search.glob);
	pcre2_code_free(b->search.pattern);
	b->search = (struct broker_search){ 0 };
}

static bool compile(struct broker *b, const char *pattern)
{
	int code;
	size_t at;
	b->search.pattern =
		pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
	return b->search.pattern;
}

static void refuse(struct broker *b, const char *why)
{
	char message[200];
	snprintf(message, sizeof(message), "{\"ok\":false,\"text\":\"%s\"}", why);
	broker_log_forget(b);
	peer_answer(b->lane, message, strlen(message));
}

void broker_log_search(struct broker *b, const json_t *json)
{
	const char *glob = json_string_value(json_object_get(json, "match"));
	const char *pattern = json_string_value(json_object_get(json, "pattern"));
	int64_t ms = json_integer_value(json_object_get(json, "timeout_ms"));
	int64_t since = json_integer_value(json_object_get(json, "since"));
	broker_log_forget(b);
	if (!glob && !pattern) {
		broker_log_take(b);
		answer(b, false, b->line_count, "");
		return;
	}
	if (glob) {
		b->search.glob = strdup(glob);
	} else if (!compile(b, pattern)) {
		refuse(b, "that pattern is no regular expression");
		return;
	}
	b->search.since = since < 0 ? 0 : (uint64_t)since;
	b->asked = BROKER_LOG;
	broker_log_take(b);
	look(b);
	if (b->asked != BROKER_LOG)
		return;
	if (!event_initialized(&b->patience))
		event_assign(&b->patience, b->lane->rig->base, -1, 0, on_patience, b);
	ms = ms < 0 ? 0 : ms;
	event_add(&b->patience, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

/* ---- taking it in ---- */

static void keep(struct broker *b, const char *text)
{
	if (!b->lines)
		b->lines = calloc(BROKER_LINES, sizeof(*b->lines));
	if (!b->lines)
		abort();
	struct broker_line *slot = &b->lines[b->line_count++ % BROKER_LINES];
	free(slot->text);
	slot->text = strdup(text);
	if (!slot->text)
		abort();
}

static void take_line(struct broker *b, const char *text)
{
	snprintf(b->last, sizeof(b->last), "%s", text);
	keep(b, text);
	if (b->line_count <= BROKER_JOURNALED)
		broker_tell(b, "log", text);
	if (b->asked == BROKER_LOG && b->search.since < b->line_count)
		look(b);
}

static void take_lines(struct broker *b)
{
	size_t done = 0;
	char *end;
	while (done < b->partial.len &&
		(end = memchr(b->partial.data + done, '\n', b->partial.len - done))) {
		*end = '\0';
		if (end - (b->partial.data + done) > BROKER_LINE)
			b->partial.data[done + BROKER_LINE] = '\0';
		take_line(b, b->partial.data + done);
		done = (size_t)(end - b->partial.data) + 1;
	}
	buf_drop_front(&b->partial, done);
	/* No broker writes such lines. */
	if (b->partial.len > 1 << 20)
		buf_clear(&b->partial);
}

void broker_log_take(struct broker *b)
{
	char part[READ_AT_ONCE];
	for (int i = 0; b->out >= 0 && i < READS; i++) {
		ssize_t n = read(b->out, part, sizeof(part));
		if (n <= 0) {
			/* At its end a pipe is readable for ever. */
			if (n == 0)
				event_del(&b->readable);
			return;
		}
		buf_append(&b->partial, part, (size_t)n);
		take_lines(b);
	}
}

void broker_log_clear(struct broker *b)
{
	uint64_t count = b->line_count < BROKER_LINES ? b->line_count : BROKER_LINES;
	if (b->line_count > BROKER_JOURNALED) {
		char text[64];
		snprintf(text, sizeof(text), "%llu more of these",
			(unsigned long long)(b->line_count - BROKER_JOURNALED));
		broker_tell(b, "log", text);
	}
	for (uint64_t i = 0; b->lines && i < count; i++) {
		free(b->lines[i].text);
		b->lines[i].text = NULL;
	}
	b->line_count = 0;
}
