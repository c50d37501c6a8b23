/* SPDX-License-Identifier: MIT */
#include "cli/gate.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "report/baseline.h"
#include "report/waiver.h"

#include <stdlib.h>
#include <string.h>

static void member(struct buf *line, const char *key, const char *text)
{
	buf_printf(line, ",\"%s\":", key);
	buf_json_text(line, text);
}

static void member_if(struct buf *line, const char *key, const char *text)
{
	if (*text)
		member(line, key, text);
}

/* Takes the text of the line. */
static void tell(struct gate *gate, const char *event, struct buf *line)
{
	struct rig_told *told = realloc(gate->told, (gate->count + 1) * sizeof(*told));
	if (!told)
		abort();
	gate->told = told;
	told[gate->count++] = (struct rig_told){ event, buf_take(line) };
}

void gate_finish(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++)
		free((char *)gate->told[i].members);
	free(gate->told);
	*gate = (struct gate){ 0 };
}

/* ---- the baseline ---- */

static int by_id(const void *key, const void *element)
{
	return strcmp(key, ((const struct rig_case *)element)->id);
}

static bool has(const struct rig_case *cases, size_t count, const char *id)
{
	return bsearch(id, cases, count, sizeof(*cases), by_id) != NULL;
}

/* Whether this run would have had the case, were it still there. */
static bool wanted(const struct baseline_case *c, const char *const patterns[])
{
	const struct rig_case as_case = {
		.id = c->id, .command = c->command, .requirements = c->requirements
	};
	for (size_t i = 0; patterns[i]; i++)
		if (suite_matches(&as_case, patterns[i]))
			return true;
	return !patterns[0];
}

static void tell_baseline(struct gate *gate, const char *path, const struct baseline *b)
{
	struct buf line = { 0 };
	member(&line, "path", path);
	member(&line, "run", b->run);
	member_if(&line, "time", b->time);
	member_if(&line, "iut", b->iut);
	member_if(&line, "firmware", b->firmware);
	member_if(&line, "profile", b->profile);
	buf_puts(&line, ",\"breaches\":[");
	for (const char **id = b->breaches; *id; id++) {
		buf_puts(&line, id == b->breaches ? "" : ",");
		buf_json_text(&line, *id);
	}
	buf_putc(&line, ']');
	tell(gate, "baseline", &line);
}

static void tell_was(struct gate *gate, const struct baseline_case *c, bool gone)
{
	struct buf line = { 0 };
	member(&line, "case", c->id);
	member(&line, "verdict", verdict_name(c->verdict));
	member_if(&line, "requirement", c->requirement);
	if (gone)
		buf_puts(&line, ",\"gone\":true");
	tell(gate, "was", &line);
}

int gate_baseline(struct gate *gate, const char *path, const struct suite *suite,
	const char *const patterns[], struct error *error)
{
	struct baseline baseline;
	size_t shared = 0;
	if (baseline_open(&baseline, path, error) < 0)
		return -1;
	tell_baseline(gate, path, &baseline);
	for (size_t i = 0; i < baseline.count; i++) {
		const struct baseline_case *c = &baseline.cases[i];
		bool planned = has(suite->cases, suite->count, c->id);
		bool gone = !has(suite->all, suite->all_count, c->id);
		shared += planned;
		if (planned || (gone && wanted(c, patterns)))
			tell_was(gate, c, gone);
	}
	baseline_close(&baseline);
	if (!shared)
		return error_set(error, path, 0, 0,
			"no baseline for this run: it has none of the cases that are planned");
	return 0;
}

/* ---- waivers ---- */

static bool of_requirement(const struct waiver *w, const struct rig_case *c)
{
	for (const char *const *id = c->requirements; *id; id++)
		if (strcmp(*id, w->requirement) == 0)
			return true;
	return false;
}

/* In the suite, whatever part of it this run has. */
static bool known(const struct waiver *w, const struct suite *suite, const struct spec *spec)
{
	const struct requirement *r =
		*w->requirement ? spec_requirement(spec, w->requirement) : NULL;
	if (r && r->judge == JUDGE_MONITOR)
		return true;
	for (size_t i = 0; i < suite->all_count; i++) {
		const struct rig_case *c = &suite->all[i];
		if (*w->cases ? text_glob(w->cases, c->id) : of_requirement(w, c))
			return true;
	}
	return false;
}

int gate_waivers(struct gate *gate, const char *path, const struct suite *suite,
	const struct spec *spec, struct error *error)
{
	struct waivers waivers;
	if (waivers_load(&waivers, path, error) < 0)
		return -1;
	for (size_t i = 0; i < waivers.count; i++) {
		const struct waiver *w = &waivers.items[i];
		struct buf line = { 0 };
		member(&line, "file", w->file);
		buf_printf(&line, ",\"line\":%d,\"known\":%s", w->line,
			known(w, suite, spec) ? "true" : "false");
		member_if(&line, "case", w->cases);
		member_if(&line, "requirement", w->requirement);
		member_if(&line, "profile", w->profile);
		member_if(&line, "message", w->message);
		member_if(&line, "message_pattern", w->pattern);
		member(&line, "reason", w->reason);
		member(&line, "issue", w->issue);
		member(&line, "owner", w->owner);
		member(&line, "expires", w->expires);
		tell(gate, "waiver", &line);
	}
	waivers_finish(&waivers);
	return 0;
}
