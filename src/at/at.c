/* SPDX-License-Identifier: MIT */
/* The life of a case in its worker: lease, body, verdict. A worker is a fresh process for every
 * case, so that there is one session in it. */
#include "at/at.h"

#include "at/leave.h"
#include "at/peer-model.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <criterion/abort.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct session at_session = { .fd = -1 };

const char *at_source(const char *file)
{
	const char *found = strstr(file, "suites/");
	for (const char *next = found; next; next = strstr(next + 1, "suites/"))
		found = next;
	return found ? found : file;
}

/* The name under which the rig knows this case. The family is not part of what Criterion hands to a
 * worker, but the list of cases that the run was given is a file. */
static bool find_case_id(char *out, size_t size)
{
	char tail[512], line[512];
	snprintf(tail, sizeof(tail), "/%s/%s", criterion_current_test->category,
		criterion_current_test->name);
	const char *path = getenv("ATCONFORM_CASES");
	FILE *f AUTO_FILE = path ? fopen(path, "re") : NULL;
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (text_ends(line, tail) &&
			strchr(line, '/') == line + strlen(line) - strlen(tail)) {
			snprintf(out, size, "%s", line);
			return true;
		}
	}
	return false;
}

_Noreturn void at_leave(const char *file, int line)
{
	struct session *s = &at_session;
	static char text[4096]; /* must outlive the jump out of the case */
	struct buf message = { 0 };
	bool failed = strcmp(s->outcome.verdict, "fail") == 0;
	session_message(s, &message, at_source(file), line);
	peer_finish();
	snprintf(text, sizeof(text), "%s", buf_text(&message));
	buf_finish(&message);
	if (*s->outcome.verdict)
		session_verdict(s, s->outcome.verdict, text, at_source(file), line);
	session_finish(s);
	if (failed)
		cr_assert_fail("%s", text);
	criterion_skip_test("%s", text);
}

/* A worker ends with the suite program, whenever that is killed: BoxFort asks the kernel for that,
 * but not whether the program has gone before. Only workers have the variable, and none of them is
 * started by process 1. */
__attribute__((constructor)) static void end_with_the_program(void)
{
	if (!getenv("BXFI_MAP"))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(EXIT_FAILURE);
}

int at_backstop_s(void)
{
	const char *given = getenv("ATCONFORM_BACKSTOP");
	int seconds = given ? atoi(given) : 0;
	return seconds > 0 ? seconds : AT_BACKSTOP_S;
}

void at_begin(void)
{
	struct session *s = &at_session;
	char id[512];
	const char *path = getenv(CHANNEL_ENV);
	if (!path)
		return; /* at_started() says so: an assertion here would look like a crash */
	if (!find_case_id(id, sizeof(id)))
		snprintf(id, sizeof(id), "?/%s/%s", criterion_current_test->category,
			criterion_current_test->name);
	session_open(s, path, id);
}

void at_started(void)
{
	if (at_session.fd < 0 && !at_session.outcome.verdict)
		cr_assert_fail("a case needs the rig: run it through `atconform run`");
	/* Not before: between .init and the body Criterion has words with its parent. */
	if (at_session.outcome.verdict ||
		!session_begin(&at_session, at_backstop_s() * 1000 - 10000))
		at_leave("", 0);
}

void at_completed(void)
{
	peer_finish();
	session_verdict(&at_session, "pass", "", "", 0);
	session_close(&at_session);
}

void at_end(void)
{
	session_finish(&at_session);
}

const char *at_field(const char *file, int line, const char *name)
{
	const char *value = fields_get(&at_session.fields, name);
	if (!value) {
		session_end(&at_session, "error", "the last response had no field <%s>", name);
		at_leave(file, line);
	}
	return value;
}

int64_t at_field_int(const char *file, int line, const char *name)
{
	int64_t value = 0;
	const char *text = at_field(file, line, name);
	if (!text_integer(text, &value)) {
		session_end(&at_session, "fail", "<%s> is not a whole number: \"%s\"", name, text);
		at_leave(file, line);
	}
	return value;
}

int64_t answer_ms(void)
{
	int64_t ns = at_session.final_ns - at_session.sent_ns;
	return ns > 0 ? ns / 1000000 : 0;
}

bool echoed(void)
{
	return at_session.echoed;
}

const char *received(size_t *len)
{
	*len = at_session.wire.len;
	return buf_text(&at_session.wire);
}

void at_check(
	const char *file, int line, bool condition, const char *claim, const char *format, ...)
{
	if (condition)
		return;
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_puts(&at_session.outcome.expected, claim);
	buf_puts(&at_session.outcome.actual, text);
	session_end(&at_session, "fail", "expected %s: %s", claim, text);
	at_leave(file, line);
}

void at_inconclusive(const char *file, int line, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	session_end(&at_session, "inconclusive", "%s", text);
	at_leave(file, line);
}
