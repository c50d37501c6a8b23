/* SPDX-License-Identifier: MIT */
#include "monitor/monitor.h"

#include "base/buf.h"
#include "base/text.h"
#include "line/known.h"
#include "monitor/flow.h"
#include "monitor/links.h"
#include "monitor/mqtt.h"
#include "monitor/prefix.h"
#include "monitor/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BREACHES_PER_LEASE = 16 }; /* of one rule; a flood is not worth more lines */
enum { SILENCE_NS = 1000000000 }; /* the rest of a line or of data will not come after that */

/* The module's echo setting, as far as the session has shown it. */
enum echo { ECHO_UNKNOWN, ECHO_OFF, ECHO_ON };

struct monitor {
	const struct spec *spec;
	const char *const *noise;
	monitor_breach_fn *on_breach;
	void *user;
	struct monitor_watcher watcher;
	struct line_urc *urcs;
	struct line_final *finals;
	const char **restarts;
	struct line *line;
	struct links links;
	struct flow *flow;
	struct mqtt *mqtt;
	int64_t flow_ns; /* of what flow and mqtt are looking at */
	enum echo echo;
	bool tolerant;
	bool fresh;            /* no command was answered yet */
	bool restart_expected; /* `ready` may come */
	bool booting;          /* and noise before it */
	bool answered;         /* a final result came, and nothing was sent since */
	bool behind_payload;   /* the piece before was the last part of counted data */
	bool message;          /* the counted data are those of +MQTTSUBRECV, */
	bool behind_message;   /* and all of it came */
	int64_t heard_ns;      /* last byte of the module */
	unsigned breaches[RULE_COUNT];
};

static void *zeroed(size_t count, size_t size)
{
	void *p = calloc(count + 1, size);
	if (!p)
		abort();
	return p;
}

static void report(struct monitor *m, enum rule rule, const void *bytes, size_t len, int64_t t_ns,
	const char *text)
{
	if (m->tolerant || m->breaches[rule]++ >= BREACHES_PER_LEASE)
		return;
	m->on_breach(m->user, &(struct breach){ .requirement = rules[rule].id,
				      .text = text,
				      .bytes = bytes,
				      .len = len,
				      .t_ns = t_ns });
}

static void on_flow_breach(
	void *user, enum flow_rule rule, const char *text, const void *bytes, size_t len)
{
	static const enum rule rules_of[] = { [FLOW_FROM_PEER] = RULE_FROM_PEER,
		[FLOW_TO_PEER] = RULE_TO_PEER,
		[FLOW_LENGTH] = RULE_LENGTH };
	struct monitor *m = user;
	report(m, rules_of[rule], bytes, len, m->flow_ns, text);
}

static void on_mqtt_breach(
	void *user, enum mqtt_rule rule, const char *text, const void *bytes, size_t len)
{
	struct monitor *m = user;
	report(m, rule == MQTT_ORDER ? RULE_MQTT_ORDER : RULE_MQTT_MESSAGE, bytes, len, m->flow_ns,
		text);
}

static void on_data(void *user, const char *command, const void *bytes, size_t len)
{
	struct monitor *m = user;
	flow_given(m->flow, command, bytes, len);
	mqtt_given(m->mqtt, command, bytes, len);
}

static void on_command(void *user, const char *command)
{
	struct monitor *m = user;
	flow_command(m->flow, command);
	mqtt_command(m->mqtt, command);
	if (m->watcher.on_command && (!m->tolerant || m->watcher.always))
		m->watcher.on_command(m->watcher.user, command);
}

/* The grammar of the wire, from the general model; strings stay the spec's. */
static struct line_grammar grammar(struct monitor *m, const struct spec *spec)
{
	m->urcs = zeroed(spec->urc_count, sizeof(*m->urcs));
	m->finals = zeroed(spec->final_count, sizeof(*m->finals));
	m->restarts = zeroed(spec->command_count, sizeof(*m->restarts));
	for (size_t i = 0; i < spec->urc_count; i++)
		m->urcs[i] = (struct line_urc){ spec->urcs[i].text, spec->urcs[i].payload };
	for (size_t i = 0; i < spec->final_count; i++)
		m->finals[i] = (struct line_final){ spec->finals[i].text, spec->finals[i].ok };
	size_t count = 0;
	for (size_t i = 0; i < spec->command_count; i++)
		if (spec->commands[i].restarts)
			m->restarts[count++] = spec->commands[i].name;
	return (struct line_grammar){ .urcs = m->urcs,
		.urc_count = spec->urc_count,
		.finals = m->finals,
		.final_count = spec->final_count,
		.restarts = m->restarts,
		.on_data = on_data,
		.on_command = on_command,
		.user = m };
}

