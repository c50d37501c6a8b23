/* SPDX-License-Identifier: MIT */
/* The comparison for machines; its JSON Schema is reports/compare.schema.json. Lists of verdicts
 * and changes are in the order of the runs. */
#include "report/compare.h"

#include "report/json-out.h"

#include <math.h>

static void run(struct json_out *j, const struct compare *c, size_t at)
{
	static const struct {
		const char *key;
		enum index_fact fact;
	} facts[] = { { "run", FACT_ID }, { "time", FACT_TIME }, { "host", FACT_HOST },
		{ "program", FACT_PROGRAM }, { "spec", FACT_SPEC }, { "iut", FACT_IUT },
		{ "bench", FACT_BENCH }, { "profile", FACT_PROFILE }, { "firmware", FACT_FIRMWARE },
		{ "banner", FACT_BANNER }, { "outcome", FACT_OUTCOME } };
	const struct index *ix = c->runs[at].index;
	out_open(j, NULL, '{');
	out_text(j, "label", c->runs[at].label);
	out_text(j, "journal", ix->path);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		out_text(j, facts[i].key, index_fact(ix, facts[i].fact));
	out_number(j, "exit", ix->exit_code);
	out_open(j, "verdicts", '{');
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		out_number(j, verdict_name((enum verdict)v), (int64_t)ix->counts[v]);
	out_close(j, '}');
	for (int requirements = 0; at && requirements < 2; requirements++) {
		const size_t *n = requirements ? c->runs[at].requirements : c->runs[at].counts;
		out_open(j, requirements ? "requirements" : "cases", '{');
		for (unsigned k = 0; k < CHANGE_COUNT; k++)
			out_number(j, change_name((enum change)k), (int64_t)n[k]);
		out_close(j, '}');
	}
	if (at) {
		out_number(j, "order_only", (int64_t)c->runs[at].order_only);
		out_flag(j, "passes", c->runs[at].gating == 0);
	}
	out_close(j, '}');
}

static void changes(struct json_out *j, const struct compare *c, const uint8_t *change)
{
	out_open(j, "changes", '[');
	for (size_t r = 1; r < c->run_count; r++)
		out_text(j, NULL, change_name((enum change)change[r]));
	out_close(j, ']');
}

static void one_case(struct json_out *j, const struct compare *c, const struct compare_case *x)
{
	bool order = false, gates = false;
	out_open(j, NULL, '{');
	out_text(j, "case", x->id);
	out_text(j, "command", x->command);
	out_open(j, "verdicts", '[');
	for (size_t r = 0; r < c->run_count; r++)
		out_text(j, NULL,
			!x->in[r]         ? "-"
			: x->in[r]->flaky ? "flaky"
					  : verdict_name((enum verdict)x->in[r]->verdict));
	out_close(j, ']');
	changes(j, c, x->change);
	for (size_t r = 1; r < c->run_count; r++) {
		order = order || compare_order_only(x, r);
		gates = gates || compare_gates(c, r, x);
	}
	if (order)
		out_flag(j, "order_only", true);
	if (x->unsteady)
		out_flag(j, "unsteady", true);
	if (gates)
		out_flag(j, "gates", true);
	if (x->worst != CHANGE_NONE) {
		out_open(j, "messages", '[');
		for (size_t r = 0; r < c->run_count; r++)
			out_text(j, NULL,
				x->in[r] ? index_text(c->runs[r].index, x->in[r]->message) : "");
		out_close(j, ']');
	}
	out_close(j, '}');
}

static void requirement(
	struct json_out *j, const struct compare *c, const struct compare_requirement *q)
{
	out_open(j, NULL, '{');
	out_text(j, "id", index_text(q->any_of, q->any->id));
	out_text(j, "grade", q->any->inferred ? "inferred" : "stated");
	out_open(j, "verdicts", '[');
	for (size_t r = 0; r < c->run_count; r++)
		out_text(j, NULL,
			!q->in[r]           ? "-"
			: !q->in[r]->tested ? "untested"
					    : verdict_name((enum verdict)q->in[r]->verdict));
	out_close(j, ']');
	changes(j, c, q->change);
	out_close(j, '}');
}

static void latency(struct json_out *j, const struct compare_command *x, size_t at)
{
	const struct latency *l = &x->latency[at];
	out_open(j, NULL, '{');
	out_text(j, "presence", presence_name((enum presence)x->presence[at]));
	out_number(j, "count", x->in[at] ? (int64_t)x->in[at]->count : 0);
	out_number(j, "samples", (int64_t)l->samples);
	if (l->samples) {
		out_number(j, "p50_us", l->p50);
		out_number(j, "p95_us", l->p95);
	}
	if (at && x->latency[0].samples && l->samples)
		out_text(j, "latency", drift_name(l->drift));
	if (l->tested) { /* as millionths: JSON's numbers need no locale then */
		out_number(j, "p_ppm", llround(l->p * 1e6));
		out_number(j, "z_milli", llround(l->z * 1e3));
	}
	out_close(j, '}');
}

static void command(struct json_out *j, const struct compare *c, const struct compare_command *x)
{
	out_open(j, NULL, '{');
	out_text(j, "command", x->name);
	out_number(j, "cases", (int64_t)x->cases);
	out_open(j, "runs", '[');
	for (size_t r = 0; r < c->run_count; r++)
		latency(j, x, r);
	out_close(j, ']');
	out_close(j, '}');
}

static void test(struct json_out *j)
{
	out_open(j, "latency_test", '{');
	out_text(j, "name",
		"Mann-Whitney U, normal approximation with tie and continuity correction, "
		"two-sided; Holm over the commands of a run");
	out_number(j, "alpha_ppm", llround(DRIFT_ALPHA * 1e6));
	out_number(j, "least_samples", DRIFT_SAMPLES);
	out_number(j, "least_change_percent", llround(DRIFT_RELATIVE * 100));
	out_number(j, "least_change_us", DRIFT_US);
	out_close(j, '}');
}

int compare_json(const void *compare, FILE *out, struct error *error)
{
	const struct compare *c = compare;
	struct json_out j = { .out = out };
	(void)error;
	out_open(&j, NULL, '{');
	out_number(&j, "format", 1);
	out_text(&j, "program", "atconform " ATCONFORM_VERSION);
	out_flag(&j, "passes", compare_passes(c));
	out_flag(&j, "common", c->common);
	out_open(&j, "notes", '[');
	for (size_t i = 0; i < c->note_count; i++)
		out_text(&j, NULL, c->notes[i]);
	out_close(&j, ']');
	test(&j);
	out_open(&j, "runs", '[');
	for (size_t r = 0; r < c->run_count; r++)
		run(&j, c, r);
	out_close(&j, ']');
	out_open(&j, "commands", '[');
	for (size_t i = 0; i < c->command_count; i++)
		command(&j, c, &c->commands[i]);
	out_close(&j, ']');
	out_open(&j, "requirements", '[');
	for (size_t i = 0; i < c->requirement_count; i++)
		requirement(&j, c, &c->requirements[i]);
	out_close(&j, ']');
	out_open(&j, "cases", '[');
	for (size_t i = 0; i < c->case_count; i++)
		one_case(&j, c, &c->cases[i]);
	out_close(&j, ']');
	out_close(&j, '}');
	buf_finish(&j.text);
	return 0;
}
