/* SPDX-License-Identifier: MIT */
#include "rig/settings.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/uart.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_MAX = 250, MAC_BYTES = 17 };

enum kind { PLAIN, LINE_SAVED, LINE_NOW, MAC, SECRET, JOINED };

/* In the order in which they go back: the line first, since nothing is heard without it; the mode
 * before what can be told in that mode only; the access point last. */
static const struct {
	const char *name;
	enum kind kind;
} table[SETTINGS_COUNT] = {
	{ "AT+UART_DEF", LINE_SAVED },
	{ "AT+UART_CUR", LINE_NOW },
	{ "AT+SYSMSG", PLAIN },
	{ "AT+CWMODE", PLAIN },
	{ "AT+CIPSTAMAC", MAC },
	{ "AT+CIPAPMAC", MAC },
	{ "AT+CWSAP", SECRET },
	{ "AT+CWJAP", JOINED },
};

/* ---- asking ---- */

/* The first information line that begins so, what is behind that; NULL. Ends at the line's end. */
static char *line_behind(const struct buf *got, const char *start)
{
	size_t len = strlen(start);
	const char *p = got->data;
	const char *end = got->data + got->len;
	while (p && (p = memmem(p, (size_t)(end - p), start, len))) {
		const char *text = p + len;
		const char *last = text;
		while (last < end && *last != '\r' && *last != '\n' && *last)
			last++;
		bool whole = last < end && *last && (size_t)(last - text) <= VALUE_MAX;
		if (whole && (p == got->data || p[-1] == '\n' || p[-1] == '\r'))
			return strndup(text, (size_t)(last - text));
		p = text;
	}
	return NULL;
}

/* Six octets, wherever they stand in the line, quoted. */
static char *mac_of(const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i + MAC_BYTES <= len; i++) {
		size_t n = 0;
		while (n < MAC_BYTES &&
			(n % 3 == 2 ? text[i + n] == ':' : isxdigit((unsigned char)text[i + n])))
			n++;
		char *out = NULL;
		if (n == MAC_BYTES && asprintf(&out, "\"%.*s\"", MAC_BYTES, text + i) > 0)
			return out;
	}
	return NULL;
}

/* A quoted text as it stands, escapes and quotes included. */
static char *quoted(const char *text)
{
	if (*text != '"')
		return NULL;
	for (size_t i = 1; text[i]; i++) {
		if (text[i] == '\\' && text[i + 1])
			i++;
		else if (text[i] == '"' && (!text[i + 1] || text[i + 1] == ','))
			return strndup(text, i + 1);
	}
	return NULL;
}

/* What the module says of a setting; NULL when it says nothing of it. *answered: it did answer. */
static char *ask(struct talk *t, size_t i, bool *answered)
{
	char query[32], start[32];
	snprintf(query, sizeof(query), "%s?", table[i].name);
	snprintf(start, sizeof(start), "%s:", table[i].name + strlen("AT"));
	enum talk_answer answer = talk_ask(t, query, t->bench->timeouts_ms.answer);
	*answered = answer == TALK_OK || answer == TALK_ERROR;
	if (answer != TALK_OK)
		return NULL;
	char *text AUTO_FREE = line_behind(&t->got, start);
	if (table[i].kind == JOINED)
		return text ? quoted(text) : strdup("");
	if (!text || table[i].kind == MAC)
		return text ? mac_of(text) : NULL;
	char *value = text;
	text = NULL;
	return value;
}

static void note_all(struct talk *t, const char *what, char *const value[])
{
	struct buf *line = journal_begin(t->journal, "settings", -1);
	bool first = true;
	journal_int(line, "l", t->lane);
	journal_text(line, "what", what);
	buf_puts(line, ",\"values\":{");
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (!value[i])
			continue;
		buf_printf(line, "%s\"%s\":", first ? "" : ",", table[i].name);
		buf_json_text(line, value[i]);
		first = false;
	}
	buf_putc(line, '}');
	journal_end(t->journal);
}

void settings_read(struct talk *t, struct settings *s)
{
	bool answered = true;
	for (size_t i = 0; i < SETTINGS_COUNT && answered && talk_alive(t); i++)
		s->value[i] = ask(t, i, &answered);
	s->known = true;
	note_all(t, "found", s->value);
}

bool settings_take(struct settings *s, const char *name, const char *value)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		free(s->value[i]);
		s->value[i] = strdup(value);
		s->known = true;
		return true;
	}
	return false;
}

void settings_finish(struct settings *s)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		free(s->value[i]);
	*s = (struct settings){ 0 };
}

/* ---- the line ---- */

enum { FIELDS = 5, FIELD_SIZE = 24 };

