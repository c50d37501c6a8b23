/* SPDX-License-Identifier: MIT */
/* replay:RUN, the journal of an earlier run instead of a module. During a case it gives back the
 * bytes that came then, each when the tester has sent what it sent then before them, and as long
 * behind that as then. A tester that sends something else has departed from the recording, and the
 * case can't be judged. Between cases it is a module that restarts and answers AT, because what the
 * tester does there depends on this run. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/link-kind.h"
#include "rig/player.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* The same but for a random word of capital letters, which is remembered. */
static bool is_same_probe(struct player *p, const char *then, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (then[i] == bytes[i])
			continue;
		size_t from = i;
		while (from && isupper((unsigned char)then[from - 1]) && i - from < PLAYER_WORD)
			from--;
		for (; from <= i; from++) {
			bool word = from + PLAYER_WORD <= len;
			for (size_t k = 0; k < PLAYER_WORD && word; k++)
				word = isupper((unsigned char)then[from + k]) &&
				       isupper((unsigned char)bytes[from + k]);
			if (word && memcmp(then + from + PLAYER_WORD, bytes + from + PLAYER_WORD,
					    len - from - PLAYER_WORD) == 0) {
				memcpy(p->old_word, then + from, PLAYER_WORD);
				memcpy(p->new_word, bytes + from, PLAYER_WORD);
				return true;
			}
		}
		return false;
	}
	return true;
}

static void answer_between(struct player *p, const char *bytes, size_t len);

/* How often it asks before anything answers depends on the clock: what is asked less often is left
 * out, what is asked once more gets no answer. */
static void sent_in_probes(struct player *p, const char *bytes, size_t len)
{
	player_give_received(p);
	for (size_t i = p->next; i < p->events.count; i++) {
		const struct recorded *event = &p->events.items[i];
		if (event->kind != RECORDED_SENT || event->len != len ||
			!is_same_probe(p, player_bytes(p, event), bytes, len))
			continue;
		p->last = p->next = i + 1;
		p->anchor_ns = clock_ns();
		p->recorded_ns = event->t_ns;
		return;
	}
	if (p->last && player_is_sent(p, p->last - 1, bytes, len))
		return;
	p->mode = PLAYER_BETWEEN;
	answer_between(p, bytes, len);
}

static void answer_line(struct player *p, const char *line)
{
	static const char *const known[] = { "AT", "ATE0", "ATE1", "AT+RST", "AT+RESTORE" };
	bool ok = text_starts(line, "AT+UART_");
	struct buf out AUTO_BUF = { 0 };
	if (p->echo)
		buf_printf(&out, "%s\r\n", line);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ok = ok || strcmp(line, known[i]) == 0;
	if (text_starts(line, "ATE"))
		p->echo = line[3] != '0';
	buf_puts(&out, ok ? "\r\nOK\r\n" : "\r\nERROR\r\n");
	if (strcmp(line, "AT+RST") == 0 || strcmp(line, "AT+RESTORE") == 0) {
		buf_puts(&out, "\r\nready\r\n");
		p->echo = true;
	}
	player_give(p, out.data, out.len);
}

static void answer_between(struct player *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (bytes[i] != '\r' && p->sent.len < PLAYER_LINE_MAX)
				buf_putc(&p->sent, bytes[i] ? bytes[i] : '?');
			continue;
		}
		const char *line = buf_text(&p->sent);
		line += text_starts(line, "+++") ? 3 : 0;
		if (*line)
			answer_line(p, line);
		buf_clear(&p->sent);
	}
}

static ssize_t replay_write(struct link *link, const void *bytes, size_t len)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	if (p->mode == PLAYER_CASE)
		player_sent(p, bytes, len);
	else if (p->mode == PLAYER_PROBES)
		sent_in_probes(p, bytes, len);
	else
		answer_between(p, bytes, len);
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return (ssize_t)len;
}

static ssize_t replay_read(struct link *link, void *bytes, size_t size)
{
	struct player *p = link->player;
	uint64_t count;
	pthread_mutex_lock(&p->lock);
	size_t n = p->due.len < size ? p->due.len : size;
	if (n)
		memcpy(bytes, p->due.data, n);
	buf_drop_front(&p->due, n);
	if (!p->due.len) {
		ssize_t ignored = read(p->fd, &count, sizeof(count));
		(void)ignored;
	}
	pthread_mutex_unlock(&p->lock);
	return (ssize_t)n;
}

