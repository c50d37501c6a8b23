/* SPDX-License-Identifier: MIT */
/* The loader of bench files. Everything has a default, so that a bench file says only what is
 * special about this bench; a key that means nothing is an error, since it is a setting lost. */
#include "cli/bench.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/bench-iut.h"
#include "cli/bench-network.h"
#include "cli/bench-switch.h"
#include "cli/paths.h"
#include "spec/strict.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 64 };

struct memory {
	struct strict file;
	struct arena *arena;
	const char *facilities[MAX_WORDS + BENCH_NETWORK_FACILITIES + 1];
	int64_t rates[MAX_WORDS + 1];
	char *network, *air, *pki;
};

struct loader {
	struct bench *bench;
	struct memory *memory;
	struct strict *file;
	struct error *error;
};

static int words(const struct loader *l, const char *path, const json_t *value, const char **out)
{
	if (!value)
		return 0;
	if (!json_is_array(value) || json_array_size(value) > MAX_WORDS)
		return strict_error(l->file, l->error, path,
			"\"%s\" must be a list of at most %d strings", path, MAX_WORDS);
	size_t i;
	const json_t *word;
	json_array_foreach (value, i, word) {
		const char *text = json_string_value(word);
		if (!text || strlen(text) != json_string_length(word) || !*text)
			return strict_error(l->file, l->error, path,
				"\"%s\" must hold non-empty strings only", path);
		out[i] = text;
	}
	out[i] = NULL;
	return 0;
}

static int number(const struct loader *l, const char *path, const json_t *value, int64_t min,
	int64_t max, int64_t *out)
{
	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < min ||
		json_integer_value(value) > max)
		return strict_error(l->file, l->error, path,
			"\"%s\" must be a whole number from %lld to %lld", path, (long long)min,
			(long long)max);
	*out = json_integer_value(value);
	return 0;
}

static int flag(const struct loader *l, const char *path, const json_t *value, bool *out)
{
	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return strict_error(l->file, l->error, path, "\"%s\" must be true or false", path);
	*out = json_is_true(value);
	return 0;
}

/* One of a list of words; its index goes to *out. */
static int choice(const struct loader *l, const char *path, const json_t *value,
	const char *const list[], int *out)
{
	if (!value)
		return 0;
	struct buf known AUTO_BUF = { 0 };
	const char *text = json_string_value(value);
	for (int i = 0; list[i]; i++) {
		if (text && strcmp(text, list[i]) == 0) {
			*out = i;
			return 0;
		}
		buf_printf(&known, "%s\"%s\"", i ? ", " : "", list[i]);
	}
	return strict_error(
		l->file, l->error, path, "\"%s\" must be one of %s", path, buf_text(&known));
}

static int object(
	const struct loader *l, const char *path, const json_t *value, const char *const keys[])
{
	if (!json_is_object(value) && !*path)
		return strict_error(l->file, l->error, path, "a bench file must be one object");
	if (!json_is_object(value))
		return strict_error(l->file, l->error, path, "\"%s\" must be an object", path);
	return strict_keys(l->file, path, value, keys, l->error);
}

static int load_uart(const struct loader *l, const json_t *uart)
{
	static const char *const keys[] = { "baud", "databits", "stopbits", "parity", "flow",
		NULL };
	static const char *const stops[] = { "1", "1.5", "2", NULL };
	static const char *const parities[] = { "none", "odd", "even", NULL };
	static const char *const flows[] = { "none", "rts", "cts", "both", NULL };
	struct rig_uart *out = &l->bench->rig.uart;
	if (!uart)
		return 0;
	int64_t databits = out->databits;
	int stop = 0, parity = 0, flow = 0;
	if (object(l, "uart", uart, keys) < 0 ||
		number(l, "uart.baud", json_object_get(uart, "baud"), 50, 20000000, &out->baud) <
			0 ||
		number(l, "uart.databits", json_object_get(uart, "databits"), 5, 8, &databits) <
			0 ||
		choice(l, "uart.stopbits", json_object_get(uart, "stopbits"), stops, &stop) < 0 ||
		choice(l, "uart.parity", json_object_get(uart, "parity"), parities, &parity) < 0 ||
		choice(l, "uart.flow", json_object_get(uart, "flow"), flows, &flow) < 0)
		return -1;
	out->databits = (int)databits;
	out->stopbits_x2 = stop + 2;
	out->parity = "noe"[parity];
	out->flow = flow;
	return 0;
}

