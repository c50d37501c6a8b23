/* SPDX-License-Identifier: MIT */
/* replay:RUN, the journal of an earlier run instead of a module. During a case it gives back the
 * bytes that came then, each when the tester has sent what it sent then before them, and as long
 * behind that as then. A tester that sends something else has departed from the recording, and the
 * case can't be judged. Between cases it is a module that restarts and answers AT, because what the
 * tester does there depends on this run. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/link-kind.h"
#include "rig/recording.h"

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

enum { WORD = 8, SHOWN = 120, LINE_MAX_LEN = 4096 };

enum mode { BETWEEN, PROBES, CASE };

struct player {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, quit;
	int fd; /* readable: there is something in `due` */
	struct recording *recording;
	double speed; /* 0: no pauses */
	enum mode mode;
	struct recorded_events events;
	size_t next, done;              /* the event that comes next, and how much of it was sent */
	size_t last;                    /* the event behind the one that was sent last; 0: none */
	int64_t anchor_ns, recorded_ns; /* the same moment, of now and of then */
	struct buf due;                 /* to be read */
	struct buf sent;                /* of the line that is being sent */
	bool echo;
	char old_word[WORD + 1], new_word[WORD + 1]; /* of the probes */
	char departed[700];
};

static int64_t now_ns(void)
{
	return clock_ns();
}

static void give(struct player *p, const void *bytes, size_t len)
{
	uint64_t one = 1;
	buf_append(&p->due, bytes, len);
	ssize_t told = write(p->fd, &one, sizeof(one));
	(void)told;
}

static const char *bytes_of(const struct player *p, const struct recorded *event)
{
	return p->events.bytes.data + event->at;
}

static const struct recorded *next_event(const struct player *p)
{
	return p->next < p->events.count ? &p->events.items[p->next] : NULL;
}

/* What a probe sent is random; what came back of it is given back with the word of today. */
static void give_event(struct player *p, const struct recorded *event)
{
	const char *bytes = bytes_of(p, event);
	struct buf changed AUTO_BUF = { 0 };
	buf_append(&changed, bytes, event->len);
	char *word = p->old_word[0] ? memmem(changed.data, changed.len, p->old_word, WORD) : NULL;
	if (word)
		memcpy(word, p->new_word, WORD);
	give(p, changed.data, changed.len);
}

/* All that came before the tester sent on; not waiting for its time any more. */
static void give_received(struct player *p)
{
	const struct recorded *event;
	while ((event = next_event(p)) && event->kind == RECORDED_RECEIVED) {
		give_event(p, event);
		p->next++;
	}
}

static void show(struct buf *out, const char *bytes, size_t len)
{
	buf_putc(out, '"');
	text_visible(out, bytes, len < SHOWN ? len : SHOWN);
	buf_puts(out, len < SHOWN ? "\"" : "…\"");
}

/* The two lines: what the recording has there, and what was sent. */
static void depart(struct player *p, const char *bytes, size_t len)
{
	struct buf text AUTO_BUF = { 0 };
	const struct recorded *event = next_event(p);
	if (p->departed[0])
		return;
	size_t rest = strcspn(bytes, "\n");
	buf_puts(&text, "departs from the recording: sent ");
	buf_append(&p->sent, bytes, rest < len ? rest + 1 : len);
	show(&text, buf_text(&p->sent), p->sent.len);
	if (event && event->kind == RECORDED_SENT) {
		struct buf then AUTO_BUF = { 0 };
		size_t same = p->sent.len - (rest < len ? rest + 1 : len);
		buf_append(&then, buf_text(&p->sent), same);
		buf_append(&then, bytes_of(p, event) + p->done, event->len - p->done);
		buf_printf(&text, ", recorded in line %d: ", event->line);
		show(&text, then.data, then.len);
	} else if (event) {
		buf_printf(&text, ", recorded in line %d: a request to bench or control port",
			event->line);
	} else {
		buf_puts(&text, ", where nothing more is recorded");
	}
	snprintf(p->departed, sizeof(p->departed), "%s", text.data);
	give(p, "", 0);
}

