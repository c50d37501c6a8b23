/* SPDX-License-Identifier: MIT */
#include "rig/recording.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LANES_MAX = 64, EVENT_WITHIN = 80 /* bytes of a line in which its event stands */ };

struct spot {
	off_t offset;
	int line;
};

struct recorded_case {
	char *id;
	int lane;
	bool leased, released;
	bool bad, kept; /* an attempt failed: it is the one, further ones are passed over */
	bool fresh;     /* recovery had done more than ask before it, or it was the line's first */
	struct spot from, to; /* of the lease: the first that was bad, else the last */
	int64_t start_ns;
};

struct recorded_lane {
	char *facts;
	bool served;  /* a case had it */
	bool altered; /* by recovery, since */
	struct spot probes;
};

struct recording {
	char *path;
	FILE *file;
	struct recorded_case *cases;
	size_t case_count;
	struct recorded_lane lanes[LANES_MAX];
	struct spot end;
	char *line; /* of getline */
	size_t room;
};

static bool is_event(const char *line, const char *event)
{
	char wanted[32], head[EVENT_WITHIN + 1];
	snprintf(wanted, sizeof(wanted), "\"e\":\"%s\"", event);
	snprintf(head, sizeof(head), "%s", line);
	return strstr(head, wanted) != NULL;
}

static int number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}

static struct recorded_lane *lane_of(struct recording *r, const json_t *object)
{
	int l = number(object, "l");
	return l >= 0 && l < LANES_MAX ? &r->lanes[l] : NULL;
}

static struct recorded_case *case_of(struct recording *r, const json_t *object)
{
	int c = number(object, "c");
	return c >= 0 && (size_t)c < r->case_count ? &r->cases[c] : NULL;
}

static void add_case(struct recording *r, const json_t *object)
{
	const char *id = json_string_value(json_object_get(object, "case"));
	if ((r->case_count & (r->case_count - 1)) == 0) {
		size_t room = r->case_count ? r->case_count * 2 : 1;
		r->cases = reallocarray(r->cases, room, sizeof(*r->cases));
		if (!r->cases)
			abort();
	}
	r->cases[r->case_count++] = (struct recorded_case){ .id = strdup(id ? id : "") };
}

static void note_lease(struct recording *r, const json_t *object, struct spot here)
{
	struct recorded_case *c = case_of(r, object);
	struct recorded_lane *lane = lane_of(r, object);
	if (!c || !lane)
		return;
	bool fresh = !lane->served || lane->altered;
	lane->served = true;
	lane->altered = false;
	c->kept = c->bad;
	if (c->kept)
		return;
	c->fresh = fresh;
	c->lane = number(object, "l");
	c->leased = true;
	c->released = false;
	c->from = here;
	c->start_ns = json_integer_value(json_object_get(object, "t"));
}

static void note_line(struct recording *r, const json_t *object, struct spot behind)
{
	struct recorded_lane *lane = lane_of(r, object);
	const json_t *facts = json_object_get(object, "network");
	if (!lane || lane->served)
		return;
	lane->probes = behind;
	if (json_is_object(facts) && !lane->facts)
		lane->facts = json_dumps(facts, JSON_COMPACT);
}

static void note_recovery(struct recording *r, const json_t *object)
{
	struct recorded_lane *lane = lane_of(r, object);
	const char *step = json_string_value(json_object_get(object, "step"));
	if (lane && step && strcmp(step, "at") != 0)
		lane->altered = true;
}

/* As the reports have it: what failed is what somebody wants to see again. */
static void note_verdict(struct recorded_case *c, const json_t *object)
{
	const char *v = json_string_value(json_object_get(object, "verdict"));
	if (v && c->leased)
		c->bad |= strcmp(v, "fail") == 0 || strcmp(v, "error") == 0 ||
			  strcmp(v, "inconclusive") == 0;
}

/* What an index needs; other lines are passed over unread. */
static void index_line(struct recording *r, struct spot here, struct spot behind)
{
	static const char *const events[] = { "plan", "lease", "release", "line", "probe",
		"recover", "verdict" };
	const size_t count = sizeof(events) / sizeof(events[0]);
	size_t i = 0;
	while (i < count && !is_event(r->line, events[i]))
		i++;
	json_t *object = i < count ? json_loads(r->line, JSON_ALLOW_NUL, NULL) : NULL;
	struct recorded_case *c = object ? case_of(r, object) : NULL;
	if (object && i == 0) {
		add_case(r, object);
	} else if (object && i == 1) {
		note_lease(r, object, here);
	} else if (c && i == 2 && !c->kept) {
		c->to = behind;
		c->released = true;
	} else if (c && i == 6) {
		note_verdict(c, object);
	} else if (object && i == 5) {
		note_recovery(r, object);
	} else if (object && (i == 3 || i == 4)) {
		note_line(r, object, behind);
	}
	json_decref(object);
}

static int read_index(struct recording *r, struct error *error)
{
	struct spot here = { 0, 1 };
	ssize_t len;
	while ((len = getline(&r->line, &r->room, r->file)) > 0) {
		struct spot behind = { here.offset + len, here.line + 1 };
		if (here.line == 1 && !is_event(r->line, "run"))
			return error_set(error, r->path, 1, 1,
				"not the journal of a run: nothing to replay");
		if (r->line[len - 1] == '\n')
			index_line(r, here, behind);
		here = behind;
	}
	r->end = here;
	if (here.line == 1)
		return error_set(error, r->path, 1, 1, "empty: nothing to replay");
	return 0;
}

