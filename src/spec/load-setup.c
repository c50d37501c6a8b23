/* SPDX-License-Identifier: MIT */
/* Reads what a case needs around it: command lines before and after, peers, facilities of a value,
 * and the time that an answer may take. */
#include "base/text.h"
#include "spec/load.h"

#include <stdlib.h>
#include <string.h>

/* Kept in step with the bench's "timeouts_ms". */
static const char *const timeouts[] = { "restart", "join", "scan", "lease", "connect", "sntp",
	"update", "mqtt", NULL };

static const char *const peer_kinds[] = { "tcp", "tcp-echo", "tcp-sink", "tcp-source", "tcp-slow",
	"udp", "udp-echo", "udp-sink", "udp-source", "tls", "tls-echo", "dns", "sntp", "update",
	"update-tls", NULL };

static int check_lines(struct loader *l, const char *key, const char *const *lines)
{
	size_t mark = load_into(l, key);
	int status = 0;
	for (size_t i = 0; lines[i] && status == 0; i++) {
		size_t inner = load_into_index(l, i);
		if (!text_starts(lines[i], "AT") || strpbrk(lines[i], "\r\n"))
			status = load_error(l, NULL, "must be a command line such as AT+CWMODE=1");
		load_up(l, inner);
	}
	load_up(l, mark);
	return status;
}

int load_check_setup(struct loader *l, const char *const *setup, const char *const *teardown)
{
	if (check_lines(l, "setup", setup) < 0)
		return -1;
	return check_lines(l, "teardown", teardown);
}

int load_check_timeout(struct loader *l, const struct form *form)
{
	if (!form->timeout)
		return 0;
	for (size_t i = 0; timeouts[i]; i++)
		if (strcmp(timeouts[i], form->timeout) == 0)
			return 0;
	return load_error(
		l, "timeout", "must be restart, join, scan, lease, connect, sntp, update or mqtt");
}

struct raw_peer {
	struct model_peer peer;
	int64_t port;
};

static const struct field peer_fields[] = {
	{ "kind", FIELD_STRING, offsetof(struct raw_peer, peer.kind), true },
	{ "port", FIELD_INTEGER, offsetof(struct raw_peer, port), false },
	{ "as", FIELD_STRING, offsetof(struct raw_peer, peer.as), false },
	{ "options", FIELD_OTHER, 0, false },
	{ NULL },
};

static int check_kind(struct loader *l, const struct model_peer *peer)
{
	for (size_t i = 0; peer_kinds[i]; i++)
		if (strcmp(peer_kinds[i], peer->kind) == 0)
			return 0;
	return load_error(l, NULL, "there is no kind of peer \"%s\"", peer->kind);
}

static int check_route(struct loader *l, const char *as)
{
	int64_t port;
	const char *colon = as ? strrchr(as, ':') : NULL;
	if (!as || (colon && colon > as && text_integer(colon + 1, &port) && port > 0 &&
			   port <= 65535))
		return 0;
	return load_error(l, "as", "must be a name or address, ':' and a port");
}

static int load_peer(struct loader *l, const json_t *value, struct model_peer *out)
{
	struct raw_peer raw = { 0 };
	if (json_is_string(value)) {
		out->kind =
			arena_text(l->arena, json_string_value(value), json_string_length(value));
		return check_kind(l, out);
	}
	if (load_fields(l, value, peer_fields, &raw) < 0)
		return -1;
	const json_t *options = json_object_get(value, "options");
	if (options && !json_is_object(options))
		return load_error(l, "options", "must be an object");
	if (raw.port < 0 || raw.port > 65535)
		return load_error(l, "port", "must be within 0 and 65535");
	out->kind = raw.peer.kind;
	out->as = raw.peer.as;
	out->port = (int)raw.port;
	char *text = options ? json_dumps(options, JSON_COMPACT) : NULL;
	out->options = text ? arena_text(l->arena, text, strlen(text)) : NULL;
	free(text);
	return check_kind(l, out) < 0 ? -1 : check_route(l, out->as);
}

int load_peers(struct loader *l, const json_t *root, struct command *command)
{
	const json_t *table = json_object_get(root, "peers");
	if (!table)
		return 0;
	if (!json_is_object(table))
		return load_error(l, "peers", "must be an object");
	size_t mark = load_into(l, "peers");
	int status = 0;
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)table, name, value) {
		size_t inner = load_into(l, name);
		struct model_peer *peer =
			arena_push(l->arena, &command->peers, &command->peer_count, sizeof(*peer));
		peer->name = arena_text(l->arena, name, strlen(name));
		peer->file_line = load_line(l, NULL);
		status = load_peer(l, value, peer);
		load_up(l, inner);
		if (status < 0)
			break;
	}
	load_up(l, mark);
	return status;
}

static int add_needs(struct loader *l, const char *value, const json_t *list, struct parameter *p)
{
	const char *why;
	if (!spec_value_fits(p, value, false, &why))
		return load_error(l, value, "is not a value of the parameter: %s", why);
	if (!json_is_array(list) || json_array_size(list) == 0)
		return load_error(l, value, "must be a list of facilities");
	struct value_needs *place =
		arena_push(l->arena, &p->value_needs, &p->value_needs_count, sizeof(*place));
	place->value = arena_text(l->arena, value, strlen(value));
	place->needs = arena_alloc(l->arena, sizeof(*place->needs));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *need = json_string_value(json_array_get(list, i));
		if (!need || !*need)
			return load_error(l, value, "must hold names of facilities");
		arena_push_text(l->arena, &place->needs, arena_text(l->arena, need, strlen(need)));
	}
	return 0;
}

int load_value_needs(struct loader *l, const json_t *object, struct parameter *p)
{
	const json_t *table = json_object_get(object, "value_needs");
	if (!table)
		return 0;
	if (!json_is_object(table))
		return load_error(l, "value_needs", "must be an object");
	size_t mark = load_into(l, "value_needs");
	int status = 0;
	const char *value;
	json_t *list;
	json_object_foreach ((json_t *)table, value, list) {
		status = add_needs(l, value, list, p);
		if (status < 0)
			break;
	}
	load_up(l, mark);
	return status;
}
