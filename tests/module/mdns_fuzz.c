/* SPDX-License-Identifier: MIT */
/* Messages that were bent, cut and made up, given to the module's mDNS responder: it must neither
 * read nor write outside of what it was given, and must say nothing that is longer than its room.
 * Meant for a build with sanitizers; without them it still sees overruns of the answer. */
#include "mdns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300000, GUARD = 16 };

static uint32_t state = 1;

static unsigned chance(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)(state >> 8) * below >> 24);
}

static const uint8_t good[] = "\0\7\0\0\0\2\0\0\0\0\0\0"
			      "\4_iot\4_tcp\5local\0\0\14\0\1"
			      "\11espressif\xc0\14\0\377\0\1";

static size_t make(uint8_t *out)
{
	size_t len = sizeof(good) - 1;
	memcpy(out, good, len);
	for (unsigned i = chance(6); i > 0; i--)
		out[chance((unsigned)len)] = (uint8_t)chance(256);
	if (chance(3) == 0)
		len = chance((unsigned)len + 1);
	return len;
}

/* The query in memory of its own size, the answer with a guard behind it. */
static int check(const struct mdns_service *service, size_t size)
{
	uint8_t query[sizeof(good)], answer[MDNS_MESSAGE_MAX + GUARD];
	size_t len = make(query);
	uint8_t *exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, query, len);
	memset(answer, 0xA5, sizeof(answer));
	size_t n = mdns_answer(service, exact, len, chance(2), answer, size);
	free(exact);
	for (size_t i = 0; i < GUARD; i++)
		if (answer[size + i] != 0xA5)
			return -1;
	return n > size ? -1 : (int)(n > 0);
}

int main(void)
{
	struct mdns_service service = { .port = 8080 };
	unsigned answered = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		snprintf(service.hostname, sizeof(service.hostname), "%.*s", (int)chance(64),
			chance(4) ? "espressif"
				  : "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
				    "h");
		snprintf(service.service, sizeof(service.service), "%s",
			chance(4) ? "_iot"
				  : "..a...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb..");
		int result = check(&service, chance(8) ? MDNS_MESSAGE_MAX : chance(120));
		if (result < 0) {
			fprintf(stderr, "round %u: the answer is longer than its room\n", i);
			return 1;
		}
		answered += (unsigned)result;
	}
	printf("%u of %u messages were answered\n", answered, (unsigned)ROUNDS);
	return answered > ROUNDS / 100 ? 0 : 1;
}
