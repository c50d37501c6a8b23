/* SPDX-License-Identifier: MIT */
#include "cli/bench-network.h"

#include "base/cleanup.h"
#include "cli/bench-broker.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum fact {
	FACT_SSID,
	FACT_NAME,
	FACT_PASSWORD,
	FACT_MAC,
	FACT_CHANNEL,
	FACT_ENCRYPTION,
	FACT_METHODS
};

static const char *const wanted[] = {
	[FACT_SSID] = "a string of 1 to 32 bytes",
	[FACT_NAME] = "a string of 1 to 32 bytes",
	[FACT_PASSWORD] = "a string of at most 64 bytes",
	[FACT_MAC] = "six octets such as \"02:00:5e:00:00:01\"",
	[FACT_CHANNEL] = "a whole number from 1 to 14",
	[FACT_ENCRYPTION] = "a whole number from 0 to 5, as AT+CWLAP shows it",
	[FACT_METHODS] = "a list of different numbers from 0 to 2",
};

struct member {
	const char *key;
	enum fact fact;
	bool required;
};

enum { MEMBERS_MAX = 6 };

static const struct section {
	const char *name;
	struct member members[MEMBERS_MAX];
} sections[] = {
	{ "access_point", { { "ssid", FACT_SSID, true }, { "password", FACT_PASSWORD, true },
				  { "bssid", FACT_MAC, false }, { "channel", FACT_CHANNEL, false },
				  { "encryption", FACT_ENCRYPTION, false } } },
	{ "open_access_point", { { "ssid", FACT_SSID, true }, { "bssid", FACT_MAC, false },
				       { "channel", FACT_CHANNEL, false } } },
	{ "twin_access_point",
		{ { "ssid", FACT_SSID, true }, { "password", FACT_PASSWORD, true },
			{ "bssid_a", FACT_MAC, true }, { "bssid_b", FACT_MAC, true } } },
	{ "hidden_access_point",
		{ { "ssid", FACT_SSID, true }, { "password", FACT_PASSWORD, true } } },
	{ "enterprise_access_point",
		{ { "ssid", FACT_SSID, true }, { "identity", FACT_NAME, true },
			{ "username", FACT_NAME, true }, { "password", FACT_NAME, true },
			{ "methods", FACT_METHODS, true } } },
	{ "untrusted_access_point",
		{ { "ssid", FACT_SSID, true }, { "identity", FACT_NAME, true },
			{ "username", FACT_NAME, true }, { "password", FACT_NAME, true } } },
};
static const char *const addresses[] = { "module_address", "host_address", "other_address" };
enum { SECTION_COUNT = sizeof(sections) / sizeof(sections[0]), ADDRESS_COUNT = 3, MACS_MAX = 8 };

struct loader {
	struct strict *file;
	struct error *error;
	const char **facilities;
	const char *macs[MACS_MAX];
	size_t mac_count;
};

static bool is_text(const json_t *value, size_t min, size_t max)
{
	size_t len = json_string_length(value);
	return json_is_string(value) && len >= min && len <= max &&
	       strlen(json_string_value(value)) == len;
}

