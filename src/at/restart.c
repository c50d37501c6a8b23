/* SPDX-License-Identifier: MIT */
/* A module that restarts may print boot noise (on some chips at another rate), its start-up line,
 * or nothing at all, and drops or keeps what it is sent meanwhile. So: wait for the start-up line
 * a little, then poll with AT, and when more than one poll was needed, wait until the answers of
 * the others are in. The monitor looks away meanwhile. */
#include "at/restart.h"

#include <string.h>

static const char ready[] = "ready";
enum { READY_MS = 600, POLL_MS = 250 };

struct restart_wait {
	struct session *s;
	struct deadline end;
	int polls, ms;
	int64_t since_ns;
	bool up; /* it has said so, and from then on the line is clean */
	bool answered;
};

bool restart_tolerate(struct session *s, bool on, const char *why)
{
	struct buf json = { 0 };
	buf_printf(&json, "{\"on\":%s,\"why\":", on ? "true" : "false");
	buf_json_text(&json, why);
	buf_putc(&json, '}');
	bool ok = session_tell(s, CHANNEL_TOLERATE, buf_text(&json));
	buf_finish(&json);
	return ok;
}

static struct deadline sooner(struct deadline a, struct deadline b)
{
	return a.at_ns < b.at_ns ? a : b;
}

/* From the command, or the power's return, to the start-up line or the first answer. */
static bool is_up(struct restart_wait *w)
{
	return !w->since_ns || session_waited(w->s, w->since_ns, "the module restarts");
}

/* Takes in what comes until the deadline, the start-up line or an answer. */
static bool listen(struct restart_wait *w, int ms)
{
	struct deadline deadline = sooner(deadline_in_ms(ms), w->end);
	for (;;) {
		struct line_piece piece;
		int got = session_piece(w->s, deadline, &piece);
		if (got <= 0)
			return got == 0;
		if (piece.kind == LINE_URC && !session_queue(w->s, piece.text))
			return false;
		bool started = piece.kind == LINE_URC && strcmp(piece.text, ready) == 0;
		w->answered = piece.kind == LINE_FINAL && piece.ok && w->polls;
		if (!started && !w->answered)
			continue;
		bool told = is_up(w);
		w->up = w->up || started;
		w->since_ns = 0;
		return told;
	}
}

static bool poll_once(struct restart_wait *w)
{
	/* Half a line behind the start-up line is one that is still coming. */
	bool clean = w->up && w->polls == 0;
	w->polls++;
	return (clean || session_reset_line(w->s)) && session_send(w->s, "AT\r\n", 4);
}

/* The answers of the polls that were too early. */
static bool settle(struct restart_wait *w)
{
	struct session *s = w->s;
	if (w->up && w->polls == 1 && !s->raw_open) {
		session_forget(s, ready);
		return true;
	}
	while (w->polls > 1 || s->raw_open) {
		struct line_piece piece;
		int got = session_piece(s, deadline_in_ms(s->grant.silence_ms), &piece);
		if (got < 0)
			return false;
		if (got == 0)
			break;
		if (piece.kind == LINE_URC && !session_queue(s, piece.text))
			return false;
	}
	s->raw_open = false;
	session_forget(s, ready);
	return session_reset_line(s);
}

static bool poll_until_answer(struct restart_wait *w)
{
	while (!w->answered && !deadline_passed(w->end)) {
		if (!poll_once(w) || !listen(w, POLL_MS))
			return false;
	}
	if (w->answered)
		return settle(w);
	return session_end(w->s, "fail", "the module did not answer AT within %d ms", w->ms);
}

bool restart_wait(struct session *s, int timeout_ms)
{
	struct restart_wait w = {
		.s = s, .end = deadline_in_ms(timeout_ms), .ms = timeout_ms, .since_ns = clock_ns()
	};
	w.up = session_forget(s, ready);
	if (w.up)
		w.since_ns = 0;
	int first = timeout_ms / 4 < READY_MS ? timeout_ms / 4 : READY_MS;
	return restart_tolerate(s, true, "the module restarts") && (w.up || listen(&w, first)) &&
	       poll_until_answer(&w) && restart_tolerate(s, false, "");
}

bool restart_resync(struct session *s, int timeout_ms)
{
	struct restart_wait w = { .s = s, .end = deadline_in_ms(timeout_ms), .ms = timeout_ms };
	return restart_tolerate(s, true, "finding the line again") && poll_until_answer(&w) &&
	       restart_tolerate(s, false, "");
}
