/* SPDX-License-Identifier: MIT */
#include "cli/bench-broker.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <string.h>

static const struct member {
	const char *key;
	bool port;
	size_t max; /* bytes of a text */
} members[] = {
	{ "host", false, 128 },
	{ "port", true, 0 },
	{ "tls_port", true, 0 },
	{ "tls_client_port", true, 0 },
	{ "ws_port", true, 0 },
	{ "wss_port", true, 0 },
	{ "wss_client_port", true, 0 },
	{ "path", false, 32 },
	{ "username", false, 64 },
	{ "password", false, 64 },
	{ "other_username", false, 64 },
	{ "other_password", false, 64 },
	{ "ca", false, 4000 },
};
enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static bool fits(const json_t *value, const struct member *m)
{
	if (m->port)
		return json_is_integer(value) && json_integer_value(value) >= 1 &&
		       json_integer_value(value) <= 65535;
	return json_is_string(value) && json_string_length(value) <= m->max &&
	       strlen(json_string_value(value)) == json_string_length(value);
}

int bench_broker_check(struct strict *file, const json_t *broker, struct error *error)
{
	static const char path[] = "network.broker";
	const char *keys[MEMBER_COUNT + 1] = { NULL };
	if (!broker)
		return 0;
	if (!json_is_object(broker))
		return strict_error(file, error, path, "\"%s\" must be an object", path);
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		keys[i] = members[i].key;
	if (strict_keys(file, path, broker, keys, error) < 0)
		return -1;
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		struct buf where AUTO_BUF = { 0 };
		const json_t *value = json_object_get(broker, members[i].key);
		buf_printf(&where, "%s.%s", path, members[i].key);
		if (value && !fits(value, &members[i]))
			return strict_error(file, error, where.data,
				members[i].port
					? "\"%s\" must be a port from 1 to 65535"
					: "\"%s\" must be a string, and not longer than the "
					  "specification allows",
				where.data);
	}
	if (!json_string_length(json_object_get(broker, "host")))
		return strict_error(file, error, path, "\"%s\" needs \"host\"", path);
	return 0;
}
