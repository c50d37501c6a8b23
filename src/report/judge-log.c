/* SPDX-License-Identifier: MIT */
#include "report/judge-log.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/journal.h"
#include "report/keep.h"
#include "report/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORDED_MAX = 64 /* breaches of one lease that the run's own monitor saw */ };

/* A breach that the journal tells of: also the monitor's of today, or not. */
struct recorded {
	uint64_t hash;
	char *id, *text;
	int line;
	int64_t t_ns;
};

/* One line to a module. */
struct way {
	struct judge_log *log;
	struct judge_session *session;
	long c; /* the case that has it, or -1 */
	bool changed, blind;
	uint64_t seen[RECORDED_MAX];
	size_t seen_count;
	struct recorded recorded[RECORDED_MAX];
	size_t recorded_count;
};

struct judge_log {
	struct judge_log_facts facts;
	struct keep *memory;
	char *path;
	int fd, line;
	struct lines lines;
	json_t *first; /* read already */
	struct error *error;
	const struct spec *spec;
	const struct profile *profile;
	judge_log_fn *on_finding;
	void *user;
	const char **cases; /* of a journal's plan */
	size_t case_count;
	struct way ways[JOURNAL_LANES];
	struct buf bytes;
	int64_t t_ns, next_n;
};

static int fail(struct judge_log *log, int column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int fail(struct judge_log *log, int column, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct buf safe AUTO_BUF = { 0 };
	text_visible(&safe, text, strlen(text));
	return error_set(log->error, log->path, log->line, column, "%s", buf_text(&safe));
}

/* ---- what a line holds ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static const char *keep_text(struct judge_log *log, const json_t *object, const char *key)
{
	const char *text = text_of(object, key);
	return keep_bytes(&log->memory, text, strlen(text));
}

static int take_bytes(struct judge_log *log, const json_t *object)
{
	const json_t *string = json_object_get(object, "bytes");
	if (!json_is_string(string))
		return fail(log, 1, "\"bytes\" is missing or no string");
	buf_clear(&log->bytes);
	char *room AUTO_FREE = malloc(json_string_length(string) + 1);
	long n = room ? report_wire_bytes(string, room) : -1;
	if (n < 0)
		return fail(log, 1,
			"\"bytes\" holds a character that is no byte: each stands for one, 0 to "
			"255");
	buf_append(&log->bytes, room, (size_t)n);
	return 0;
}

/* ---- findings ---- */

static uint64_t breach_hash(const char *id, const char *text)
{
	return text_hash(text, strlen(text), text_hash(id, strlen(id), 0));
}

static const char *case_of(const struct way *way)
{
	const struct judge_log *log = way->log;
	return way->c >= 0 && (size_t)way->c < log->case_count ? log->cases[way->c] : "";
}

static void on_finding(void *user, const struct finding *finding)
{
	struct way *way = user;
	if (finding->session && way->seen_count < RECORDED_MAX)
		way->seen[way->seen_count++] = breach_hash(finding->id, finding->why);
	way->log->on_finding(way->log->user, finding, case_of(way));
}

static struct judge_session *session_of(struct way *way)
{
	struct judge_log *log = way->log;
	if (!way->session)
		way->session = judge_session_create(
			log->spec, log->profile, log->facts.journal, on_finding, way);
	return way->session;
}

/* ---- a recorded session ---- */

static int not_a_record(struct judge_log *log)
{
	return fail(log, 1,
		"neither bytes with their \"dir\", nor a \"title\", a \"note\" or a \"reset\": see "
		"atconform-log(5)");
}

static int read_record(struct judge_log *log, const json_t *object)
{
	const json_t *time = json_object_get(object, "t");
	const char *dir = text_of(object, "dir");
	struct way *way = &log->ways[0];
	if (time && !json_is_number(time))
		return fail(log, 1, "\"t\" is no number of seconds");
	if (time && json_number_value(time) >= 0 && json_number_value(time) < 1e9)
		log->t_ns = (int64_t)(json_number_value(time) * 1e9);
	if (json_object_get(object, "reset")) {
		judge_session_restarted(session_of(way), log->t_ns);
		return 0;
	}
	if (!json_object_get(object, "dir")) {
		bool fine = json_object_get(object, "title") || json_object_get(object, "note");
		return fine ? 0 : not_a_record(log);
	}
	if (strcmp(dir, ">") != 0 && strcmp(dir, "<") != 0)
		return fail(log, 1, "\"dir\" is \">\" (to the module) or \"<\" (from it)");
	if (take_bytes(log, object) < 0)
		return -1;
	log->facts.records++;
	void (*take)(struct judge_session *, const void *, size_t, int64_t, int) =
		*dir == '>' ? judge_session_sent : judge_session_received;
	take(session_of(way), buf_text(&log->bytes), log->bytes.len, log->t_ns, log->line);
	return 0;
}

/* ---- the journal of a run ---- */

static int read_way(struct judge_log *log, const json_t *object, struct way **out)
{
	const json_t *l = json_object_get(object, "l");
	if (!json_is_integer(l) || json_integer_value(l) < 0 ||
		json_integer_value(l) >= JOURNAL_LANES)
		return fail(log, 1, "\"l\" is no line of a bench");
	*out = &log->ways[json_integer_value(l)];
	return 0;
}

static int read_case(struct judge_log *log, const json_t *object, long *out)
{
	const json_t *c = json_object_get(object, "c");
	if (!json_is_integer(c) || json_integer_value(c) < -1 ||
		json_integer_value(c) >= (json_int_t)log->case_count)
		return fail(log, 1, "\"c\" is no case of the plan");
	*out = (long)json_integer_value(c);
	return 0;
}

static int read_plan(struct judge_log *log, const json_t *object)
{
	if (!json_is_string(json_object_get(object, "case")))
		return fail(log, 1, "\"case\" is missing");
	KEEP_ADD(log->cases, log->case_count) = keep_text(log, object, "case");
	return 0;
}

static int read_lease(struct judge_log *log, const json_t *object)
{
	struct way *way;
	long c;
	if (read_way(log, object, &way) < 0 || read_case(log, object, &c) < 0)
		return -1;
	if (way->changed) {
		judge_session_destroy(way->session);
		way->session = NULL;
	}
	way->c = c;
	way->changed = way->blind = false;
	way->seen_count = 0;
	judge_session_tolerate(session_of(way), false);
	return 0;
}

/* What only the run could see, of both ends of a connection, is told as it saw it. */
static void tell_recorded(struct way *way)
{
	for (size_t i = 0; i < way->recorded_count; i++) {
		struct recorded *r = &way->recorded[i];
		bool again = false;
		for (size_t k = 0; k < way->seen_count; k++)
			again = again || way->seen[k] == r->hash;
		struct finding finding = { .kind = FINDING_BREAKS,
			.session = true,
			.command = "",
			.id = r->id,
			.why = r->text,
			.expected = "",
			.actual = "",
			.line = r->line,
			.t_ns = r->t_ns };
		if (!again)
			way->log->on_finding(way->log->user, &finding, case_of(way));
		free(r->id);
		free(r->text);
	}
	way->recorded_count = 0;
}

static int read_release(struct judge_log *log, const json_t *object)
{
	struct way *way;
	if (read_way(log, object, &way) < 0)
		return -1;
	if (way->session && way->c >= 0 && !way->blind)
		judge_session_end(way->session, log->t_ns, log->line);
	if (way->blind)
		way->changed = true;
	tell_recorded(way);
	way->c = -1;
	return 0;
}

/* Of bytes that were only counted nobody can say what they were. */
static void look_away(struct way *way)
{
	if (way->blind)
		return;
	way->blind = true;
	judge_session_tolerate(way->session, true);
	way->log->on_finding(way->log->user,
		&(struct finding){ .kind = FINDING_UNSCORED,
			.command = "",
			.id = "",
			.why = "too many bytes for the journal to keep, from here on",
			.expected = "",
			.actual = "",
			.line = way->log->line,
			.t_ns = way->log->t_ns },
		case_of(way));
}

static int read_bytes(struct judge_log *log, const json_t *object, bool sent)
{
	struct way *way;
	long c;
	if (read_way(log, object, &way) < 0 || read_case(log, object, &c) < 0)
		return -1;
	log->facts.records++;
	if (c < 0 || way->c < 0) {
		log->facts.aside++;
		return 0;
	}
	if (!json_object_get(object, "bytes") && json_is_integer(json_object_get(object, "len"))) {
		look_away(way);
		return 0;
	}
	if (take_bytes(log, object) < 0)
		return -1;
	(sent ? judge_session_sent : judge_session_received)(
		session_of(way), buf_text(&log->bytes), log->bytes.len, log->t_ns, log->line);
	return 0;
}

static int read_tx(struct judge_log *log, const json_t *object)
{
	return read_bytes(log, object, true);
}

static int read_rx(struct judge_log *log, const json_t *object)
{
	return read_bytes(log, object, false);
}

static int read_tolerate(struct judge_log *log, const json_t *object)
{
	struct way *way;
	if (read_way(log, object, &way) < 0)
		return -1;
	if (way->session && !way->blind)
		judge_session_tolerate(way->session, json_is_true(json_object_get(object, "on")));
	return 0;
}

/* A reset that a case asked for. */
static int read_line_event(struct judge_log *log, const json_t *object)
{
	struct way *way;
	if (read_way(log, object, &way) < 0)
		return -1;
	const char *what = text_of(object, "what");
	bool reset = strcmp(what, "reset") == 0 || strcmp(what, "power") == 0;
	if (reset && way->session && way->c >= 0)
		judge_session_restarted(way->session, log->t_ns);
	return 0;
}

static int read_recover(struct judge_log *log, const json_t *object)
{
	struct way *way;
	if (read_way(log, object, &way) < 0)
		return -1;
	way->changed |= strcmp(text_of(object, "step"), "at") != 0;
	return 0;
}

static int read_breach(struct judge_log *log, const json_t *object)
{
	struct way *way;
	if (read_way(log, object, &way) < 0)
		return -1;
	const char *id = text_of(object, "id"), *text = text_of(object, "text");
	if (way->recorded_count < RECORDED_MAX)
		way->recorded[way->recorded_count++] =
			(struct recorded){ .hash = breach_hash(id, text),
				.id = strdup(id),
				.text = strdup(text),
				.line = log->line,
				.t_ns = log->t_ns };
	return 0;
}

static const struct {
	const char *event;
	int (*read)(struct judge_log *log, const json_t *object);
} events[] = { { "rx", read_rx }, { "tx", read_tx }, { "plan", read_plan }, { "lease", read_lease },
	{ "release", read_release }, { "tolerate", read_tolerate }, { "line", read_line_event },
	{ "recover", read_recover }, { "breach", read_breach } };

static int read_event(struct judge_log *log, const json_t *object)
{
	const json_t *n = json_object_get(object, "n"), *t = json_object_get(object, "t");
	const char *event = json_string_value(json_object_get(object, "e"));
	if (!event || !json_is_integer(n) || !json_is_integer(t))
		return fail(log, 1, "no event of a journal: \"n\", \"t\" or \"e\" is missing");
	if (json_integer_value(n) != log->next_n)
		return fail(log, 1, "line number %lld where %lld was due: lines are lost",
			(long long)json_integer_value(n), (long long)log->next_n);
	log->next_n++;
	log->t_ns = json_integer_value(t);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].event, event) == 0)
			return events[i].read(log, object);
	return 0;
}

