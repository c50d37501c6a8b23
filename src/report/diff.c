/* SPDX-License-Identifier: MIT */
#include "report/diff.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/journal.h"
#include "report/keep.h"
#include "report/lines.h"
#include "report/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNED       (2 << 20) /* cells of the table: beyond, the middle is not aligned */
#define PIECES_JOINED 4096
#define UNITS         400 /* of a line that are marked one by one */

/* --- reading one side --- */

struct scan {
	struct diff_side *side;
	int64_t c, start_ns;
	long open[2]; /* the line that still grows, of the module's line: tx, rx; -1: none */
};

static void add_line(
	struct scan *s, enum diff_kind kind, int peer, int64_t t, size_t from, size_t len)
{
	struct diff_line line = {
		.kind = kind, .peer = peer, .from = from, .len = len, .us = (t - s->start_ns) / 1000
	};
	if (s->side->count >= DIFF_LINES) {
		s->side->left_out++;
		return;
	}
	KEEP_ADD(s->side->lines, s->side->count) = line;
}

/* Bytes of the module's line come in any pieces: a line is what ends with a line end, or where the
 * other side spoke. A line that grows is copied to the end of the bytes, so that it is in one
 * piece.
 */
static void add_bytes(struct scan *s, enum diff_kind kind, int64_t t, const char *bytes, size_t len)
{
	struct diff_side *side = s->side;
	s->open[kind == DIFF_TX ? 1 : 0] = -1;
	long *open = &s->open[kind == DIFF_TX ? 0 : 1];
	for (size_t at = 0; at < len;) {
		const char *end = memchr(bytes + at, '\n', len - at);
		size_t n = end ? (size_t)(end - (bytes + at)) + 1 : len - at;
		if (*open >= 0) {
			struct diff_line *line = &side->lines[*open];
			AUTO_BUF struct buf whole = { 0 };
			buf_append(&whole, side->bytes.data + line->from, line->len);
			line->from = side->bytes.len;
			buf_append(&side->bytes, whole.data, whole.len);
			line->len += n;
			buf_append(&side->bytes, bytes + at, n);
		} else {
			size_t before = side->count;
			add_line(s, kind, -1, t, side->bytes.len, n);
			buf_append(&side->bytes, bytes + at, n);
			*open = side->count > before ? (long)before : -1;
		}
		if (end)
			*open = -1;
		at += n;
	}
}

static bool take_string(const json_t *o, struct buf *out)
{
	const json_t *string = json_object_get(o, "bytes");
	buf_clear(out);
	if (!json_is_string(string))
		return false;
	buf_append(out, json_string_value(string), json_string_length(string));
	long n = report_wire_bytes(string, out->len ? out->data : NULL);
	if (n < 0)
		return false;
	out->len = (size_t)n;
	return true;
}

static void scan_peer(struct scan *s, const json_t *o, int64_t t, struct buf *bytes)
{
	const char *what = wire_text(o, "what");
	long long p = json_integer_value(json_object_get(o, "p"));
	answer_peer(&s->side->answer, o);
	bool in = strcmp(what, "rx") == 0 || strcmp(what, "message") == 0;
	bool out = strcmp(what, "tx") == 0 || strcmp(what, "publish") == 0;
	if ((!in && !out) || !take_string(o, bytes))
		return;
	enum diff_kind kind = in ? DIFF_PEER_RX : DIFF_PEER_TX;
	struct diff_line *last = s->side->count ? &s->side->lines[s->side->count - 1] : NULL;
	/* In how many pieces it came through the network is nobody's choice. */
	if (last && last->kind == kind && last->peer == p && last->len < PIECES_JOINED)
		last->len += bytes->len;
	else
		add_line(s, kind, (int)p, t, s->side->bytes.len, bytes->len);
	buf_append(&s->side->bytes, bytes->data, bytes->len);
}

