/* SPDX-License-Identifier: MIT */
/* What the survey of a line means, and what to do about it. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* ---- nobody answers ---- */

static void say_silence(struct doctor *d, const struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	const char *heard = s->heard; /* escaped already */
	const char *rates = s->can_rate ? "at any of the bench's rates" : "";
	switch (s->line) {
	case SURVEY_CLOSED:
		doctor_say(d, DOCTOR_UNUSABLE, "answer", "%s", s->error.text);
		return;
	case SURVEY_LOOPED:
		doctor_say(d, DOCTOR_UNUSABLE, "loop-back",
			"our own bytes come back and nobody answers: remove the loop-back plug, or "
			"connect RX and TX crosswise to the module");
		return;
	case SURVEY_LOADER:
		doctor_say(d, DOCTOR_UNUSABLE, "boot loader",
			"the module is in its boot loader, which waits for a firmware: let go of "
			"GPIO0 (FLASH, BOOT) and press reset");
		return;
	case SURVEY_BOOT_LOOP:
		doctor_say(d, DOCTOR_UNUSABLE, "boot loop",
			"the module starts again and again: is its supply strong enough (500 mA), "
			"and its firmware whole?");
		return;
	case SURVEY_STUCK:
		if (strstr(heard, "busy p...")) {
			doctor_say(d, DOCTOR_UNUSABLE, "answer",
				"\"busy p...\" is all that comes: the module is at a command that "
				"it does not finish; press its reset, or cycle its power");
			return;
		}
		doctor_say(d, DOCTOR_UNUSABLE, "answer",
			"bytes come, but no answer to AT %s (the last ones: %s): is this the AT "
			"port, is ground connected, are RX and TX of the right levels?",
			rates, heard);
		return;
	case SURVEY_SILENT:
		doctor_say(d, DOCTOR_UNUSABLE, "answer",
			"nothing comes %s: is the module powered, its EN pin high, RX and TX "
			"crossed, and the firmware one with AT commands?",
			rates);
		return;
	case SURVEY_ANSWERED:
		return;
	}
}

/* ---- somebody does ---- */

static void say_rate(struct doctor *d, const struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	int64_t wanted = board->bench.uart.baud;
	if (!s->can_rate) {
		doctor_say(d, DOCTOR_OK, "baud rate", "set at the other end of the bridge");
	} else if (s->stored.baud && s->stored.baud != s->baud) {
		doctor_say(d, DOCTOR_UNUSABLE, "baud rate",
			"%lld now, but %lld after a restart (AT+UART_DEF?): restart the module, or "
			"store the rate by AT+UART_DEF",
			(long long)s->baud, (long long)s->stored.baud);
	} else if (s->baud != wanted && d->options.bench) {
		bool written = text_starts(board->iut.address, "serial:") ||
			       s->baud == d->boards[0].survey.baud;
		doctor_say(d, written ? DOCTOR_FOREIGN : DOCTOR_UNUSABLE, "baud rate",
			"found at %lld, but the bench says %lld: write %lld into its \"uart\", or "
			"the module's by AT+UART_DEF",
			(long long)s->baud, (long long)wanted, (long long)s->baud);
	} else if (s->baud != wanted) {
		doctor_say(d, DOCTOR_OK, "baud rate", "found at %lld, not at the usual %lld",
			(long long)s->baud, (long long)wanted);
	} else {
		doctor_say(d, DOCTOR_OK, "baud rate", "%lld", (long long)s->baud);
	}
}

static void say_answer(struct doctor *d, const struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	if (s->escaped)
		doctor_say(d, DOCTOR_OK, "answer",
			"AT is answered, after +++ or a lot of data: the module was in "
			"passthrough, or waited for the rest of what it had been announced");
	else
		doctor_say(d, DOCTOR_OK, "answer", "AT is answered");
	say_rate(d, board);
	doctor_say(d, DOCTOR_OK, "echo", "%s",
		s->echo ? "on, as after a start" : "off; a run turns it on (ATE1)");
	doctor_say(d, DOCTOR_OK, "loop-back", "the line is not looped back");
	if (s->talks)
		doctor_say(d, DOCTOR_WRONG, "silence",
			"the module is never quiet: switch its log off, or cases fail by lines "
			"that nobody asked for");
	if (s->boot_noise)
		doctor_say(d, DOCTOR_OK, "boot noise",
			"the boot ROM was heard: opening the port restarts this board");
}

static void say_nonsense(struct doctor *d, const struct doctor_board *board)
{
	if (board->survey.obeys_anything)
		doctor_say(d, DOCTOR_UNUSABLE, "nonsense",
			"it says OK to a command that does not exist: nothing it says can be "
			"believed; is this the module, or a stand-in that always says OK?");
	else
		doctor_say(
			d, DOCTOR_OK, "nonsense", "a command that does not exist does not get OK");
}