/* ---- the file ---- */

/* 1: an object, 0: the end, -1: *error. */
static int next_object(struct judge_log *log, json_t **out)
{
	const char *text;
	size_t len;
	int64_t at;
	bool whole;
	json_error_t why;
	int got;
	do {
		got = lines_next(&log->lines, &text, &len, &at, &whole);
		log->line++;
	} while (got == 1 && strspn(text, " \t\r") >= len && whole);
	if (got == -E2BIG)
		return fail(log, 1, "a line of more than %d bytes", LINES_LONGEST);
	if (got < 0)
		return fail(log, 1, "%s", strerror(-got));
	if (got == 0)
		return 0;
	*out = json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(*out))
		return 1;
	bool none = !*out;
	/* Bytes that are no UTF-8 have no column. */
	int column = none && why.column > 0 ? why.column : 1;
	json_decref(*out);
	*out = NULL;
	if (!whole && log->line > 1) {
		log->facts.cut = true;
		return 0;
	}
	if (log->line == 1)
		return fail(log, column,
			"no log of a module: each line of one is a JSON object, see "
			"atconform-log(5)");
	return fail(log, column, "not a JSON object%s%s", none ? ": " : "", none ? why.text : "");
}

static int read_first(struct judge_log *log)
{
	int got = next_object(log, &log->first);
	if (got < 0)
		return -1;
	if (got == 0)
		return fail(log, 1, "empty: no log of a module");
	const json_t *first = log->first;
	struct judge_log_facts *facts = &log->facts;
	facts->journal = json_object_get(first, "e") != NULL;
	facts->title = keep_text(log, first, "title");
	facts->profile = keep_text(log, first, "profile");
	facts->run = keep_text(log, first, "run");
	facts->iut = keep_text(log, first, "iut");
	facts->program = keep_text(log, first, "program");
	if (!facts->journal)
		return 0;
	if (strcmp(text_of(first, "e"), "run") != 0)
		return fail(log, 1, "not the beginning of a journal: its header is missing");
	json_int_t format = json_integer_value(json_object_get(first, "format"));
	if (format != JOURNAL_FORMAT)
		return fail(log, 1, "journal format %lld; this program reads format %d",
			(long long)format, JOURNAL_FORMAT);
	return 0;
}

