/* SPDX-License-Identifier: MIT */
#include "cli/bench-iut.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/bench-switch.h"
#include "rig/link.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
	struct strict *file;
	struct arena *arena;
	const struct rig_switches *usual;
	struct error *error;
};

bool bench_iut_replicable(const char *address)
{
	static const char *const schemes[] = { "virtual:", "exec:", "replay:" };
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (text_starts(address, schemes[i]))
			return true;
	return false;
}

/* A port may have several names: what it is in the end, without its settings. */
static char *place_of(const char *address)
{
	struct buf place AUTO_BUF = { 0 };
	buf_append(&place, address, strcspn(address, "?"));
	const char *path = strchr(place.data, ':');
	if (!path || path[1] != '/')
		return buf_take(&place);
	char *real = realpath(path + 1, NULL);
	return real ? real : strdup(path + 1);
}

bool bench_iut_same(const char *address, const char *other)
{
	if (bench_iut_replicable(address) || bench_iut_replicable(other))
		return false;
	char *a AUTO_FREE = place_of(address);
	char *b AUTO_FREE = place_of(other);
	return strcmp(a, b) == 0;
}

static bool is_hex(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* "1a86:7523", and a serial number behind a further colon, which may be any text. */
static bool is_adapter(const char *text)
{
	return is_hex(text, 4) && text[4] == ':' && is_hex(text + 5, 4) &&
	       (!text[9] || (text[9] == ':' && text[10]));
}

static bool is_mac(const char *text)
{
	for (size_t i = 0; i < 6; i++)
		if (!is_hex(text + 3 * i, 2) || text[3 * i + 2] != (i < 5 ? ':' : '\0'))
			return false;
	return true;
}

static bool is_address(const char *text)
{
	return *text;
}

struct member {
	const char *key;
	bool (*fits)(const char *text);
	const char *wanted;
};

static int load_text(const struct source *s, const char *path, const json_t *entry,
	const struct member *m, const char **out)
{
	const json_t *value = json_object_get(entry, m->key);
	const char *text = json_string_value(value);
	if (!value)
		return 0;
	struct buf at AUTO_BUF = { 0 };
	buf_printf(&at, "%s.%s", path, m->key);
	if (!text || strlen(text) != json_string_length(value) || !m->fits(text))
		return strict_error(
			s->file, s->error, at.data, "\"%s\" must be %s", m->key, m->wanted);
	*out = text;
	return 0;
}

static int load_object(
	const struct source *s, const char *path, const json_t *entry, struct rig_iut *out)
{
	static const char *const keys[] = { "address", "adapter", "mac", "reset", "power", NULL };
	static const struct member members[] = {
		{ "address", is_address, "an address as for --iut" },
		{ "adapter", is_adapter,
			"VID:PID or VID:PID:SERIAL of the USB adapter, such as \"1a86:7523\"" },
		{ "mac", is_mac, "six octets such as \"02:00:5e:00:00:01\"" },
	};
	const char **const slots[] = { &out->address, &out->adapter, &out->mac };
	if (strict_keys(s->file, path, entry, keys, s->error) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (load_text(s, path, entry, &members[i], slots[i]) < 0)
			return -1;
	if (!out->address)
		return strict_error(s->file, s->error, path,
			"an IUT needs its \"address\", such as \"serial:/dev/ttyUSB0\"");
	return bench_switch_load(s->file, s->arena, path, entry, &out->switches, s->error);
}

static int load_entry(
	const struct source *s, const char *path, const json_t *entry, struct rig_iut *out)
{
	struct error wrong = { 0 };
	*out = (struct rig_iut){ .switches = *s->usual };
	if (json_is_object(entry)) {
		if (load_object(s, path, entry, out) < 0)
			return -1;
	} else if (json_string_length(entry) &&
		   strlen(json_string_value(entry)) == json_string_length(entry)) {
		out->address = json_string_value(entry);
	} else {
		return strict_error(s->file, s->error, path,
			"an IUT is a string, its address, or an object with \"address\"");
	}
	if (link_check(out->address, &wrong) < 0)
		return strict_error(s->file, s->error, path, "%s", wrong.text);
	return 0;
}

/* One board can't be two lines. */
static int check_twice(
	const struct source *s, const char *path, const struct rig_iut *iuts, size_t index)
{
	const struct rig_iut *iut = &iuts[index];
	for (size_t i = 0; i < index; i++) {
		if (bench_iut_same(iut->address, iuts[i].address))
			return strict_error(s->file, s->error, path,
				"%s is the same line as iuts[%zu], %s", iut->address, i,
				iuts[i].address);
		if (iut->mac && iuts[i].mac && strcasecmp(iut->mac, iuts[i].mac) == 0)
			return strict_error(s->file, s->error, path,
				"the \"mac\" %s is that of iuts[%zu] too: one board can't be two",
				iut->mac, i);
	}
	return 0;
}

int bench_iut_load(struct strict *file, struct arena *arena, const struct rig_switches *usual,
	const struct rig_iut **out, struct error *error)
{
	const struct source s = { file, arena, usual, error };
	const json_t *list = json_object_get(file->root, "iuts");
	size_t count = json_array_size(list);
	if (!list)
		return 0;
	if (!json_is_array(list) || count > BENCH_IUTS)
		return strict_error(file, error, "iuts",
			"\"iuts\" must be a list of at most %d IUTs", BENCH_IUTS);
	struct rig_iut *iuts = arena_alloc(arena, (count + 1) * sizeof(*iuts));
	for (size_t i = 0; i < count; i++) {
		char path[32];
		snprintf(path, sizeof(path), "iuts[%zu]", i);
		if (load_entry(&s, path, json_array_get(list, i), &iuts[i]) < 0 ||
			check_twice(&s, path, iuts, i) < 0)
			return -1;
	}
	*out = iuts;
	return 0;
}
