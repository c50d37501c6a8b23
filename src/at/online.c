/* SPDX-License-Identifier: MIT */
#include "at/online.h"

#include "at/exchange.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any answer will do: known deviations are none of these cases' business. */
static bool ask(struct session *s, const char *command_line)
{
	if (!exchange_collect(s, command_line))
		return false;
	if (!s->got.final)
		return session_end(s, "inconclusive", "\"%s\" was not answered", command_line);
	return exchange_keep_urcs(s);
}

static bool is_ok(const struct session *s)
{
	return s->got.final && strcmp(s->got.final, "OK") == 0;
}

/* The information line that begins so, behind that; NULL. */
static const char *line_behind(const struct session *s, const char *start)
{
	for (size_t i = 0; i < s->got.count; i++)
		if (!s->got.lines[i].urc && text_starts(s->got.lines[i].text, start))
			return s->got.lines[i].text + strlen(start);
	return NULL;
}

static void put_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\\",", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

/* The SSID as a response prints it: as it is, or with escapes. */
static bool names(const char *line, const char *ssid)
{
	struct buf wire = { 0 };
	line += *line == '"';
	put_escaped(&wire, ssid);
	const char *forms[] = { ssid, buf_text(&wire) };
	bool same = false;
	for (int i = 0; i < 2 && !same; i++) {
		size_t len = strlen(forms[i]);
		same = strncmp(line, forms[i], len) == 0 && strchr("\",", line[len]);
	}
	buf_finish(&wire);
	return same;
}

static bool has_station(struct session *s, bool *station)
{
	if (!ask(s, "AT+CWMODE?"))
		return false;
	const char *mode = line_behind(s, "+CWMODE:");
	*station = mode && (*mode == '1' || *mode == '3');
	return true;
}

static void forget_events(struct session *s)
{
	static const char *const events[] = { "WIFI CONNECTED", "WIFI GOT IP", "WIFI DISCONNECT" };
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		session_forget(s, events[i]);
}

static bool join(struct session *s, const char *ssid, const char *password)
{
	struct buf line = { 0 };
	bool station = false;
	if (!has_station(s, &station))
		return false;
	if (!station && !ask(s, "AT+CWMODE=1"))
		return false;
	buf_puts(&line, "AT+CWJAP=\"");
	put_escaped(&line, ssid);
	buf_puts(&line, "\",\"");
	put_escaped(&line, password);
	buf_puts(&line, "\"");
	bool answered = ask(s, buf_text(&line));
	buf_finish(&line);
	if (!answered || is_ok(s))
		return answered;
	return session_end(s, "inconclusive",
		"the module does not join the bench's access point \"%s\": %s", ssid,
		s->got.count ? s->got.lines[0].text : "");
}

static bool has_address(struct session *s, bool *has)
{
	if (!ask(s, "AT+CIPSTA?"))
		return false;
	const char *ip = line_behind(s, "+CIPSTA:");
	if (ip && text_starts(ip, "ip:"))
		ip += strlen("ip:");
	ip = ip && *ip == '"' ? ip + 1 : ip;
	*has = ip && *ip >= '1' && *ip <= '9';
	return true;
}

static bool wait_address(struct session *s)
{
	struct deadline end = deadline_in_ms(s->grant.lease_ms);
	for (;;) {
		bool has = false;
		if (!has_address(s, &has))
			return false;
		if (has)
			return true;
		if (deadline_passed(end))
			return session_end(s, "inconclusive",
				"the bench's access point gives no address within %d ms",
				s->grant.lease_ms);
		struct line_piece piece;
		struct deadline soon = deadline_in_ms(50);
		while (exchange_piece(s, soon, &piece))
			if (piece.kind == LINE_URC && !session_queue(s, piece.text))
				return false;
		if (s->outcome.verdict)
			return false;
	}
}

bool online_reach(struct session *s, bool anew)
{
	const char *ssid = grant_network(&s->grant, "access_point.ssid");
	const char *password = grant_network(&s->grant, "access_point.password");
	if (!ssid)
		return session_end(s, "unequipped", "this bench has no \"access_point\"");
	if (!ask(s, "AT+CWJAP?"))
		return false;
	const char *joined = line_behind(s, "+CWJAP:");
	if (anew && joined && !ask(s, "AT+CWQAP"))
		return false;
	if ((anew || !joined || !names(joined, ssid)) && !join(s, ssid, password ? password : ""))
		return false;
	bool ok = wait_address(s);
	forget_events(s);
	return ok;
}