static int open_file(struct judge_log *log, const char *path)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (asprintf(&log->path, "%s%s", path, folder ? "/journal.jsonl" : "") < 0)
		abort();
	log->facts.path = log->path;
	log->fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (log->fd < 0)
		return error_set(log->error, log->path, 0, 0, "can't read the log: %s%s",
			strerror(errno), folder ? "; a run's folder holds journal.jsonl" : "");
	if (fstat(log->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(log->error, log->path, 0, 0, "not a file");
	lines_init(&log->lines, log->fd, 0, -1);
	return 0;
}

int judge_log_open(struct judge_log **out, const char *path, struct error *error)
{
	struct judge_log *log = calloc(1, sizeof(*log));
	if (!log)
		abort();
	log->fd = -1;
	log->error = error;
	for (size_t i = 0; i < JOURNAL_LANES; i++) {
		log->ways[i].log = log;
		log->ways[i].c = -1;
	}
	if (open_file(log, path) < 0 || read_first(log) < 0) {
		judge_log_close(log);
		return -1;
	}
	*out = log;
	return 0;
}

void judge_log_close(struct judge_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < JOURNAL_LANES; i++) {
		struct way *way = &log->ways[i];
		judge_session_destroy(way->session);
		for (size_t k = 0; k < way->recorded_count; k++) {
			free(way->recorded[k].id);
			free(way->recorded[k].text);
		}
	}
	json_decref(log->first);
	lines_finish(&log->lines);
	keep_destroy(log->memory);
	buf_finish(&log->bytes);
	free(log->cases);
	free(log->path);
	if (log->fd >= 0)
		close(log->fd);
	free(log);
}

