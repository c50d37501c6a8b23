/* SPDX-License-Identifier: MIT */
/* Journals made line by line, and what the reader says of them: for the tests of the reader and of
 * the wire log. */
#ifndef JOURNAL_MADE_H
#define JOURNAL_MADE_H

#include "base/buf.h"
#include "report/run.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct buf journal;
static int lines, cases;
static const char *attempt_for; /* the "why" of the next attempts, or NULL */
static const char *told = "";   /* more keys of the header */
static struct run *run;
static struct error error;

static inline void line(const char *event, const char *rest)
{
	buf_printf(&journal, "{\"n\":%d,\"t\":%d,\"e\":\"%s\"%s%s}\n", lines, lines * 1000000,
		event, *rest ? "," : "", rest);
	lines++;
}

static inline void header(const char *gates)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"format\":1,\"run\":\"r\",\"time\":\"2026-11-22T07:30:00Z\",\"host\":\"h\","
		"\"program\":\"atconform 0\",\"argv\":[\"atconform\",\"run\",\"--strict\"],"
		"\"iut\":\"virtual:\",\"bench\":\"virtual\",\"profile\":\"p\",\"jobs\":1,"
		"\"gates\":{%s}%s",
		gates, told);
	line("run", buf_text(&rest));
	buf_finish(&rest);
	line("requirement", "\"id\":\"X-1\",\"command\":\"AT+X\",\"section\":\"2.1\",\"line\":7,"
			    "\"grade\":\"stated\",\"text\":\"t\",\"judge\":\"case\"");
	line("requirement", "\"id\":\"X-2\",\"command\":\"AT+X\",\"section\":\"2.1\",\"line\":8,"
			    "\"grade\":\"inferred\",\"text\":\"t\",\"judge\":\"case\"");
	line("requirement", "\"id\":\"SESSION-1\",\"command\":\"\",\"section\":\"0\",\"line\":1,"
			    "\"grade\":\"stated\",\"text\":\"t\",\"judge\":\"monitor\"");
}

#define GATES_NONE "\"inferred\":false,\"strict\":false,\"require_all\":false"
#define GATES_ALL  "\"inferred\":true,\"strict\":true,\"require_all\":true"

static inline void plan(const char *requirement)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"c\":%d,\"case\":\"basic/x/claim_%d\",\"command\":\"AT+X\","
		"\"kind\":\"derived\",\"requirements\":[\"%s\"],\"tags\":[],\"needs\":[],"
		"\"file\":\"suites/basic/x.json\",\"line\":3",
		cases, cases, requirement);
	line("plan", buf_text(&rest));
	buf_finish(&rest);
	cases++;
}

static inline void verdict_of(int c, int attempt, const char *verdict, const char *requirement)
{
	struct buf rest = { 0 };
	buf_printf(&rest,
		"\"c\":%d,\"attempt\":%d,\"verdict\":\"%s\",\"requirement\":\"%s\","
		"\"grade\":\"stated\",\"message\":\"\",\"file\":\"\",\"at\":0,"
		"\"expected\":\"\",\"actual\":\"\",\"ms\":1",
		c, attempt, verdict, requirement);
	line("verdict", buf_text(&rest));
	buf_finish(&rest);
}

/* Of a case that had the line. */
static inline void judged(int c, const char *verdict, const char *requirement)
{
	char rest[64];
	snprintf(rest, sizeof(rest), "\"l\":0,\"c\":%d,\"attempt\":1,\"pid\":1", c);
	line("lease", rest);
	snprintf(rest, sizeof(rest), "\"l\":0,\"c\":%d", c);
	line("release", rest);
	verdict_of(c, 1, verdict, requirement);
}

static inline void end(const char *reason, int signal)
{
	struct buf rest = { 0 };
	buf_printf(&rest, "\"reason\":\"%s\",\"text\":\"why\",\"signal\":%d", reason, signal);
	line("end", buf_text(&rest));
	buf_finish(&rest);
}

static inline int read_bytes(const void *bytes, size_t len)
{
	snprintf(path, sizeof(path), "/tmp/atconform-report-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
	run_close(run);
	run = NULL;
	error = (struct error){ 0 };
	int result = run_open(&run, path, &error);
	unlink(path);
	return result;
}

static inline int read_journal(void)
{
	return read_bytes(buf_text(&journal), journal.len);
}

static inline void finish(void)
{
	run_close(run);
	run = NULL;
	buf_finish(&journal);
}

static inline void refuses(const char *text, size_t len, int at, const char *why)
{
	cr_assert(read_bytes(text, len) != 0, "accepted: %s", text);
	cr_assert_eq(error.line, at, "%s", error_text(&error));
	cr_assert(strstr(error.text, why), "%s", error_text(&error));
}

/* A good journal with one line put behind its header and plan. */
static inline void refuses_line(const char *event, const char *rest, const char *why)
{
	lines = cases = 0;
	buf_clear(&journal);
	header(GATES_NONE);
	plan("X-1");
	line(event, rest);
	end("complete", 0);
	refuses(journal.data, journal.len, lines - 1, why);
}

static inline void attempt(int number, const char *verdict)
{
	char rest[96];
	snprintf(rest, sizeof(rest), "\"l\":0,\"c\":0,\"attempt\":%d,\"pid\":1%s%s%s", number,
		attempt_for ? ",\"why\":\"" : "", attempt_for ? attempt_for : "",
		attempt_for ? "\"" : "");
	line("lease", rest);
	line("tx", "\"l\":0,\"c\":0,\"bytes\":\"AT+X=1\\r\\n\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"AT+X=1\\r\\r\\n+X:\\u00ff\\u0000<\\r\\n\\r\\nO\"");
	line("rx", "\"l\":0,\"c\":0,\"bytes\":\"K\\r\\n\"");
	line("release", "\"l\":0,\"c\":0");
	if (verdict)
		verdict_of(0, number, verdict, "X-1");
}

#endif
