/* SPDX-License-Identifier: MIT */
#include "at/derived.h"

#include "at/at.h"
#include "at/case-name.h"
#include "at/exchange.h"
#include "at/leave.h"
#include "at/online.h"
#include "at/peer-model.h"
#include "at/peer.h"
#include "at/restart.h"
#include "base/text.h"
#include "line/known.h"
#include "spec/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Static: an assertion leaves by a jump, and what it leaves behind must stay reachable. */
static struct run {
	struct session *s;
	struct spec spec;
	struct derived derived;
	const struct derived_case *c;
	const struct step *step;
	struct fields remembered;
	struct buf line;
	int *peers; /* numbers by their place in the model; -1: not opened */
	bool deviated;
} run;

static void run_finish(void)
{
	fields_finish(&run.remembered);
	buf_finish(&run.line);
	free(run.peers);
	run.peers = NULL;
	derived_finish(&run.derived);
	spec_finish(&run.spec);
}

_Noreturn static void leave(void)
{
	struct buf *why = &run.s->outcome.why;
	const struct derived_case *c = run.c;
	static char file[512];
	int line = c ? c->line : 0;
	snprintf(file, sizeof(file), "%s", c ? c->file : "");
	if (run.step && run.step->cleanup && why->len)
		buf_puts(why, "; while putting things back");
	if (run.step && run.step->claim)
		buf_printf(why, "; claim: %s", run.step->claim);
	run_finish();
	at_leave(file, line);
}

/* 0, or -1 with *error. */
static int look_up(const char *const dirs[], struct error *error)
{
	const char *suite = criterion_current_test->category;
	const char *name = criterion_current_test->name;
	if (spec_load_command(&run.spec, dirs, suite, error) < 0)
		return -1;
	const struct command *command = spec_command(&run.spec, suite);
	if (!command)
		return error_set(error, "", 0, 0, "%s: no model of this command", suite);
	if (derive_command(&run.derived, &run.spec, command, error) < 0)
		return -1;
	for (size_t i = 0; i < run.derived.count && !run.c; i++) {
		if (strcmp(run.derived.cases[i].name, name) == 0)
			run.c = &run.derived.cases[i];
	}
	return run.c ? 0
		     : error_set(error, "", 0, 0, "the model of %s gives no case %s", suite, name);
}

void at_derived_begin(void)
{
	struct error ignored = { 0 };
	if (session_spec_dirs()[0] && look_up(session_spec_dirs(), &ignored) < 0)
		run_finish();
	at_begin();
}

static void find_case(void)
{
	struct error error = { 0 };
	if (run.c || look_up(run.s->grant.spec_dirs, &error) == 0)
		return;
	session_end(run.s, "error", "%s", error_text(&error));
	leave();
}

/* "server.address", "server.port" */
static const char *peer_fact(const char *name)
{
	size_t len = strcspn(name, ".");
	const char *what = name + len + (name[len] == '.');
	for (size_t i = 0; i < run.c->command->peer_count; i++) {
		const char *peer = run.c->command->peers[i].name;
		if (strlen(peer) != len || strncmp(peer, name, len) != 0)
			continue;
		if (strcmp(what, "address") == 0)
			return peer_address(run.peers[i]);
		return strcmp(what, "port") == 0 ? fmt("%d", peer_port(run.peers[i])) : NULL;
	}
	return NULL;
}

static const char *remembered(void *user, const char *name)
{
	(void)user;
	if (text_starts(name, "peer."))
		return peer_fact(name + strlen("peer."));
	if (text_starts(name, "case."))
		return case_name(name + strlen("case."));
	if (text_starts(name, "network."))
		return grant_network(&run.s->grant, name + strlen("network."));
	return fields_get(&run.remembered, name);
}

/* The text with remembered values in it; valid until the next call. */
static const char *expand(const char *text)
{
	buf_clear(&run.line);
	if (derive_expand(&run.line, text, remembered, NULL) < 0) {
		bool fact = strstr(text, "{network.");
		session_end(run.s, fact ? "unequipped" : "error",
			fact ? "the bench has no fact for \"%s\""
			     : "\"%s\" names a field that was not remembered",
			text);
		leave();
	}
	return buf_text(&run.line);
}

static const char *const parities[] = { "none", "odd", "even" };
static const char *const flows[] = { "none", "rts", "cts", "both" };

/* AT+UART_…=<baudrate>,<databits>,<stopbits>,<parity>,<flow control>: the host follows. */
static void follow_uart(const char *sent)
{
	struct grant_uart uart = run.s->uart;
	int64_t v[5] = { 0 };
	const char *p = strchr(sent, '=');
	for (int i = 0; p && *p && i < 5; i++) {
		char *end;
		v[i] = strtoll(p + 1, &end, 10);
		if (end == p + 1)
			return;
		p = end;
	}
	if (v[0] <= 0 || v[2] < 1 || v[2] > 3 || v[3] < 0 || v[3] > 2 || v[4] < 0 || v[4] > 3)
		return;
	uart.baud = v[0];
	uart.databits = (int)v[1];
	uart.stopbits = 0.5 + 0.5 * (double)v[2];
	uart.parity = parities[v[3]];
	uart.flow = flows[v[4]];
	if (!session_set_uart(run.s, &uart))
		leave();
}

static void remember(const struct check *c, const char *actual)
{
	char rate[32];
	snprintf(rate, sizeof(rate), "%lld", (long long)run.s->uart.baud);
	if (c->line_rate && derive_same(actual, rate, c->tolerance_percent))
		actual = rate;
	fields_set(&run.remembered, c->remember, actual);
}

