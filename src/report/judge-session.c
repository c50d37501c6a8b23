/* SPDX-License-Identifier: MIT */
#include "report/judge-session.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "monitor/monitor.h"
#include "spec/judge.h"

#include <stdlib.h>
#include <string.h>

enum {
	SENT_MAX = 64,     /* commands whose place is remembered */
	LINES_MAX = 256,   /* information lines of one answer that are looked at, */
	LINE_SHOWN = 1024, /* and how much of each */
	TEXT_SHOWN = 256,
};

static const int64_t GIVE_UP_NS = 5000000000; /* with nothing on the line */

/* Where a command was sent. */
struct place {
	uint64_t hash;
	int line;
	int64_t t_ns;
};

struct judge_session {
	const struct spec *spec;
	const struct profile *profile;
	struct monitor *monitor;
	bool live, begun, tolerant;
	finding_fn *on_finding;
	void *user;
	int line; /* of the log, being read */
	int64_t t_ns;
	struct place sent[SENT_MAX];
	size_t sent_count;
	struct buf command;          /* that the lines answer */
	struct buf lines[LINES_MAX]; /* kept for the next answer */
	size_t line_count;
	bool given_up;  /* a breach is held: the module may say that it is busy */
	bool shaped[2]; /* the answer to a command is another since: see shapes */
	struct buf held_text;
	int held_line;
	int64_t held_ns;
};

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[FINDING_KINDS] = { "conforms", "deviates", "unscored",
		"breaks" };
	return names[kind];
}

/* Commands that change what another one answers. */
static const struct {
	const char *setter, *shaped;
} shapes[] = { { "AT+CWLAPOPT=", "AT+CWLAP" }, { "AT+CIPDINFO=", "AT+CIPRECVDATA" } };
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static uint64_t hash_of(const char *command)
{
	return text_hash(command, strlen(command), 0);
}

static void on_command(void *user, const char *command)
{
	struct judge_session *s = user;
	if (s->sent_count == SENT_MAX)
		memmove(s->sent, s->sent + 1, --s->sent_count * sizeof(s->sent[0]));
	s->sent[s->sent_count++] =
		(struct place){ .hash = hash_of(command), .line = s->line, .t_ns = s->t_ns };
}

/* Where the oldest command of that text was sent; what was sent before it is answered or lost. */
static struct place place_of(struct judge_session *s, const char *command, bool data)
{
	struct place here = { .line = s->line, .t_ns = s->t_ns };
	uint64_t hash = hash_of(command);
	for (size_t i = 0; i < s->sent_count && !data; i++) {
		if (s->sent[i].hash != hash)
			continue;
		here = s->sent[i];
		s->sent_count -= i + 1;
		memmove(s->sent, s->sent + i + 1, s->sent_count * sizeof(s->sent[0]));
		break;
	}
	return here;
}

static void shown(struct buf *out, const char *text, size_t len)
{
	bool cut = len > TEXT_SHOWN;
	text_visible(out, text, cut ? TEXT_SHOWN : len);
	buf_puts(out, cut ? "…" : "");
	if (!out->data)
		buf_puts(out, "");
}

/* ---- exchanges ---- */

static void add_line(struct judge_session *s, const char *text, size_t len, bool more)
{
	if (!more && s->line_count == LINES_MAX)
		return;
	if (!more)
		buf_clear(&s->lines[s->line_count++]);
	struct buf *line = &s->lines[s->line_count - 1];
	for (size_t i = 0; i < len && line->len < LINE_SHOWN; i++)
		buf_putc(line, text[i] && text[i] != '\r' && text[i] != '\n' ? text[i] : '?');
	if (!line->data)
		buf_puts(line, "");
}

static void forget_lines(struct judge_session *s)
{
	s->line_count = 0;
	buf_clear(&s->command);
}

static void put_actual(struct judge_session *s, struct buf *out, const char *final)
{
	for (size_t i = 0; i < s->line_count && out->len < TEXT_SHOWN; i++) {
		shown(out, s->lines[i].data, s->lines[i].len);
		buf_putc(out, ' ');
	}
	shown(out, final, strlen(final));
}

/* How the model judges it, in the four kinds. */
static enum finding_kind kind_of(enum judgement judgement)
{
	switch (judgement) {
	case JUDGED_CONFORMS:
		return FINDING_CONFORMS;
	case JUDGED_DEVIATES:
		return FINDING_DEVIATES;
	case JUDGED_BREAKS:
		return FINDING_BREAKS;
	case JUDGED_UNSCORED:
	case JUDGED_UNKNOWN:
		return FINDING_UNSCORED;
	}
	return FINDING_UNSCORED;
}

