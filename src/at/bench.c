/* SPDX-License-Identifier: MIT */
/* The verbs that act on the bench: power, rate, control port, facilities, monitor. */
#include "at/at.h"

#include "at/exchange.h"
#include "at/leave.h"
#include "at/mdns.h"
#include "at/restart.h"

#include <jansson.h>
#include <string.h>

void at_wait_restart(const char *file, int line, int timeout_ms)
{
	if (!restart_wait(&at_session, timeout_ms ? timeout_ms : at_session.grant.restart_ms))
		at_leave(file, line);
}

void at_resync(const char *file, int line)
{
	if (!restart_resync(&at_session, at_session.grant.restart_ms))
		at_leave(file, line);
}

void at_restart(const char *file, int line)
{
	at_exchange(file, line, (const char *const[]){ "AT+RST", "OK", NULL });
	at_wait_restart(file, line, 0);
}

void at_power_cycle(const char *file, int line)
{
	struct session *s = &at_session;
	at_needs(file, line, "power");
	if (!restart_tolerate(s, true, "power cycle") ||
		!session_ask(s, CHANNEL_RESET, "{\"how\":\"power\"}") ||
		!restart_wait(s, s->grant.restart_ms))
		at_leave(file, line);
}

void at_power_cut(const char *file, int line)
{
	struct session *s = &at_session;
	at_needs(file, line, "power");
	if (!session_ask(s, CHANNEL_RESET, "{\"how\":\"power\"}"))
		at_leave(file, line);
	line_restart(s->line);
}

void at_host_baud(const char *file, int line, int64_t baud)
{
	struct grant_uart uart = at_session.uart;
	uart.baud = baud;
	if (!session_set_uart(&at_session, &uart))
		at_leave(file, line);
}

int64_t bench_baud(void)
{
	return at_session.grant.uart.baud;
}

bool bench_echo(void)
{
	return at_session.grant.echo;
}

int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

bool at_control_tried(const char *file, int line, const char *json)
{
	at_needs(file, line, "control");
	struct session *s = &at_session;
	if (!session_ask(s, CHANNEL_CONTROL, json))
		at_leave(file, line);
	json_t *answer = json_loads(buf_text(&s->ack_text), 0, NULL);
	bool ok = json_is_true(json_object_get(answer, "ok"));
	json_decref(answer);
	return ok;
}

void at_control(const char *file, int line, const char *json)
{
	struct session *s = &at_session;
	if (at_control_tried(file, line, json))
		return;
	session_end(
		s, "error", "the control port does not take %s: %s", json, buf_text(&s->ack_text));
	at_leave(file, line);
}

const char *at_member(const json_t *answer, const char *path)
{
	const json_t *value = grant_member(answer, path);
	if (json_is_string(value))
		return fmt("%s", json_string_value(value));
	if (json_is_integer(value))
		return fmt("%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return "";
}

const char *told(const char *path)
{
	json_t *answer = json_loads(buf_text(&at_session.ack_text), 0, NULL);
	const char *text = at_member(answer, path);
	json_decref(answer);
	return text;
}

const char *at_network(const char *file, int line, const char *path)
{
	const char *fact = grant_network(&at_session.grant, path);
	if (fact)
		return fact;
	session_end(&at_session, "unequipped", "this bench's network has no \"%s\"", path);
	at_leave(file, line);
}

int bench_ms(const char *name)
{
	const struct grant *g = &at_session.grant;
	const struct {
		const char *name;
		int ms;
	} all[] = { { "answer", g->answer_ms }, { "restart", g->restart_ms },
		{ "silence", g->silence_ms }, { "join", g->join_ms }, { "scan", g->scan_ms },
		{ "lease", g->lease_ms }, { "connect", g->connect_ms }, { "escape", g->escape_ms },
		{ "sntp", g->sntp_ms }, { "update", g->update_ms }, { "guard", g->guard_ms },
		{ "mqtt", g->mqtt_ms } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].ms;
	return g->answer_ms;
}

static struct mdns_answer mdns_answer;

bool at_mdns_query(
	const char *file, int line, const char *address, const char *service, int timeout_ms)
{
	int answered = mdns_ask(address, MDNS_PORT, service, timeout_ms, &mdns_answer);
	struct buf json = { 0 };
	buf_puts(&json, "{\"text\":");
	buf_json_text(&json, fmt("mDNS: %s at %s: %s", service, address,
				     answered > 0 ? mdns_answer.instance : "no answer"));
	buf_putc(&json, '}');
	bool ok = session_tell(&at_session, CHANNEL_NOTE, buf_text(&json));
	buf_finish(&json);
	if (answered < 0)
		session_end(&at_session, "inconclusive", "%s can't be asked over UDP: %s", address,
			strerror(-answered));
	if (!ok || answered < 0)
		at_leave(file, line);
	return answered > 0;
}

const char *mdns(const char *what)
{
	const struct mdns_answer *a = &mdns_answer;
	if (strcmp(what, "port") == 0)
		return a->port ? fmt("%d", a->port) : "";
	return strcmp(what, "instance") == 0  ? a->instance
	       : strcmp(what, "host") == 0    ? a->host
	       : strcmp(what, "address") == 0 ? a->address
					      : "";
}

bool has(const char *facility)
{
	return grant_has(&at_session.grant, facility);
}

void at_needs(const char *file, int line, const char *facility)
{
	if (has(facility))
		return;
	session_end(&at_session, "unequipped", "this bench has no \"%s\"", facility);
	at_leave(file, line);
}

void at_tolerate(const char *file, int line, bool on, const char *why)
{
	if (!restart_tolerate(&at_session, on, why))
		at_leave(file, line);
}
