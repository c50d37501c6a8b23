/* SPDX-License-Identifier: MIT */
/* Throws arbitrary sessions at the parser: every byte must come out once and in order, and cutting
 * the received bytes elsewhere must change nothing. An input is a list of steps, one byte each with
 * the step's kind and length, then its bytes. By itself the program makes its own inputs, from a
 * fixed seed and for two seconds; built with clang -fsanitize=fuzzer -DLINE_FUZZ_LIBFUZZER it is a
 * libFuzzer target. */
#include "base/buf.h"
#include "base/clock.h"
#include "pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum step { STEP_FEED, STEP_SENT, STEP_EVENT };
enum event { EVENT_FLUSH, EVENT_RESET, EVENT_RESTART, EVENT_EXCUSE, EVENT_ENTER, EVENT_LEAVE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "line_fuzz: %s\n", what);
	abort();
}

static void drain(struct line *l, struct pieces *p)
{
	struct line_piece piece;
	while (line_next(l, &piece)) {
		require(piece.len > 0, "an empty piece");
		require(piece.len <= LINE_MAX_BYTES || piece.kind == LINE_PAYLOAD, "too long");
		require(piece.kind != LINE_PAYLOAD || !piece.total ||
				piece.offset + piece.len <= piece.total,
			"more data than announced");
		require(piece.kind == LINE_PAYLOAD || piece.text || piece.kind == LINE_BLANK,
			"a line without text");
		pieces_add(p, &piece);
	}
}

static void happen(struct line *l, enum event event)
{
	switch (event) {
	case EVENT_FLUSH:
		line_flush(l);
		break;
	case EVENT_RESET:
		line_reset(l);
		break;
	case EVENT_RESTART:
		line_restart(l);
		break;
	case EVENT_EXCUSE:
		line_excuse(l);
		break;
	case EVENT_ENTER:
		line_passthrough(l, true);
		break;
	case EVENT_LEAVE:
		line_passthrough(l, false);
		break;
	}
}

static void run(const uint8_t *data, size_t size, size_t cut, struct pieces *p, struct buf *fed)
{
	struct line *l = line_create(&pieces_grammar);
	while (size) {
		enum step step = data[0] % 8 < 5   ? STEP_FEED
				 : data[0] % 8 < 7 ? STEP_SENT
						   : STEP_EVENT;
		size_t len = data[0] / 8;
		data++;
		size--;
		if (step == STEP_EVENT) {
			happen(l, (enum event)(len % (EVENT_LEAVE + 1)));
			drain(l, p);
			continue;
		}
		len = len < size ? len : size;
		if (step == STEP_SENT)
			line_sent(l, data, len);
		for (size_t at = 0; step == STEP_FEED && at < len; at += cut) {
			line_feed(l, data + at, len - at < cut ? len - at : cut, 0);
			drain(l, p);
		}
		if (step == STEP_FEED)
			buf_append(fed, data, len);
		data += len;
		size -= len;
	}
	line_flush(l);
	drain(l, p);
	line_destroy(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces whole = { 0 };
	struct pieces cut = { 0 };
	struct buf fed = { 0 };
	struct buf again = { 0 };
	run(data, size, SIZE_MAX / 2, &whole, &fed);
	run(data, size, 1, &cut, &again);
	require(whole.bytes.len == fed.len, "bytes lost or doubled");
	require(!fed.len || memcmp(whole.bytes.data, fed.data, fed.len) == 0, "bytes changed");
	if (strcmp(pieces_text(&whole), pieces_text(&cut)) != 0)
		fprintf(stderr, "%s\n%s\n", pieces_text(&whole), pieces_text(&cut));
	require(strcmp(pieces_text(&whole), pieces_text(&cut)) == 0, "cutting changed the pieces");
	pieces_finish(&whole);
	pieces_finish(&cut);
	buf_finish(&fed);
	buf_finish(&again);
	return 0;
}

#ifndef LINE_FUZZ_LIBFUZZER
static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32) % limit;
}

/* Words of the wire, so that random sessions get somewhere; "" stands for random bytes. */
static const char *const words[] = { "", "AT", "AT\r\n", "AT+CIPSEND=4\r\n", "AT+CIPSEND\r\n",
	"AT+CIPSENDEX=9\r\n", "AT+RST\r\n", "AT+CIPRECVDATA=9\r\n", "AT+CIPDINFO=1\r\n", "OK\r\n",
	"ERROR\r\n", "SEND OK\r\n", ">", "\r\n", "\r\n>", "ready\r\n", "+IPD,",
	"+IPD,0,4:", "+IPD,3\r\n", "1,\"1.2\",3:", "+CIPRECVDATA:3,",
	"+CIPRECVDATA,2:", "\"1.2\",80,", "+MQTTSUBRECV:0,\"t", "\",3,", "busy p...\r\n", "+++",
	"+", "\\0", "\\", "0,CLOSED\r\n", "xyz", "\n", "\r", "AT+SAVETRANSLINK=1\r\n", "+QUITT\r\n",
	"CLOSED\r\n", "WIFI GOT IP\r\n", "AT+G", "MR\r\n",
	"\r\n+IPD,2:", "AT+MQTTPUBRAW=0,\"t\",4,0,0\r\n", "\r\n+MQTTSUBRECV:0,\"t\",2,",
	"+MQTTPUB:OK\r\n", "ERR CODE:0x01090000\r\n" };

static size_t make(uint64_t *state, uint8_t *out, size_t room)
{
	size_t len = 0;
	for (uint32_t steps = 1 + random_below(state, 24); steps && len + 80 < room; steps--) {
		const char *word = words[random_below(state, sizeof(words) / sizeof(words[0]))];
		size_t n = strlen(word);
		size_t at = len++;
		for (size_t i = 0; i < n; i++)
			out[len++] = (uint8_t)word[i];
		for (; n == 0 && len - at <= 1 + at % 7; len++)
			out[len] = (uint8_t)random_below(state, 256);
		out[at] = (uint8_t)((len - at - 1) * 8 + random_below(state, 7));
		if (random_below(state, 12) == 0)
			out[len++] = (uint8_t)(random_below(state, 32) * 8 + 7);
	}
	return len;
}

int main(void)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
	struct deadline deadline = deadline_in_ms(2000);
	uint8_t input[2048];
	size_t rounds = 0;
	for (; rounds < 200000 && !deadline_passed(deadline); rounds++)
		LLVMFuzzerTestOneInput(input, make(&state, input, sizeof(input)));
	printf("%zu sessions\n", rounds);
	return 0;
}
#endif