struct monitor *monitor_create(
	const struct spec *spec, const char *const *noise, monitor_breach_fn *on_breach, void *user)
{
	struct monitor *m = zeroed(1, sizeof(*m));
	m->spec = spec;
	m->noise = noise;
	m->on_breach = on_breach;
	m->user = user;
	m->flow = flow_create(on_flow_breach, m);
	m->mqtt = mqtt_create(on_mqtt_breach, m);
	struct line_grammar g = grammar(m, spec);
	m->line = line_create(&g);
	/* A recording or a run may begin while the module starts. */
	m->fresh = m->restart_expected = m->booting = true;
	return m;
}

void monitor_destroy(struct monitor *m)
{
	if (!m)
		return;
	line_destroy(m->line);
	flow_destroy(m->flow);
	mqtt_destroy(m->mqtt);
	free(m->urcs);
	free(m->finals);
	free(m->restarts);
	free(m);
}

static void breach(struct monitor *m, enum rule rule, const struct line_piece *piece,
	const char *before, const char *shown, const char *behind)
{
	struct buf text = { 0 };
	buf_puts(&text, before);
	if (shown)
		text_visible(&text, shown, strnlen(shown, 200));
	buf_puts(&text, behind);
	report(m, rule, piece->bytes, piece->len, piece->t_ns, buf_text(&text));
	buf_finish(&text);
}

static bool is_noise(const struct monitor *m, const struct line_piece *piece)
{
	for (const char *const *glob = m->noise; glob && *glob; glob++)
		if (text_glob(*glob, piece->text))
			return true;
	return false;
}

static void judge_noise(struct monitor *m, const struct line_piece *piece, bool behind_payload)
{
	if (m->booting || is_noise(m, piece))
		return;
	bool again = piece->like_echo && strcmp(piece->command, piece->text) == 0;
	if (again)
		breach(m, RULE_ECHO, piece, "echo too late or once too often: ", piece->text, "");
	else if (piece->like_echo)
		breach(m, RULE_ECHO, piece, "echo differs from what was sent: ", piece->command,
			"");
	else if (behind_payload)
		breach(m, RULE_PAYLOAD, piece, "more bytes than announced: ", piece->text, "");
	else
		breach(m, RULE_KNOWN_LINE, piece, "unknown line: ", piece->text, "");
}

static void judge_info(struct monitor *m, const struct line_piece *piece, bool behind_payload)
{
	/* Nothing ends the data but their length: an answer may follow at once. */
	if (behind_payload && !prefix_belongs(m->spec, piece->command, piece->text)) {
		breach(m, RULE_PAYLOAD, piece, "more bytes than announced: ", piece->text, "");
		return;
	}
	if (piece->total)
		flow_header(m->flow, -1, piece->total, false, piece->command);
	else if (text_starts(piece->text, "+CIPRECVLEN:"))
		flow_lengths(m->flow, piece->text);
	enum prefix prefix = prefix_judge(m->spec, piece->command, piece->text);
	if (prefix == PREFIX_FITS || is_noise(m, piece))
		return;
	if (prefix == PREFIX_FOREIGN)
		breach(m, RULE_PREFIX, piece, "information of another command: ", piece->text, "");
	else
		breach(m, RULE_KNOWN_LINE, piece, "unknown line: ", piece->text, "");
}

static void judge_echo(struct monitor *m, const struct line_piece *piece)
{
	if (m->echo == ECHO_OFF)
		breach(m, RULE_ECHO, piece, "echo after ATE0: ", piece->text, "");
}

/* Commands sent before the answer to ATE0 or ATE1 may have been given back under either setting. */
static void follow_echo(struct monitor *m, const struct line_piece *piece)
{
	bool off = strcasecmp(piece->command, "ATE0") == 0;
	bool on = strcasecmp(piece->command, "ATE1") == 0;
	if (!piece->ok || (!off && !on))
		return;
	enum echo known = off ? ECHO_OFF : ECHO_ON;
	m->echo = line_outstanding(m->line, NULL) ? ECHO_UNKNOWN : known;
}

static void judge_stray_final(struct monitor *m, const struct line_piece *piece)
{
	/* With nothing sent since the last one, that one was doubled. */
	if (m->answered)
		breach(m, RULE_ONE_FINAL, piece, "a second final result: ", piece->text, "");
	else
		breach(m, RULE_NO_COMMAND, piece, "final result without a command: ", piece->text,
			"");
}

