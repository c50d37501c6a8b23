/* SPDX-License-Identifier: MIT */
/* Whether the broker answers: a CONNECT by name and password, until there is a CONNACK. */
#include "rig/broker-internal.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void put_text(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	buf_putc(out, (char)(len >> 8));
	buf_putc(out, (char)(len & 0xff));
	buf_append(out, text, len);
}

/* MQTT 3.1.1, 3.1: clean session, user name, password. */
static void put_connect(struct buf *out, const struct broker_user *user)
{
	struct buf body AUTO_BUF = { 0 };
	put_text(&body, "MQTT");
	buf_append(&body, "\x04\xc2\x00\x0a", 4);
	put_text(&body, "atconform-ready");
	put_text(&body, user->name);
	put_text(&body, user->password);
	buf_putc(out, 0x10);
	buf_putc(out, (char)body.len); /* below 128: both texts are the rig's own */
	buf_append(out, body.data, body.len);
}

static void again(struct broker *b)
{
	broker_probe_end(b);
	event_add(&b->retry, &(struct timeval){ .tv_usec = BROKER_RETRY_MS * 1000 });
}

static void on_read(struct bufferevent *bev, void *user)
{
	struct broker *b = user;
	unsigned char answer[4];
	static const unsigned char disconnect[] = { 0xe0, 0x00 };
	if (evbuffer_get_length(bufferevent_get_input(bev)) < sizeof(answer))
		return;
	bufferevent_read(bev, answer, sizeof(answer));
	if (answer[0] == 0x20 && answer[1] == 2 && answer[3] == 0) {
		ssize_t n = send(bufferevent_getfd(bev), disconnect, sizeof(disconnect),
			MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)n;
		broker_is_ready(b);
		return;
	}
	again(b);
}

static void on_event(struct bufferevent *bev, short what, void *user)
{
	struct broker *b = user;
	struct buf packet AUTO_BUF = { 0 };
	if (!(what & BEV_EVENT_CONNECTED)) {
		again(b);
		return;
	}
	put_connect(&packet, &b->users[0]);
	bufferevent_write(bev, packet.data, packet.len);
	bufferevent_enable(bev, EV_READ);
}

void broker_probe_end(struct broker *b)
{
	if (b->probe)
		bufferevent_free(b->probe);
	b->probe = NULL;
}

void broker_probe(struct broker *b)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(broker_port(b, "tcp")) };
	if (inet_pton(AF_INET, b->lane->network.host, &to.sin_addr) != 1)
		return;
	b->probe = bufferevent_socket_new(b->lane->rig->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!b->probe)
		return;
	bufferevent_setcb(b->probe, on_read, NULL, on_event, b);
	if (bufferevent_socket_connect(b->probe, (struct sockaddr *)&to, sizeof(to)) < 0 &&
		b->probe)
		again(b);
}
