/* SPDX-License-Identifier: MIT */
#include "cli/broker-url.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct scheme {
	const char *name, *fact;
	int port;
	bool path;
} schemes[] = {
	{ "mqtt://", "port", 1883, false },
	{ "mqtts://", "tls_port", 8883, false },
	{ "ws://", "ws_port", 80, true },
	{ "wss://", "wss_port", 443, true },
};
enum { SCHEME_COUNT = sizeof(schemes) / sizeof(schemes[0]) };

static int bad(struct error *error, const char *what)
{
	return error_set(error, NULL, 0, 0,
		"--broker: %s; a broker is mqtt://user:password@host:port, mqtts://…, ws://…/path "
		"or wss://…/path",
		what);
}

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
					    : -1;
}

/* Undoes %XX; false: one that is none, or a NUL byte. */
static bool decode(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			buf_putc(out, text[i]);
			continue;
		}
		int high = i + 2 < len ? hex(text[i + 1]) : -1;
		int low = high >= 0 ? hex(text[i + 2]) : -1;
		if (low < 0 || (high == 0 && low == 0))
			return false;
		buf_putc(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

/* The same broker has one host, one user and one password. */
static int put(json_t *facts, const char *key, const struct buf *value, struct error *error)
{
	const char *before = json_string_value(json_object_get(facts, key));
	char text[80];
	json_t *json = json_string(buf_text(value));
	if (before && strcmp(before, buf_text(value)) != 0) {
		json_decref(json);
		snprintf(text, sizeof(text), "several are listeners of one broker, with one %s",
			key);
		return bad(error, text);
	}
	if (!json)
		return bad(error, "names, passwords and paths are UTF-8");
	json_object_set_new(facts, key, json);
	return 0;
}

static int put_user(json_t *facts, const char *text, size_t len, struct error *error)
{
	struct buf name AUTO_BUF = { 0 };
	struct buf password AUTO_BUF = { 0 };
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon ? (size_t)(colon - text) : len;
	if (!decode(text, name_len, &name) ||
		(colon && !decode(colon + 1, len - name_len - 1, &password)))
		return bad(error, "a character in user or password is written as %XX");
	if (put(facts, "username", &name, error) < 0)
		return -1;
	return colon ? put(facts, "password", &password, error) : 0;
}

static int put_host(
	json_t *facts, const struct scheme *s, const char *text, size_t len, struct error *error)
{
	struct buf host AUTO_BUF = { 0 };
	struct buf port AUTO_BUF = { 0 };
	int64_t number = s->port;
	const char *colon = memrchr(text, ':', len);
	size_t host_len = colon ? (size_t)(colon - text) : len;
	buf_append(&host, text, host_len);
	if (colon)
		buf_append(&port, colon + 1, len - host_len - 1);
	if (!host_len || host_len > 128 || strpbrk(host.data, "[]:/?#\"\\ "))
		return bad(error, "the host is a name or an IPv4 address");
	if (colon && (!text_integer(buf_text(&port), &number) || number < 1 || number > 65535))
		return bad(error, "a port is from 1 to 65535");
	if (json_object_get(facts, s->fact))
		return bad(error, "one listener of each kind");
	json_object_set_new(facts, s->fact, json_integer(number));
	return put(facts, "host", &host, error);
}

static const struct scheme *find_scheme(const char *url)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		if (text_starts(url, schemes[i].name))
			return &schemes[i];
	return NULL;
}

int broker_url_add(json_t *facts, const char *url, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	const struct scheme *s = find_scheme(url);
	if (!s)
		return bad(error, "that is none");
	const char *rest = url + strlen(s->name);
	size_t len = strcspn(rest, "/");
	const char *at = memrchr(rest, '@', len);
	const char *slash = rest + len;
	if (at && put_user(facts, rest, (size_t)(at - rest), error) < 0)
		return -1;
	const char *host = at ? at + 1 : rest;
	if (put_host(facts, s, host, (size_t)(slash - host), error) < 0)
		return -1;
	if (*slash && slash[1] && !s->path)
		return bad(error, "only ws: and wss: have a path");
	if (!s->path || !*slash)
		return 0;
	buf_puts(&path, slash + 1);
	return put(facts, "path", &path, error);
}
