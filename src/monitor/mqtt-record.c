/* SPDX-License-Identifier: MIT */
#include "monitor/mqtt-record.h"

#include "base/text.h"
#include "monitor/mqtt-command.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 24 };

struct record {
	int client, qos;   /* as published */
	int delivered_qos; /* by the one subscription that takes it; -1: none, or several do */
	uint64_t hash;
	size_t len;
	uint8_t head[HEAD];
	unsigned epoch;
	bool retain, repeats;
	bool excused;   /* it may be lost */
	bool skipped;   /* a later one came before it */
	bool delivered; /* handed out, or told as lost */
	char topic[];
};

struct subscription {
	char filter[MQTT_TEXT_MAX];
	int qos;
	unsigned epoch;
};

static uint64_t hash_of(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t hash = 14695981039346656037u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 1099511628211u;
	return hash;
}

void mqtt_book_finish(struct mqtt_book *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->records[i]);
	free(b->records);
	free(b->subscriptions);
	*b = (struct mqtt_book){ 0 };
}

void mqtt_book_interrupt(struct mqtt_book *b)
{
	b->epoch++;
}

void mqtt_book_forget(struct mqtt_book *b)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->count; i++) {
		struct record *r = b->records[i];
		if (r->retain && kept < RECORDS_KEPT)
			b->records[kept++] = r;
		else
			free(r);
	}
	/* With so many retained ones, one that is not among them may come. */
	b->full = kept == RECORDS_KEPT;
	b->count = kept;
	b->subscription_count = 0;
	b->blind = false;
	b->epoch++;
}

/* The QoS with which the only subscription that takes the topic has it delivered. */
static int delivered_qos(const struct mqtt_book *b, const struct publication *p)
{
	int qos = -1, count = 0;
	for (size_t i = 0; i < b->subscription_count; i++) {
		const struct subscription *s = &b->subscriptions[i];
		if (!mqtt_filter_takes(s->filter, p->topic))
			continue;
		count++;
		if (s->epoch == b->epoch)
			qos = s->qos < p->qos ? s->qos : p->qos;
	}
	return count == 1 && !b->blind ? qos : -1;
}

struct record *mqtt_book_add(struct mqtt_book *b, const struct publication *p)
{
	if (b->count == RECORDS_MAX) {
		b->full = true;
		return NULL;
	}
	if (!b->records)
		b->records = calloc(RECORDS_MAX, sizeof(struct record *));
	size_t topic_len = strlen(p->topic) + 1;
	struct record *r = calloc(1, sizeof(*r) + topic_len);
	if (!r || !b->records)
		abort();
	*r = (struct record){ .client = p->client,
		.qos = p->qos,
		.delivered_qos = p->live && !p->retain && !p->repeats ? delivered_qos(b, p) : -1,
		.hash = hash_of(p->payload, p->len),
		.len = p->len,
		.epoch = b->epoch,
		.retain = p->retain,
		.repeats = p->repeats };
	memcpy(r->topic, p->topic, topic_len);
	if (p->len)
		memcpy(r->head, p->payload, p->len < HEAD ? p->len : HEAD);
	b->records[b->count++] = r;
	return r;
}

void mqtt_book_excuse(struct record *record)
{
	record->excused = true;
}

void mqtt_book_subscribe(struct mqtt_book *b, const char *filter, int qos)
{
	mqtt_book_unsubscribe(b, filter);
	if (b->subscription_count == SUBSCRIPTIONS_MAX) {
		b->blind = true;
		return;
	}
	if (!b->subscriptions)
		b->subscriptions = calloc(SUBSCRIPTIONS_MAX, sizeof(*b->subscriptions));
	if (!b->subscriptions)
		abort();
	struct subscription *s = &b->subscriptions[b->subscription_count++];
	*s = (struct subscription){ .qos = qos, .epoch = b->epoch };
	memcpy(s->filter, filter, strnlen(filter, sizeof(s->filter) - 1));
}

void mqtt_book_unsubscribe(struct mqtt_book *b, const char *filter)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->subscription_count; i++)
		if (strcmp(b->subscriptions[i].filter, filter) != 0)
			b->subscriptions[kept++] = b->subscriptions[i];
	b->subscription_count = kept;
}

static void tell(struct buf *why, const char *topic, const void *head, size_t len, const char *text)
{
	buf_puts(why, "topic \"");
	text_visible(why, topic, strlen(topic));
	buf_printf(why, "\", %zu bytes \"", len);
	text_visible(why, head, len < HEAD ? len : HEAD);
	buf_printf(why, "%s\": %s", len > HEAD ? "..." : "", text);
}

/* Whether the QoS and a steady connection promise that it comes, once. */
static bool promised(const struct mqtt_book *b, const struct record *r)
{
	return r->delivered_qos >= 0 && r->epoch == b->epoch && !r->excused;
}

/* One that was not handed out, before one that was. */
static struct record *find(const struct mqtt_book *b, const char *topic, uint64_t hash, size_t len)
{
	struct record *found = NULL;
	for (size_t i = 0; i < b->count; i++) {
		struct record *r = b->records[i];
		if (r->hash != hash || r->len != len || strcmp(r->topic, topic) != 0)
			continue;
		if (!r->delivered && !r->skipped)
			return r;
		if (!found || (found->delivered && !r->delivered))
			found = r;
	}
	return found;
}

/* Those that had to come before this one. */
static bool judge_earlier(struct mqtt_book *b, const struct record *came, struct buf *why)
{
	bool fine = true;
	for (size_t i = 0; i < b->count && b->records[i] != came; i++) {
		struct record *r = b->records[i];
		if (r->delivered || r->client != came->client || r->qos != came->qos ||
			!promised(b, r) || strcmp(r->topic, came->topic) != 0)
			continue;
		if (r->delivered_qos == 0) {
			r->skipped = true;
			continue;
		}
		if (fine)
			tell(why, r->topic, r->head, r->len,
				"it is lost or late: a later message of its sender came");
		r->delivered = r->excused = true; /* told once */
		fine = false;
	}
	return fine;
}

enum mqtt_book_fault mqtt_book_deliver(
	struct mqtt_book *b, const char *topic, const void *payload, size_t len, struct buf *why)
{
	struct record *r = find(b, topic, hash_of(payload, len), len);
	if (!r) {
		if (b->full)
			return MQTT_BOOK_FINE;
		tell(why, topic, payload, len, "nobody published this");
		return MQTT_BOOK_UNKNOWN;
	}
	bool again = r->delivered, late = r->skipped && !r->delivered;
	if (!r->repeats && !r->retain)
		r->delivered = true;
	if (!promised(b, r))
		return MQTT_BOOK_FINE;
	if (again && r->delivered_qos != 1) {
		tell(why, topic, payload, len, "it came a second time");
		return MQTT_BOOK_DOUBLE;
	}
	if (again)
		return MQTT_BOOK_FINE;
	if (late) {
		tell(why, topic, payload, len, "a later message of its sender came before it");
		return MQTT_BOOK_ORDER;
	}
	return judge_earlier(b, r, why) ? MQTT_BOOK_FINE : MQTT_BOOK_ORDER;
}