static void judge_final(struct monitor *m, const struct line_piece *piece)
{
	if (!piece->pending) {
		judge_stray_final(m, piece);
		return;
	}
	bool send = text_starts(piece->text, "SEND ") || text_starts(piece->text, "+MQTTPUB:");
	if (send && !piece->data)
		breach(m, RULE_PROMPT, piece, "", piece->text, " without data behind a prompt");
	if (m->echo == ECHO_ON && !piece->echoed && !piece->data &&
		text_starts(piece->command, "AT") && strlen(piece->command) <= 256)
		breach(m, RULE_ECHO, piece, "no echo after ATE1: ", piece->command, "");
	m->booting = piece->ok && line_restarts(m->line, piece->command);
	/* A session may begin with a start; once a command was answered, that is over. */
	m->restart_expected = m->booting || (m->restart_expected && !m->fresh);
	m->fresh = false;
	if (m->booting)
		m->echo = ECHO_UNKNOWN;
	follow_echo(m, piece);
	flow_answer(m->flow, piece->command, piece->ok, piece->data);
	mqtt_answer(m->mqtt, piece->command, piece->ok, piece->data);
	if (piece->ok && !piece->data)
		links_answered(&m->links, piece->command);
}

static void judge_prompt(struct monitor *m, const struct line_piece *piece)
{
	if (!line_takes_data(piece->command) && !prefix_prompts(m->spec, piece->command))
		breach(m, RULE_PROMPT, piece, "prompt for ", piece->command, "");
	else if (piece->pending)
		breach(m, RULE_ONE_FINAL, piece, "prompt without OK: ", piece->command, "");
	if (piece->command && known_passthrough(piece->command)) {
		links_passed(&m->links);
		flow_passthrough(m->flow);
	}
}

static void restarted(struct monitor *m)
{
	m->message = m->behind_message = false;
	m->echo = ECHO_UNKNOWN;
	m->links = (struct links){ 0 };
	flow_restarted(m->flow);
	mqtt_restarted(m->mqtt, false);
}

/* The number behind the last comma of +IPD,[link,]<len>. */
static size_t notice_length(const char *text)
{
	const char *comma = strrchr(text, ',');
	return comma ? strtoul(comma + 1, NULL, 10) : 0;
}

/* CONNECT, CLOSED and +IPD, and what is known of their links. */
static void judge_link(struct monitor *m, const struct line_piece *piece)
{
	bool data = text_starts(piece->text, "+IPD,");
	switch (links_follow(&m->links, piece)) {
	case LINKS_FINE:
		break;
	case LINKS_NOT_OPEN:
		breach(m, data ? RULE_OPEN : RULE_CLOSED, piece, "not an open link: ", piece->text,
			"");
		break;
	case LINKS_OPEN_ALREADY:
		breach(m, RULE_OPEN, piece, "an open link: ", piece->text, "");
		break;
	}
	size_t len = strlen(piece->text);
	if (!data && piece->total)
		flow_header(m->flow, LINK_NONE, piece->total, false, NULL);
	else if (data)
		flow_header(m->flow, piece->link,
			piece->total ? piece->total : notice_length(piece->text), !piece->total,
			NULL);
	else if (len >= 7 && strcmp(piece->text + len - 7, "CONNECT") == 0 &&
		 (len == 7 || piece->link >= 0))
		flow_connected(m->flow, piece->link);
}

static void judge_urc(struct monitor *m, const struct line_piece *piece)
{
	if (piece->text_len == 5 && strcmp(piece->text, "ready") == 0) {
		if (!m->restart_expected)
			breach(m, RULE_RESTART, piece, "the module restarted by itself", NULL, "");
		m->fresh = m->restart_expected = m->booting = false;
		restarted(m);
		links_started(&m->links);
		mqtt_restarted(m->mqtt, true);
	} else if (text_starts(piece->text, "Will force to restart")) {
		m->restart_expected = m->booting = true;
	} else {
		judge_link(m, piece);
		mqtt_urc(m->mqtt, piece);
		m->message = text_starts(piece->text, "+MQTTSUBRECV:");
		m->behind_message = m->message && !piece->total;
	}
}

/* Data of +IPD end with the last byte; a message is a line like others. */
static void judge_message_end(struct monitor *m, const struct line_piece *piece)
{
	bool more = piece->kind == LINE_NOISE || piece->kind == LINE_INFO;
	if (m->behind_message && piece->kind != LINE_BLANK && !more)
		breach(m, RULE_LINE_END, piece, "no line end behind +MQTTSUBRECV, but ",
			piece->text, "");
	m->behind_message = false;
}

/* Headers have no line end of their own. */
static void judge_line_end(struct monitor *m, const struct line_piece *piece)
{
	size_t len = piece->len;
	bool line = len && piece->bytes[len - 1] == '\n';
	if (line && (len < 2 || piece->bytes[len - 2] != '\r') && !m->booting)
		breach(m, RULE_LINE_END, piece, "line end without CR: ", piece->text, "");
}

