/* SPDX-License-Identifier: MIT */
#include "report/judge-report.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/columns.h"
#include "report/json-out.h"
#include "report/keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	GROUPS_MAX = 1000, /* what is alike is told once; more than these are counted only */
	PLACES_MAX = 8,    /* of a group */
	UNSCORED_MAX = 30, /* lines about what is not scored */
	NAME_MAX_LEN = 32,
	EXIT_FINE = 0,
	EXIT_BREAKS = 1,
	EXIT_NOTHING = 5,
};

/* Findings of one kind, id and command. */
struct group {
	enum finding_kind kind;
	bool session;
	const char *id, *name; /* of the command, "" when the model has none */
	/* of the first */
	const char *command, *why, *expected, *actual, *case_id;
	int lines[PLACES_MAX];
	size_t count;
};

struct judge_report {
	const struct judge_report_facts *facts;
	struct keep *memory;
	struct group *groups;
	size_t group_count, ungrouped;
	size_t counts[FINDING_KINDS];      /* of exchanges */
	size_t breaches, stated, inferred; /* of the monitor; of all that breaks, by grade */
	char *json_path, *json_part;
	struct json_out json;
};

/* ---- for machines ---- */

static void json_head(struct judge_report *r)
{
	const struct judge_log_facts *log = r->facts->log;
	struct json_out *j = &r->json;
	out_open(j, NULL, '{');
	out_number(j, "format", 1);
	out_text(j, "program", "atconform " ATCONFORM_VERSION);
	out_text(j, "log", log->path);
	out_text(j, "kind", log->journal ? "journal" : "session");
	out_text_if(j, "title", log->title);
	out_text_if(j, "run", log->run);
	out_text(j, "profile", r->facts->profile->name);
	out_text(j, "profile_why", r->facts->profile_why);
	out_open(j, "findings", '[');
}

static void json_finding(struct judge_report *r, const struct finding *f, const char *case_id)
{
	struct json_out *j = &r->json;
	const struct spec *spec = r->facts->spec;
	const struct requirement *q = spec_requirement(spec, f->id);
	const struct deviation *d = q ? NULL : spec_deviation(spec, f->id);
	out_open(j, NULL, '{');
	out_text(j, "kind", finding_name(f->kind));
	out_text(j, "judge", f->session ? "monitor" : "model");
	out_number(j, "line", f->line);
	out_number(j, "t_ms", f->t_ns / 1000000);
	out_text_if(j, "case", case_id);
	out_text_if(j, "command", f->command);
	out_text_if(j, d ? "deviation" : "requirement", f->id);
	if (d) {
		out_text(j, "text", d->text);
		out_text(j, "source", d->source);
	} else if (q) {
		out_text(j, "section", q->section);
		out_number(j, "document_line", q->line);
		out_text(j, "grade", q->grade == GRADE_STATED ? "stated" : "inferred");
	}
	out_text_if(j, "why", f->why);
	out_text_if(j, "expected", f->expected);
	out_text_if(j, "actual", f->actual);
	out_close(j, '}');
}

static const char *outcome(const struct judge_report *r)
{
	switch (judge_report_exit_code(r)) {
	case EXIT_FINE:
		return "Conforms";
	case EXIT_BREAKS:
		return "Does not conform";
	default:
		return "Nothing could be judged";
	}
}

static void json_tail(struct judge_report *r)
{
	struct json_out *j = &r->json;
	out_close(j, ']');
	out_open(j, "counts", '{');
	for (int k = 0; k < FINDING_KINDS; k++)
		out_number(j, finding_name((enum finding_kind)k), (int64_t)r->counts[k]);
	out_number(j, "breaches", (int64_t)r->breaches);
	out_number(j, "stated", (int64_t)r->stated);
	out_number(j, "inferred", (int64_t)r->inferred);
	out_close(j, '}');
	out_flag(j, "gate_inferred", r->facts->gate_inferred);
	out_flag(j, "cut", r->facts->log->cut);
	out_number(j, "exit", judge_report_exit_code(r));
	out_text(j, "outcome", outcome(r));
	out_close(j, '}');
}

