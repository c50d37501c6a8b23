/* SPDX-License-Identifier: MIT */
/* The verbs about the line's broker: its facts, its life, its log. */
#include "at/broker.h"

#include "at/leave.h"
#include "at/peer-request.h"
#include "base/text.h"

#include <string.h>

static int64_t log_from; /* where broker_forget() left off */

const char *at_broker(const char *file, int line, const char *fact)
{
	at_needs(file, line, "broker");
	return at_network(file, line, fmt("broker.%s", fact));
}

int at_broker_port(const char *file, int line, const char *kind)
{
	bool plain = strcmp(kind, "tcp") == 0;
	bool other = text_ends(kind, "_other") || text_ends(kind, "_expired");
	at_needs(file, line, "broker");
	if (!plain)
		at_needs(file, line, other ? "broker_other" : fmt("broker_%s", kind));
	const char *text =
		at_network(file, line, plain ? "broker.port" : fmt("broker.%s_port", kind));
	int64_t port = 0;
	return text_integer(text, &port) ? (int)port : 0;
}

void at_broker_do(const char *file, int line, const char *action)
{
	at_needs(file, line, "broker_control");
	request_begin("broker", -1);
	request_text("action", action);
	struct answer out = { 0 };
	if (!request_ask(NULL, 0, bench_ms("mqtt"), &out))
		at_leave(file, line);
}

/* Asks for a line of the log; the pattern is a glob, or RE(). */
static bool look(const char *file, int line, const char *pattern, int timeout_ms)
{
	at_needs(file, line, "broker_log");
	request_begin("broker", -1);
	request_text("action", "log");
	if (*pattern == '\002')
		request_text("pattern", pattern + 1);
	else if (*pattern)
		request_text("match", pattern);
	request_member("since", log_from);
	request_member("timeout_ms", timeout_ms);
	struct answer out = { 0 };
	if (!request_ask(NULL, 0, timeout_ms, &out))
		at_leave(file, line);
	return strcmp(peer_told("found"), "true") == 0;
}

static int limit_ms(int timeout_ms)
{
	return timeout_ms ? timeout_ms : at_session.grant.answer_ms;
}

bool at_broker_logged(const char *file, int line, const char *pattern, int timeout_ms)
{
	return look(file, line, pattern, limit_ms(timeout_ms));
}

const char *at_broker_log(const char *file, int line, const char *pattern, int timeout_ms)
{
	if (look(file, line, pattern, limit_ms(timeout_ms)))
		return peer_told("text");
	const char *shown = pattern + (*pattern == '\002');
	buf_puts(&at_session.outcome.expected, shown);
	session_end(&at_session, "fail",
		"the broker's log has no line like \"%s\", and none came within %d ms", shown,
		limit_ms(timeout_ms));
	at_leave(file, line);
}

void at_no_broker_log(const char *file, int line, const char *pattern, int ms)
{
	if (!look(file, line, pattern, ms))
		return;
	const char *seen = peer_told("text");
	buf_puts(&at_session.outcome.actual, seen);
	session_end(
		&at_session, "fail", "the broker's log has \"%s\", which was not to come", seen);
	at_leave(file, line);
}

void at_broker_forget(const char *file, int line)
{
	look(file, line, "", 0);
	log_from = request_told("next");
}