/* What answers data behind a prompt: nothing but a final result, unless a deviation says so. */
static void judge_data(struct judge_session *s, struct judged *out, const struct line_piece *piece,
	const struct exchange *e)
{
	if (!piece->ok) {
		*out = (struct judged){ .judgement = JUDGED_UNSCORED,
			.why = "the data were not taken, which depends on the network" };
	} else if (s->line_count == 0) {
		*out = (struct judged){ .judgement = JUDGED_CONFORMS };
	} else {
		judge_exchange(out, s->spec, s->profile, e);
		if (out->judgement == JUDGED_BREAKS)
			snprintf(out->why, sizeof(out->why), "the line \"%.100s\" is not expected",
				e->lines[0]);
		out->form = NULL;
	}
}

static void tell(struct judge_session *s, const struct judged *judged, const char *command,
	const char *final, const struct place *place)
{
	struct buf said AUTO_BUF = { 0 };
	struct buf wanted AUTO_BUF = { 0 };
	struct buf got AUTO_BUF = { 0 };
	struct buf why AUTO_BUF = { 0 };
	shown(&said, command, strlen(command));
	shown(&why, judged->why, strlen(judged->why));
	if (judged->judgement == JUDGED_BREAKS)
		judge_expected(&wanted, judged);
	put_actual(s, &got, final);
	s->on_finding(s->user, &(struct finding){ .kind = kind_of(judged->judgement),
				       .command = said.data,
				       .id = judged->id,
				       .why = why.data,
				       .expected = buf_text(&wanted),
				       .actual = got.data,
				       .line = place->line,
				       .t_ns = place->t_ns });
}

static void follow_shapes(struct judge_session *s, struct judged *judged, const char *command,
	const struct line_piece *piece)
{
	for (size_t i = 0; i < SHAPES; i++) {
		const char *shaped = shapes[i].shaped;
		size_t len = strcspn(command, "=?");
		bool is = strlen(shaped) == len && strncmp(shaped, command, len) == 0;
		if (piece->ok && text_starts(command, shapes[i].setter))
			s->shaped[i] = true;
		if (is && s->shaped[i] && judged->judgement == JUDGED_BREAKS)
			*judged = (struct judged){ .judgement = JUDGED_UNSCORED,
				.why = "a command before it changed what is answered" };
	}
}

static void finish_exchange(struct judge_session *s, const struct line_piece *piece)
{
	const char *lines[LINES_MAX];
	struct judged judged = { .judgement = JUDGED_UNSCORED };
	const struct place place = place_of(s, piece->command, piece->data);
	if (strcmp(buf_text(&s->command), piece->command) != 0)
		forget_lines(s);
	for (size_t i = 0; i < s->line_count; i++)
		lines[i] = s->lines[i].data;
	const struct exchange e = { piece->command, lines, s->line_count, piece->text };
	if (piece->optional && !piece->data)
		snprintf(judged.why, sizeof(judged.why), "%s",
			"sent in a way that need not be answered");
	else if (piece->data)
		judge_data(s, &judged, piece, &e);
	else
		judge_exchange(&judged, s->spec, s->profile, &e);
	follow_shapes(s, &judged, piece->command, piece);
	tell(s, &judged, piece->command, piece->text, &place);
	forget_lines(s);
}

static void collect(struct judge_session *s, const struct line_piece *piece)
{
	bool other = strcmp(buf_text(&s->command), piece->command) != 0;
	if (other) {
		forget_lines(s);
		buf_puts(&s->command, piece->command);
	}
	bool payload = piece->kind == LINE_PAYLOAD;
	if (!payload || s->line_count)
		add_line(s, payload ? (const char *)piece->bytes : piece->text,
			payload ? piece->len : piece->text_len, payload);
}

/* ---- the monitor ---- */

static void tell_breach(
	struct judge_session *s, const char *id, const char *text, int line, int64_t t_ns)
{
	s->on_finding(s->user, &(struct finding){ .kind = FINDING_BREAKS,
				       .session = true,
				       .command = "",
				       .id = id,
				       .why = text,
				       .expected = "",
				       .actual = "",
				       .line = line,
				       .t_ns = t_ns });
}

static void on_breach(void *user, const struct breach *breach)
{
	struct judge_session *s = user;
	if (!s->given_up) {
		tell_breach(s, breach->requirement, breach->text, s->line, breach->t_ns);
		return;
	}
	buf_clear(&s->held_text);
	buf_puts(&s->held_text, breach->text);
	s->held_line = s->line;
	s->held_ns = breach->t_ns;
}

