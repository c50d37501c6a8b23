/* SPDX-License-Identifier: MIT */
/* CTRF, the JSON test report that viewers, PR commenters and merge tools read. Its objects allow no
 * keys of our own: what it has no place for is under extra.atconform. */
#include "report/format.h"

#include "base/cleanup.h"
#include "report/json-out.h"
#include "report/text.h"
#include "report/wire.h"

#include <ctype.h>
#include <string.h>

#define MOST_PEERS 64 /* of one case; the rig allows no more */

enum status {
	STATUS_PASSED,
	STATUS_FAILED,
	STATUS_SKIPPED,
	STATUS_PENDING,
	STATUS_OTHER,
	STATUSES
};

static const char *const status_names[STATUSES] = { "passed", "failed", "skipped", "pending",
	"other" };

static const enum status statuses[VERDICT_COUNT] = {
	[VERDICT_PASS] = STATUS_PASSED,
	[VERDICT_FAIL] = STATUS_FAILED,
	[VERDICT_DEVIATION] = STATUS_OTHER,
	[VERDICT_INCONCLUSIVE] = STATUS_OTHER,
	[VERDICT_UNEQUIPPED] = STATUS_OTHER,
	[VERDICT_ERROR] = STATUS_FAILED,
	[VERDICT_NA] = STATUS_SKIPPED,
	[VERDICT_SKIPPED] = STATUS_SKIPPED,
	[VERDICT_MISSING] = STATUS_OTHER,
	[VERDICT_FLAKY] = STATUS_OTHER, /* with "flaky": true; viewers would count a pass as one */
};

static int64_t not_negative(int64_t value)
{
	return value > 0 ? value : 0;
}

static const char *status_of(enum verdict v)
{
	return status_names[statuses[v]];
}

/* What is excused did not pass; what got worse is a failure, whatever it is otherwise. */
static enum status case_status(const struct run_case *c)
{
	enum status s = statuses[run_verdict(c)];
	switch (c->standing) {
	case RUN_WAIVED:
	case RUN_BEFORE:
		return STATUS_OTHER;
	case RUN_REGRESSED:
		return STATUS_FAILED;
	case RUN_AS_IS:
	case RUN_NEW:
		break;
	}
	return s;
}

/* Readers of the summary look for "failed" alone: a run that does not conform has a failed test,
 * one for the run itself when none of its cases is shown as failed. */
static bool shows_run(const struct run *run)
{
	bool failed = false;
	for (size_t i = 0; i < run->case_count && !failed; i++)
		failed = case_status(&run->cases[i]) == STATUS_FAILED;
	return run_itself_failed(run) || (run->exit_code != 0 && !failed);
}

static size_t suites(const struct run *run)
{
	size_t count = 0;
	for (size_t i = 0; i < run->case_count; i++) {
		bool first = i == 0 || strcmp(run->cases[i].suite, run->cases[i - 1].suite) != 0 ||
			     strcmp(run->cases[i].family, run->cases[i - 1].family) != 0;
		for (size_t k = 0; first && k < i; k++)
			first = strcmp(run->cases[i].suite, run->cases[k].suite) != 0 ||
				strcmp(run->cases[i].family, run->cases[k].family) != 0;
		count += first;
	}
	return count;
}

static void summary(struct json_out *j, const struct run *run)
{
	int64_t counts[STATUSES] = { 0 };
	for (size_t i = 0; i < run->case_count; i++)
		counts[case_status(&run->cases[i])]++;
	counts[STATUS_FAILED] += shows_run(run);
	int64_t start = text_moment_ms(run, 0);
	int64_t stop = text_moment_ms(run, run->last_ns);
	out_open(j, "summary", '{');
	out_number(j, "tests", (int64_t)run->case_count + shows_run(run));
	for (unsigned s = 0; s < STATUSES; s++)
		out_number(j, status_names[s], counts[s]);
	out_number(j, "flaky", (int64_t)run->flaky);
	out_number(j, "suites", (int64_t)suites(run) + shows_run(run));
	out_number(j, "start", start);
	out_number(j, "stop", stop);
	out_number(j, "duration", stop - start);
	out_open_extra(j);
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		out_number(j, verdict_name((enum verdict)v), (int64_t)run->counts[v]);
	bool held = run->baseline.given || run->waiver_count;
	for (unsigned s = RUN_WAIVED; held && s <= RUN_NEW; s++)
		out_number(j, run_standing_name((enum run_standing)s), (int64_t)run->standings[s]);
	out_number(j, "fail_stated", (int64_t)run->stated_fails);
	out_number(j, "fail_inferred", (int64_t)run->inferred_fails);
	out_close_extra(j);
	out_close(j, '}');
}