struct recording *recording_open(const char *path, struct error *error)
{
	struct stat st;
	struct recording *r = calloc(1, sizeof(*r));
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (!r || asprintf(&r->path, "%s%s", path, folder ? "/journal.jsonl" : "") < 0)
		abort();
	r->file = stat(r->path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(r->path, "re") : NULL;
	int failed = r->file ? read_index(r, error)
			     : error_set(error, r->path, 0, 0, "can't read the journal to replay");
	if (!failed)
		return r;
	recording_close(r);
	return NULL;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->case_count; i++)
		free(r->cases[i].id);
	for (size_t i = 0; i < LANES_MAX; i++)
		free(r->lanes[i].facts);
	if (r->file)
		fclose(r->file);
	free(r->cases);
	free(r->line);
	free(r->path);
	free(r);
}

/* ---- the events of a case ---- */

void recorded_finish(struct recorded_events *events)
{
	free(events->items);
	buf_finish(&events->bytes);
	*events = (struct recorded_events){ 0 };
}

/* Each character stands for the byte of its number. */
static void put_bytes(struct buf *out, const json_t *string)
{
	const unsigned char *p = (const unsigned char *)json_string_value(string);
	size_t len = json_string_length(string);
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = p[i];
		if (byte >= 0xc2 && byte <= 0xc3 && i + 1 < len)
			byte = (unsigned char)((byte & 3) << 6 | (p[++i] & 0x3f));
		buf_putc(out, (char)byte);
	}
}

static void add_event(struct recorded_events *out, enum recorded_kind kind, const json_t *object,
	int line, const json_t *bytes, const json_t *more)
{
	if ((out->count & (out->count - 1)) == 0) {
		size_t room = out->count ? out->count * 2 : 1;
		out->items = reallocarray(out->items, room, sizeof(*out->items));
		if (!out->items)
			abort();
	}
	struct recorded event = { .kind = kind,
		.t_ns = json_integer_value(json_object_get(object, "t")),
		.line = line,
		.at = out->bytes.len };
	if (bytes)
		put_bytes(&out->bytes, bytes);
	if (more) {
		buf_putc(&out->bytes, '\0');
		buf_puts(&out->bytes, json_string_value(more));
		buf_putc(&out->bytes, '\0');
	}
	event.len = out->bytes.len - event.at;
	out->items[out->count++] = event;
}

static void take_traffic(
	struct recorded_events *out, enum recorded_kind kind, const json_t *object, int line)
{
	const json_t *bytes = json_object_get(object, "bytes");
	bool known = json_is_string(bytes);
	add_event(out, known ? kind : RECORDED_GAP, object, line, known ? bytes : NULL, NULL);
}

static void take_line(
	struct recorded_events *out, const char *text, const json_t *object, int line, int c)
{
	const char *what = json_string_value(json_object_get(object, "what"));
	const json_t *request = json_object_get(object, "json");
	const json_t *answer = json_object_get(object, "answer");
	bool ours = number(object, "c") == c;
	if (is_event(text, "tx") && ours)
		take_traffic(out, RECORDED_SENT, object, line);
	else if (is_event(text, "rx") && ours)
		take_traffic(out, RECORDED_RECEIVED, object, line);
	else if (is_event(text, "control") && ours && json_is_string(request) &&
		 json_is_string(answer))
		add_event(out, RECORDED_CONTROL, object, line, request, answer);
	else if (is_event(text, "line") && what && c >= 0 &&
		 (strcmp(what, "reset") == 0 || strcmp(what, "power") == 0))
		add_event(out, RECORDED_SWITCH, object, line, NULL, NULL);
}

/* The events between two places in the journal that are of this line and case. */
static void collect(struct recording *r, struct recorded_events *out, struct spot from,
	struct spot to, int lane, int c)
{
	static const char *const wanted[] = { "tx", "rx", "control", "line" };
	ssize_t len;
	if (fseeko(r->file, from.offset, SEEK_SET) < 0)
		return;
	while (from.offset < to.offset && (len = getline(&r->line, &r->room, r->file)) > 0) {
		bool is = false;
		for (size_t i = 0; i < 4; i++)
			is = is || is_event(r->line, wanted[i]);
		json_t *object = is ? json_loads(r->line, JSON_ALLOW_NUL, NULL) : NULL;
		if (object && number(object, "l") == lane)
			take_line(out, r->line, object, from.line, c);
		json_decref(object);
		from.offset += len;
		from.line++;
	}
}

static const struct recorded_case *find_case(const struct recording *r, const char *id)
{
	for (size_t i = 0; i < r->case_count; i++)
		if (strcmp(r->cases[i].id, id) == 0)
			return &r->cases[i];
	return NULL;
}

bool recording_case(struct recording *r, const char *case_id, struct recorded_events *out)
{
	const struct recorded_case *c = find_case(r, case_id);
	*out = (struct recorded_events){ 0 };
	if (!c || !c->leased)
		return false;
	out->start_ns = c->start_ns;
	out->whole = c->released;
	collect(r, out, c->from, c->released ? c->to : r->end, c->lane, (int)(c - r->cases));
	return true;
}

bool recording_probes(struct recording *r, int index, struct recorded_events *out)
{
	*out = (struct recorded_events){ 0 };
	if (index < 0 || index >= LANES_MAX || !r->lanes[index].probes.line)
		return false;
	collect(r, out, (struct spot){ 0, 1 }, r->lanes[index].probes, index, -1);
	out->start_ns = out->count ? out->items[0].t_ns : 0;
	out->whole = true;
	return true;
}

struct recorded_start recording_start(const struct recording *r, const char *case_id)
{
	const struct recorded_case *c = find_case(r, case_id);
	if (!c || !c->leased)
		return (struct recorded_start){ 0 };
	return (struct recorded_start){
		.known = true, .fresh = c->fresh, .facts = r->lanes[c->lane].facts
	};
}