static void depart_because(struct player *p, const char *why)
{
	if (!p->departed[0])
		snprintf(p->departed, sizeof(p->departed), "%s", why);
	give(p, "", 0);
}

/* Nothing that could be played is left, but the case went on then. */
static void check_end(struct player *p)
{
	const struct recorded *event = next_event(p);
	if (p->mode != CASE)
		return;
	if (event && event->kind == RECORDED_GAP)
		depart_because(p, "the recording has only the number of the bytes from here on");
	else if (!event && !p->events.whole)
		depart_because(p, "the recording ends here: it was cut off in this case");
}

/* ---- what the tester sends ---- */

static void remember_sent(struct player *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p->sent.len && p->sent.data[p->sent.len - 1] == '\n')
			buf_clear(&p->sent);
		if (p->sent.len < LINE_MAX_LEN)
			buf_putc(&p->sent, bytes[i]);
	}
	if (p->sent.len && p->sent.data[p->sent.len - 1] == '\n')
		buf_clear(&p->sent);
}

static bool is_sent(const struct player *p, size_t i, const char *bytes, size_t len)
{
	const struct recorded *event = i < p->events.count ? &p->events.items[i] : NULL;
	return event && event->kind == RECORDED_SENT && event->len == len &&
	       memcmp(bytes_of(p, event), bytes, len) == 0;
}

/* How many events from i on were received, and all of their bytes. */
static size_t received_from(const struct player *p, size_t i, struct buf *out)
{
	size_t count = 0;
	for (; i + count < p->events.count; count++) {
		const struct recorded *event = &p->events.items[i + count];
		if (event->kind != RECORDED_RECEIVED)
			break;
		buf_append(out, bytes_of(p, event), event->len);
	}
	return count;
}