static void say_profile(struct doctor *d, struct doctor_board *board)
{
	char names[PROFILE_NAMES][PROFILE_NAME_SIZE];
	struct error error = { 0 };
	int count = profile_detect(d->profiles, board->survey.identity.lines, names, &error);
	if (count == 1) {
		snprintf(board->profile, sizeof(board->profile), "%s", names[0]);
		doctor_say(d, DOCTOR_OK, "profile", "%s is for this firmware", names[0]);
	} else if (count < 0) {
		doctor_say(d, DOCTOR_WRONG, "profile", "%s", error_text(&error));
	} else {
		doctor_say(d, DOCTOR_OK, "profile",
			"%s profile is for this firmware: it is judged by the document itself "
			"(esp8266-at), unless --profile names another",
			count ? "more than one" : "no");
	}
}

static void say_firmware(struct doctor *d, struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	struct buf text AUTO_BUF = { 0 };
	enum { LINES = 6 };
	if (!s->identified) {
		doctor_say(d, DOCTOR_WRONG, "firmware", "AT+GMR is not answered with OK");
		return;
	}
	for (int i = 0; i < LINES && s->identity.lines[i]; i++)
		buf_printf(&text, "%s%s", i ? "; " : "", doctor_text(s->identity.lines[i], 80));
	doctor_say(d, DOCTOR_OK, "firmware", "%s",
		text.len ? text.data : "AT+GMR says OK and nothing else");
	say_profile(d, board);
}

static void say_mac(struct doctor *d, const struct doctor_board *board)
{
	const char *mac = board->survey.mac;
	if (!*mac)
		doctor_say(d, DOCTOR_OK, "MAC address", "not told (AT+CIPSTAMAC?)");
	else if (board->iut.mac && strcasecmp(board->iut.mac, mac) != 0)
		doctor_say(d, DOCTOR_FOREIGN, "board",
			"the module has the MAC address %s, but the bench file is for %s: connect "
			"that one, or write a new file for this one with --out",
			mac, board->iut.mac);
	else
		doctor_say(d, DOCTOR_OK, "MAC address", "%s", mac);
}

