/* SPDX-License-Identifier: MIT */
/* A profile that is out of date hides cases: what it says of the firmware is asked before they are
 * left out. */
#include "base/cleanup.h"
#include "base/text.h"
#include "rig/identify.h"
#include "rig/probe.h"

#include <stdlib.h>
#include <string.h>

static void note(struct talk *t, const char *name, bool ok, const struct buf *text)
{
	struct buf *line = journal_begin(t->journal, "probe", -1);
	journal_text(line, "name", name);
	journal_bool(line, "ok", ok);
	journal_text(line, "text", buf_text(text));
	journal_int(line, "l", t->lane);
	journal_end(t->journal);
}

static enum talk_answer ask(struct talk *t, const char *command)
{
	return talk_ask(t, command, t->bench->timeouts_ms.answer);
}

static void probe_version(struct talk *t, const struct profile *profile)
{
	struct identity identity;
	struct buf text AUTO_BUF = { 0 };
	const char *which = NULL;
	if (ask(t, "AT+GMR") != TALK_OK)
		return;
	identity_parse(&identity, &t->got);
	bool ok = profile_is_for(profile, identity.lines, &which);
	const char *line = which ? which : identity.lines[0] ? identity.lines[0] : "";
	buf_puts(&text, "AT+GMR says \"");
	text_visible(&text, line, strnlen(line, 100));
	buf_printf(&text, "\", which the profile %s is %sfor%s", profile->name, ok ? "" : "not ",
		ok ? "" : "; --profile auto asks the module");
	note(t, "firmware", ok, &text);
	identity_finish(&identity);
}

/* "ERR CODE:0x01090000": the third and fourth digit are 09 for a name that is not known, 0c for a
 * form that the command does not have. */
static bool is_unknown(const struct talk *t)
{
	static const char mark[] = "ERR CODE:";
	const char *at = t->got.len ? memmem(t->got.data, t->got.len, mark, strlen(mark)) : NULL;
	return at && (strtoul(at + strlen(mark), NULL, 16) >> 16 & 0xff) == 0x09;
}

/* With error codes the test form tells, which does nothing; without them only a query that is
 * answered does. */
static bool is_there(struct talk *t, const char *command, bool codes)
{
	struct buf line AUTO_BUF = { 0 };
	buf_printf(&line, "%s%s", command, codes ? "=?" : "?");
	enum talk_answer answer = ask(t, buf_text(&line));
	return answer == TALK_OK || (codes && answer == TALK_ERROR && !is_unknown(t));
}

static void probe_absent(struct talk *t, const struct profile *profile)
{
	struct buf there AUTO_BUF = { 0 };
	struct buf text AUTO_BUF = { 0 };
	/* Codes that say nothing of an unknown command would make every command look present. */
	bool codes = !profile_absent(profile, "AT+SYSLOG") && ask(t, "AT+SYSLOG=1") == TALK_OK &&
		     ask(t, "AT+ATCONFORM") == TALK_ERROR && is_unknown(t);
	for (const char **absent = profile->absent; *absent; absent++)
		if (text_starts(*absent, "AT+") && is_there(t, *absent, codes))
			buf_printf(&there, "%s%s", there.len ? ", " : "", *absent);
	if (!profile_absent(profile, "AT+SYSLOG"))
		ask(t, "AT+SYSLOG=0");
	if (there.len)
		buf_printf(&text,
			"the module has %s, though the profile %s says that it does not: the cases "
			"are n/a all the same; mend the profile or choose another",
			buf_text(&there), profile->name);
	else
		buf_puts(&text, "what the profile says is absent was not found");
	note(t, "absent", !there.len, &text);
}

void probe_profile(struct talk *t, const struct profile *profile)
{
	if (profile->firmware_count)
		probe_version(t, profile);
	if (profile->absent && profile->absent[0])
		probe_absent(t, profile);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
}

void probe_firmware(struct talk *t, struct buf *out)
{
	struct identity identity;
	buf_clear(out);
	/* Twice: a board is not another one because of noise on its line. */
	if (ask(t, "AT+GMR") != TALK_OK && ask(t, "AT+GMR") != TALK_OK)
		return;
	identity_parse(&identity, &t->got);
	for (size_t i = 0; identity.lines[i]; i++) {
		if (i)
			buf_putc(out, '\n');
		text_visible(out, identity.lines[i], strlen(identity.lines[i]));
	}
	identity_finish(&identity);
	talk_drain(t, t->bench->timeouts_ms.silence, t->bench->timeouts_ms.answer);
}
