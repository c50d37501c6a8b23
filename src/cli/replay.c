/* SPDX-License-Identifier: MIT */
#include "cli/replay.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scheme[] = "replay:";

bool replay_is(const char *iut)
{
	return iut && text_starts(iut, scheme);
}

int replay_open(struct run **out, const char *iut, struct error *error)
{
	const char *path = iut + strlen(scheme);
	const char *mark = strrchr(path, '?');
	char *run AUTO_FREE = strndup(path, mark ? (size_t)(mark - path) : strlen(path));
	return run_open(out, run, error);
}

const char *replay_bench(const struct run *recorded)
{
	static const char option[] = "--bench";
	for (const char **word = recorded->argv; *word; word++) {
		if (strcmp(*word, option) == 0 && word[1])
			return word[1];
		if (text_starts(*word, option) && (*word)[strlen(option)] == '=')
			return *word + strlen(option) + 1;
	}
	return recorded->bench;
}

int replay_check(const struct run *recorded, const struct spec *spec, struct error *error)
{
	static const char program[] = "atconform " ATCONFORM_VERSION;
	char hash[32];
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)spec->hash);
	if (strcmp(recorded->program, program) != 0)
		return error_set(error, recorded->path, 1, 1,
			"recorded by %s, and this is %s: its cases are others; replay it with the "
			"program that recorded it",
			recorded->program, program);
	if (strcmp(recorded->spec, hash) != 0)
		return error_set(error, recorded->path, 1, 1,
			"recorded with another model (%s, here %s): replay it with the same "
			"suites/ and the same --spec",
			recorded->spec, hash);
	return 0;
}

static const struct run_case *find(const struct run *recorded, const char *id)
{
	for (size_t i = 0; i < recorded->case_count; i++)
		if (strcmp(recorded->cases[i].id, id) == 0)
			return &recorded->cases[i];
	return NULL;
}

bool replay_has(const struct run *recorded, const char *case_id)
{
	return find(recorded, case_id) != NULL;
}

static bool decide(struct rig_case *c, const char *verdict, const char *why)
{
	c->decided = verdict;
	c->decided_why = why;
	return true;
}

/* The attempt that is replayed: the first that was bad, else the last. */
static const struct run_attempt *replayed(const struct run_case *then)
{
	for (size_t i = 0; i < then->attempt_count; i++)
		if (then->attempts[i].leased && verdict_bad(then->attempts[i].verdict))
			return &then->attempts[i];
	return then->attempt_count > 1 ? &then->attempts[then->attempt_count - 1] : run_final(then);
}

bool replay_decides(const struct run *recorded, struct rig_case *c)
{
	const struct run_case *then = find(recorded, c->id);
	const struct run_attempt *a = then ? replayed(then) : NULL;
	if (!then)
		return decide(c, "inconclusive", "the recording does not have this case");
	bool ran = a->leased || a->verdict == VERDICT_MISSING;
	if (!ran)
		return decide(c, verdict_name(a->verdict), a->message);
	/* The probes say again why. */
	if (!a->leased && recorded->end == RUN_UNUSABLE)
		return false;
	if (!a->leased)
		return decide(c, "inconclusive", "planned in the recording, but it never ran");
	for (size_t i = 0; c->needs[i]; i++)
		if (text_starts(c->needs[i], "broker"))
			return decide(c, "inconclusive",
				"needs the MQTT broker, which a recording can't stand in for");
	if (a->peer_count)
		return decide(c, "inconclusive",
			"has partners on the network, which a recording can't stand in for");
	return false;
}