static bool is_number(const json_t *value, int min, int max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool is_mac(const json_t *value)
{
	const char *text = json_string_value(value);
	if (!is_text(value, 17, 17))
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static bool is_methods(const json_t *value)
{
	bool seen[3] = { false };
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *one = json_array_get(value, i);
		if (!is_number(one, 0, 2) || seen[json_integer_value(one)])
			return false;
		seen[json_integer_value(one)] = true;
	}
	return json_array_size(value) > 0;
}

static bool fits(const json_t *value, enum fact fact)
{
	switch (fact) {
	case FACT_SSID:
	case FACT_NAME:
		return is_text(value, 1, 32);
	case FACT_PASSWORD:
		return is_text(value, 0, 64);
	case FACT_MAC:
		return is_mac(value);
	case FACT_CHANNEL:
		return is_number(value, 1, 14);
	case FACT_ENCRYPTION:
		return is_number(value, 0, 5);
	case FACT_METHODS:
		return is_methods(value);
	}
	return false;
}

/* No two access points share a BSSID. */
static int note_mac(struct loader *l, const char *path, const char *mac)
{
	for (size_t i = 0; i < l->mac_count; i++)
		if (strcasecmp(l->macs[i], mac) == 0)
			return strict_error(
				l->file, l->error, path, "\"%s\": %s is given twice", path, mac);
	if (l->mac_count < MACS_MAX)
		l->macs[l->mac_count++] = mac;
	return 0;
}

static int load_member(
	struct loader *l, const char *section, const json_t *object, const struct member *member)
{
	struct buf path AUTO_BUF = { 0 };
	const json_t *value = json_object_get(object, member->key);
	buf_printf(&path, "network.%s.%s", section, member->key);
	if (!value && member->required)
		return strict_error(
			l->file, l->error, buf_text(&path), "\"%s\" is missing", buf_text(&path));
	if (value && !fits(value, member->fact))
		return strict_error(l->file, l->error, buf_text(&path), "\"%s\" must be %s",
			buf_text(&path), wanted[member->fact]);
	if (value && member->fact == FACT_MAC)
		return note_mac(l, buf_text(&path), json_string_value(value));
	return 0;
}

static void add_facility(struct loader *l, const char *name)
{
	*l->facilities++ = name;
	*l->facilities = NULL;
}

static int load_section(struct loader *l, const struct section *s, const json_t *object)
{
	struct buf path AUTO_BUF = { 0 };
	const char *keys[MEMBERS_MAX + 1] = { NULL };
	if (!object)
		return 0;
	for (size_t i = 0; i < MEMBERS_MAX && s->members[i].key; i++)
		keys[i] = s->members[i].key;
	buf_printf(&path, "network.%s", s->name);
	if (strict_keys(l->file, buf_text(&path), object, keys, l->error) < 0)
		return -1;
	for (size_t i = 0; keys[i]; i++)
		if (load_member(l, s->name, object, &s->members[i]) < 0)
			return -1;
	add_facility(l, s->name);
	return 0;
}

static int load_address(struct loader *l, const json_t *network, const char *key)
{
	struct buf path AUTO_BUF = { 0 };
	struct in_addr address;
	const json_t *value = json_object_get(network, key);
	if (!value)
		return 0;
	buf_printf(&path, "network.%s", key);
	if (!is_text(value, 7, 15) || inet_pton(AF_INET, json_string_value(value), &address) != 1)
		return strict_error(l->file, l->error, buf_text(&path),
			"\"%s\" must be an IPv4 address", buf_text(&path));
	add_facility(l, key);
	return 0;
}

static int load_wrong_password(struct loader *l, const json_t *network)
{
	static const char path[] = "network.wrong_password";
	const json_t *wrong = json_object_get(network, "wrong_password");
	const json_t *right = json_object_get(json_object_get(network, "access_point"), "password");
	if (!wrong)
		return 0;
	if (!is_text(wrong, 8, 64))
		return strict_error(
			l->file, l->error, path, "\"%s\" must be a string of 8 to 64 bytes", path);
	if (right && json_equal(wrong, right))
		return strict_error(
			l->file, l->error, path, "\"%s\" is the access point's own password", path);
	return 0;
}

/* The right one with another last letter. */
static void put_wrong_password(json_t *network)
{
	const char *right = json_string_value(
		json_object_get(json_object_get(network, "access_point"), "password"));
	if (!right || !*right || json_object_get(network, "wrong_password"))
		return;
	char *wrong AUTO_FREE = strdup(right);
	if (!wrong)
		return;
	char *last = &wrong[strlen(wrong) - 1];
	*last = *last == 'x' ? 'y' : 'x';
	json_object_set_new(network, "wrong_password", json_string(wrong));
}

/* The folder of a bench's own certificates, beside the bench file unless its path is a whole one.
 */
static int load_pki(struct loader *l, const json_t *network, char **out)
{
	static const char *const files[] = { "ca.pem", "server.pem", "server.key",
		"client-ca.pem" };
	static const char path[] = "network.pki";
	struct buf dir AUTO_BUF = { 0 };
	const json_t *value = json_object_get(network, "pki");
	const char *name = json_string_value(value);
	if (!value)
		return 0;
	if (!is_text(value, 1, 4000))
		return strict_error(l->file, l->error, path, "\"%s\" must be a folder", path);
	const char *slash = strrchr(l->file->file, '/');
	if (*name != '/' && slash)
		buf_append(&dir, l->file->file, (size_t)(slash - l->file->file) + 1);
	buf_puts(&dir, name);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct buf file AUTO_BUF = { 0 };
		buf_printf(&file, "%s/%s", dir.data, files[i]);
		if (access(file.data, R_OK) < 0)
			return strict_error(l->file, l->error, path, "\"%s\": %s: %s", path,
				file.data, strerror(errno));
	}
	*out = buf_take(&dir);
	add_facility(l, "tls");
	return 0;
}

static int load(struct loader *l, const json_t *network)
{
	const char *keys[SECTION_COUNT + ADDRESS_COUNT + 4] = { NULL };
	size_t n = 0;
	for (size_t i = 0; i < SECTION_COUNT; i++)
		keys[n++] = sections[i].name;
	for (size_t i = 0; i < ADDRESS_COUNT; i++)
		keys[n++] = addresses[i];
	keys[n++] = "wrong_password";
	keys[n++] = "broker";
	keys[n] = "pki";
	if (strict_keys(l->file, "network", network, keys, l->error) < 0)
		return -1;
	for (size_t i = 0; i < SECTION_COUNT; i++)
		if (load_section(l, &sections[i], json_object_get(network, sections[i].name)) < 0)
			return -1;
	for (size_t i = 0; i < ADDRESS_COUNT; i++)
		if (load_address(l, network, addresses[i]) < 0)
			return -1;
	if (bench_broker_check(l->file, json_object_get(network, "broker"), l->error) < 0)
		return -1;
	return load_wrong_password(l, network);
}

int bench_network_load(struct strict *file, const json_t *network, const char **facilities,
	struct bench_network *out, struct error *error)
{
	struct loader l = { .file = file, .error = error, .facilities = facilities };
	while (*l.facilities)
		l.facilities++;
	if (load(&l, network) < 0 || load_pki(&l, network, &out->pki) < 0)
		return -1;
	/* Whoever knows the tester's address can be served by what the tester runs there. */
	if (json_object_get(network, "host_address"))
		add_facility(&l, "peers");
	json_t *facts = json_deep_copy(network);
	put_wrong_password(facts);
	json_object_del(facts, "pki");
	out->facts = json_dumps(facts, JSON_COMPACT);
	json_decref(facts);
	return out->facts ? 0 : error_set(error, NULL, 0, 0, "out of memory");
}
