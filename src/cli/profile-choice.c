/* SPDX-License-Identifier: MIT */
#include "cli/profile-choice.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/paths.h"
#include "rig/identify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char document[] = "esp8266-at";

/* What AT+GMR made of it. */
struct told {
	char name[PROFILE_NAME_SIZE];
	struct buf why;
};

/* Firmware text in a sentence for people. */
static void quote(struct buf *out, const char *line)
{
	enum { SHOWN = 100 };
	size_t len = strlen(line);
	buf_putc(out, '"');
	text_visible(out, line, len < SHOWN ? len : SHOWN);
	buf_puts(out, len < SHOWN ? "\"" : "...\"");
}

static void fall_back(struct told *told)
{
	snprintf(told->name, sizeof(told->name), "%s", document);
	buf_puts(&told->why, ": the document's");
}

static int settle(
	struct told *told, const char *dir, const struct identity *identity, struct error *error)
{
	char names[PROFILE_NAMES][PROFILE_NAME_SIZE];
	const char *first = identity->lines[0] ? identity->lines[0] : "";
	int count = profile_detect(dir, identity->lines, names, error);
	if (count < 0)
		return -1;
	buf_puts(&told->why, "AT+GMR says ");
	quote(&told->why, first);
	if (count == 1) {
		snprintf(told->name, sizeof(told->name), "%s", names[0]);
		return 0;
	}
	buf_puts(&told->why,
		count ? ", which several profiles are for (" : ", which no profile is for");
	for (int i = 0; i < count && i < PROFILE_NAMES; i++)
		buf_printf(&told->why, "%s%s", i ? ", " : "", names[i]);
	buf_puts(&told->why, count ? ")" : "");
	fall_back(told);
	return 0;
}

/* A line that does not answer is the run's to report: it has the words for it. */
static int ask_line(struct told *told, const struct profile_question *q, const char *dir, int index,
	struct error *error)
{
	struct error why = { 0 };
	struct identity identity;
	int status = 0;
	if (identify(&identity, q->bench, q->module_program, q->bench->iuts[index].address, index,
		    &why) == 0) {
		status = settle(told, dir, &identity, error);
	} else {
		buf_printf(&told->why, "AT+GMR was not answered (%s)", why.text);
		fall_back(told);
	}
	identity_finish(&identity);
	return status;
}

static bool asked_before(const struct profile_question *q, int index)
{
	for (int i = 0; i < index; i++)
		if (strcmp(q->bench->iuts[i].address, q->bench->iuts[index].address) == 0)
			return true;
	return false;
}

static int ask_further_line(const struct told *first, const struct profile_question *q,
	const char *dir, int index, struct error *error)
{
	struct told other = { 0 };
	int status = ask_line(&other, q, dir, index, error);
	if (status == 0 && strcmp(first->name, other.name) != 0)
		status = error_set(error, NULL, 0, 0,
			"the lines have different firmware: on %s %s (profile %s), on %s %s "
			"(profile %s); name one with --profile",
			q->bench->iuts[0].address, buf_text(&first->why), first->name,
			q->bench->iuts[index].address, buf_text(&other.why), other.name);
	buf_finish(&other.why);
	return status;
}

/* Lines with one address are one program started several times, and are asked once. Further ones
 * are asked only when they may differ: else the run refuses another firmware anyway. */
static int ask(
	struct told *told, const struct profile_question *q, const char *dir, struct error *error)
{
	if (!q->may_ask) {
		buf_puts(&told->why, "a dry run does not ask the module");
		fall_back(told);
		return 0;
	}
	int status = ask_line(told, q, dir, 0, error);
	for (int i = 1; q->mixed && status == 0 && i < q->jobs && q->bench->iuts[i].address; i++)
		if (!asked_before(q, i))
			status = ask_further_line(told, q, dir, i, error);
	return status;
}

int profile_choose(
	struct profile_choice *out, const struct profile_question *q, struct error *error)
{
	char *found AUTO_FREE = paths_data("fixtures/profiles");
	const char *dir = found ? found : "fixtures/profiles";
	const char *asked =
		q->recorded && q->asked && strcmp(q->asked, "auto") == 0 ? NULL : q->asked;
	const char *known = q->recorded ? q->recorded : q->named;
	const char *name = asked ? asked : known ? known : document;
	struct told told = { 0 };
	int status = 0;
	if (strcmp(name, "auto") == 0) {
		status = ask(&told, q, dir, error);
		name = told.name;
	} else {
		buf_puts(&told.why, asked         ? "chosen by --profile"
				    : q->recorded ? "of the recording"
				    : q->named    ? "named by the bench"
						  : "default");
	}
	if (status == 0)
		status = profile_load(&out->profile, dir, name, q->spec, error);
	if (status == 0)
		out->why = buf_take(&told.why);
	buf_finish(&told.why);
	return status;
}

void profile_choice_finish(struct profile_choice *choice)
{
	profile_finish(&choice->profile);
	free(choice->why);
	*choice = (struct profile_choice){ 0 };
}
