/* SPDX-License-Identifier: MIT */
/* The JSON of a lease, and the line settings that a worker asks for. */
#include "rig/broker.h"
#include "rig/internal.h"

#include <stdlib.h>
#include <string.h>

static void put_response(struct buf *out, const struct response *response)
{
	buf_puts(out, ",\"response\":[");
	for (size_t i = 0; i < response->count; i++) {
		const struct response_line *line = &response->lines[i];
		buf_puts(out, i ? ",{\"line\":" : "{\"line\":");
		buf_json_text(out, line->text);
		journal_bool(out, "repeat", line->repeat);
		journal_bool(out, "optional", line->optional);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void put_deviation(struct buf *out, const struct deviation *d)
{
	buf_puts(out, "{\"id\":");
	buf_json_text(out, d->id);
	journal_text(out, "requirement", d->requirement);
	journal_text(out, "text", d->text);
	journal_text(out, "source", d->source);
	buf_puts(out, ",\"match\":[");
	for (size_t i = 0; i < d->match_count; i++) {
		buf_puts(out, i ? ",{\"command\":" : "{\"command\":");
		buf_json_text(out, d->matches[i].command);
		put_response(out, &d->matches[i].response);
		journal_text(out, "final", d->matches[i].final);
		buf_putc(out, '}');
	}
	buf_puts(out, "]}");
}

static void put_requirement(struct buf *out, const struct requirement *r)
{
	buf_puts(out, "{\"id\":");
	buf_json_text(out, r->id);
	journal_text(out, "section", r->section);
	journal_int(out, "line", r->line);
	journal_text(out, "grade", r->grade == GRADE_STATED ? "stated" : "inferred");
	journal_text(out, "text", r->text);
	buf_putc(out, '}');
}

static void put_bench(struct buf *out, const struct rig_bench *bench)
{
	const struct rig_timeouts *t = &bench->timeouts_ms;
	journal_list(out, "facilities", bench->facilities);
	buf_printf(out,
		",\"timeouts_ms\":{\"answer\":%d,\"restart\":%d,\"silence\":%d,\"case\":%d,"
		"\"recover\":%d,\"guard\":%d,\"join\":%d,\"scan\":%d,\"lease\":%d,"
		"\"connect\":%d,\"escape\":%d,\"sntp\":%d,\"update\":%d,\"mqtt\":%d},\"guard_ms\":%"
		"d",
		t->answer, t->restart, t->silence, t->case_total, t->recover, t->guard, t->join,
		t->scan, t->lease, t->connect, t->escape, t->sntp, t->update, t->mqtt, t->guard);
	journal_int(out, "deadline_ms", t->case_total);
}

static int timeout_of(const char *name, const struct rig_timeouts *t)
{
	const struct {
		const char *name;
		int ms;
	} all[] = { { "restart", t->restart }, { "join", t->join }, { "scan", t->scan },
		{ "lease", t->lease }, { "connect", t->connect }, { "sntp", t->sntp },
		{ "update", t->update }, { "mqtt", t->mqtt } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].ms;
	return 0;
}

/* Commands that may take longer than others: a set form by what it begins with. */
static void put_slow(struct buf *out, const struct spec *spec, const struct rig_timeouts *t)
{
	size_t count = 0;
	buf_puts(out, ",\"slow\":{");
	for (size_t i = 0; i < spec->command_count; i++) {
		const struct command *c = &spec->commands[i];
		for (int kind = 0; kind < FORM_COUNT; kind++) {
			static const char *const ends[] = { "", "?", "=" };
			const struct form *form = &c->forms[kind];
			if (!form->present || !form->timeout)
				continue;
			buf_printf(out, "%s\"%s%s\":%d", count++ ? "," : "", c->name, ends[kind],
				timeout_of(form->timeout, t));
		}
	}
	buf_putc(out, '}');
}

void grant_prepare(struct rig *rig)
{
	const struct profile *profile = rig->plan->profile;
	struct buf *out = &rig->grant_tail;
	size_t count = 0;
	buf_puts(out, ",\"deviations\":[");
	for (size_t i = 0; profile && profile->deviations && profile->deviations[i]; i++) {
		const struct deviation *d = spec_deviation(rig->plan->spec, profile->deviations[i]);
		if (!d)
			continue;
		if (count++)
			buf_putc(out, ',');
		put_deviation(out, d);
	}
	buf_putc(out, ']');
	if (profile && profile->noise)
		journal_list(out, "noise", (const char *const *)profile->noise);
	if (profile && profile->absent)
		journal_list(out, "absent", (const char *const *)profile->absent);
	put_bench(out, rig->plan->bench);
	put_slow(out, rig->plan->spec, &rig->plan->bench->timeouts_ms);
	journal_list(out, "spec", rig->plan->spec_dirs);
	buf_putc(out, '}');
}

static void put_uart(struct buf *out, const struct rig_uart *u)
{
	static const char *const flows[] = { "none", "rts", "cts", "both" };
	buf_printf(out,
		",\"uart\":{\"baud\":%lld,\"databits\":%d,\"stopbits\":%s,\"parity\":\"%s\","
		"\"flow\":\"%s\"}",
		(long long)u->baud, u->databits,
		u->stopbits_x2 == 3   ? "1.5"
		: u->stopbits_x2 == 4 ? "2"
				      : "1",
		u->parity == 'o'   ? "odd"
		: u->parity == 'e' ? "even"
				   : "none",
		flows[u->flow & 3]);
}

bool grant_build(struct rig *rig, const struct worker *worker, struct buf *out)
{
	const struct rig_case *c = &rig->plan->cases[worker->case_index];
	buf_clear(out);
	buf_puts(out, "{\"case\":");
	buf_json_text(out, c->id);
	journal_int(out, "attempt", rig->cases[worker->case_index].number);
	journal_int(out, "line", worker->lane->index);
	journal_int(out, "t", journal_now(rig->journal));
	buf_puts(out, ",\"requirements\":[");
	size_t count = 0;
	for (size_t i = 0; c->requirements && c->requirements[i]; i++) {
		const struct requirement *r = spec_requirement(rig->plan->spec, c->requirements[i]);
		if (!r)
			continue;
		if (count++)
			buf_putc(out, ',');
		put_requirement(out, r);
	}
	buf_putc(out, ']');
	put_uart(out, &worker->lane->bench.uart);
	broker_put_network(worker->lane, c, out);
	if (worker->lane->network.own)
		journal_text(out, "module_address", worker->lane->network.module);
	journal_bool(out, "echo", true);
	buf_append(out, rig->grant_tail.data, rig->grant_tail.len);
	return out->len < CHANNEL_SIZE;
}

/* A member of a request: a number, or the word that stands for it. -1: neither, or absent. */
static int choice(const json_t *json, const char *key, const char *const words[], int absent)
{
	const json_t *value = json_object_get(json, key);
	if (!value)
		return absent;
	if (json_is_integer(value))
		return (int)json_integer_value(value);
	const char *text = json_string_value(value);
	for (int i = 0; text && words[i]; i++)
		if (strcmp(text, words[i]) == 0 || (text[0] == words[i][0] && !text[1]))
			return i;
	return -1;
}

/* Stop bits as a person counts them: 1, 1.5, 2, as a number or as text. */
static int stopbits_x2(const json_t *json, int absent)
{
	const json_t *value = json_object_get(json, "stopbits");
	if (!value)
		return absent;
	const char *text = json_string_value(value);
	double count = text ? strtod(text, NULL) : json_number_value(value);
	return (int)(count * 2 + 0.25);
}

bool grant_parse_uart(const json_t *json, struct rig_uart *uart, struct error *error)
{
	static const char *const parities[] = { "none", "odd", "even", NULL };
	static const char *const flows[] = { "none", "rts", "cts", "both", NULL };
	int now = uart->parity == 'o' ? 1 : uart->parity == 'e' ? 2 : 0;
	const json_t *baud = json_object_get(json, "baud");
	const json_t *databits = json_object_get(json, "databits");
	if (baud)
		uart->baud = json_integer_value(baud);
	if (databits)
		uart->databits = (int)json_integer_value(databits);
	uart->stopbits_x2 = stopbits_x2(json, uart->stopbits_x2);
	int parity = choice(json, "parity", parities, now);
	int flow = choice(json, "flow", flows, uart->flow);
	if (uart->baud < 1 || uart->baud > 20000000 || uart->databits < 5 || uart->databits > 8 ||
		uart->stopbits_x2 < 2 || uart->stopbits_x2 > 4 || parity < 0 || parity > 2 ||
		flow < 0 || flow > 3) {
		error_set(error, NULL, 0, 0, "no such line settings");
		return false;
	}
	uart->parity = "noe"[parity];
	uart->flow = flow;
	return true;
}
