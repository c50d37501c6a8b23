/* SPDX-License-Identifier: MIT */
/* Data that the module hands out: kept by link and in order, taken in any pieces. */
#include "at/incoming.h"
#include "base/pattern.h"

#include <criterion/criterion.h>
#include <string.h>

static struct incoming in;

static void finish(void)
{
	incoming_finish(&in);
}

static void add(const char *header, int link, const char *data, size_t part)
{
	size_t len = strlen(data);
	struct line_piece piece = { .kind = LINE_URC, .text = header, .total = len, .link = link };
	cr_assert(incoming_is(&piece));
	cr_assert(incoming_add(&in, &piece), "%s", in.why);
	for (size_t at = 0; at < len; at += part) {
		piece = (struct line_piece){ .kind = LINE_PAYLOAD,
			.bytes = (const uint8_t *)data + at,
			.len = len - at < part ? len - at : part,
			.offset = at,
			.total = len,
			.link = link };
		cr_assert(incoming_add(&in, &piece), "%s", in.why);
	}
}

static size_t take(int link, const char *bytes, bool *mismatch)
{
	return incoming_take(&in, link, (const uint8_t *)bytes, strlen(bytes), mismatch);
}

Test(incoming, headers)
{
	struct ipd_header h;
	incoming_header("+IPD,5:", &h);
	cr_assert(h.link == LINK_SINGLE && h.len == 5 && !h.has_remote);
	incoming_header("+IPD,3,5:", &h);
	cr_assert(h.link == 3 && h.len == 5 && !h.has_remote);
	incoming_header("+IPD,5,\"10.0.0.1\",80:", &h);
	cr_assert(h.link == LINK_SINGLE && h.len == 5 && h.remote_port == 80);
	cr_assert_str_eq(h.remote_ip, "10.0.0.1");
	incoming_header("+IPD,4,1460,10.0.0.1,65535:", &h);
	cr_assert(h.link == 4 && h.len == 1460 && h.has_remote && h.remote_port == 65535);
	cr_assert_str_eq(h.remote_ip, "10.0.0.1");
	incoming_header("+CIPRECVDATA:7,", &h);
	cr_assert(h.link == LINK_SINGLE && h.len == 7 && !h.has_remote);
	incoming_header("+CIPRECVDATA:7,\"10.0.0.1\",80,", &h);
	cr_assert(h.len == 7 && h.has_remote && h.remote_port == 80);
	incoming_header("+CIPRECVDATA,7:", &h);
	cr_assert(h.len == 7 && !h.has_remote);
	incoming_header("+IPD,0,100", &h);
	cr_assert(h.link == 0 && h.len == 100);
	incoming_header("+IPD,5,\"10.0.0.1", &h);
	cr_assert(h.link == 5 && !h.has_remote);
	incoming_header("+IPD", &h);
	cr_assert(h.link == LINK_SINGLE && h.len == 0);
}

Test(incoming, links_are_kept_apart, .fini = finish)
{
	bool mismatch;
	add("+IPD,0,3:", 0, "abc", 1);
	add("+IPD,1,3:", 1, "xyz", 3);
	add("+IPD,0,3:", 0, "def", 2);
	cr_assert_eq(incoming_left(&in, 0), 6);
	cr_assert(take(0, "abcd", &mismatch) == 4 && !mismatch);
	cr_assert(take(1, "xyw", &mismatch) == 2 && mismatch);
	cr_assert(take(1, "z", &mismatch) == 1 && !mismatch);
	cr_assert(take(0, "efgh", &mismatch) == 2 && !mismatch);
	cr_assert(incoming_left(&in, 0) == 0 && !in.first && in.bytes == 0);
	add("+IPD,2,1:", 2, "q", 1);
	cr_assert(take(2, "q", &mismatch) == 1);
}

Test(incoming, frames_come_whole, .fini = finish)
{
	add("+IPD,0,3,\"10.0.0.9\",7:", 0, "abc", 3);
	struct line_piece header = { .kind = LINE_URC, .text = "+IPD,0,2:", .total = 2, .link = 0 };
	incoming_add(&in, &header);
	const struct ipd_header *h = incoming_frame(&in, 0);
	cr_assert(h && h->len == 3 && h->remote_port == 7 && memcmp(h->data, "abc", 3) == 0);
	cr_assert_null(incoming_frame(&in, 0));
	add("+IPD,0,2:", 0, "hi", 2);
	incoming_drop(&in, 0);
	cr_assert(incoming_left(&in, 0) == 0);
}

Test(incoming, a_pattern_is_compared_on_the_way, .fini = finish)
{
	char good[65] = { 0 };
	pattern_fill(7, 0, good, 64);
	for (int i = 0; i < 64; i++)
		good[i] = good[i] ? good[i] : 1;
	pattern_fill(7, 0, good, 8);
	struct line_piece piece = { .kind = LINE_URC, .text = "+IPD,0,8:", .total = 8 };
	incoming_add(&in, &piece);
	piece = (struct line_piece){
		.kind = LINE_PAYLOAD, .bytes = (const uint8_t *)good, .len = 4, .total = 8
	};
	cr_assert(incoming_add(&in, &piece));
	cr_assert(incoming_follow(&in, 0, 7, 0));
	cr_assert_eq(incoming_followed(&in, 0)->count, 4);
	piece.bytes += 4;
	piece.offset = 4;
	cr_assert(incoming_add(&in, &piece));
	cr_assert_eq(incoming_followed(&in, 0)->count, 8);
	piece.bytes = (const uint8_t *)good;
	cr_assert_not(incoming_add(&in, &piece));
	cr_assert(strstr(in.why, "link 0: byte 8 is"), "%s", in.why);
}

Test(incoming, has_a_limit, .fini = finish)
{
	static uint8_t block[65536];
	struct line_piece pass = { .kind = LINE_PAYLOAD, .bytes = block, .len = sizeof(block) };
	size_t count = 0;
	while (count < 2000 && incoming_add(&in, &pass))
		count++;
	cr_assert_eq(count, INCOMING_MAX / sizeof(block));
	cr_assert_eq(incoming_left(&in, LINK_PASS), INCOMING_MAX);
}