static void run_check(const struct check *c)
{
	const char *actual = fields_get(&run.s->fields, c->field);
	if (!actual && !run.deviated) {
		session_end(run.s, "fail", "after \"%s\" the response has no <%s>",
			buf_text(&run.s->sent), c->field);
		leave();
	}
	if (!actual)
		return;
	const char *expected = c->value ? expand(c->value) : NULL;
	if (expected && !derive_same(actual, expected, c->tolerance_percent)) {
		struct outcome *o = &run.s->outcome;
		buf_printf(&o->expected, "<%s> = %s", c->field, expected);
		buf_printf(&o->actual, "<%s> = %s", c->field, actual);
		session_end(run.s, "fail", "after \"%s\" expected <%s> to be \"%s\", came \"%s\"",
			buf_text(&run.s->sent), c->field, expected, actual);
		leave();
	}
	if (c->remember)
		remember(c, actual);
}

static void add_alternatives(const struct step *step)
{
	struct error error = { 0 };
	exchange_begin(run.s);
	if (!step->response_count)
		exchange_alternative(run.s, step->final);
	for (size_t i = 0; i < step->response_count; i++) {
		struct expectation *e = exchange_alternative(run.s, step->final);
		for (size_t k = 0; k < step->responses[i].count; k++) {
			if (expectation_add_line(
				    e, &step->responses[i].lines[k], run.c->command, &error))
				continue;
			session_end(run.s, "error", "\"%s\": %s", step->responses[i].lines[k].text,
				error.text);
			leave();
		}
	}
}

/* What comes on the way is of no interest; that the state is reached is. */
static void run_setup(const struct step *step)
{
	struct session *s = run.s;
	if (!exchange_collect(s, expand(step->send)))
		leave();
	if (!s->got.final || strcmp(s->got.final, step->final) != 0) {
		session_end(s, step->cleanup ? "fail" : "inconclusive",
			"\"%s\" was answered with %s", buf_text(&s->sent),
			s->got.final ? s->got.final : "nothing");
		leave();
	}
	if (step->restarts && !restart_wait(s, s->grant.restart_ms))
		leave();
}

/* A prompt behind OK, then as many bytes as the command said, then their result. Letters: nothing
 * in them has a meaning to any command. */
static void run_data(const char *length)
{
	struct session *s = run.s;
	static char letters[2048];
	int64_t len = 0;
	exchange_begin(s);
	exchange_alternative(
		s, known_is(buf_text(&s->sent), "AT+MQTTPUBRAW") ? "+MQTTPUB:OK" : "SEND OK");
	if (!text_integer(length, &len) || len < 1 || len > (int64_t)sizeof(letters)) {
		session_end(s, "error", "\"%s\" is no length of data that can be sent", length);
		leave();
	}
	for (size_t i = 0; i < sizeof(letters); i++)
		letters[i] = (char)('a' + i % 26);
	if (!exchange_prompt(s, s->grant.answer_ms) || !session_send(s, letters, (size_t)len))
		leave();
	s->data_sent = (size_t)len;
	if (!exchange_run(s, NULL))
		leave();
	s->data_open = false;
}

/* Whether what came tells everything that the checks want to know. */
static bool has_all(const struct step *step)
{
	for (size_t i = 0; i < step->check_count; i++)
		if (!fields_get(&run.s->fields, step->checks[i].field))
			return false;
	return true;
}

static void run_send(const struct step *step)
{
	struct session *s = run.s;
	size_t before = s->deviations_met;
	add_alternatives(step);
	s->facts_only = step->facts;
	if (!exchange_run(s, expand(step->send)))
		leave();
	s->facts_only = false;
	if (s->deviations_met > before && !(step->facts && has_all(step)))
		run.deviated = true;
	if (step->data && s->got.final && strcmp(s->got.final, step->final) == 0)
		run_data(expand(step->data));
	bool ok = s->got.final && strcmp(s->got.final, "OK") == 0;
	if (step->uart && ok)
		follow_uart(buf_text(&s->sent));
	if (step->restarts && ok && !restart_wait(s, s->grant.restart_ms))
		leave();
	for (size_t i = 0; i < step->check_count; i++)
		run_check(&step->checks[i]);
}

static void run_restart(const struct step *step, const char *command)
{
	struct session *s = run.s;
	static const char *const ok[] = { "OK", NULL };
	if (!exchange_words(s, command, ok) ||
		(step->uart && !session_set_uart(s, &s->grant.uart)) ||
		!restart_wait(s, s->grant.restart_ms))
		leave();
}

static void run_step(const struct step *step)
{
	if (step->if_deviated ? !run.deviated : run.deviated && !step->cleanup)
		return;
	run.step = step;
	switch (step->kind) {
	case STEP_SEND:
		if (step->setup)
			run_setup(step);
		else
			run_send(step);
		break;
	case STEP_RESTART:
		run_restart(step, "AT+RST");
		break;
	case STEP_RESTORE:
		run_restart(step, "AT+RESTORE");
		break;
	case STEP_ONLINE:
		if (!online_reach(run.s, false))
			leave();
		break;
	}
}

static void open_peers(void)
{
	const struct command *command = run.c->command;
	run.peers = calloc(command->peer_count + 1, sizeof(*run.peers));
	if (!run.peers)
		abort();
	for (size_t i = 0; i < command->peer_count; i++)
		run.peers[i] = derive_uses_peer(run.c, &command->peers[i])
				       ? peer_open_model(&command->peers[i], run.c->file)
				       : -1;
}

static void derived_body(void)
{
	at_started();
	run.s = &at_session;
	find_case();
	run.s->error_codes_pass = true;
	open_peers();
	for (size_t i = 0; i < run.c->step_count; i++)
		run_step(&run.c->steps[i]);
	run_finish();
	at_completed();
}

void at_derived_test(void)
{
	criterion_internal_test_setup();
	criterion_internal_test_main(derived_body);
	criterion_internal_test_teardown();
}