/* The numbers of a list, as many as there have to be. */
static bool numbers_of(const char *text, int64_t out[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		char field[FIELD_SIZE];
		size_t len = strcspn(text, ",");
		if (len >= sizeof(field) || (text[len] == ',') != (i + 1 < FIELDS))
			return false;
		memcpy(field, text, len);
		field[len] = '\0';
		if (!text_integer(field, &out[i]))
			return false;
		text += len + 1;
	}
	return true;
}

bool settings_line(const char *value, struct rig_uart *out)
{
	static const char parities[] = "noe";
	static const struct {
		int64_t least, most;
	} range[FIELDS] = { { 1, 20000000 }, { 5, 8 }, { 1, 3 }, { 0, 2 }, { 0, 3 } };
	int64_t n[FIELDS];
	if (!numbers_of(value, n))
		return false;
	for (size_t i = 0; i < FIELDS; i++)
		if (n[i] < range[i].least || n[i] > range[i].most)
			return false;
	*out = (struct rig_uart){ n[0], (int)n[1], (int)n[2] + 1, parities[n[3]], (int)n[4] };
	return true;
}

/* A module may tell what its divisor makes of the rate. */
static bool same_line(const char *a, const char *b)
{
	struct rig_uart x, y;
	return settings_line(a, &x) && settings_line(b, &y) && uart_near_rate(x.baud, y.baud) &&
	       x.databits == y.databits && x.stopbits_x2 == y.stopbits_x2 && x.parity == y.parity &&
	       x.flow == y.flow;
}

/* The host follows when the module has said OK at the old rate. Asked for the rate that the run
 * began with, so that nothing drifts. */
static bool set_line(struct talk *t, size_t i, const char *value)
{
	struct rig_uart uart;
	char command[96];
	if (!settings_line(value, &uart))
		return false;
	if (uart_near_rate(t->bench->uart.baud, uart.baud))
		uart.baud = t->bench->uart.baud;
	snprintf(command, sizeof(command), "%s=%lld,%d,%d,%d,%d", table[i].name,
		(long long)uart.baud, uart.databits, uart.stopbits_x2 - 1,
		uart.parity == 'o'   ? 1
		: uart.parity == 'e' ? 2
				     : 0,
		uart.flow);
	if (talk_ask(t, command, t->bench->timeouts_ms.answer) != TALK_OK)
		return false;
	if (link_set_uart(t->link, &uart) == -EPIPE)
		talk_lost(t);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	return talk_ask(t, "AT", t->bench->timeouts_ms.answer) == TALK_OK;
}

/* ---- the access point ---- */

static void put_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\\",", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

/* Whether the module tells this name: as it is, or with escapes. */
static bool names(const char *told, const char *ssid)
{
	struct buf forms[2] = { { 0 }, { 0 } };
	buf_printf(&forms[0], "\"%s\"", ssid);
	buf_putc(&forms[1], '"');
	put_escaped(&forms[1], ssid);
	buf_putc(&forms[1], '"');
	bool same =
		strcmp(told, buf_text(&forms[0])) == 0 || strcmp(told, buf_text(&forms[1])) == 0;
	buf_finish(&forms[0]);
	buf_finish(&forms[1]);
	return same;
}

/* AT+CWJAP with the password that the bench has for that name; false: it has none. */
static bool join_line(struct buf *out, const char *told, const char *network)
{
	json_t *facts = network ? json_loads(network, 0, NULL) : NULL;
	const char *key;
	json_t *point;
	bool found = false;
	json_object_foreach (facts, key, point) {
		const char *ssid = json_string_value(json_object_get(point, "ssid"));
		const char *password = json_string_value(json_object_get(point, "password"));
		bool other = json_object_get(point, "identity") != NULL;
		if (found || other || !ssid || !names(told, ssid))
			continue;
		buf_puts(out, "AT+CWJAP=\"");
		put_escaped(out, ssid);
		buf_puts(out, "\",\"");
		put_escaped(out, password ? password : "");
		buf_putc(out, '"');
		found = true;
	}
	json_decref(facts);
	return found;
}

static bool set_joined(struct talk *t, const char *value, const char *network, const char **why)
{
	struct buf line AUTO_BUF = { 0 };
	if (!*value)
		return talk_ask(t, "AT+CWQAP", t->bench->timeouts_ms.answer) == TALK_OK;
	if (!join_line(&line, value, network)) {
		*why = "the bench file has no access point of that name to take the password from";
		return false;
	}
	return talk_ask(t, buf_text(&line),
		       t->bench->timeouts_ms.join + t->bench->timeouts_ms.answer) == TALK_OK;
}

/* ---- the way back ---- */

static bool same(size_t i, const char *found, const char *now)
{
	if (table[i].kind == LINE_NOW)
		return same_line(now, found);
	return table[i].kind == MAC ? strcasecmp(found, now) == 0 : strcmp(found, now) == 0;
}

