/* SPDX-License-Identifier: MIT */
#include "rig/talk.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/nvs.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { GOT_MAX = 8192, SAID_MAX = 120 };

void talk_finish(struct talk *t)
{
	buf_finish(&t->got);
}

bool talk_alive(const struct talk *t)
{
	return !t->lost && !t->cancelled && !deadline_passed(t->deadline);
}

void talk_line_event(struct talk *t, const char *what, const char *text)
{
	struct buf *line = journal_begin(t->journal, "line", -1);
	journal_int(line, "l", t->lane);
	journal_text(line, "what", what);
	journal_text(line, "text", text);
	journal_end(t->journal);
}

void talk_lost(struct talk *t)
{
	if (!t->lost)
		talk_line_event(t, "lost", link_address(t->link));
	t->lost = true;
}

/* Waits for the line; false at the deadline or when it makes no sense to go on. */
static bool wait_for(struct talk *t, short events, int timeout_ms)
{
	struct pollfd wait[2] = { { .fd = link_fd(t->link), .events = events },
		{ .fd = t->cancel_fd, .events = POLLIN } };
	int left = deadline_left_ms(t->deadline);
	int ready = poll(wait, 2, timeout_ms < left ? timeout_ms : left);
	if (ready > 0 && wait[1].revents)
		t->cancelled = true;
	return ready > 0 && wait[0].revents && !t->cancelled;
}

size_t talk_read(struct talk *t, int timeout_ms)
{
	char part[4096];
	if (!talk_alive(t) || !wait_for(t, POLLIN, timeout_ms))
		return 0;
	ssize_t n = link_read(t->link, part, sizeof(part));
	if (n < 0)
		talk_lost(t);
	if (n <= 0)
		return 0;
	journal_bytes(t->journal, "rx", t->lane, -1, part, (size_t)n, -1, t->rx);
	buf_append(&t->got, part, (size_t)n);
	t->heard = true;
	if (t->got.len > GOT_MAX)
		buf_drop_front(&t->got, t->got.len - GOT_MAX / 2);
	return (size_t)n;
}

void talk_write(struct talk *t, const char *bytes, size_t len)
{
	size_t done = 0;
	while (done < len && talk_alive(t) && wait_for(t, POLLOUT, t->bench->timeouts_ms.answer)) {
		ssize_t n = link_write(t->link, bytes + done, len - done);
		if (n < 0)
			talk_lost(t);
		if (n > 0)
			done += (size_t)n;
	}
	t->clogged = done < len && talk_alive(t);
	if (done)
		journal_bytes(t->journal, "tx", t->lane, -1, bytes, done, -1, t->tx);
}

void talk_send(struct talk *t, const char *text)
{
	talk_write(t, text, strlen(text));
}

/* Looks for a whole line; an echo may end with carriage returns only. */
static bool has_line(const struct buf *got, const char *wanted, size_t len)
{
	if (got->len == 0)
		return false;
	const char *at = got->data;
	const char *end = got->data + got->len;
	while ((at = memmem(at, (size_t)(end - at), wanted, len))) {
		bool first = at == got->data || at[-1] == '\n' || at[-1] == '\r';
		bool last = at + len < end && (at[len] == '\r' || at[len] == '\n');
		if (first && last)
			return true;
		at++;
	}
	return false;
}

static bool has_echo(const struct buf *got, const char *command)
{
	return got->data && memmem(got->data, got->len, command, strlen(command));
}

enum talk_answer talk_ask(struct talk *t, const char *command, int timeout_ms)
{
	char line[400];
	snprintf(line, sizeof(line), "%s\r\n", command);
	buf_clear(&t->got);
	talk_send(t, line);
	struct deadline deadline = deadline_in_ms(timeout_ms);
	for (;;) {
		/* Both, because a line may hold the answers to two questions. */
		bool ok = has_line(&t->got, "OK", 2);
		bool refused = has_line(&t->got, "ERROR", 5);
		t->echo = has_echo(&t->got, command);
		if (ok && t->nvs)
			nvs_answered(t->nvs, -1, command);
		if (ok || refused)
			return ok ? TALK_OK : TALK_ERROR;
		if (!talk_alive(t) || deadline_passed(deadline))
			return t->got.len ? TALK_OTHER : TALK_SILENT;
		talk_read(t, deadline_left_ms(deadline));
	}
}

bool talk_drain(struct talk *t, int quiet_ms, int limit_ms)
{
	struct deadline limit = deadline_in_ms(limit_ms);
	while (talk_alive(t) && !deadline_passed(limit))
		if (talk_read(t, quiet_ms) == 0)
			return talk_alive(t);
	return false;
}

void talk_end_line(struct talk *t)
{
	enum { LIMIT_MS = 500, QUIET_MS = 100 };
	struct deadline limit = deadline_in_ms(LIMIT_MS);
	while (t->got.len && t->got.data[t->got.len - 1] != '\n' && talk_alive(t) &&
		!deadline_passed(limit))
		if (talk_read(t, QUIET_MS) == 0)
			break;
}

bool talk_await(struct talk *t, const char *line, int timeout_ms)
{
	struct deadline deadline = deadline_in_ms(timeout_ms);
	while (!has_line(&t->got, line, strlen(line))) {
		if (!talk_alive(t) || deadline_passed(deadline))
			return false;
		talk_read(t, deadline_left_ms(deadline));
	}
	return true;
}

const char *talk_said(const struct talk *t)
{
	static _Thread_local char text[SAID_MAX * 4 + 8];
	struct buf visible AUTO_BUF = { 0 };
	size_t len = t->got.len < SAID_MAX ? t->got.len : SAID_MAX;
	if (len)
		text_visible(&visible, t->got.data, len);
	snprintf(text, sizeof(text), "%s%s", buf_text(&visible), len < t->got.len ? "…" : "");
	return text;
}
