/* SPDX-License-Identifier: MIT */
/* Whether the module finds and joins the bench's access point, and reaches the tester from there.
 * Firmware with AT+SYSSTORE is told not to store it; the mode, and what was joined, are put back.
 */
#include "rig/survey-part.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/recover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATION = 1, LINK_ID = 4, ANSWER_MS = 1000 };

struct visit {
	struct talk *t;
	const struct survey_want *want;
	struct survey_network *net;
	int mode;  /* before; -1: not known */
	int store; /* AT+SYSSTORE before; -1: this firmware has none */
	/* Asked for; whether it was done is not known when the talk was ended before the answer. */
	bool store_changed, mode_changed, joined, join_cut;
};

static void put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		if (strchr("\",\\", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

/* The text that begins with a quotation mark, without its escapes. */
static void take_quoted(const char *text, char *out, size_t size)
{
	size_t len = 0;
	if (*text == '"')
		for (text++; *text && *text != '"' && len + 1 < size; text++) {
			if (*text == '\\' && text[1])
				text++;
			out[len++] = *text;
		}
	out[len] = '\0';
}

static int query_number(struct talk *t, const char *name)
{
	char command[32], mark[32], text[32];
	int64_t value = -1;
	snprintf(command, sizeof(command), "AT+%s?", name);
	snprintf(mark, sizeof(mark), "+%s:", name);
	if (survey_ask(t, command) != TALK_OK || !survey_find(t, mark, text, sizeof(text)) ||
		!text_integer(text, &value) || value < 0 || value > 1000)
		return -1;
	return (int)value;
}

static bool set_number(struct talk *t, const char *name, int value)
{
	char command[48];
	snprintf(command, sizeof(command), "AT+%s=%d", name, value);
	return survey_ask(t, command) == TALK_OK;
}

static void why(struct visit *v, const char *text)
{
	snprintf(v->net->why, sizeof(v->net->why), "%s", text);
}

static void look(struct visit *v)
{
	char text[128];
	v->store = query_number(v->t, "SYSSTORE");
	v->mode = query_number(v->t, "CWMODE");
	if (survey_ask(v->t, "AT+CWJAP?") == TALK_OK &&
		survey_find(v->t, "+CWJAP:", text, sizeof(text)))
		take_quoted(text, v->net->joined, sizeof(v->net->joined));
}

/* Nothing that is done is to survive, where the firmware can do that. */
static bool prepare(struct visit *v)
{
	bool elsewhere = *v->net->joined && strcmp(v->net->joined, v->want->ssid) != 0;
	if (v->mode < 0) {
		why(v, "AT+CWMODE? is not answered");
		return false;
	}
	if (elsewhere && v->store < 0) {
		why(v, "it has joined another one, which this firmware would forget");
		return false;
	}
	v->store_changed = v->store > 0;
	if (v->store_changed)
		set_number(v->t, "SYSSTORE", 0);
	if (v->mode & STATION)
		return true;
	v->mode_changed = true;
	if (set_number(v->t, "CWMODE", v->mode | STATION))
		return true;
	why(v, "it does not become a station (AT+CWMODE)");
	return false;
}

/* Whether it is there, and how strong: +CWLAP:(3,"bench",-41,… */
static void scan(struct visit *v)
{
	struct buf command AUTO_BUF = { 0 };
	char text[160];
	buf_puts(&command, "AT+CWLAP=");
	put_quoted(&command, v->want->ssid);
	enum talk_answer answer =
		talk_ask(v->t, command.data, v->t->bench->timeouts_ms.scan + ANSWER_MS);
	v->net->scan = SURVEY_FAILED;
	if (answer != TALK_OK || !survey_find(v->t, "+CWLAP:", text, sizeof(text)))
		return;
	v->net->scan = SURVEY_OK;
	const char *name_end = strstr(text, "\",-");
	if (name_end)
		v->net->rssi = atoi(name_end + 2);
}

static const char *const codes[] = { NULL, "it timed out", "the password is wrong",
	"it does not find it", "the connection failed" };

static void note_refusal(struct visit *v, enum talk_answer answer)
{
	char text[32] = "";
	int64_t code = 0;
	if (survey_find(v->t, "+CWJAP:", text, sizeof(text)) && text_integer(text, &code) &&
		code > 0 && code < (int64_t)(sizeof(codes) / sizeof(codes[0])))
		why(v, codes[code]);
	else if (answer == TALK_SILENT || answer == TALK_OTHER)
		why(v, "no answer in time");
	else
		why(v, "it says ERROR");
}

static void join(struct visit *v)
{
	struct buf command AUTO_BUF = { 0 };
	if (strcmp(v->net->joined, v->want->ssid) == 0) {
		v->net->join = SURVEY_OK;
		return;
	}
	buf_puts(&command, "AT+CWJAP=");
	put_quoted(&command, v->want->ssid);
	buf_putc(&command, ',');
	put_quoted(&command, v->want->password ? v->want->password : "");
	const struct rig_timeouts *ms = &v->t->bench->timeouts_ms;
	enum talk_answer answer = talk_ask(v->t, command.data, ms->join + ms->lease + ANSWER_MS);
	v->join_cut = !talk_alive(v->t) && answer != TALK_OK && answer != TALK_ERROR;
	v->joined = answer == TALK_OK;
	v->net->join = v->joined ? SURVEY_OK : SURVEY_FAILED;
	if (!v->joined)
		note_refusal(v, answer);
	talk_drain(v->t, ms->silence, ms->answer);
}

/* +CIPSTA:ip:"…" of vendor firmware, +CIPSTA:<ip> of the document, with or without quotes. */
static bool query_address(struct talk *t, const char *what, char out[SURVEY_ADDRESS])
{
	char mark[32], text[80];
	struct in_addr address;
	snprintf(mark, sizeof(mark), "+CIPSTA:%s", what);
	if (!survey_find(t, mark, text, sizeof(text)))
		return false;
	const char *at = text + strspn(text, "\":");
	snprintf(out, SURVEY_ADDRESS, "%.*s", (int)strspn(at, "0123456789."), at);
	return inet_pton(AF_INET, out, &address) == 1;
}

static bool in_network(const struct ifaddrs *i, struct in_addr module)
{
	if (!i->ifa_addr || !i->ifa_netmask || i->ifa_addr->sa_family != AF_INET ||
		!(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
		return false;
	in_addr_t own = ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr;
	in_addr_t mask = ((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr;
	return mask && (own & mask) == (module.s_addr & mask);
}

/* An address of this machine in the module's network. */
static void find_host(struct survey_network *net)
{
	struct ifaddrs *all = NULL;
	struct in_addr module;
	if (inet_pton(AF_INET, net->module, &module) != 1 || getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i && !*net->host; i = i->ifa_next)
		if (in_network(i, module))
			inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_addr)->sin_addr,
				net->host, sizeof(net->host));
	freeifaddrs(all);
}

static int listen_at(const char *host, int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd AUTO_FD = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return -1;
	*port = ntohs(at.sin_port);
	return take_fd(fd);
}

/* The module connects to a port that was opened for this, and it is seen to have come. */
static bool connects(struct visit *v, int listener, int port)
{
	char command[120], number[16] = "";
	struct talk *t = v->t;
	if (query_number(t, "CIPMUX") == 1)
		snprintf(number, sizeof(number), "%d,", LINK_ID);
	snprintf(command, sizeof(command), "AT+CIPSTART=%s\"TCP\",\"%s\",%d", number, v->net->host,
		port);
	enum talk_answer answer = talk_ask(t, command, t->bench->timeouts_ms.connect + ANSWER_MS);
	int fd AUTO_FD = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	number[strcspn(number, ",")] = '\0';
	snprintf(command, sizeof(command), "AT+CIPCLOSE%s%s", *number ? "=" : "", number);
	if (answer == TALK_OK)
		survey_ask(t, command);
	return answer == TALK_OK && fd >= 0;
}

static void reach(struct visit *v)
{
	char command[80];
	int port = 0;
	struct survey_network *net = v->net;
	if (survey_ask(v->t, "AT+CIPSTA?") == TALK_OK && !query_address(v->t, "ip:", net->module))
		query_address(v->t, "", net->module);
	if (v->want->host)
		snprintf(net->host, sizeof(net->host), "%s", v->want->host);
	else
		find_host(net);
	if (!*net->host)
		return;
	int listener AUTO_FD = listen_at(net->host, &port);
	if (listener < 0) {
		net->reach = SURVEY_FAILED;
		why(v, "it is no address of this machine");
		return;
	}
	net->reach = connects(v, listener, port) ? SURVEY_OK : SURVEY_FAILED;
	if (net->reach == SURVEY_OK)
		return;
	snprintf(command, sizeof(command), "AT+PING=\"%s\"", net->host);
	net->ping = survey_ask(v->t, command) == TALK_OK ? SURVEY_OK : SURVEY_FAILED;
}

/* A restart is the only way back to an access point whose password nobody tells. */
static bool rejoin(struct visit *v)
{
	struct talk *t = v->t;
	const struct rig_uart before = *link_uart(t->link);
	if (talk_ask(t, "AT+RST", t->bench->timeouts_ms.answer) != TALK_OK ||
		!recover_wait_restart(t))
		return false;
	v->net->restarted = true;
	return link_uart(t->link)->baud == before.baud;
}

/* A module that is about to join, or to scan, takes no other command before its answer. Whether
 * that says that it has not done it. */
static bool await_refusal(struct talk *t)
{
	struct deadline half = deadline_in_ms(deadline_left_ms(t->deadline) / 2);
	while (talk_alive(t) && !deadline_passed(half)) {
		if (talk_await(t, "OK", 0))
			return false;
		if (talk_await(t, "ERROR", 0) || talk_await(t, "FAIL", 0))
			return true;
		talk_read(t, deadline_left_ms(half));
	}
	return false;
}

static void undo(struct visit *v, bool cut)
{
	struct talk *t = v->t;
	bool good = true;
	bool touched = v->store_changed || v->mode_changed || v->joined || v->join_cut;
	if (touched && cut && !await_refusal(t))
		v->joined |= v->join_cut;
	if (*v->net->joined && v->joined) {
		v->net->left = !rejoin(v);
		return;
	}
	if (v->joined)
		good = survey_ask(t, "AT+CWQAP") == TALK_OK;
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
	if (v->mode_changed)
		good = set_number(t, "CWMODE", v->mode) && good;
	if (v->store_changed)
		good = set_number(t, "SYSSTORE", v->store) && good;
	/* Without AT+SYSSTORE the access point is stored now, and nothing takes it out alone. */
	v->net->left = !good || (v->joined && v->store < 0);
}

static void put_back(struct visit *v)
{
	bool cut = !talk_alive(v->t);
	const struct survey_back back = survey_back_begin(v->t);
	undo(v, cut);
	survey_back_end(v->t, &back);
}

void survey_network(struct talk *t, const struct survey_want *want, struct survey *out)
{
	struct visit v = { .t = t, .want = want, .net = &out->network, .mode = -1, .store = -1 };
	if (!want->ssid || !talk_alive(t))
		return;
	look(&v);
	bool ready = prepare(&v);
	if (ready && talk_alive(t))
		scan(&v);
	if (ready && talk_alive(t))
		join(&v);
	if (v.net->join == SURVEY_OK)
		reach(&v);
	put_back(&v);
}