const struct judge_log_facts *judge_log_facts(const struct judge_log *log)
{
	return &log->facts;
}

static int read_all(struct judge_log *log)
{
	json_t *object = log->first;
	int got = 1;
	log->first = NULL;
	while (got == 1) {
		int failed =
			log->facts.journal ? read_event(log, object) : read_record(log, object);
		json_decref(object);
		if (failed)
			return -1;
		got = next_object(log, &object);
	}
	return got;
}

int judge_log_run(struct judge_log *log, const struct spec *spec, const struct profile *profile,
	judge_log_fn *on_finding_, void *user, struct error *error)
{
	char hash[32];
	log->spec = spec;
	log->profile = profile;
	log->on_finding = on_finding_;
	log->user = user;
	log->error = error;
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)spec->hash);
	const char *of_run = text_of(log->first, "spec");
	log->facts.other_model = log->facts.journal && *of_run && strcmp(of_run, hash) != 0;
	if (read_all(log) < 0)
		return -1;
	for (size_t i = 0; i < JOURNAL_LANES; i++) {
		struct way *way = &log->ways[i];
		bool open = way->session && (way->c >= 0 || !log->facts.journal);
		if (open && !way->blind)
			judge_session_cut(way->session);
		tell_recorded(way);
	}
	log->facts.last_ns = log->t_ns;
	return 0;
}
