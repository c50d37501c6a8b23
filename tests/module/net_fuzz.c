/* SPDX-License-Identifier: MIT */
/* Answers of name servers and of update servers that were bent, cut and made up, given to the
 * module's readers: they must not read outside of what they were given, and must come to an end.
 * Meant for a build with sanitizers. */
#include "net-http.h"
#include "net-state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200000 };

static uint32_t state = 1;

static unsigned chance(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)(state >> 8) * below >> 24);
}

/* iot.espressif.cn is an alias of a.b, whose address is 192.168.101.20. */
static const char good_dns[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
			       "\3iot\11espressif\2cn\0\0\1\0\1"
			       "\xc0\x0c\0\5\0\1\0\0\0\74\0\5\1a\1b\0"
			       "\xc0\x2e\0\1\0\1\0\0\0\74\0\4\xc0\xa8\x65\x14";
static const char good_http[] =
	"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n"
	"X-Sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
	"abcdef\r\n\r\nv2.1.0.0\n";

/* In memory of its own size; the caller frees it. */
static char *bend(const char *good, size_t size, size_t *len)
{
	*len = chance(3) ? size : chance((unsigned)size + 1);
	char *out = malloc(*len ? *len : 1);
	if (!out)
		abort();
	memcpy(out, good, *len);
	for (unsigned i = chance(6); i > 0 && *len > 0; i--)
		out[chance((unsigned)*len)] = (char)chance(256);
	return out;
}

static unsigned dns_round(void)
{
	const struct dns_asked asked = { 0x1234, "iot.espressif.cn", chance(8) == 0 };
	uint32_t ip = 0;
	size_t len;
	char *message = bend(good_dns, sizeof(good_dns) - 1, &len);
	enum dns_answer answer = dns_read_answer(&asked, (const uint8_t *)message, len, &ip);
	free(message);
	return answer == DNS_FOUND;
}

static void count(void *user, const void *bytes, size_t len)
{
	size_t *total = user;
	(void)bytes;
	*total += len;
}

static unsigned http_round(struct evbuffer *in)
{
	struct http_answer answer;
	size_t len, at = 0, body = 0;
	char *bytes = bend(good_http, sizeof(good_http) - 1, &len);
	http_begin(&answer);
	while (at < len) {
		size_t n = 1 + chance((unsigned)(len - at));
		evbuffer_add(in, bytes + at, n);
		at += n;
		http_feed(&answer, in, count, &body);
	}
	http_end(&answer);
	evbuffer_drain(in, evbuffer_get_length(in));
	free(bytes);
	if (body != (size_t)answer.received ||
		(answer.length >= 0 && answer.received > answer.length))
		abort();
	return answer.state == HTTP_DONE && answer.status == 200;
}

static int check_good(void)
{
	const struct dns_asked asked = { 0x1234, "IOT.espressif.cn.", false };
	uint32_t ip = 0;
	return dns_read_answer(&asked, (const uint8_t *)good_dns, sizeof(good_dns) - 1, &ip) ==
				       DNS_FOUND &&
			       ip == 0xC0A86514
		       ? 0
		       : 1;
}

int main(void)
{
	struct evbuffer *in = evbuffer_new();
	unsigned found = 0, fetched = 0;
	if (!in || check_good() != 0) {
		fprintf(stderr, "the good answer is not understood\n");
		return 1;
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		found += dns_round();
		fetched += http_round(in);
	}
	evbuffer_free(in);
	printf("%d rounds: %u addresses, %u bodies\n", ROUNDS, found, fetched);
	return found > 0 && fetched > 0 ? 0 : 1;
}