static void judge(struct monitor *m, const struct line_piece *piece)
{
	bool behind_payload = m->behind_payload;
	m->behind_payload = false;
	judge_message_end(m, piece);
	switch (piece->kind) {
	case LINE_ECHO:
		judge_echo(m, piece);
		break;
	case LINE_BLANK:
		break;
	case LINE_INFO:
		judge_line_end(m, piece);
		judge_info(m, piece, behind_payload);
		break;
	case LINE_FINAL:
		judge_line_end(m, piece);
		judge_final(m, piece);
		m->answered = true;
		break;
	case LINE_PROMPT:
		judge_prompt(m, piece);
		break;
	case LINE_URC:
		judge_line_end(m, piece);
		judge_urc(m, piece);
		break;
	case LINE_PAYLOAD:
		m->behind_payload = piece->total && piece->offset + piece->len == piece->total;
		m->behind_message = m->behind_payload && m->message && !piece->command;
		flow_handed(m->flow, piece);
		mqtt_handed(m->mqtt, piece);
		break;
	case LINE_NOISE:
		judge_noise(m, piece, behind_payload);
		break;
	}
}

static void drain(struct monitor *m)
{
	struct line_piece piece;
	while (line_next(m->line, &piece)) {
		if (m->watcher.on_piece && (!m->tolerant || m->watcher.always))
			m->watcher.on_piece(m->watcher.user, &piece);
		judge(m, &piece);
	}
}

void monitor_sent(struct monitor *m, const void *bytes, size_t len, int64_t t_ns)
{
	if (!len)
		return;
	m->flow_ns = t_ns;
	m->answered = false;
	line_sent(m->line, bytes, len);
}

void monitor_received(struct monitor *m, const void *bytes, size_t len, int64_t t_ns)
{
	if (!len)
		return;
	m->heard_ns = m->flow_ns = t_ns;
	line_feed(m->line, bytes, len, t_ns);
	drain(m);
}

void monitor_tolerate(struct monitor *m, bool on)
{
	if (m->tolerant && !on) {
		line_flush(m->line);
		drain(m);
		line_passthrough(m->line, false);
		line_excuse(m->line);
		m->behind_payload = false;
		restarted(m);
	}
	m->tolerant = on;
}

void monitor_restarted(struct monitor *m, int64_t t_ns)
{
	(void)t_ns;
	line_flush(m->line);
	drain(m);
	line_restart(m->line);
	m->restart_expected = m->booting = true;
	restarted(m);
}

void monitor_retuned(struct monitor *m)
{
	struct line_piece piece;
	line_flush(m->line);
	while (line_next(m->line, &piece))
		if (piece.kind != LINE_NOISE)
			judge(m, &piece);
}

static void end_commands(struct monitor *m, int64_t t_ns)
{
	const char *first;
	size_t count = line_outstanding(m->line, &first);
	if (!count)
		return;
	struct buf text = { 0 };
	buf_puts(&text, "no final result: ");
	text_visible(&text, first, strnlen(first, 200));
	if (count > 1)
		buf_printf(&text, " (and %zu more)", count - 1);
	report(m, RULE_ONE_FINAL, first, strlen(first), t_ns, buf_text(&text));
	buf_finish(&text);
}

/* Half a line or half of the data, and nothing more for so long that it can't be under way. */
static void end_halves(struct monitor *m, int64_t t_ns)
{
	struct line_piece piece;
	bool silent = t_ns - m->heard_ns >= SILENCE_NS;
	if (silent && line_payload_left(m->line))
		report(m, RULE_PAYLOAD, NULL, 0, t_ns, "fewer bytes than announced");
	line_flush(m->line);
	while (line_next(m->line, &piece))
		if (silent && piece.kind == LINE_NOISE && !m->booting)
			breach(m, RULE_LINE_END, &piece, "line without end: ", piece.text, "");
}

void monitor_end(struct monitor *m, int64_t t_ns)
{
	end_commands(m, t_ns);
	end_halves(m, t_ns);
	line_excuse(m->line);
	/* What happens until the next lease is not seen: nothing of the module is known then. */
	m->echo = ECHO_UNKNOWN;
	m->links = (struct links){ 0 };
	flow_forget(m->flow);
	mqtt_forget(m->mqtt);
	m->answered = m->behind_payload = m->behind_message = false;
	memset(m->breaches, 0, sizeof(m->breaches));
}

void monitor_peer_event(struct monitor *m, const struct monitor_peer *event)
{
	m->flow_ns = event->t_ns;
	flow_peer(m->flow, event);
}

void monitor_mqtt_event(struct monitor *m, const struct monitor_mqtt *event)
{
	m->flow_ns = event->t_ns;
	mqtt_event(m->mqtt, event);
}

bool monitor_waits(const struct monitor *m)
{
	return line_outstanding(m->line, NULL) > 0;
}

void monitor_watch(struct monitor *m, const struct monitor_watcher *watcher)
{
	m->watcher = *watcher;
}