/* ---- what comes by itself ---- */

/* When the next event is due; false: the tester has to do something first. */
static bool is_timed(const struct player *p, int64_t *at_ns)
{
	const struct recorded *event = p->mode == PLAYER_BETWEEN ? NULL : player_next(p);
	if (!event || event->kind != RECORDED_RECEIVED || p->departed[0])
		return false;
	int64_t behind = event->t_ns - p->recorded_ns;
	if (behind < 0 || p->speed <= 0)
		behind = 0;
	*at_ns = p->anchor_ns + (p->speed > 0 ? (int64_t)((double)behind / p->speed) : 0);
	return true;
}

static void *play(void *arg)
{
	struct player *p = arg;
	int64_t at_ns;
	pthread_mutex_lock(&p->lock);
	while (!p->quit) {
		if (!is_timed(p, &at_ns)) {
			pthread_cond_wait(&p->changed, &p->lock);
		} else if (clock_ns() >= at_ns) {
			player_give_event(p, player_next(p));
			p->next++;
			player_check_end(p);
		} else {
			struct timespec until = { at_ns / 1000000000, at_ns % 1000000000 };
			pthread_cond_timedwait(&p->changed, &p->lock, &until);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void begin(struct player *p, enum player_mode mode)
{
	p->mode = mode;
	p->next = p->done = p->last = 0;
	p->anchor_ns = clock_ns();
	p->recorded_ns = p->events.start_ns;
	p->departed[0] = '\0';
	p->echo = true;
	buf_clear(&p->sent);
}

/* ---- the link ---- */

/* RUN, and perhaps ?speed=N behind it. */
static int split(const char *rest, char **path, double *speed, struct error *error)
{
	const char *mark = strrchr(rest, '?');
	struct buf key AUTO_BUF = { 0 };
	struct buf value AUTO_BUF = { 0 };
	*speed = 1;
	*path = strndup(rest, mark ? (size_t)(mark - rest) : strlen(rest));
	if (!**path)
		return error_set(error, NULL, 0, 0,
			"replay: needs a run's folder, as in replay:reports/runs/1");
	for (const char *query = mark ? mark + 1 : ""; link_next_option(&query, &key, &value);) {
		char *end = value.data;
		*speed = value.data ? strtod(value.data, &end) : -1;
		if (strcmp(key.data, "speed") != 0 || !value.data || *end || *speed < 0 ||
			*speed > 1000)
			return error_set(error, NULL, 0, 0,
				"replay: \"%s\" is no option of it: speed=N, from 0 (no pauses) to "
				"1000 (1: as recorded)",
				mark + 1);
	}
	return 0;
}

static int replay_check(const char *rest, struct error *error)
{
	char *path AUTO_FREE = NULL;
	double speed;
	if (split(rest, &path, &speed, error) < 0)
		return -1;
	if (access(path, R_OK) < 0)
		return error_set(error, path, 0, 0, "can't be replayed: %s", strerror(errno));
	return 0;
}

/* The addresses of the recording, which mean nothing here: they are given with each case. */
static bool replay_network(const char *rest, int index, struct link_network *out)
{
	(void)rest, (void)index, (void)out;
	return true;
}

static int start(struct player *p, struct error *error)
{
	sigset_t all, before;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&p->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	p->started = p->fd >= 0 && pthread_create(&p->thread, NULL, play, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->started ? 0 : error_set(error, NULL, 0, 0, "can't start the replay");
}

static int replay_open(struct link *link, struct error *error)
{
	char *path AUTO_FREE = NULL;
	struct player *p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	link->player = p;
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (split(link->rest, &path, &p->speed, error) < 0 ||
		!(p->recording = recording_open(path, error)))
		return -1;
	bool probes = recording_probes(p->recording, link->place.index, &p->events);
	begin(p, probes ? PLAYER_PROBES : PLAYER_BETWEEN);
	link->fd = p->fd;
	return start(p, error);
}

static void replay_close(struct link *link)
{
	struct player *p = link->player;
	if (!p)
		return;
	if (p->started) {
		pthread_mutex_lock(&p->lock);
		p->quit = true;
		pthread_cond_signal(&p->changed);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->thread, NULL);
	}
	recorded_finish(&p->events);
	recording_close(p->recording);
	buf_finish(&p->due);
	buf_finish(&p->sent);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	link->player = NULL;
	link->fd = -1;
}

/* Reset or power. */
static int replay_power(struct link *link, struct error *error)
{
	static const char up[] = "\r\nready\r\n";
	struct player *p = link->player;
	(void)error;
	pthread_mutex_lock(&p->lock);
	if (p->mode == PLAYER_CASE) {
		player_give_received(p);
		const struct recorded *event = player_next(p);
		if (event && event->kind == RECORDED_SWITCH) {
			p->anchor_ns = clock_ns();
			p->recorded_ns = event->t_ns;
			p->next++;
		} else {
			player_depart(p, "departs from the recording: there the module was not "
					 "reset at this point");
		}
	} else {
		p->mode = PLAYER_BETWEEN;
		p->echo = true;
		player_give(p, up, strlen(up));
	}
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static void control_in_case(struct player *p, const char *json, struct buf *answer)
{
	player_give_received(p);
	const struct recorded *event = player_next(p);
	if (!event || event->kind != RECORDED_CONTROL ||
		strcmp(player_bytes(p, event), json) != 0) {
		player_depart(p, "departs from the recording: there the control port was not "
				 "asked this at this point");
		return;
	}
	buf_clear(answer);
	buf_puts(answer, player_bytes(p, event) + strlen(json) + 1);
	p->anchor_ns = clock_ns();
	p->recorded_ns = event->t_ns;
	p->next++;
}

static int replay_control(
	struct link *link, const char *json, struct buf *answer, struct error *error)
{
	static const char up[] = "\r\nready\r\n";
	struct player *p = link->player;
	(void)error;
	buf_clear(answer);
	buf_puts(answer, "{\"ok\":true}");
	pthread_mutex_lock(&p->lock);
	if (p->mode == PLAYER_CASE)
		control_in_case(p, json, answer);
	else if (strstr(json, "factory"))
		player_give(p, up, strlen(up));
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static struct recorded_start replay_begin_case(struct link *link, const char *id)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	recorded_finish(&p->events);
	buf_clear(&p->due);
	bool there = recording_case(p->recording, id, &p->events);
	const struct recorded_start start = recording_start(p->recording, id);
	begin(p, PLAYER_CASE);
	if (!there)
		player_depart(p, "the recording does not have this case");
	else
		player_check_end(p);
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return start;
}

/* What came then until the case was over, late as it may have been, is of the case. */
static void replay_end_case(struct link *link)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	if (p->mode == PLAYER_CASE && !p->departed[0]) {
		player_give_received(p);
		const struct recorded *event = player_next(p);
		struct buf text AUTO_BUF = { 0 };
		if (event && event->kind != RECORDED_GAP) {
			buf_printf(&text,
				"departs from the recording: the case is over, recorded in line "
				"%d: ",
				event->line);
			player_show(&text, player_bytes(p, event), event->len);
			player_depart(p, text.data);
		}
	}
	pthread_mutex_unlock(&p->lock);
}

static void replay_leave_case(struct link *link)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	recorded_finish(&p->events);
	begin(p, PLAYER_BETWEEN);
	pthread_mutex_unlock(&p->lock);
}

static bool replay_departed(struct link *link, char *why, size_t size)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	bool is = p->departed[0] != '\0' && !p->due.len;
	snprintf(why, size, "%s", p->departed);
	pthread_mutex_unlock(&p->lock);
	return is;
}

static const struct link_stage stage = { .begin = replay_begin_case,
	.end = replay_end_case,
	.leave = replay_leave_case,
	.departed = replay_departed };

const struct link_kind link_replay = { .scheme = "replay:",
	.form = "replay:RUN",
	.can = LINK_CAN_POWER | LINK_CAN_CONTROL,
	.network = replay_network,
	.check = replay_check,
	.open = replay_open,
	.close = replay_close,
	.read = replay_read,
	.write = replay_write,
	.power = replay_power,
	.control = replay_control,
	.stage = &stage };