static void scan_event(struct scan *s, const json_t *o, struct buf *bytes)
{
	const char *e = wire_text(o, "e");
	int64_t t = json_integer_value(json_object_get(o, "t"));
	const json_t *c = json_object_get(o, "c");
	bool sent = strcmp(e, "tx") == 0;
	if (!c || json_integer_value(c) != s->c)
		return;
	if (strcmp(e, "peer") == 0) {
		scan_peer(s, o, t, bytes);
	} else if (sent || strcmp(e, "rx") == 0) {
		if (!take_string(o, bytes)) {
			s->side->counted = true;
			return;
		}
		if (sent)
			answer_sent(&s->side->answer, bytes->data, bytes->len);
		add_bytes(s, sent ? DIFF_TX : DIFF_RX, t, bytes->data, bytes->len);
	}
}

static int read_side(struct diff_side *side, const struct index *ix, const struct index_case *x,
	struct error *error)
{
	struct scan s = {
		.side = side, .c = x - ix->cases, .start_ns = x->start_ns, .open = { -1, -1 }
	};
	struct lines lines;
	AUTO_BUF struct buf bytes = { 0 };
	int fd AUTO_FD = open(ix->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(
			error, ix->path, 0, 0, "can't read the journal: %s", strerror(errno));
	lines_init(&lines, fd, x->from, x->to);
	const char *text;
	size_t len;
	int64_t at;
	bool whole;
	int got;
	while ((got = lines_next(&lines, &text, &len, &at, &whole)) == 1) {
		json_t *o = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
		if (o)
			scan_event(&s, o, &bytes);
		json_decref(o);
	}
	lines_finish(&lines);
	answer_take(&side->answer);
	return got < 0 ? error_set(error, ix->path, 0, 0, "%s", strerror(-got)) : 0;
}

/* --- what counts as the same --- */

/* Words of one tester only get the number of their place among those. Others stand for themselves.
 */
static bool own_word(const struct diff *d, int side, const char *word, size_t len)
{
	uint64_t name;
	return answer_knows(&d->sides[side].answer, word, len, &name) &&
	       !answer_knows(&d->sides[!side].answer, word, len, &name);
}

/* One word, or one byte that belongs to none. */
static size_t unit_length(const char *text, size_t len)
{
	size_t n = answer_word_length(text, len);
	return n ? n : 1;
}

static uint64_t unit_sum(const struct diff *d, int side, const char *text, size_t len)
{
	const struct diff_side *s = &d->sides[side];
	uint64_t name = 0;
	if (!own_word(d, side, text, len))
		return text_hash(text, len, 0);
	answer_knows(&s->answer, text, len, &name);
	name = name < s->own_room ? s->own[name] : name;
	return text_hash(&name, sizeof(name), 1);
}

/* Counts them in the order in which they were sent: a word that both sent does not count, or one
 * command more on one side would make others of all that follow. */
static void number_own(struct diff *d, int side)
{
	struct diff_side *s = &d->sides[side];
	const char *text = buf_text(&s->answer.sent);
	uint32_t count = 0;
	s->own_room = s->answer.word_count + 2;
	s->own = calloc(s->own_room, sizeof(*s->own));
	if (!s->own)
		abort();
	for (size_t at = 0; at < s->answer.sent.len;) {
		uint64_t name = 0;
		size_t n = unit_length(text + at, s->answer.sent.len - at);
		if (own_word(d, side, text + at, n) &&
			answer_knows(&s->answer, text + at, n, &name) && name < s->own_room &&
			!s->own[name])
			s->own[name] = ++count;
		at += n;
	}
}

static void sum_lines(struct diff *d, int side)
{
	struct diff_side *s = &d->sides[side];
	for (size_t i = 0; i < s->count; i++) {
		struct diff_line *line = &s->lines[i];
		const char *text = s->bytes.data + line->from;
		line->sum = (uint64_t)line->kind * 31 + (uint64_t)(line->peer + 2);
		for (size_t at = 0; at < line->len;) {
			size_t n = unit_length(text + at, line->len - at);
			uint64_t sum = unit_sum(d, side, text + at, n);
			line->sum = text_hash(&sum, sizeof(sum), line->sum + 1);
			at += n;
		}
	}
}

/* --- alignment: the longest common subsequence of two rows of sums --- */

/* Calls step(was, is) in order: both (same), or one with SIZE_MAX. */
struct steps {
	uint32_t (*pairs)[2];
	size_t count;
};
#define NONE UINT32_MAX

static void step(struct steps *s, size_t was, size_t is)
{
	s->pairs[s->count][0] = (uint32_t)was;
	s->pairs[s->count++][1] = (uint32_t)is;
}

static void align_middle(struct steps *s, const uint64_t *a, size_t a0, size_t a1,
	const uint64_t *b, size_t b0, size_t b1)
{
	size_t n = a1 - a0, m = b1 - b0, width = m + 1;
	uint16_t *best = n && m && n * m <= ALIGNED ? calloc((n + 1) * width, sizeof(*best)) : NULL;
	for (size_t i = n; best && i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			uint16_t down = best[(i + 1) * width + k], right = best[i * width + k + 1];
			best[i * width + k] =
				a[a0 + i] == b[b0 + k]
					? (uint16_t)(best[(i + 1) * width + k + 1] + 1)
				: down > right ? down
					       : right;
		}
	size_t i = 0, k = 0;
	while (best && i < n && k < m) {
		if (a[a0 + i] == b[b0 + k])
			step(s, a0 + i++, b0 + k++);
		else if (best[(i + 1) * width + k] >= best[i * width + k + 1])
			step(s, a0 + i++, NONE);
		else
			step(s, NONE, b0 + k++);
	}
	while (i < n)
		step(s, a0 + i++, NONE);
	while (k < m)
		step(s, NONE, b0 + k++);
	free(best);
}

static struct steps align(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
	struct steps s = { .pairs = calloc(n + m + 1, sizeof(*s.pairs)) };
	size_t head = 0, tail = 0;
	if (!s.pairs)
		abort();
	while (head < n && head < m && a[head] == b[head]) {
		step(&s, head, head);
		head++;
	}
	while (tail < n - head && tail < m - head && a[n - 1 - tail] == b[m - 1 - tail])
		tail++;
	align_middle(&s, a, head, n - tail, b, head, m - tail);
	for (; tail; tail--)
		step(&s, n - tail, m - tail);
	return s;
}

static uint64_t *line_sums(const struct diff_side *s)
{
	uint64_t *sums = calloc(s->count + 1, sizeof(*sums));
	if (!sums)
		abort();
	for (size_t i = 0; i < s->count; i++)
		sums[i] = s->lines[i].sum;
	return sums;
}

/* Of a stretch that differs, lines of one kind stand beside each other: they are what one another
 * became. */
static void add_gap(struct diff *d, const struct steps *s, size_t from, size_t to)
{
	size_t was = from, is = from;
	for (;;) {
		while (was < to && s->pairs[was][0] == NONE)
			was++;
		while (is < to && s->pairs[is][1] == NONE)
			is++;
		if (was >= to && is >= to)
			return;
		struct diff_row row = { 0 };
		if (was < to)
			row.was = &d->sides[0].lines[s->pairs[was][0]];
		if (is < to)
			row.is = &d->sides[1].lines[s->pairs[is][1]];
		if (row.was && row.is && row.was->kind != row.is->kind) {
			/* The tester's line waits until the other side has one, too. */
			if (row.was->kind == DIFF_TX)
				row.was = NULL;
			else
				row.is = NULL;
		}
		was += row.was != NULL;
		is += row.is != NULL;
		KEEP_ADD(d->rows, d->count) = row;
	}
}

static void add_rows(struct diff *d, const struct steps *s)
{
	for (size_t i = 0; i < s->count;) {
		size_t to = i;
		while (to < s->count && (s->pairs[to][0] == NONE || s->pairs[to][1] == NONE))
			to++;
		if (to > i)
			add_gap(d, s, i, to);
		if (to < s->count) {
			struct diff_row row = { .was = &d->sides[0].lines[s->pairs[to][0]],
				.is = &d->sides[1].lines[s->pairs[to][1]],
				.same = true };
			KEEP_ADD(d->rows, d->count) = row;
			to++;
		}
		i = to;
	}
}

int diff_open(struct diff *d, const struct index *was, const struct index_case *a,
	const struct index *is, const struct index_case *b, struct error *error)
{
	*d = (struct diff){ 0 };
	if (read_side(&d->sides[0], was, a, error) || read_side(&d->sides[1], is, b, error)) {
		diff_finish(d);
		return -1;
	}
	for (int side = 0; side < 2; side++)
		number_own(d, side);
	for (int side = 0; side < 2; side++)
		sum_lines(d, side);
	AUTO_FREE uint64_t *x = line_sums(&d->sides[0]);
	AUTO_FREE uint64_t *y = line_sums(&d->sides[1]);
	struct steps s = align(x, d->sides[0].count, y, d->sides[1].count);
	add_rows(d, &s);
	free(s.pairs);
	return 0;
}

void diff_finish(struct diff *d)
{
	for (int i = 0; i < 2; i++) {
		buf_finish(&d->sides[i].bytes);
		free(d->sides[i].lines);
		free(d->sides[i].own);
		answer_finish(&d->sides[i].answer);
	}
	free(d->rows);
	*d = (struct diff){ 0 };
}

/* --- marking --- */

struct units {
	uint64_t sums[UNITS];
	size_t from[UNITS + 1];
	size_t count;
};

/* The last unit takes the rest of a line that is too long for more. */
static void find_units(
	struct units *u, const struct diff *d, int side, const struct diff_line *line)
{
	const char *text = line ? d->sides[side].bytes.data + line->from : NULL;
	u->count = 0;
	u->from[0] = 0;
	for (size_t at = 0; line && at < line->len; u->count++) {
		size_t n = unit_length(text + at, line->len - at);
		if (u->count == UNITS - 1)
			n = line->len - at;
		u->sums[u->count] = unit_sum(d, side, text + at, n);
		at += n;
		u->from[u->count + 1] = at;
	}
}

static size_t put_piece(struct diff_piece *pieces, size_t count, size_t most, struct diff_piece p)
{
	struct diff_piece *last = count ? &pieces[count - 1] : NULL;
	if (last && ((last->differs == p.differs && last->own == p.own) || count == most)) {
		last->len += p.len;
		return count;
	}
	pieces[count] = p;
	return count + 1;
}

size_t diff_pieces(const struct diff *d, const struct diff_row *row, int side,
	struct diff_piece *pieces, size_t most)
{
	struct units *u = calloc(2, sizeof(*u));
	const struct diff_line *line = side ? row->is : row->was;
	size_t count = 0;
	if (!u)
		abort();
	find_units(&u[0], d, 0, row->was);
	find_units(&u[1], d, 1, row->is);
	struct steps s = align(u[0].sums, u[0].count, u[1].sums, u[1].count);
	for (size_t i = 0; line && i < s.count; i++) {
		uint32_t at = s.pairs[i][side];
		if (at == NONE)
			continue;
		size_t from = u[side].from[at], len = u[side].from[at + 1] - from;
		const char *text = d->sides[side].bytes.data + line->from + from;
		count = put_piece(pieces, count, most,
			(struct diff_piece){ .from = from,
				.len = len,
				.differs = s.pairs[i][!side] == NONE,
				.own = own_word(d, side, text, len) });
	}
	free(s.pairs);
	free(u);
	return count;
}
