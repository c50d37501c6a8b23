/* SPDX-License-Identifier: MIT */
/* Messages that were published, and which of them the module has handed out. */
#ifndef MONITOR_MQTT_RECORD_H
#define MONITOR_MQTT_RECORD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORDS_MAX = 8192, /* of a lease; more, and nothing is said of unknown messages */
	RECORDS_KEPT = 512, /* retained ones, from lease to lease */
	SUBSCRIPTIONS_MAX = 64,
};

struct publication {
	int client;
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retain;
	bool repeats; /* it may be handed out any number of times, or never */
	bool live;    /* the module was connected when it was published */
};

struct record;
struct subscription;

struct mqtt_book {
	struct record **records;
	size_t count;
	struct subscription *subscriptions;
	size_t subscription_count;
	unsigned epoch;   /* counts up whenever what is under way may be lost or come again */
	bool full, blind; /* blind: subscriptions are not known */
};

enum mqtt_book_fault {
	MQTT_BOOK_FINE,
	MQTT_BOOK_UNKNOWN, /* nobody published it */
	MQTT_BOOK_DOUBLE,  /* once too often for its QoS */
	MQTT_BOOK_ORDER,   /* one before it, by the same client, with the same topic and QoS, is
			      lost, or comes too late */
};

void mqtt_book_finish(struct mqtt_book *b);
/* All but what may be retained. */
void mqtt_book_forget(struct mqtt_book *b);
void mqtt_book_interrupt(struct mqtt_book *b);
/* NULL: there is no more room. */
struct record *mqtt_book_add(struct mqtt_book *b, const struct publication *publication);
/* It may be lost: whoever was to publish it says that it could not. */
void mqtt_book_excuse(struct record *record);
void mqtt_book_subscribe(struct mqtt_book *b, const char *filter, int qos);
void mqtt_book_unsubscribe(struct mqtt_book *b, const char *filter);
/* The module hands a message out; why: a sentence when it is not fine. */
enum mqtt_book_fault mqtt_book_deliver(
	struct mqtt_book *b, const char *topic, const void *payload, size_t len, struct buf *why);

#endif