static void labels(struct json_out *j, const struct run_case *c, const struct run_attempt *a)
{
	out_open(j, "labels", '{');
	out_text_if(j, "command", c->command);
	out_text_if(j, "kind", c->kind);
	out_list(j, "requirements", (const char *const *)c->requirements);
	if (*a->requirement)
		out_text(j, "grade", a->inferred ? "inferred" : "stated");
	out_close(j, '}');
}

static void deviations(struct json_out *j, const struct run_attempt *a)
{
	if (!a->deviation_count)
		return;
	out_open(j, "deviations", '[');
	for (size_t i = 0; i < a->deviation_count; i++) {
		const struct run_deviation *d = &a->deviations[i];
		out_open(j, NULL, '{');
		out_text(j, "id", d->id);
		out_text(j, "requirement", d->requirement);
		out_text(j, "source", d->source);
		out_text(j, "command", d->command);
		out_text(j, "expected", d->expected);
		out_text(j, "actual", d->actual);
		out_close(j, '}');
	}
	out_close(j, ']');
}

static void recoveries(struct json_out *j, const struct run_recovery *list, size_t count)
{
	if (!count)
		return;
	out_open(j, "recovery", '[');
	for (size_t i = 0; i < count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "step", list[i].step);
		out_flag(j, "ok", list[i].ok);
		out_number(j, "ms", list[i].ms);
		out_text(j, "text", list[i].text);
		out_close(j, '}');
	}
	out_close(j, ']');
}

/* What the network's other side saw; the bytes are in "stdout" and in the journal. */
static void peers(struct json_out *j, const struct run_attempt *a)
{
	if (!a->peer_count)
		return;
	out_open(j, "peers", '[');
	for (size_t i = 0; i < a->peer_count && i < MOST_PEERS; i++) {
		const struct run_peer *p = &a->peers[i];
		out_open(j, NULL, '{');
		out_number(j, "peer", p->number);
		out_text_if(j, "kind", p->kind);
		out_flag(j, "client", p->client);
		out_text_if(j, "address", p->address);
		out_number(j, "port", p->port);
		out_number(j, "connections", p->connections);
		out_number(j, "received", p->received);
		out_number(j, "sent", p->sent);
		out_close(j, '}');
	}
	out_close(j, ']');
}

/* Viewers take a case with retries that passed for a flaky one: repetitions that were asked for are
 * told elsewhere. */
static bool retried(const struct run_case *c)
{
	for (size_t i = 0; i < c->attempt_count; i++)
		if (c->attempts[i].why == ATTEMPT_RETRY)
			return true;
	return false;
}

static void all_attempts(struct json_out *j, const struct run *run, const struct run_case *c)
{
	if (c->attempt_count < 2 || retried(c))
		return;
	out_open(j, "attempts", '[');
	for (size_t i = 0; i < c->attempt_count; i++) {
		const struct run_attempt *a = &c->attempts[i];
		AUTO_BUF struct buf why = { 0 };
		text_why(&why, run, c, a);
		out_open(j, NULL, '{');
		out_number(j, "attempt", a->number);
		out_text(j, "why", attempt_why_name(a->why));
		out_text(j, "verdict", verdict_name(a->verdict));
		out_number(j, "duration", not_negative(a->ms));
		out_text_if(j, "message", buf_text(&why));
		out_close(j, '}');
	}
	out_close(j, ']');
}

/* Beside the verdict: how it compares with the baseline's, and who waived it. */
static void standing(struct json_out *j, const struct run_case *c)
{
	out_text_if(j, "standing", run_standing_name(c->standing));
	if (c->was) {
		out_open(j, "baseline", '{');
		out_text(j, "verdict", verdict_name(c->was->verdict));
		out_text_if(j, "requirement", c->was->requirement);
		out_close(j, '}');
	}
	if (c->standing == RUN_WAIVED)
		out_waiver(j, "waiver", c->waiver);
}