/* A quoted text, escaped; what is left of it begins at *text. */
static bool escape_one(struct buf *out, const char **text, const char *end)
{
	const char *start = *text + 1;
	const char *last = **text == '"' ? strstr(start, end) : NULL;
	char *inside = last ? strndup(start, (size_t)(last - start)) : NULL;
	if (!inside)
		return false;
	buf_putc(out, '"');
	put_escaped(out, inside);
	buf_puts(out, "\",");
	free(inside);
	*text = last + 2;
	return true;
}

/* Some modules tell name and password as they are, and want escapes when they are set. */
static bool set_softap(struct talk *t, size_t i, const char *value)
{
	struct buf line AUTO_BUF = { 0 };
	buf_printf(&line, "%s=%s", table[i].name, value);
	if (talk_ask(t, buf_text(&line), t->bench->timeouts_ms.answer) == TALK_OK)
		return true;
	buf_clear(&line);
	buf_printf(&line, "%s=", table[i].name);
	bool parsed = escape_one(&line, &value, "\",\"") && escape_one(&line, &value, "\",");
	buf_puts(&line, parsed ? value : "");
	return parsed && talk_ask(t, buf_text(&line), t->bench->timeouts_ms.answer) == TALK_OK;
}

static bool set(struct talk *t, size_t i, const char *value, const char *network, const char **why)
{
	struct buf line AUTO_BUF = { 0 };
	if (table[i].kind == LINE_NOW || table[i].kind == LINE_SAVED)
		return set_line(t, i, value);
	if (table[i].kind == JOINED)
		return set_joined(t, value, network, why);
	if (table[i].kind == SECRET)
		return set_softap(t, i, value);
	buf_printf(&line, "%s=%s", table[i].name, value);
	return talk_ask(t, buf_text(&line), t->bench->timeouts_ms.answer) == TALK_OK;
}

static void note_step(struct journal *journal, int lane, const char *setting, bool ok,
	int64_t since, const char *text)
{
	int64_t now = journal_now(journal);
	struct buf *line = journal_begin(journal, "put-back", -1);
	journal_int(line, "l", lane);
	journal_text(line, "setting", setting);
	journal_bool(line, "ok", ok);
	journal_int(line, "ms", (now - since) / 1000000);
	journal_text(line, "text", text);
	journal_end(journal);
}

void settings_lost(struct journal *journal, int lane, const char *why)
{
	note_step(journal, lane, "", false, journal_now(journal), why);
}

static const char *shown(size_t i, const char *value)
{
	bool secret = table[i].kind == SECRET;
	return secret ? "another one" : !value ? "not told" : !*value ? "none" : value;
}

/* The command that is given back has one. */
static bool hides_password(size_t i)
{
	return table[i].kind == SECRET || table[i].kind == JOINED;
}

/* Sets it, and asks whether it is so. `now` is what the run has left, and becomes what is there. */
static bool put_one(struct talk *t, size_t i, const char *value, const char *network, char **now)
{
	int64_t since = journal_now(t->journal);
	const char *why = NULL;
	char failure[128] = "";
	bool answered;
	struct buf text AUTO_BUF = { 0 };
	bool done = set(t, i, value, network, &why);
	if (!done)
		snprintf(failure, sizeof(failure), "%s",
			why                 ? why
			: hides_password(i) ? "it was refused"
					    : talk_said(t));
	buf_printf(&text, "was %s at the end", shown(i, *now));
	free(*now);
	*now = ask(t, i, &answered);
	bool ok = *now && same(i, value, *now);
	if (ok)
		buf_puts(&text, ", is as it was found");
	else if (t->cancelled)
		buf_puts(&text, "; interrupted");
	else if (done)
		buf_printf(&text, "; accepted, but it is %s now", shown(i, *now));
	else
		buf_printf(&text, "; %s", *failure ? failure : "no answer");
	note_step(t->journal, t->lane, table[i].name, ok, since, buf_text(&text));
	return ok;
}

void settings_put_back(struct talk *t, const struct settings *s, const char *network)
{
	char *now[SETTINGS_COUNT] = { NULL };
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		bool answered;
		if (!s->value[i])
			continue;
		now[i] = ask(t, i, &answered);
		if (!now[i] && !talk_alive(t)) {
			note_step(t->journal, t->lane, table[i].name, false,
				journal_now(t->journal),
				t->cancelled ? "interrupted" : "the time for it is over");
			continue;
		}
		if (!now[i] || !same(i, s->value[i], now[i]))
			put_one(t, i, s->value[i], network, &now[i]);
	}
	note_all(t, "left", now);
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		free(now[i]);
}