static void say_carried(struct doctor *d, const struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	struct buf text AUTO_BUF = { 0 };
	for (size_t i = 0; i < s->carried_count; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", s->carried[i]);
	if (s->rate_lost)
		doctor_say(d, DOCTOR_UNUSABLE, "line",
			"the module did not come back from one of the rates that were tried: cycle "
			"its power");
	else if (!s->can_rate)
		doctor_say(d, DOCTOR_UNTRIED, "line",
			"its rate can't be set from here: cases about rates and formats are "
			"unequipped");
	else if (text.len)
		doctor_say(d, DOCTOR_OK, "line", "carries %s", text.data);
	else
		doctor_say(d, DOCTOR_MISSING, "line",
			"AT+UART_CUR did not work: which rates it carries is not known");
}

static void say_reset(struct doctor *d, const struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	if (!s->can_lines && d->options.try_reset)
		doctor_say(d, DOCTOR_UNTRIED, "auto-reset", "this line has no DTR and RTS");
	if (!s->can_lines)
		return;
	if (s->reset == SURVEY_OK)
		doctor_say(d, DOCTOR_OK, "auto-reset",
			"DTR and RTS restart the module: \"reset\": {\"lines\": \"esp\"}");
	else if (s->reset == SURVEY_FAILED)
		doctor_say(d, DOCTOR_MISSING, "auto-reset",
			"DTR and RTS do not restart the module%s%s: this board has no such "
			"circuit, or it is not connected",
			*s->reset_why ? ", " : "", s->reset_why);
	else if (d->options.try_reset)
		doctor_say(d, DOCTOR_UNTRIED, "auto-reset",
			"not while the module is at another rate than after a restart");
	else
		doctor_say(d, DOCTOR_UNTRIED, "auto-reset",
			"whether DTR and RTS restart the module: --try-reset moves them");
}

/* Whether the bench's reset is one that can bring the board back. */
static bool say_switch(struct doctor *d, const struct doctor_board *board)
{
	const struct rig_switch *s = &board->bench.switches.reset;
	if (s->command)
		doctor_say(d, DOCTOR_UNTRIED, "reset", "%s, as the bench says: not run",
			doctor_text(s->command[0], 60));
	else if (s->line_count && board->survey.can_lines)
		doctor_say(d, DOCTOR_UNTRIED, "reset", "by modem lines, as the bench says");
	else if (s->line_count)
		doctor_say(d, DOCTOR_WRONG, "reset",
			"the bench's \"reset\" moves modem lines, and this line has none: name a "
			"command there, or take it out");
	return s->command || (s->line_count && board->survey.can_lines);
}

static void say_power(struct doctor *d, const struct doctor_board *board)
{
	const struct rig_switch *s = &board->bench.switches.power;
	bool own = text_starts(board->iut.address, "virtual:") ||
		   text_starts(board->iut.address, "exec:");
	if (own)
		return;
	bool reset = say_switch(d, board);
	if (s->command)
		doctor_say(d, DOCTOR_UNTRIED, "power", "%s, as the bench says: not run",
			doctor_text(s->command[0], 60));
	else if (bench_has(&d->bench, "power"))
		doctor_say(d, DOCTOR_WRONG, "power",
			"the bench has the facility \"power\", but no \"power\" command that "
			"switches it");
	else if (!reset)
		doctor_say(d, DOCTOR_MISSING, "power",
			"a board that hangs can't be brought back: put a switch into its supply "
			"and name it, \"power\": {\"command\": [...]}");
}

void doctor_module(struct doctor *d, struct doctor_board *board)
{
	const struct survey *s = &board->survey;
	if (s->line != SURVEY_ANSWERED) {
		say_silence(d, board);
		return;
	}
	say_answer(d, board);
	say_nonsense(d, board);
	if (s->obeys_anything)
		return;
	say_firmware(d, board);
	say_mac(d, board);
	say_carried(d, board);
	say_reset(d, board);
	say_power(d, board);
}

/* ---- the network ---- */

static void say_scan(struct doctor *d, const struct survey_network *n, const char *ssid)
{
	const char *name = doctor_text(ssid, 40);
	if (n->scan == SURVEY_OK && n->rssi)
		doctor_say(d, DOCTOR_OK, "scan", "\"%s\" is seen, %d dBm", name, n->rssi);
	else if (n->scan == SURVEY_OK)
		doctor_say(d, DOCTOR_OK, "scan", "\"%s\" is seen", name);
	else if (n->scan == SURVEY_FAILED)
		doctor_say(d, n->join == SURVEY_OK ? DOCTOR_OK : DOCTOR_WRONG, "scan",
			"\"%s\" is not in AT+CWLAP: is it switched on, near, and on 2.4 GHz?",
			name);
}

static void say_join(struct doctor *d, const struct survey_network *n, const char *ssid)
{
	const char *name = doctor_text(ssid, 40);
	if (n->join == SURVEY_OK)
		doctor_say(d, DOCTOR_OK, "access point", "\"%s\" is joined%s%s%s", name,
			*n->module ? ", address " : "", n->module,
			n->restarted ? "; the module was restarted to join what it had before"
			: n->left    ? "; this firmware stores it, so it stays in the module"
				     : "");
	else if (n->join == SURVEY_FAILED)
		doctor_say(d, DOCTOR_WRONG, "access point",
			"\"%s\" is not joined, %s: see \"access_point\" in the bench's \"network\"",
			name, n->why);
	else
		doctor_say(d, DOCTOR_UNTRIED, "access point", "\"%s\": %s", name, n->why);
}

static void say_reach(struct doctor *d, const struct doctor_board *board, bool given)
{
	const struct survey_network *n = &board->survey.network;
	if (n->join != SURVEY_OK)
		return;
	if (!*n->host)
		doctor_say(d, DOCTOR_MISSING, "host address",
			"no address of this machine is in the module's network (%s): connect it to "
			"the same network, and name its address as \"host_address\"",
			*n->module ? n->module : "which it does not tell");
	else if (n->reach == SURVEY_OK)
		doctor_say(d, DOCTOR_OK, "host address", "%s is reached from the module%s", n->host,
			given ? "" : "; the bench has no \"host_address\" yet");
	else if (*n->why)
		doctor_say(d, DOCTOR_UNUSABLE, "host address", "%s: %s: see \"host_address\"",
			n->host, n->why);
	else if (n->ping == SURVEY_OK)
		doctor_say(d, DOCTOR_WRONG, "host address",
			"%s answers the module's AT+PING, but no TCP connection comes: does a "
			"firewall on this machine keep it out?",
			n->host);
	else
		doctor_say(d, DOCTOR_WRONG, "host address",
			"%s is not reached from the module (%s): does the access point keep its "
			"stations apart, or a firewall keep them out?",
			n->host, *n->module ? n->module : "which does not tell its address");
}

void doctor_network(struct doctor *d, struct doctor_board *board)
{
	const struct survey_network *n = &board->survey.network;
	const char *ssid = board->ssid;
	if (board->survey.line != SURVEY_ANSWERED || board->survey.obeys_anything)
		return;
	if (!ssid) {
		doctor_say(d, DOCTOR_MISSING, "access point",
			"the bench names none: put \"network\": {\"access_point\": {\"ssid\": ..., "
			"\"password\": ...}} into its file, and ask again with --bench");
		return;
	}
	say_scan(d, n, ssid);
	say_join(d, n, ssid);
	say_reach(d, board, board->host != NULL);
}
