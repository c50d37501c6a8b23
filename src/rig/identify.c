/* SPDX-License-Identifier: MIT */
#include "rig/identify.h"

#include "base/text.h"
#include "rig/aside.h"
#include "rig/probe.h"

#include <string.h>

enum { LIMIT_MS = 60000 };

static bool is_information(const char *line)
{
	return *line && strcmp(line, "OK") != 0 && strcmp(line, "ERROR") != 0 &&
	       !text_starts(line, "AT+GMR");
}

void identity_parse(struct identity *out, const struct buf *got)
{
	size_t count = 0;
	char *rest = NULL;
	*out = (struct identity){ 0 };
	/* A NUL byte ends what is looked at: no version has one. */
	buf_puts(&out->text, buf_text(got));
	if (!out->text.data)
		return;
	for (char *line = strtok_r(out->text.data, "\r\n", &rest); line && count < IDENTIFY_LINES;
		line = strtok_r(NULL, "\r\n", &rest))
		if (is_information(line))
			out->lines[count++] = line;
}

void identity_finish(struct identity *identity)
{
	buf_finish(&identity->text);
	*identity = (struct identity){ 0 };
}

static int ask(struct talk *t, void *user, struct error *error)
{
	if (!probe_is_answered(t))
		return error_set(
			error, NULL, 0, 0, "nobody answers AT on %s", link_address(t->link));
	if (talk_ask(t, "AT+GMR", t->bench->timeouts_ms.answer) != TALK_OK)
		return error_set(error, NULL, 0, 0, "%s does not answer AT+GMR with OK",
			link_address(t->link));
	identity_parse(user, &t->got);
	return 0;
}

int identify(struct identity *out, const struct rig_bench *bench, const char *module_program,
	const char *address, int index, struct error *error)
{
	const struct aside what = { .bench = bench,
		.module_program = module_program,
		.address = address,
		.index = index,
		.limit_ms = LIMIT_MS };
	*out = (struct identity){ 0 };
	return aside(&what, ask, out, NULL, error);
}