/* Behind the events that ask the same as the last one and got the same; 0: not all of them did. */
static size_t behind_repeats(const struct player *p, const struct buf *answer)
{
	const struct recorded *last = &p->events.items[p->last - 1];
	size_t i = p->next;
	while (is_sent(p, i, bytes_of(p, last), last->len)) {
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
	if (is_sent(p, p->last - 1, bytes, len)) {
		give(p, buf_text(&answer), answer.len);
		return true;
	}
	size_t i = behind_repeats(p, &answer);
	if (!is_sent(p, i, bytes, len))
		return false;
	p->last = p->next = i + 1;
	p->anchor_ns = now_ns();
	p->recorded_ns = p->events.items[i].t_ns;
	return true;
}

static void sent_in_case(struct player *p, const char *bytes, size_t len)
{
	while (len && !p->departed[0]) {
		give_received(p);
		const struct recorded *event = next_event(p);
		check_end(p);
		bool sends = event && event->kind == RECORDED_SENT;
		size_t n = sends ? event->len - p->done : 0;
		n = n < len ? n : len;
		if (!sends || memcmp(bytes_of(p, event) + p->done, bytes, n) != 0) {
			if (!is_again(p, bytes, len))
				depart(p, bytes, len);
			return;
		}
		remember_sent(p, bytes, n);
		bytes += n;
		len -= n;
		p->done += n;
		p->anchor_ns = now_ns();
		p->recorded_ns = event->t_ns;
		if (p->done == event->len) {
			p->last = ++p->next;
			p->done = 0;
		}
	}
	check_end(p);
}

/* The same but for a random word of capital letters, which is remembered. */
static bool is_same_probe(struct player *p, const char *then, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (then[i] == bytes[i])
			continue;
		size_t from = i;
		while (from && isupper((unsigned char)then[from - 1]) && i - from < WORD)
			from--;
		for (; from <= i; from++) {
			bool word = from + WORD <= len;
			for (size_t k = 0; k < WORD && word; k++)
				word = isupper((unsigned char)then[from + k]) &&
				       isupper((unsigned char)bytes[from + k]);
			if (word && memcmp(then + from + WORD, bytes + from + WORD,
					    len - from - WORD) == 0) {
				memcpy(p->old_word, then + from, WORD);
				memcpy(p->new_word, bytes + from, WORD);
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
	give_received(p);
	for (size_t i = p->next; i < p->events.count; i++) {
		const struct recorded *event = &p->events.items[i];
		if (event->kind != RECORDED_SENT || event->len != len ||
			!is_same_probe(p, bytes_of(p, event), bytes, len))
			continue;
		p->last = p->next = i + 1;
		p->anchor_ns = now_ns();
		p->recorded_ns = event->t_ns;
		return;
	}
	if (p->last && is_sent(p, p->last - 1, bytes, len))
		return;
	p->mode = BETWEEN;
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
	give(p, out.data, out.len);
}

static void answer_between(struct player *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (bytes[i] != '\r' && p->sent.len < LINE_MAX_LEN)
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
	if (p->mode == CASE)
		sent_in_case(p, bytes, len);
	else if (p->mode == PROBES)
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
	const struct recorded *event = p->mode == BETWEEN ? NULL : next_event(p);
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
		} else if (now_ns() >= at_ns) {
			give_event(p, next_event(p));
			p->next++;
			check_end(p);
		} else {
			struct timespec until = { at_ns / 1000000000, at_ns % 1000000000 };
			pthread_cond_timedwait(&p->changed, &p->lock, &until);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void begin(struct player *p, enum mode mode)
{
	p->mode = mode;
	p->next = p->done = p->last = 0;
	p->anchor_ns = now_ns();
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
	begin(p, probes ? PROBES : BETWEEN);
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
	if (p->mode == CASE) {
		give_received(p);
		const struct recorded *event = next_event(p);
		if (event && event->kind == RECORDED_SWITCH) {
			p->anchor_ns = now_ns();
			p->recorded_ns = event->t_ns;
			p->next++;
		} else {
			depart_because(p, "departs from the recording: there the module was not "
					  "reset at this point");
		}
	} else {
		p->mode = BETWEEN;
		p->echo = true;
		give(p, up, strlen(up));
	}
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static void control_in_case(struct player *p, const char *json, struct buf *answer)
{
	give_received(p);
	const struct recorded *event = next_event(p);
	if (!event || event->kind != RECORDED_CONTROL || strcmp(bytes_of(p, event), json) != 0) {
		depart_because(p, "departs from the recording: there the control port was not "
				  "asked this at this point");
		return;
	}
	buf_clear(answer);
	buf_puts(answer, bytes_of(p, event) + strlen(json) + 1);
	p->anchor_ns = now_ns();
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
	if (p->mode == CASE)
		control_in_case(p, json, answer);
	else if (strstr(json, "factory"))
		give(p, up, strlen(up));
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
	begin(p, CASE);
	if (!there)
		depart_because(p, "the recording does not have this case");
	else
		check_end(p);
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return start;
}

/* What came then until the case was over, late as it may have been, is of the case. */
static void replay_end_case(struct link *link)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	if (p->mode == CASE && !p->departed[0]) {
		give_received(p);
		const struct recorded *event = next_event(p);
		struct buf text AUTO_BUF = { 0 };
		if (event && event->kind != RECORDED_GAP) {
			buf_printf(&text,
				"departs from the recording: the case is over, recorded in line "
				"%d: ",
				event->line);
			show(&text, bytes_of(p, event), event->len);
			depart_because(p, text.data);
		}
	}
	pthread_mutex_unlock(&p->lock);
}

static void replay_leave_case(struct link *link)
{
	struct player *p = link->player;
	pthread_mutex_lock(&p->lock);
	recorded_finish(&p->events);
	begin(p, BETWEEN);
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