static int load_timeouts(const struct loader *l, const json_t *timeouts)
{
	static const char *const keys[] = { "answer", "restart", "silence", "case", "recover",
		"guard", "join", "scan", "lease", "connect", "escape", "sntp", "update", "mqtt",
		"command", "put_back", NULL };
	struct rig_timeouts *t = &l->bench->rig.timeouts_ms;
	int *const slots[] = { &t->answer, &t->restart, &t->silence, &t->case_total, &t->recover,
		&t->guard, &t->join, &t->scan, &t->lease, &t->connect, &t->escape, &t->sntp,
		&t->update, &t->mqtt, &t->command, &t->put_back };
	if (!timeouts)
		return 0;
	if (object(l, "timeouts_ms", timeouts, keys) < 0)
		return -1;
	for (size_t i = 0; keys[i]; i++) {
		struct buf path AUTO_BUF = { 0 };
		buf_printf(&path, "timeouts_ms.%s", keys[i]);
		int64_t value = *slots[i];
		if (number(l, buf_text(&path), json_object_get(timeouts, keys[i]), 1, 3600000,
			    &value) < 0)
			return -1;
		*slots[i] = (int)value;
	}
	return 0;
}

static int load_rates(const struct loader *l, const json_t *rates)
{
	if (!rates)
		return 0;
	if (!json_is_array(rates) || json_array_size(rates) > MAX_WORDS)
		return strict_error(l->file, l->error, "baud_rates",
			"\"baud_rates\" must be a list of at most %d numbers", MAX_WORDS);
	size_t i;
	const json_t *rate;
	json_array_foreach (rates, i, rate) {
		if (number(l, "baud_rates", rate, 50, 20000000, &l->memory->rates[i]) < 0)
			return -1;
	}
	l->memory->rates[i] = 0;
	l->bench->rig.baud_rates = l->memory->rates;
	return 0;
}

static int load_text(const struct loader *l, const char *key, const char **out)
{
	const json_t *value = json_object_get(l->file->root, key);
	if (!value)
		return 0;
	if (!json_is_string(value) || !*json_string_value(value))
		return strict_error(
			l->file, l->error, key, "\"%s\" must be a non-empty string", key);
	*out = json_string_value(value);
	return 0;
}

/* Which facilities the network's facts are comes behind the list of the others. */
static int load_network(const struct loader *l)
{
	const json_t *network = json_object_get(l->file->root, "network");
	if (!network)
		return 0;
	struct bench_network out = { 0 };
	int failed = bench_network_load(l->file, network, l->memory->facilities, &out, l->error);
	l->memory->network = out.facts;
	l->memory->pki = out.pki;
	l->bench->rig.network = out.facts;
	l->bench->rig.pki = out.pki;
	if (failed)
		return -1;
	return 0;
}

/* The air of the virtual module: a name in fixtures/air, or a path. */
static int load_air(const struct loader *l)
{
	const char *name = NULL;
	if (load_text(l, "air", &name) < 0)
		return -1;
	if (!name)
		return 0;
	struct buf file AUTO_BUF = { 0 };
	buf_printf(&file, "fixtures/air/%s.json", name);
	bool path = strchr(name, '/') || text_ends(name, ".json");
	l->memory->air = path ? strdup(name) : paths_data(buf_text(&file));
	if (!l->memory->air)
		return strict_error(
			l->file, l->error, "air", "\"air\": there is no %s", buf_text(&file));
	l->bench->rig.air = l->memory->air;
	return 0;
}

static int load_writes(const struct loader *l)
{
	static const char key[] = "max_nvs_writes";
	const json_t *value = json_object_get(l->file->root, key);
	struct rig_bench *rig = &l->bench->rig;
	rig->nvs_capped = value != NULL;
	return number(l, key, value, 0, 1000000000, &rig->max_nvs_writes);
}

