/* SPDX-License-Identifier: MIT */
#include "at/incoming.h"

#include "at/inbox.h"
#include "base/pattern.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void incoming_finish(struct incoming *in)
{
	while (in->first) {
		struct frame *f = in->first;
		in->first = f->next;
		free(f);
	}
	free(in->given);
	*in = (struct incoming){ 0 };
}

bool incoming_is(const struct line_piece *piece)
{
	return piece->kind == LINE_PAYLOAD || inbox_is_header(piece) ||
	       (piece->kind == LINE_URC && piece->total > 0 && text_starts(piece->text, "+IPD"));
}

/* The fields behind the name: [link,]length[,"address",port]. */
static size_t header_fields(const char *text, const char *out[], size_t len[], size_t most)
{
	size_t count = 0;
	const char *p = strpbrk(text, ",:");
	while (p && p[1] && count < most) {
		p++;
		bool quoted = *p == '"';
		out[count] = p + quoted;
		len[count] = quoted ? strcspn(p + 1, "\"") : strcspn(p, ",:");
		p = out[count] + len[count];
		p += quoted && *p == '"';
		count++;
		if (*p != ',' && *p != ':')
			break;
	}
	return count;
}

void incoming_header(const char *text, struct ipd_header *out)
{
	const char *field[4];
	size_t len[4];
	size_t count = header_fields(text, field, len, 4);
	bool read = text_starts(text, "+CIPRECVDATA");
	size_t at = !read && (count == 2 || count == 4);
	*out = (struct ipd_header){ .link = LINK_SINGLE };
	if (at)
		out->link = atoi(field[0]);
	if (count > at)
		out->len = strtoul(field[at], NULL, 10);
	out->has_remote = count >= at + 3;
	if (!out->has_remote)
		return;
	snprintf(out->remote_ip, sizeof(out->remote_ip), "%.*s", (int)len[at + 1], field[at + 1]);
	out->remote_port = atoi(field[at + 2]);
}

static struct follow *followed(struct incoming *in, int link)
{
	for (size_t i = 0; i < in->follow_count; i++)
		if (in->follows[i].link == link)
			return &in->follows[i];
	return NULL;
}

const struct follow *incoming_followed(const struct incoming *in, int link)
{
	return followed((struct incoming *)in, link);
}

static const char *name_of(int link)
{
	static char text[24];
	snprintf(text, sizeof(text), "link %d", link);
	return link == LINK_SINGLE ? "the link"
	       : link == LINK_PASS ? "the passthrough"
	       : link == LINK_READ ? "what was read"
				   : text;
}

static bool compare(struct incoming *in, struct follow *f, const uint8_t *p, size_t len)
{
	size_t good = pattern_match(f->seed, f->offset + f->count, p, len);
	f->count += good;
	if (good == len)
		return true;
	uint8_t expected;
	pattern_fill(f->seed, f->offset + f->count, &expected, 1);
	snprintf(in->why, sizeof(in->why),
		"%s: byte %llu is 0x%02x, the pattern that was sent has 0x%02x there",
		name_of(f->link), (unsigned long long)f->count, p[good], expected);
	return false;
}

static struct frame *append(struct incoming *in, const struct ipd_header *header)
{
	if (in->bytes + header->len > INCOMING_MAX) {
		snprintf(in->why, sizeof(in->why), "more than %d bytes that the case did not take",
			INCOMING_MAX);
		return NULL;
	}
	struct frame *f = malloc(sizeof(*f) + header->len);
	if (!f)
		abort();
	f->next = NULL;
	f->header = *header;
	f->header.data = f->bytes;
	f->got = f->taken = 0;
	if (!in->end || !in->first)
		in->end = &in->first;
	*in->end = f;
	in->end = &f->next;
	in->bytes += header->len;
	return f;
}

static bool add_header(struct incoming *in, const struct line_piece *piece)
{
	struct ipd_header header;
	incoming_header(piece->text, &header);
	header.link = piece->link;
	header.len = piece->total;
	in->open = NULL;
	if (followed(in, header.link))
		return true;
	in->open = append(in, &header);
	return in->open;
}

