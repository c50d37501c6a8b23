/* SPDX-License-Identifier: MIT */
#include "at/peer-request.h"

#include "at/leave.h"
#include "at/peer.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

/* Static: a verdict leaves by a jump, and what it leaves behind must stay reachable. */
static struct buf pending;

void request_begin(const char *what, int peer)
{
	buf_clear(&pending);
	buf_printf(&pending, "{\"do\":\"%s\"", what);
	if (peer >= 0)
		buf_printf(&pending, ",\"peer\":%d", peer);
}

void request_member(const char *key, int64_t value)
{
	buf_printf(&pending, ",\"%s\":%lld", key, (long long)value);
}

void request_text(const char *key, const char *value)
{
	buf_printf(&pending, ",\"%s\":", key);
	buf_json_text(&pending, value);
}

void request_json(const char *key, const char *json)
{
	buf_printf(&pending, ",\"%s\":%s", key, json);
}

void request_options(const char *options)
{
	if (options && *options)
		request_json("options", options);
}

bool request_ask(const void *bytes, size_t len, int timeout_ms, struct answer *out)
{
	bool refused = false;
	buf_putc(&pending, '}');
	if (bytes) {
		buf_putc(&pending, '\0');
		buf_append(&pending, bytes, len);
	}
	bool fine = session_peer(&at_session, &pending, timeout_ms, &out->bytes, &out->len,
		out->may_be_refused ? &refused : NULL);
	out->refused = refused;
	buf_finish(&pending);
	return fine;
}

struct answer request_finish(const char *file, int line)
{
	struct answer out = { 0 };
	if (!request_ask(NULL, 0, 0, &out))
		at_leave(file, line);
	return out;
}

static json_t *answer(void)
{
	const struct buf *b = &at_session.peer_answer;
	return json_loadb(buf_text(b), strnlen(buf_text(b), b->len), JSON_ALLOW_NUL, NULL);
}

const char *peer_told(const char *path)
{
	json_t *json = answer();
	const char *text = at_member(json, path);
	json_decref(json);
	return text;
}

int64_t request_told(const char *path)
{
	int64_t value = 0;
	return text_integer(peer_told(path), &value) ? value : 0;
}
