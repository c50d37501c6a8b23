/* SPDX-License-Identifier: MIT */
#include "rig/player.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 120 };

void player_give(struct player *p, const void *bytes, size_t len)
{
	uint64_t one = 1;
	buf_append(&p->due, bytes, len);
	ssize_t told = write(p->fd, &one, sizeof(one));
	(void)told;
}

const char *player_bytes(const struct player *p, const struct recorded *event)
{
	return p->events.bytes.data + event->at;
}

const struct recorded *player_next(const struct player *p)
{
	return p->next < p->events.count ? &p->events.items[p->next] : NULL;
}

/* What a probe sent is random; what came back of it is given back with the word of today. */
void player_give_event(struct player *p, const struct recorded *event)
{
	const char *bytes = player_bytes(p, event);
	struct buf changed AUTO_BUF = { 0 };
	buf_append(&changed, bytes, event->len);
	char *word =
		p->old_word[0] ? memmem(changed.data, changed.len, p->old_word, PLAYER_WORD) : NULL;
	if (word)
		memcpy(word, p->new_word, PLAYER_WORD);
	player_give(p, changed.data, changed.len);
}

/* All that came before the tester sent on; not waiting for its time any more. */
void player_give_received(struct player *p)
{
	const struct recorded *event;
	while ((event = player_next(p)) && event->kind == RECORDED_RECEIVED) {
		player_give_event(p, event);
		p->next++;
	}
}

void player_show(struct buf *out, const char *bytes, size_t len)
{
	buf_putc(out, '"');
	text_visible(out, bytes, len < SHOWN ? len : SHOWN);
	buf_puts(out, len < SHOWN ? "\"" : "…\"");
}

/* The two lines: what the recording has there, and what was sent. */
static void depart(struct player *p, const char *bytes, size_t len)
{
	struct buf text AUTO_BUF = { 0 };
	const struct recorded *event = player_next(p);
	if (p->departed[0])
		return;
	size_t rest = strcspn(bytes, "\n");
	buf_puts(&text, "departs from the recording: sent ");
	buf_append(&p->sent, bytes, rest < len ? rest + 1 : len);
	player_show(&text, buf_text(&p->sent), p->sent.len);
	if (event && event->kind == RECORDED_SENT) {
		struct buf then AUTO_BUF = { 0 };
		size_t same = p->sent.len - (rest < len ? rest + 1 : len);
		buf_append(&then, buf_text(&p->sent), same);
		buf_append(&then, player_bytes(p, event) + p->done, event->len - p->done);
		buf_printf(&text, ", recorded in line %d: ", event->line);
		player_show(&text, then.data, then.len);
	} else if (event) {
		buf_printf(&text, ", recorded in line %d: a request to bench or control port",
			event->line);
	} else {
		buf_puts(&text, ", where nothing more is recorded");
	}
	snprintf(p->departed, sizeof(p->departed), "%s", text.data);
	player_give(p, "", 0);
}

void player_depart(struct player *p, const char *why)
{
	if (!p->departed[0])
		snprintf(p->departed, sizeof(p->departed), "%s", why);
	player_give(p, "", 0);
}

/* Nothing that could be played is left, but the case went on then. */
void player_check_end(struct player *p)
{
	const struct recorded *event = player_next(p);
	if (p->mode != PLAYER_CASE)
		return;
	if (event && event->kind == RECORDED_GAP)
		player_depart(p, "the recording has only the number of the bytes from here on");
	else if (!event && !p->events.whole)
		player_depart(p, "the recording ends here: it was cut off in this case");
}

static void remember_sent(struct player *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p->sent.len && p->sent.data[p->sent.len - 1] == '\n')
			buf_clear(&p->sent);
		if (p->sent.len < PLAYER_LINE_MAX)
			buf_putc(&p->sent, bytes[i]);
	}
	if (p->sent.len && p->sent.data[p->sent.len - 1] == '\n')
		buf_clear(&p->sent);
}

bool player_is_sent(const struct player *p, size_t i, const char *bytes, size_t len)
{
	const struct recorded *event = i < p->events.count ? &p->events.items[i] : NULL;
	return event && event->kind == RECORDED_SENT && event->len == len &&
	       memcmp(player_bytes(p, event), bytes, len) == 0;
}

/* How many events from i on were received, and all of their bytes. */
static size_t received_from(const struct player *p, size_t i, struct buf *out)
{
	size_t count = 0;
	for (; i + count < p->events.count; count++) {
		const struct recorded *event = &p->events.items[i + count];
		if (event->kind != RECORDED_RECEIVED)
			break;
		buf_append(out, player_bytes(p, event), event->len);
	}
	return count;
}

/* Behind the events that ask the same as the last one and got the same; 0: not all of them did. */
static size_t behind_repeats(const struct player *p, const struct buf *answer)
{
	const struct recorded *last = &p->events.items[p->last - 1];
	size_t i = p->next;
	while (player_is_sent(p, i, player_bytes(p, last), last->len)) {
		struct buf again AUTO_BUF = { 0 };
		size_t count = received_from(p, i + 1, &again);
		if (again.len != answer->len ||
			memcmp(buf_text(&again), buf_text(answer), answer->len) != 0)
			return 0;
		i += 1 + count;
	}
	return i;
}

/* A case that asks the same again and again for a while asks once more or once less than it did
 * then: it gets the last answer again, or what was the same again is left out. */
static bool is_again(struct player *p, const char *bytes, size_t len)
{
	if (p->done || !p->last || bytes[len - 1] != '\n')
		return false;
	struct buf answer AUTO_BUF = { 0 };
	received_from(p, p->last, &answer);
	if (player_is_sent(p, p->last - 1, bytes, len)) {
		player_give(p, buf_text(&answer), answer.len);
		return true;
	}
	size_t i = behind_repeats(p, &answer);
	if (!player_is_sent(p, i, bytes, len))
		return false;
	p->last = p->next = i + 1;
	p->anchor_ns = clock_ns();
	p->recorded_ns = p->events.items[i].t_ns;
	return true;
}

void player_sent(struct player *p, const char *bytes, size_t len)
{
	while (len && !p->departed[0]) {
		player_give_received(p);
		const struct recorded *event = player_next(p);
		player_check_end(p);
		bool sends = event && event->kind == RECORDED_SENT;
		size_t n = sends ? event->len - p->done : 0;
		n = n < len ? n : len;
		if (!sends || memcmp(player_bytes(p, event) + p->done, bytes, n) != 0) {
			if (!is_again(p, bytes, len))
				depart(p, bytes, len);
			return;
		}
		remember_sent(p, bytes, n);
		bytes += n;
		len -= n;
		p->done += n;
		p->anchor_ns = clock_ns();
		p->recorded_ns = event->t_ns;
		if (p->done == event->len) {
			p->last = ++p->next;
			p->done = 0;
		}
	}
	player_check_end(p);
}