static void case_extra(struct json_out *j, const struct run *run, const struct run_case *c,
	const struct run_attempt *a)
{
	AUTO_BUF struct buf repeat = { 0 };
	text_repeat_command(&repeat, run, c);
	out_open_extra(j);
	out_text(j, "verdict", verdict_name(run_verdict(c)));
	out_flag(j, "gates", run_gates(run, c));
	standing(j, c);
	out_text_if(j, "requirement", a->requirement);
	out_text_if(j, "expected", a->expected);
	out_text_if(j, "actual", a->actual);
	out_list(j, "needs", (const char *const *)c->needs);
	if (a->note_count) {
		out_open(j, "notes", '[');
		for (size_t i = 0; i < a->note_count; i++)
			out_text(j, NULL, a->notes[i]);
		out_close(j, ']');
	}
	deviations(j, a);
	out_breaches(j, a->breaches, a->breach_count);
	recoveries(j, a->recoveries, a->recovery_count);
	peers(j, a);
	all_attempts(j, run, c);
	out_text(j, "repeat", buf_text(&repeat));
	out_close_extra(j);
}

static void attempts(struct json_out *j, const struct run *run, const struct run_case *c)
{
	if (c->attempt_count < 2 || !retried(c))
		return;
	out_number(j, "retries", (int64_t)c->attempt_count - 1);
	out_open(j, "retryAttempts", '[');
	for (size_t i = 0; i < c->attempt_count; i++) {
		const struct run_attempt *a = &c->attempts[i];
		AUTO_BUF struct buf why = { 0 };
		text_why(&why, run, c, a);
		out_open(j, NULL, '{');
		out_number(j, "attempt", (int64_t)i + 1);
		out_text(j, "status", status_of(a->verdict));
		out_number(j, "duration", not_negative(a->ms));
		out_text_if(j, "message", buf_text(&why));
		out_open_extra(j);
		out_text(j, "verdict", verdict_name(a->verdict));
		out_text(j, "why", attempt_why_name(a->why));
		out_close_extra(j);
		out_close(j, '}');
	}
	out_close(j, ']');
}

/* The wire log of a case that needs explaining, a line each; of a flaky one what went wrong. */
static int wire_lines(
	struct json_out *j, const struct run *run, const struct run_case *c, struct error *error)
{
	const struct run_attempt *a = run_flaky(c) ? run_first_bad(c) : run_final(c);
	enum status s = statuses[run_verdict(c)];
	if (!a->leased || s == STATUS_PASSED || s == STATUS_SKIPPED)
		return 0;
	AUTO_BUF struct buf log = { 0 };
	if (wire_collect(&log, run, c, a, WIRE_TEXT, REPORT_LOG_LIMIT, error))
		return -1;
	if (log.len) {
		out_open(j, "stdout", '[');
		char *rest = log.data;
		for (char *one; (one = strsep(&rest, "\n")) && rest;)
			out_text(j, NULL, one);
		out_close(j, ']');
	}
	out_open(j, "attachments", '[');
	out_open(j, NULL, '{');
	out_text(j, "name", "journal.jsonl");
	out_text(j, "contentType", "application/jsonl");
	out_text(j, "path", "journal.jsonl");
	out_close(j, '}');
	out_close(j, ']');
	return 0;
}

static int test(
	struct json_out *j, const struct run *run, const struct run_case *c, struct error *error)
{
	const struct run_attempt *a = run_final(c);
	AUTO_BUF struct buf why = { 0 };
	AUTO_BUF struct buf device = { 0 };
	text_why(&why, run, c, a);
	out_open(j, NULL, '{');
	out_text(j, "testId", c->id);
	out_text(j, "name", c->name);
	out_text(j, "status", status_names[case_status(c)]);
	out_text(j, "rawStatus", verdict_name(run_verdict(c)));
	out_number(j, "duration", not_negative(a->ms));
	if (a->leased) {
		out_number(j, "start", text_moment_ms(run, a->start_ns));
		out_number(j, "stop", text_moment_ms(run, a->end_ns));
		buf_printf(&device, "line %d", a->line);
		out_text(j, "device", buf_text(&device));
	}
	out_list(j, "suite", (const char *const[]){ c->family, c->suite, NULL });
	out_text_if(j, "message", buf_text(&why));
	out_text_if(j, "filePath", *a->file ? a->file : c->file);
	out_number(j, "line", not_negative(*a->file ? a->at : c->line));
	out_list(j, "tags", (const char *const *)c->tags);
	out_text_if(j, "type", c->kind);
	if (run_flaky(c))
		out_flag(j, "flaky", true);
	attempts(j, run, c);
	labels(j, c, a);
	int result = wire_lines(j, run, c, error);
	case_extra(j, run, c, a);
	out_close(j, '}');
	return result;
}