/* Passthrough, and what AT+CIPRECVDATA reads: its header is an information line. */
static struct frame *frame_of(struct incoming *in, int link, const struct line_piece *piece)
{
	if (in->open && piece->offset && link != LINK_PASS)
		return in->open;
	struct ipd_header header = { .link = link, .len = piece->total };
	if (link == LINK_PASS)
		header.len = piece->len;
	return append(in, &header);
}

bool incoming_add(struct incoming *in, const struct line_piece *piece)
{
	if (piece->kind != LINE_PAYLOAD)
		return add_header(in, piece);
	int link = !piece->total ? LINK_PASS : piece->command ? LINK_READ : piece->link;
	struct follow *follow = followed(in, link);
	if (follow)
		return compare(in, follow, piece->bytes, piece->len);
	if (link == LINK_PASS || link == LINK_READ)
		in->open = frame_of(in, link, piece);
	if (!in->open)
		return link != LINK_PASS && link != LINK_READ;
	struct frame *f = in->open;
	if (piece->len > f->header.len - f->got)
		return true;
	memcpy(f->bytes + f->got, piece->bytes, piece->len);
	f->got += piece->len;
	f->header.t_ns = piece->t_ns;
	return true;
}

/* The frame leaves the list. */
static void unlink_frame(struct incoming *in, struct frame **at)
{
	struct frame *f = *at;
	*at = f->next;
	if (!*at)
		in->end = at;
	in->bytes -= f->header.len;
	if (in->open == f)
		in->open = NULL;
}

static struct frame **find(struct incoming *in, int link)
{
	struct frame **at = &in->first;
	while (*at && (*at)->header.link != link)
		at = &(*at)->next;
	return at;
}

static bool complete(const struct frame *f)
{
	return f->got == f->header.len;
}

size_t incoming_take(
	struct incoming *in, int link, const uint8_t *bytes, size_t len, bool *mismatch)
{
	size_t done = 0;
	*mismatch = false;
	while (done < len && !*mismatch) {
		struct frame **at = find(in, link), *f = *at;
		if (!f || f->taken == f->got)
			break;
		size_t same = 0, most = f->got - f->taken;
		most = most < len - done ? most : len - done;
		while (same < most && f->bytes[f->taken + same] == bytes[done + same])
			same++;
		f->taken += same;
		done += same;
		*mismatch = same < most;
		if (f->taken == f->header.len) {
			unlink_frame(in, at);
			free(f);
		}
	}
	return done;
}

size_t incoming_peek(const struct incoming *in, int link, const uint8_t **bytes, size_t max)
{
	const struct frame *f = *find((struct incoming *)in, link);
	size_t len = f ? f->got - f->taken : 0;
	*bytes = f ? f->bytes + f->taken : NULL;
	return len < max ? len : max;
}

const struct ipd_header *incoming_frame(struct incoming *in, int link)
{
	struct frame **at = find(in, link), *f = *at;
	if (!f || !complete(f))
		return NULL;
	unlink_frame(in, at);
	free(in->given);
	in->given = f;
	f->header.data = f->bytes + f->taken;
	f->header.len -= f->taken;
	return &f->header;
}

void incoming_drop(struct incoming *in, int link)
{
	for (struct frame **at = find(in, link); *at; at = find(in, link)) {
		struct frame *f = *at;
		unlink_frame(in, at);
		free(f);
	}
}

uint64_t incoming_left(const struct incoming *in, int link)
{
	uint64_t left = 0;
	for (const struct frame *f = in->first; f; f = f->next)
		if (f->header.link == link)
			left += f->got - f->taken;
	return left;
}

bool incoming_follow(struct incoming *in, int link, uint64_t seed, uint64_t offset)
{
	struct follow *f = followed(in, link);
	if (!f && in->follow_count == INCOMING_LINKS) {
		snprintf(in->why, sizeof(in->why), "more than %d links are followed",
			INCOMING_LINKS);
		return false;
	}
	if (!f)
		f = &in->follows[in->follow_count++];
	*f = (struct follow){ .link = link, .seed = seed, .offset = offset };
	bool fine = true;
	for (const struct frame *frame = in->first; frame && fine; frame = frame->next)
		if (frame->header.link == link)
			fine = compare(
				in, f, frame->bytes + frame->taken, frame->got - frame->taken);
	incoming_drop(in, link);
	return fine;
}
