/* SPDX-License-Identifier: MIT */
#include "report/answer.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer_word {
	const char *text; /* NULL: a free place */
	size_t len;
	uint64_t name;
};

void answer_reset(struct answer *a)
{
	buf_clear(&a->sent);
	buf_clear(&a->received);
	buf_clear(&a->places);
	a->counted = false;
	a->word_count = 0;
}

void answer_finish(struct answer *a)
{
	buf_finish(&a->sent);
	buf_finish(&a->received);
	buf_finish(&a->places);
	free(a->words);
	*a = (struct answer){ 0 };
}

void answer_sent(struct answer *a, const void *bytes, size_t len)
{
	buf_append(&a->sent, bytes, len);
}

void answer_received(struct answer *a, const void *bytes, size_t len)
{
	buf_append(&a->received, bytes, len);
}

void answer_counted(struct answer *a)
{
	a->counted = true;
}

void answer_place(struct answer *a, const char *text, size_t len, uint64_t name)
{
	if (!len || memchr(text, '\0', len))
		return;
	buf_append(&a->places, text, len);
	buf_putc(&a->places, '\0');
	buf_append(&a->places, &name, sizeof(name));
}

/* Letters, digits, and what holds addresses, names and versions together. */
static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' ||
	       c == '_' || c == '-';
}

size_t answer_word_length(const char *text, size_t len)
{
	size_t n = 0;
	while (n < len && in_word(text[n]))
		n++;
	return n;
}

static struct answer_word *place_of(const struct answer *a, const char *word, size_t len)
{
	size_t at = (size_t)text_hash(word, len, 0) & (a->word_room - 1);
	while (a->words[at].text &&
		(a->words[at].len != len || memcmp(a->words[at].text, word, len) != 0))
		at = (at + 1) & (a->word_room - 1);
	return &a->words[at];
}

static void make_room(struct answer *a, size_t words)
{
	size_t room = a->word_room ? a->word_room : 64;
	while (room < 2 * words)
		room *= 2;
	if (room != a->word_room) {
		free(a->words);
		a->words = malloc(room * sizeof(*a->words));
		if (!a->words)
			abort();
		a->word_room = room;
	}
	memset(a->words, 0, room * sizeof(*a->words));
	a->word_count = 0;
}

static void learn(struct answer *a, const char *word, size_t len, uint64_t name)
{
	struct answer_word *place = place_of(a, word, len);
	if (place->text)
		return;
	*place = (struct answer_word){ .text = word, .len = len, .name = name };
	a->word_count++;
}

#define OF_PEER (UINT64_C(1) << 63)

/* What was sent comes first: its order is the case's own, while peers are called by number. */
static void learn_all(struct answer *a)
{
	const char *text = buf_text(&a->sent);
	size_t words = a->places.len / 10;
	for (size_t at = 0; at < a->sent.len;) {
		size_t n = answer_word_length(text + at, a->sent.len - at);
		words += n > 0;
		at += n ? n : 1;
	}
	make_room(a, words + 1);
	for (size_t at = 0; at < a->sent.len;) {
		size_t n = answer_word_length(text + at, a->sent.len - at);
		if (n)
			learn(a, text + at, n, a->word_count + 1);
		at += n ? n : 1;
	}
	text = buf_text(&a->places);
	for (size_t at = 0; at < a->places.len;) {
		size_t n = strlen(text + at);
		uint64_t name;
		memcpy(&name, text + at + n + 1, sizeof(name));
		learn(a, text + at, n, OF_PEER | name);
		at += n + 1 + sizeof(name);
	}
}

bool answer_knows(const struct answer *a, const char *word, size_t len, uint64_t *name)
{
	const struct answer_word *place = a->word_count ? place_of(a, word, len) : NULL;
	if (!place || !place->text)
		return false;
	*name = place->name;
	return true;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* Which commands were sent; with which values is in the responses, where they matter. */
static uint64_t sum_commands(const struct answer *a)
{
	const char *text = buf_text(&a->sent);
	uint64_t sum = 0;
	for (size_t at = 0; at < a->sent.len;) {
		const char *end = memchr(text + at, '\n', a->sent.len - at);
		size_t len = end ? (size_t)(end - (text + at)) + 1 : a->sent.len - at;
		if (len > 2 && memcmp(text + at, "AT", 2) == 0) {
			size_t n = 2;
			while (n < len && !strchr("=?\r\n", text[at + n]))
				n++;
			sum = text_hash(text + at, n, mix(sum + 1));
		}
		at += len;
	}
	return sum;
}

struct answer_sum answer_take(struct answer *a)
{
	const char *text = buf_text(&a->received);
	size_t len = a->received.len;
	if (a->counted && len > ANSWER_KEPT)
		len = ANSWER_KEPT;
	learn_all(a);
	uint64_t commands = sum_commands(a);
	struct answer_sum sum = { .all = mix(commands), .lines = mix(commands) };
	uint64_t line = 0;
	for (size_t at = 0; at < len;) {
		uint64_t name;
		size_t n = answer_word_length(text + at, len - at);
		if (n && answer_knows(a, text + at, n, &name))
			line = mix(line ^ mix(name));
		else
			line = text_hash(text + at, n ? n : 1, line + 1);
		at += n ? n : 1;
		if (text[at - 1] != '\n' && at < len)
			continue;
		sum.all = mix(sum.all ^ line);
		sum.lines += mix(line);
		line = 0;
	}
	return sum;
}

/* "127.0.1.2:4567", "[::1]:80" */
static void place(struct answer *a, const char *text, uint64_t name)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool brackets = len > 2 && text[0] == '[' && colon[-1] == ']';
	if (!colon)
		return;
	answer_place(a, text + brackets, len - 2 * brackets, name);
	answer_place(a, colon + 1, strlen(colon + 1), name + 1);
}

void answer_peer(struct answer *a, const json_t *o)
{
	char digits[24];
	const char *address = json_string_value(json_object_get(o, "address"));
	const char *from = json_string_value(json_object_get(o, "from"));
	const char *to = json_string_value(json_object_get(o, "to"));
	long long port = json_integer_value(json_object_get(o, "port"));
	long long number = json_integer_value(json_object_get(o, "p"));
	uint64_t k = (uint64_t)json_integer_value(json_object_get(o, "k"));
	if (number < 0)
		return;
	uint64_t name = (uint64_t)number << 32 | ((k + 1) & 0xfffff) << 8;
	if (address)
		answer_place(a, address, strlen(address), name);
	if (port > 0)
		answer_place(a, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", port),
			name + 1);
	if (from)
		place(a, from, name + 2);
	if (to)
		place(a, to, name + 4);
}
