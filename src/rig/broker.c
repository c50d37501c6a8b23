/* SPDX-License-Identifier: MIT */
/* The broker's process: started, ready, told to go, gone. Everything happens in the rig's event
 * loop; only the last stop, at the end of the run, waits. */
#include "rig/broker-internal.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "monitor/monitor.h"
#include "peers/peers.h"
#include "rig/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 2, LAST_MS = 500 };

static void answer(struct broker *b, bool ok, const char *text)
{
	json_t *say = json_string(text);
	json_t *json = json_pack("{s:b,s:b,s:o}", "ok", ok, "running", b->state == BROKER_READY,
		"text", say ? say : json_string("?"));
	char *message AUTO_FREE = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	b->asked = BROKER_NOTHING;
	if (message)
		peer_answer(b->lane, message, strlen(message));
}

static void tell_monitor(const struct broker *b, enum monitor_mqtt_what what)
{
	const struct monitor_mqtt event = { .what = what,
		.host = b->place->host,
		.ports = b->ports,
		.only = b->own,
		.t_ns = journal_now(b->lane->journal) };
	monitor_mqtt_event(b->lane->monitor, &event);
}

static void set_timer(struct event *timer, int ms)
{
	event_add(timer, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

/* ---- its end ---- */

static void let_go(struct broker *b)
{
	broker_log_take(b);
	broker_probe_end(b);
	event_del(&b->readable);
	event_del(&b->exited);
	event_del(&b->timer);
	event_del(&b->retry);
	close(event_get_fd(&b->exited));
	close(b->out);
	b->out = -1;
	b->pid = 0;
	b->state = BROKER_OFF;
	b->place->host = "";
}

/* The line's case can't be judged, if it wants the broker: also when it was the first to see what
 * had become of it, and took that for the module's fault. */
static void give_up_case(struct lane *lane, const char *why)
{
	struct worker *worker = lane->worker;
	if (!worker || !broker_wanted(&lane->rig->plan->cases[worker->case_index]))
		return;
	lease_overrule(&lane->rig->cases[worker->case_index], why);
	worker_abort(worker, "inconclusive", why);
}

/* In the middle of a case that wants it, and the case did not ask for that. */
static void died(struct broker *b, const char *how)
{
	char text[400];
	broker_tell(b, "died", how);
	snprintf(text, sizeof(text), "the broker died in mid-case (%s)%s%s", how,
		*b->last ? "; its last words: " : "", b->last);
	give_up_case(b->lane, text);
}

static void start(struct broker *b);

static void take_gone(struct broker *b, const char *how)
{
	bool was_ready = b->state == BROKER_READY;
	bool starting = b->state == BROKER_STARTING;
	bool wanted = b->wanted_end;
	let_go(b);
	if (!starting)
		tell_monitor(b, MONITOR_MQTT_ENDED);
	if (wanted) {
		broker_tell(b, "stop", how);
	} else if (starting) {
		char text[300];
		if (*b->fault)
			snprintf(text, sizeof(text), "%s", b->fault);
		else
			snprintf(
				text, sizeof(text), "it ended at its start (%s): %s", how, b->last);
		broker_start_failed(b, text);
	} else if (was_ready) {
		died(b, how);
	}
	if (b->asked == BROKER_AGAIN)
		start(b);
	else if (b->asked == BROKER_GONE)
		answer(b, true, how);
	else if (b->asked == BROKER_RUNNING)
		answer(b, false, how);
}

/* Its connections are closed a while before it can be waited for, on a busy machine long enough for
 * a case to fail by that. */
static bool is_ending(pid_t pid)
{
	enum { PF_EXITING = 4 };
	char path[64], text[512];
	unsigned flags = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *stat AUTO_FILE = fopen(path, "re");
	if (!stat || !fgets(text, sizeof(text), stat))
		return false;
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & PF_EXITING;
}

/* At the end of a case: whether it has died in it. */
static bool has_died(struct broker *b)
{
	int status = 0;
	if (!b->own || b->state != BROKER_READY || !is_ending(b->pid) ||
		!child_wait(b->pid, &status, deadline_in_ms(LAST_MS), -1))
		return false;
	take_gone(b, child_status(status));
	return true;
}

static void on_exited(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct broker *b = user;
	int status = 0;
	b->exiting = true;
	/* Somebody who traces it learns of its end first. */
	if (waitpid(b->pid, &status, WNOHANG) != b->pid) {
		set_timer(&b->retry, BROKER_RETRY_MS);
		return;
	}
	take_gone(b, child_status(status));
	schedule(b->lane->rig);
}

/* Not ready in time, or not gone in time. */
static void on_timer(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct broker *b = user;
	if (b->state == BROKER_STARTING)
		snprintf(b->fault, sizeof(b->fault), "it did not answer a CONNECT within %d ms",
			BROKER_READY_MS);
	if (b->pid > 0)
		kill(-b->pid, SIGKILL);
}

static void end(struct broker *b, int signal)
{
	b->wanted_end = true;
	b->state = BROKER_STOPPING;
	b->place->host = "";
	kill(-b->pid, signal);
	set_timer(&b->timer, BROKER_STOP_MS);
}

/* ---- its start ---- */

void broker_start_failed(struct broker *b, const char *why)
{
	b->why = (struct error){ 0 };
	error_set(&b->why, NULL, 0, 0, "the broker could not be started: %s", why);
	broker_tell(b, "died", b->why.text);
	b->failures++;
	b->state = BROKER_OFF;
	if (b->asked == BROKER_NOTHING)
		return;
	give_up_case(b->lane, b->why.text);
	answer(b, false, b->why.text);
}

void broker_is_ready(struct broker *b)
{
	struct buf text AUTO_BUF = { 0 };
	const char *stray = broker_strays(b);
	broker_probe_end(b);
	if (stray) {
		snprintf(b->fault, sizeof(b->fault),
			"its listener %s is on addresses that are not its own", stray);
		kill(-b->pid, SIGKILL);
		return;
	}
	event_del(&b->timer);
	b->state = BROKER_READY;
	b->failures = 0;
	b->place->host = b->lane->network.host;
	b->place->port = broker_port(b, "tcp");
	buf_printf(&text, "pid %d at %s:", b->pid, b->place->host);
	for (size_t i = 0; i < b->listener_count; i++)
		buf_printf(&text, " %s %u", b->listeners[i].kind, b->listeners[i].port);
	broker_tell(b, "ready", text.data);
	tell_monitor(b, MONITOR_MQTT_READY);
	if (b->asked == BROKER_RUNNING || b->asked == BROKER_AGAIN)
		answer(b, true, "");
	schedule(b->lane->rig);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	broker_log_take(user);
}

static void on_retry(evutil_socket_t fd, short what, void *user)
{
	struct broker *b = user;
	if (b->exiting)
		on_exited(fd, what, user);
	else
		broker_probe(b);
}

static int run(struct broker *b, const char *program)
{
	struct buf path AUTO_BUF = { 0 };
	int pipes[2];
	buf_printf(&path, "%s/mosquitto.conf", b->dir);
	const char *argv[] = { program, "-c", path.data, NULL };
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = child_start(&(struct child_start){
		.argv = argv, .in = -1, .out = -1, .err = pipes[1], .session = true });
	close(pipes[1]);
	int exited = pid > 0 ? child_pidfd(pid) : -1;
	if (exited < 0) {
		close(pipes[0]);
		child_stop(pid, 0);
		return pid < 0 ? (int)pid : exited;
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	struct event_base *base = b->lane->rig->base;
	b->pid = pid;
	b->out = pipes[0];
	event_assign(&b->readable, base, b->out, EV_READ | EV_PERSIST, on_readable, b);
	event_assign(&b->exited, base, exited, EV_READ, on_exited, b);
	event_assign(&b->timer, base, -1, 0, on_timer, b);
	event_assign(&b->retry, base, -1, 0, on_retry, b);
	event_add(&b->readable, NULL);
	event_add(&b->exited, NULL);
	return 0;
}

static void start(struct broker *b)
{
	const char *program = b->lane->rig->plan->bench->broker.program;
	b->wanted_end = b->exiting = false;
	b->last[0] = b->fault[0] = '\0';
	b->state = BROKER_STARTING;
	broker_tell(b, "start", program);
	int failure = run(b, program);
	if (failure < 0) {
		broker_start_failed(b, strerror(-failure));
		return;
	}
	set_timer(&b->timer, BROKER_READY_MS);
	broker_probe(b);
}

static struct broker *create(struct lane *lane)
{
	const struct rig_broker *have = &lane->rig->plan->bench->broker;
	struct broker *b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->lane = lane;
	b->own = !have->host;
	b->out = -1;
	b->place = malloc(sizeof(*b->place));
	if (!b->place)
		abort();
	*b->place = (struct peers_broker){ .host = have->host ? have->host : "",
		.port = have->port,
		.tls = have->tls,
		.ca = have->ca,
		.username = have->username,
		.password = have->password };
	for (size_t i = 0; !b->own && i < RIG_BROKER_PORTS && have->ports[i]; i++)
		b->ports[i] = (uint16_t)have->ports[i];
	if (!b->own)
		b->state = BROKER_READY;
	lane->broker = b;
	return b;
}

/* ---- leases ---- */

bool broker_wanted(const struct rig_case *c)
{
	for (size_t i = 0; c->needs && c->needs[i]; i++)
		if (strcmp(c->needs[i], "broker") == 0 || text_starts(c->needs[i], "broker_"))
			return true;
	return false;
}

static enum broker_gate refused(const struct broker *b, struct error *why)
{
	error_set(why, NULL, 0, 0, "%s", b->why.text);
	return BROKER_NEVER;
}

/* A program that is started holds the event loop up until the system has given it a turn, which on
 * a busy machine is long: the lines get as much time between two. */
static void start_for_lease(struct broker *b)
{
	struct rig *rig = b->lane->rig;
	int64_t begun = clock_ns();
	start(b);
	int64_t us = (clock_ns() - begun) / 1000;
	event_add(&rig->next_broker, &(struct timeval){ us / 1000000, us % 1000000 });
}

void broker_next(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	schedule(user);
}

enum broker_gate broker_gate(struct lane *lane, const struct rig_case *c, struct error *why)
{
	if (!broker_wanted(c))
		return BROKER_FINE;
	struct broker *b = lane->broker ? lane->broker : create(lane);
	if (b->state == BROKER_READY)
		return BROKER_FINE;
	if (b->state != BROKER_OFF || evtimer_pending(&lane->rig->next_broker, NULL))
		return BROKER_LATER;
	if (b->failures >= TRIES)
		return refused(b, why);
	b->why = (struct error){ 0 };
	if (broker_files(b, &b->why) < 0) {
		b->failures = TRIES;
		broker_tell(b, "died", b->why.text);
		return refused(b, why);
	}
	start_for_lease(b);
	return b->state == BROKER_STARTING ? BROKER_LATER : refused(b, why);
}

void broker_lease_begin(struct lane *lane)
{
	struct broker *b = lane->broker;
	if (!b)
		return;
	broker_log_take(b);
	broker_log_clear(b);
	if (!broker_wanted(&lane->rig->plan->cases[lane->worker->case_index]))
		return;
	/* What a case routes to the broker has to be forgotten, as with peers. */
	lane->had_peers = true;
	if (b->state == BROKER_READY)
		tell_monitor(b, MONITOR_MQTT_READY);
}

void broker_lease_end(struct lane *lane)
{
	struct broker *b = lane->broker;
	if (!b)
		return;
	if (!has_died(b))
		broker_log_take(b);
	broker_log_forget(b);
	broker_log_clear(b);
	b->asked = BROKER_NOTHING;
}

static bool is(const json_t *json, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(json, key));
	return text && strcmp(text, word) == 0;
}

static void stop_for(struct broker *b, enum broker_asked asked, int signal)
{
	if (b->state == BROKER_OFF && asked == BROKER_GONE) {
		answer(b, true, "");
		return;
	}
	b->asked = asked;
	if (b->state == BROKER_OFF)
		start(b);
	else
		end(b, signal);
}

void broker_request(struct lane *lane, const json_t *json)
{
	struct broker *b = lane->broker;
	static struct broker none;
	if (!b || !broker_wanted(&lane->rig->plan->cases[lane->worker->case_index])) {
		none.lane = lane;
		answer(&none, false, "this case has no broker: its needs don't name one");
	} else if (b->asked != BROKER_NOTHING) {
		answer(b, false, "an earlier request still waits");
	} else if (is(json, "action", "state")) {
		answer(b, true, "");
	} else if (!b->own) {
		answer(b, false, "the team's own broker is left alone, and its log is not here");
	} else if (is(json, "action", "log")) {
		broker_log_search(b, json);
	} else if (is(json, "action", "stop")) {
		stop_for(b, BROKER_GONE, SIGTERM);
	} else if (is(json, "action", "kill")) {
		stop_for(b, BROKER_GONE, SIGKILL);
	} else if (is(json, "action", "restart")) {
		stop_for(b, BROKER_AGAIN, SIGTERM);
	} else if (is(json, "action", "start") && b->state == BROKER_READY) {
		answer(b, true, "");
	} else if (is(json, "action", "start")) {
		b->asked = BROKER_RUNNING;
		start(b);
	} else {
		answer(b, false, "\"action\" is state, start, stop, kill, restart or log");
	}
}

/* ---- for others ---- */

const struct peers_broker *broker_place(struct lane *lane)
{
	return lane->broker ? lane->broker->place : NULL;
}

static void put_facts(const struct broker *b, struct buf *out)
{
	buf_puts(out, "\"broker\":{\"host\":");
	buf_json_text(out, b->lane->network.host);
	for (size_t i = 0; i < b->listener_count; i++) {
		const struct broker_listener *l = &b->listeners[i];
		if (strcmp(l->kind, "tcp") == 0)
			buf_printf(out, ",\"port\":%u", l->port);
		else
			buf_printf(out, ",\"%s_port\":%u", l->kind, l->port);
	}
	journal_text(out, "path", "mqtt");
	for (size_t i = 0; i < b->user_count; i++) {
		const struct broker_user *u = &b->users[i];
		buf_printf(out, ",\"%susername\":", u->fact);
		buf_json_text(out, u->name);
		buf_printf(out, ",\"%spassword\":", u->fact);
		buf_json_text(out, u->password);
	}
	buf_putc(out, '}');
}

void broker_put_network(const struct lane *lane, const struct rig_case *c, struct buf *out)
{
	const struct broker *b = lane->broker;
	bool put = b && b->own && b->listener_count && broker_wanted(c);
	if (!lane->facts && !put)
		return;
	buf_puts(out, ",\"network\":");
	if (!put) {
		buf_puts(out, lane->facts);
		return;
	}
	size_t len = lane->facts ? strlen(lane->facts) : 0;
	buf_putc(out, '{');
	if (len > 2)
		buf_append(out, lane->facts + 1, len - 2);
	buf_puts(out, len > 2 ? "," : "");
	put_facts(b, out);
	buf_putc(out, '}');
}

bool broker_route(const struct lane *lane, size_t index, struct buf *json)
{
	const struct rig_broker *have = &lane->rig->plan->bench->broker;
	buf_clear(json);
	if (!have->host || !lane->network.own || index >= RIG_BROKER_PORTS || !have->ports[index])
		return false;
	buf_printf(json,
		"{\"air\":{\"route\":{\"to\":\"%s\",\"port\":%d,\"protocol\":\"tcp\","
		"\"at\":\"%s:%d\"}}}",
		have->host, have->ports[index], have->host, have->ports[index]);
	return true;
}

static void users_finish(struct broker *b)
{
	for (size_t i = 0; b->own && i < b->user_count; i++) {
		free(b->users[i].name);
		free(b->users[i].password);
	}
}

void broker_destroy(struct lane *lane)
{
	struct broker *b = lane->broker;
	if (!b)
		return;
	if (b->pid > 0) {
		broker_probe_end(b);
		child_stop(b->pid, LAST_MS);
		broker_log_take(b);
		broker_tell(b, "stop", "the run is over");
		let_go(b);
	}
	broker_log_forget(b);
	broker_log_clear(b);
	free(b->lines);
	buf_finish(&b->partial);
	users_finish(b);
	free(b->dir);
	free(b->place);
	free(b);
	lane->broker = NULL;
}
