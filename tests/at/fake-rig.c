/* SPDX-License-Identifier: MIT */
#include "fake-rig.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void feed(int fd, const char *bytes, size_t len)
{
	struct buf message = { 0 };
	const char t[8] = { 1 };
	buf_append(&message, t, sizeof(t));
	buf_append(&message, bytes, len);
	channel_send(fd, CHANNEL_RX, message.data, message.len);
	buf_finish(&message);
}

static bool answer(struct fake_rig *rig)
{
	const struct fake_step *s =
		rig->step < FAKE_RIG_STEPS ? &rig->steps[rig->step++] : &(struct fake_step){ 0 };
	if (s->delay_ms) {
		struct pollfd closed = { .fd = rig->fd };
		poll(&closed, 1, s->delay_ms);
	}
	size_t len = s->reply ? strlen(s->reply) : 0, chunk = s->chunk ? s->chunk : len;
	for (size_t i = 0; i < len; i += chunk)
		feed(rig->fd, s->reply + i, len - i < chunk ? len - i : chunk);
	if (s->ack)
		channel_send(rig->fd, CHANNEL_ACK, s->ack, strlen(s->ack));
	if (s->abort)
		channel_send(rig->fd, CHANNEL_ABORT, s->abort, strlen(s->abort));
	return !s->hang_up;
}

static void *serve(void *user)
{
	static char message[CHANNEL_SIZE + 1];
	struct fake_rig *rig = user;
	ssize_t len;
	while ((len = channel_receive(rig->fd, message, 20000)) >= 0) {
		if (rig->seen_count < FAKE_RIG_SEEN) {
			rig->seen[rig->seen_count].type = message[0];
			rig->seen[rig->seen_count++].text = strndup(message + 1, (size_t)len);
		}
		if (strchr("TBZK", message[0]) && !answer(rig))
			break;
	}
	close(rig->fd);
	return NULL;
}

int fake_rig_start(struct fake_rig *rig, const char *grant)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	rig->fd = fds[1];
	channel_send(rig->fd, CHANNEL_GRANT, grant, strlen(grant));
	if (pthread_create(&rig->thread, NULL, serve, rig) != 0)
		abort();
	return fds[0];
}

void fake_rig_join(struct fake_rig *rig)
{
	pthread_join(rig->thread, NULL);
}

void fake_rig_finish(struct fake_rig *rig)
{
	for (size_t i = 0; i < rig->seen_count; i++)
		free(rig->seen[i].text);
	rig->seen_count = 0;
}

size_t fake_rig_count(const struct fake_rig *rig, enum channel_type type)
{
	size_t n = 0;
	for (size_t i = 0; i < rig->seen_count; i++)
		n += rig->seen[i].type == (char)type;
	return n;
}

const char *fake_rig_last(const struct fake_rig *rig, enum channel_type type)
{
	for (size_t i = rig->seen_count; i-- > 0;) {
		if (rig->seen[i].type == (char)type)
			return rig->seen[i].text;
	}
	return "";
}