/* What no case shows, as JUnit's atconform.run. */
static void run_test(struct json_out *j, const struct run *run)
{
	AUTO_BUF struct buf repeat = { 0 };
	AUTO_BUF struct buf text = { 0 };
	buf_puts(&repeat, "atconform");
	for (const char *const *arg = (const char *const *)run->argv; *arg && *++arg;) {
		buf_putc(&repeat, ' ');
		text_shell(&repeat, *arg);
	}
	out_open(j, NULL, '{');
	out_text(j, "testId", "atconform/run/run");
	out_text(j, "name", "run");
	out_text(j, "status", status_names[STATUS_FAILED]);
	out_text(j, "rawStatus", verdict_name(VERDICT_ERROR));
	out_number(j, "duration", 0);
	out_list(j, "suite", (const char *const[]){ "atconform", "run", NULL });
	buf_printf(&text, "%s (exit %d): %s", run_outcome(run), run->exit_code, run->detail);
	out_text(j, "message", buf_text(&text));
	out_text(j, "type", "run");
	out_open_extra(j);
	out_text(j, "verdict", verdict_name(VERDICT_ERROR));
	out_flag(j, "gates", true);
	out_text(j, "repeat", buf_text(&repeat));
	out_close_extra(j);
	out_close(j, '}');
}

static void environment(struct json_out *j, const struct run *run)
{
	out_open(j, "environment", '{');
	out_text(j, "reportName", "AT command conformance");
	out_text(j, "appName", run->iut);
	if (*run->firmware)
		out_text(j, "appVersion", run->firmware);
	out_text(j, "testEnvironment", run->bench);
	out_flag(j, "healthy", run->end == RUN_COMPLETE);
	out_open_extra(j);
	out_text(j, "host", run->host);
	out_text(j, "profile", run->profile);
	out_text_if(j, "profile_why", run->profile_why);
	out_number(j, "jobs", run->jobs);
	out_close_extra(j);
	out_close(j, '}');
}

/* The schema wants RFC 4122 text there; a journal written by hand may have something else. */
static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[36] == '\0';
}

static void tool(struct json_out *j, const struct run *run)
{
	const char *space = strchr(run->program, ' ');
	out_open(j, "tool", '{');
	out_text(j, "name", "atconform");
	out_text(j, "version", space ? space + 1 : run->program);
	out_close(j, '}');
}

static int write_ctrf(const struct run *run, FILE *out, struct error *error)
{
	struct json_out j = { .out = out };
	AUTO_BUF struct buf time = { 0 };
	text_moment(&time, run, run->last_ns, false);
	out_open(&j, NULL, '{');
	out_text(&j, "reportFormat", "CTRF");
	out_text(&j, "specVersion", "1.0.0");
	if (is_uuid(run->id))
		out_text(&j, "reportId", run->id);
	out_text_if(&j, "runId", run->id);
	out_text(&j, "timestamp", buf_text(&time));
	out_text(&j, "generatedBy", "atconform");
	out_open(&j, "results", '{');
	tool(&j, run);
	summary(&j, run);
	out_open(&j, "tests", '[');
	int result = 0;
	for (size_t i = 0; i < run->case_count && !result; i++)
		result = test(&j, run, &run->cases[i], error);
	if (shows_run(run))
		run_test(&j, run);
	out_close(&j, ']');
	environment(&j, run);
	out_run_extra(&j, run);
	out_close(&j, '}');
	out_close(&j, '}');
	buf_finish(&j.text);
	return result;
}

const struct report_format report_ctrf = {
	.name = "json", .file = "report.json", .write = write_ctrf
};