/* A device or a pipe is written in place. */
static bool replaceable(const char *path)
{
	struct stat st;
	return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static int json_open(struct judge_report *r, const char *path, struct error *error)
{
	bool beside = replaceable(path);
	int len = beside ? asprintf(&r->json_part, "%s.part%ld", path, (long)getpid())
			 : asprintf(&r->json_part, "%s", path);
	r->json_path = strdup(path);
	if (len < 0 || !r->json_path)
		abort();
	r->json.out = fopen(r->json_part, "we");
	if (!r->json.out)
		return error_set(error, path, 0, 0, "can't be written: %s", strerror(errno));
	json_head(r);
	return 0;
}

int judge_report_save(struct judge_report *r, struct error *error)
{
	if (!r->json.out)
		return 0;
	json_tail(r);
	errno = 0;
	bool failed = ferror(r->json.out) != 0;
	failed |= fclose(r->json.out) != 0;
	r->json.out = NULL;
	bool beside = strcmp(r->json_part, r->json_path) != 0;
	if (!failed && beside)
		failed = rename(r->json_part, r->json_path) != 0;
	if (!failed)
		return 0;
	int why = errno;
	if (beside)
		unlink(r->json_part);
	return error_set(error, r->json_path, 0, 0, "can't be written: %s",
		why ? strerror(why) : "output error");
}

/* ---- collecting ---- */

struct judge_report *judge_report_create(
	const struct judge_report_facts *facts, const char *json, struct error *error)
{
	struct judge_report *r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->facts = facts;
	if (json && json_open(r, json, error) < 0) {
		judge_report_destroy(r);
		return NULL;
	}
	return r;
}

void judge_report_destroy(struct judge_report *r)
{
	if (!r)
		return;
	if (r->json.out) {
		fclose(r->json.out);
		if (strcmp(r->json_part, r->json_path) != 0)
			unlink(r->json_part);
	}
	buf_finish(&r->json.text);
	keep_destroy(r->memory);
	free(r->groups);
	free(r->json_path);
	free(r->json_part);
	free(r);
}

static const char *keep_text(struct judge_report *r, const char *text)
{
	return keep_bytes(&r->memory, text, strlen(text));
}

/* The command's name as the model has it; what is sent to a module may be anything. */
static const char *name_of(const struct judge_report *r, const char *command)
{
	char name[NAME_MAX_LEN];
	size_t len = strncmp(command, "ATE", 3) == 0 ? 3 : strcspn(command, "=?");
	if (len >= sizeof(name))
		return "";
	memcpy(name, command, len);
	name[len] = '\0';
	const struct command *known = spec_command(r->facts->spec, name);
	return known ? known->name : "";
}

static struct group *group_of(struct judge_report *r, const struct finding *f)
{
	const char *name = name_of(r, f->command);
	/* What is not scored is told by its reason; those with a value in them by the command. */
	for (size_t i = 0; i < r->group_count; i++) {
		struct group *g = &r->groups[i];
		if (g->kind == f->kind && strcmp(g->id, f->id) == 0 && strcmp(g->name, name) == 0 &&
			(f->kind != FINDING_UNSCORED || strcmp(g->why, f->why) == 0))
			return g;
	}
	if (r->group_count == GROUPS_MAX)
		return NULL;
	KEEP_ADD(r->groups, r->group_count) =
		(struct group){ .kind = f->kind, .session = f->session, .name = name };
	return &r->groups[r->group_count - 1];
}

static void add_to_group(struct judge_report *r, const struct finding *f, const char *case_id)
{
	struct group *g = group_of(r, f);
	if (!g) {
		r->ungrouped++;
		return;
	}
	if (!g->count) {
		g->id = keep_text(r, f->id);
		g->command = keep_text(r, f->command);
		g->why = keep_text(r, f->why);
		g->expected = keep_text(r, f->expected);
		g->actual = keep_text(r, f->actual);
		g->case_id = keep_text(r, case_id);
	}
	if (g->count < PLACES_MAX)
		g->lines[g->count] = f->line;
	g->count++;
}

void judge_report_add(void *report, const struct finding *f, const char *case_id)
{
	struct judge_report *r = report;
	if (f->session)
		r->breaches++;
	else
		r->counts[f->kind]++;
	if (f->kind == FINDING_BREAKS) {
		const struct requirement *q = spec_requirement(r->facts->spec, f->id);
		*(q && q->grade == GRADE_INFERRED ? &r->inferred : &r->stated) += 1;
	}
	if (r->json.out)
		json_finding(r, f, case_id);
	if (f->kind != FINDING_CONFORMS)
		add_to_group(r, f, case_id);
}

int judge_report_exit_code(const struct judge_report *r)
{
	if (r->stated || (r->inferred && r->facts->gate_inferred))
		return EXIT_BREAKS;
	size_t judged = r->counts[FINDING_CONFORMS] + r->counts[FINDING_DEVIATES] + r->inferred;
	return judged ? EXIT_FINE : EXIT_NOTHING;
}

/* ---- for people ---- */

static void print_places(const struct judge_report *r, const struct group *g, FILE *out)
{
	struct buf text AUTO_BUF = { 0 };
	buf_printf(&text, "at %s:%d", r->facts->log->path, g->lines[0]);
	for (size_t i = 1; i < g->count && i < PLACES_MAX; i++)
		buf_printf(&text, "%s%d", i == 1 ? ", also in lines " : ", ", g->lines[i]);
	if (g->count > PLACES_MAX)
		buf_printf(&text, " and %zu more", g->count - PLACES_MAX);
	column_wrapped(out, 4, 6, "%s", buf_text(&text));
	if (*g->case_id)
		column_line(out, 4, "case %s", g->case_id);
}

static void print_requirement(const struct judge_report *r, const char *id, FILE *out)
{
	const struct requirement *q = spec_requirement(r->facts->spec, id);
	if (!q)
		return;
	bool inferred = q->grade == GRADE_INFERRED;
	column_wrapped(out, 4, 6, "%s (section %s, line %d, %s%s): %s", q->id, q->section, q->line,
		inferred ? "inferred" : "stated",
		inferred && !r->facts->gate_inferred ? ", does not gate" : "", q->text);
}

static void print_break(const struct judge_report *r, const struct group *g, FILE *out)
{
	column_line(
		out, 2, "%s%s", g->session ? "session  " : "", g->session ? g->why : g->command);
	print_requirement(r, g->id, out);
	if (!g->session)
		column_wrapped(out, 4, 6, "%s", g->why);
	if (*g->expected)
		column_wrapped(out, 4, 14, "expected  %s", g->expected);
	if (*g->actual)
		column_wrapped(out, 4, 14, "actual    %s", g->actual);
	print_places(r, g, out);
}

static void print_deviation(const struct judge_report *r, const struct group *g, FILE *out)
{
	const struct deviation *d = spec_deviation(r->facts->spec, g->id);
	column_line(out, 2, "%s  %s", g->id, g->command);
	column_wrapped(out, 4, 6, "%s", g->why);
	if (d)
		column_wrapped(out, 4, 6, "source: %s", d->source);
	print_places(r, g, out);
}

static void print_unscored(const struct judge_report *r, const struct group *g, FILE *out)
{
	(void)r;
	char times[32] = "";
	if (g->count > 1)
		snprintf(times, sizeof(times), " (%zu times)", g->count);
	column_line(out, 2, "line %d  %s%s%s%s", g->lines[0], g->command, *g->command ? ": " : "",
		g->why, times);
}

static const struct {
	enum finding_kind kind;
	const char *title;
	void (*print)(const struct judge_report *r, const struct group *g, FILE *out);
} sections[] = {
	{ FINDING_BREAKS, "Breaks the document", print_break },
	{ FINDING_DEVIATES, "Known deviations", print_deviation },
	{ FINDING_UNSCORED, "Not scored", print_unscored },
};

static void print_head(const struct judge_report *r, FILE *out)
{
	const struct judge_log_facts *log = r->facts->log;
	column_line(out, 0, "log %s, %.1f s", log->path, (double)log->last_ns / 1e9);
	if (*log->title)
		column_wrapped(out, 0, 2, "%s", log->title);
	if (log->journal)
		column_line(out, 0, "run %s of %s on %s", log->run, log->program, log->iut);
	column_line(out, 0, "profile %s (%s)", r->facts->profile->name, r->facts->profile_why);
	if (log->other_model)
		column_line(out, 0, "the run knew another model; judged by the one of today");
	if (log->cut)
		column_line(out, 0, "the log ends in the middle of a line");
}

static void print_totals(const struct judge_report *r, FILE *out)
{
	const size_t *n = r->counts;
	size_t all = 0;
	for (int k = 0; k < FINDING_KINDS; k++)
		all += n[k];
	fputc('\n', out);
	column_wrapped(out, 0, 2,
		"%zu exchanges: %zu conform, %zu deviate as known, %zu not scored, %zu break the "
		"document; %zu breach%s of session rules",
		all, n[FINDING_CONFORMS], n[FINDING_DEVIATES], n[FINDING_UNSCORED],
		n[FINDING_BREAKS], r->breaches, r->breaches == 1 ? "" : "es");
	column_wrapped(out, 0, 2,
		"%s (exit %d): %zu against stated requirements, %zu against "
		"inferred ones%s",
		outcome(r), judge_report_exit_code(r), r->stated, r->inferred,
		r->inferred && !r->facts->gate_inferred ? " (do not gate)" : "");
}

static void print_section(const struct judge_report *r, enum finding_kind kind,
	void (*print)(const struct judge_report *r, const struct group *g, FILE *out), FILE *out)
{
	size_t told = 0;
	for (size_t i = 0; i < r->group_count; i++) {
		if (r->groups[i].kind != kind)
			continue;
		if (kind != FINDING_UNSCORED || told < UNSCORED_MAX)
			print(r, &r->groups[i], out);
		told++;
	}
	if (kind == FINDING_UNSCORED && told > UNSCORED_MAX)
		column_line(out, 2, "and %zu more kinds; --json tells all", told - UNSCORED_MAX);
}

void judge_report_print(const struct judge_report *r, FILE *out)
{
	print_head(r, out);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++) {
		size_t found = r->counts[sections[s].kind];
		if (sections[s].kind == FINDING_BREAKS)
			found += r->breaches;
		if (found)
			fprintf(out, "\n%s (%zu)\n", sections[s].title, found);
		print_section(r, sections[s].kind, sections[s].print, out);
	}
	if (r->ungrouped)
		column_line(out, 2, "and %zu more that are only counted", r->ungrouped);
	print_totals(r, out);
}