/* The module has gone on to the next command, or says that it is still at the one before. */
static void settle_held(struct judge_session *s, const struct line_piece *piece)
{
	if (piece->kind == LINE_ECHO || piece->kind == LINE_BLANK)
		return;
	bool busy = piece->kind == LINE_URC && text_starts(piece->text, "busy ");
	if (!busy && s->held_text.len)
		tell_breach(s, "SESSION-1", s->held_text.data, s->held_line, s->held_ns);
	s->given_up = false;
	buf_clear(&s->held_text);
}

static void on_piece(void *user, const struct line_piece *piece)
{
	struct judge_session *s = user;
	if (s->given_up)
		settle_held(s, piece);
	if (piece->kind == LINE_URC && strcmp(piece->text, "ready") == 0)
		memset(s->shaped, 0, sizeof(s->shaped));
	bool info = piece->kind == LINE_INFO || (piece->kind == LINE_PAYLOAD && piece->total);
	/* A wrong echo is part of the answer too. */
	info |= piece->kind == LINE_NOISE && piece->like_echo && piece->pending;
	if (info && piece->command)
		collect(s, piece);
	else if (piece->kind == LINE_FINAL && piece->pending && *piece->command)
		finish_exchange(s, piece);
}

/* ---- the session ---- */

struct judge_session *judge_session_create(const struct spec *spec, const struct profile *profile,
	bool live, finding_fn *on_finding, void *user)
{
	struct judge_session *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	*s = (struct judge_session){ .spec = spec,
		.profile = profile,
		.live = live,
		.begun = live,
		.on_finding = on_finding,
		.user = user };
	s->monitor = monitor_create(
		spec, profile ? (const char *const *)profile->noise : NULL, on_breach, s);
	monitor_watch(s->monitor, &(struct monitor_watcher){ on_command, on_piece, s });
	/* Before the first command the log may begin anywhere. */
	monitor_tolerate(s->monitor, !live);
	return s;
}

void judge_session_destroy(struct judge_session *s)
{
	if (!s)
		return;
	monitor_destroy(s->monitor);
	for (size_t i = 0; i < LINES_MAX; i++)
		buf_finish(&s->lines[i]);
	buf_finish(&s->command);
	buf_finish(&s->held_text);
	free(s);
}

static void at(struct judge_session *s, int64_t t_ns, int line)
{
	s->t_ns = t_ns;
	s->line = line;
}

static void give_up(struct judge_session *s, int64_t t_ns)
{
	if (s->live || t_ns - s->t_ns < GIVE_UP_NS || !monitor_waits(s->monitor))
		return;
	s->given_up = true;
	monitor_end(s->monitor, t_ns);
}

void judge_session_sent(
	struct judge_session *s, const void *bytes, size_t len, int64_t t_ns, int line)
{
	if (!s->begun) {
		s->begun = true;
		monitor_tolerate(s->monitor, s->tolerant);
	}
	give_up(s, t_ns);
	at(s, t_ns, line);
	monitor_sent(s->monitor, bytes, len, t_ns);
}

void judge_session_received(
	struct judge_session *s, const void *bytes, size_t len, int64_t t_ns, int line)
{
	at(s, t_ns, line);
	monitor_received(s->monitor, bytes, len, t_ns);
}

/* Another conversation begins. */
static void forget(struct judge_session *s)
{
	s->sent_count = 0;
	memset(s->shaped, 0, sizeof(s->shaped));
	forget_lines(s);
}

void judge_session_tolerate(struct judge_session *s, bool on)
{
	s->tolerant = on;
	s->begun = true;
	monitor_tolerate(s->monitor, on);
	forget(s);
}

void judge_session_restarted(struct judge_session *s, int64_t t_ns)
{
	monitor_restarted(s->monitor, t_ns);
	forget(s);
}

void judge_session_end(struct judge_session *s, int64_t t_ns, int line)
{
	at(s, t_ns, line);
	monitor_end(s->monitor, t_ns);
	forget(s);
}

void judge_session_cut(struct judge_session *s)
{
	const struct place *last = s->sent_count ? &s->sent[s->sent_count - 1] : NULL;
	if (!last || s->tolerant || !monitor_waits(s->monitor))
		return;
	s->on_finding(s->user, &(struct finding){ .kind = FINDING_UNSCORED,
				       .command = "",
				       .id = "",
				       .why = "the log ends before the answer",
				       .expected = "",
				       .actual = "",
				       .line = last->line,
				       .t_ns = last->t_ns });
}