static int load(const struct loader *l)
{
	static const char *const keys[] = { "bench", "title", "iuts", "profile", "facilities",
		"uart", "timeouts_ms", "baud_rates", "destructive", "restore_after_failure",
		"gate_inferred", "max_nvs_writes", "put_back", "reset", "power", "network", "air",
		NULL };
	struct bench *b = l->bench;
	const json_t *root = l->file->root;
	if (object(l, "", root, keys) < 0 || load_text(l, "bench", &b->rig.name) < 0 ||
		load_text(l, "title", &b->title) < 0 ||
		load_text(l, "profile", &b->default_profile) < 0 ||
		words(l, "facilities", json_object_get(root, "facilities"), l->memory->facilities) <
			0 ||
		load_network(l) < 0 || load_air(l) < 0 ||
		load_uart(l, json_object_get(root, "uart")) < 0 ||
		load_timeouts(l, json_object_get(root, "timeouts_ms")) < 0 ||
		load_rates(l, json_object_get(root, "baud_rates")) < 0 ||
		flag(l, "destructive", json_object_get(root, "destructive"), &b->destructive) < 0 ||
		flag(l, "restore_after_failure", json_object_get(root, "restore_after_failure"),
			&b->rig.restore_after_failure) < 0 ||
		load_writes(l) < 0 ||
		flag(l, "put_back", json_object_get(root, "put_back"), &b->rig.put_back) < 0 ||
		flag(l, "gate_inferred", json_object_get(root, "gate_inferred"),
			&b->gate_inferred) < 0 ||
		bench_switch_load(l->file, l->memory->arena, "", root, &b->rig.switches, l->error) <
			0 ||
		bench_iut_load(
			l->file, l->memory->arena, &b->rig.switches, &b->rig.iuts, l->error) < 0)
		return -1;
	if (!b->rig.name)
		return strict_error(
			l->file, l->error, "", "a bench file needs \"bench\": its name");
	b->rig.file = l->file->file;
	b->rig.facilities = l->memory->facilities;
	return 0;
}

/* What a bench that says nothing has: an ordinary board on an ordinary port. */
static const struct rig_bench defaults = {
	.put_back = true,
	.uart = { .baud = 115200, .databits = 8, .stopbits_x2 = 2, .parity = 'n' },
	.timeouts_ms = { .answer = 3000,
		.restart = 10000,
		.silence = 200,
		.case_total = 60000,
		.recover = 60000,
		.guard = 60,
		.join = 20000,
		.scan = 15000,
		.lease = 10000,
		.connect = 15000,
		.escape = 1000,
		.sntp = 15000,
		.update = 120000,
		.mqtt = 20000,
		.command = 30000,
		.put_back = 60000 },
};

int bench_load(struct bench *out, const char *name, struct error *error)
{
	static const int64_t usual_rates[] = { 115200, 9600, 57600, 38400, 19200, 74880, 230400,
		460800, 921600, 0 };
	*out = (struct bench){ .rig = defaults };
	out->rig.baud_rates = usual_rates;
	struct buf path AUTO_BUF = { 0 };
	if (strchr(name, '/') || text_ends(name, ".json")) {
		buf_puts(&path, name);
	} else {
		char *dir AUTO_FREE = paths_data("fixtures/benches");
		buf_printf(&path, "%s/%s.json", dir ? dir : "fixtures/benches", name);
	}
	struct memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return error_set(error, NULL, 0, 0, "out of memory");
	out->memory = memory;
	memory->arena = arena_create();
	if (strict_open(&memory->file, buf_text(&path), error) < 0) {
		arena_destroy(memory->arena);
		free(memory);
		out->memory = NULL;
		return -1;
	}
	const struct loader l = { out, memory, &memory->file, error };
	if (load(&l) < 0) {
		bench_finish(out);
		return -1;
	}
	return 0;
}

void bench_finish(struct bench *bench)
{
	struct memory *memory = bench->memory;
	if (!memory)
		return;
	strict_close(&memory->file);
	arena_destroy(memory->arena);
	free(memory->network);
	free(memory->air);
	free(memory->pki);
	free(memory);
	*bench = (struct bench){ 0 };
}

bool bench_is_line_setting(const char *facility)
{
	static const char *const settings[] = {
		"baudrate:", "databits:", "stopbits:", "parity:", "flow_control:"
	};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (text_starts(facility, settings[i]))
			return true;
	return false;
}

void bench_drop_line_settings(struct bench *bench)
{
	struct memory *memory = bench->memory;
	const char **kept = memory->facilities;
	for (const char **f = memory->facilities; *f; f++)
		if (!bench_is_line_setting(*f))
			*kept++ = *f;
	*kept = NULL;
}

bool bench_has(const struct bench *bench, const char *facility)
{
	for (size_t i = 0; bench->rig.facilities && bench->rig.facilities[i]; i++) {
		if (text_glob(bench->rig.facilities[i], facility))
			return true;
	}
	return false;
}
