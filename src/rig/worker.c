/* SPDX-License-Identifier: MIT */
/* Connections to the rig's socket: who is at the other end, since when, and until when. */
#include "rig/internal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct timeval grace = { GRACE_MS / 1000, GRACE_MS % 1000 * 1000 };

static void send_text(struct worker *worker, enum channel_type type, const char *json, size_t len)
{
	char kind = (char)type;
	struct iovec parts[2] = { { &kind, 1 }, { (void *)json, len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	/* Never waits: a worker without room for this is killed by its deadline. */
	ssize_t sent = sendmsg(worker->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)sent;
}

void worker_answer(struct worker *worker, bool ok, const char *text)
{
	struct buf json AUTO_BUF = { 0 };
	buf_puts(&json, ok ? "{\"ok\":true" : "{\"ok\":false");
	journal_text(&json, "text", text);
	buf_putc(&json, '}');
	worker->asked = 0;
	send_text(worker, CHANNEL_ACK, json.data, json.len);
}

void worker_abort(struct worker *worker, const char *verdict, const char *why)
{
	if (worker->aborted)
		return;
	worker->aborted = true;
	struct buf json AUTO_BUF = { 0 };
	buf_puts(&json, "{\"verdict\":");
	buf_json_text(&json, verdict ? verdict : "error");
	journal_text(&json, "why", why);
	buf_putc(&json, '}');
	send_text(worker, CHANNEL_ABORT, json.data, json.len);
	if (worker->state == WORKER_LEASED || worker->state == WORKER_QUEUED) {
		struct case_state *state = &worker->rig->cases[worker->case_index];
		if (verdict && !state->has_worker) {
			state->has_abort = true;
			state->by_rig.verdict = strdup(verdict);
			state->by_rig.message = strdup(why);
		} else if (!verdict) {
			state->dropped = !state->has_worker;
		}
	}
	event_add(&worker->readable, NULL);
	event_add(&worker->timer, &grace);
}

static void unlink_worker(struct worker *worker)
{
	struct worker **at = &worker->rig->workers;
	while (*at && *at != worker)
		at = &(*at)->next;
	if (*at)
		*at = worker->next;
}

static void worker_destroy(struct worker *worker)
{
	unlink_worker(worker);
	event_del(&worker->readable);
	event_del(&worker->writable);
	event_del(&worker->timer);
	close(worker->fd);
	free(worker);
}

/* The other end has gone, whatever the reason. */
static void worker_gone(struct worker *worker)
{
	struct rig *rig = worker->rig;
	int index = worker->case_index;
	bool is_case = worker->state == WORKER_LEASED || worker->state == WORKER_QUEUED;
	if (worker->state == WORKER_LEASED)
		lease_end(worker);
	if (is_case) {
		rig->cases[index].worker = NULL;
		rig->cases[index].gone = true;
		rig->cases[index].gone_ns = journal_now(rig->journal);
	}
	worker_destroy(worker);
	if (is_case)
		verdict_try(rig, (size_t)index);
	schedule(rig);
}

/* Takes one message. False when there is none now, or the worker has gone. */
static bool read_one(struct worker *worker)
{
	struct rig *rig = worker->rig;
	ssize_t n;
	/* A peer that closes without having read everything leaves ECONNRESET, and that comes ahead
	 * of its last words. */
	do {
		n = recv(worker->fd, rig->message, CHANNEL_SIZE, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		worker_gone(worker);
		return false;
	}
	rig->message[n] = '\0';
	message_take(worker, (enum channel_type)rig->message[0], rig->message + 1, (size_t)n - 1);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	read_one(user);
}

static void on_writable(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct worker *worker = user;
	if (worker->lane)
		peer_worker_writable(worker->lane);
	if (worker->lane)
		lease_worker_writable(worker->lane);
}

/* The time in which bytes are on the line is not the case's: at 115200 baud a mebibyte takes longer
 * than any case may. */
static bool put_off(struct worker *worker)
{
	int total = worker->rig->plan->bench->timeouts_ms.case_total;
	int64_t line = lease_line_ns(worker->lane) / 1000000;
	int64_t most = (int64_t)MORE_MAX * total;
	int more = (int)(line < most ? line : most);
	int rest = more - worker->more_ms;
	if (rest < 2)
		return false;
	worker->more_ms = more;
	event_add(&worker->timer, &(struct timeval){ rest / 1000, rest % 1000 * 1000 });
	return true;
}

/* No hello in time, the case's deadline, or the end of the grace that ABORT gave. */
static void on_timer(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct worker *worker = user;
	if (worker->aborted || worker->state != WORKER_LEASED) {
		if (worker->pid > 0 && worker->pid != worker->rig->runner)
			kill(worker->pid, SIGKILL);
		worker_gone(worker);
		return;
	}
	if (put_off(worker))
		return;
	char why[120];
	int total = worker->rig->plan->bench->timeouts_ms.case_total;
	if (worker->more_ms * 10 > total)
		snprintf(why, sizeof(why),
			"the case's deadline of %d ms and %d ms of bytes on the line has passed",
			total, worker->more_ms);
	else
		snprintf(why, sizeof(why), "the case's deadline of %d ms has passed", total);
	worker_abort(worker, "error", why);
}

static void add_worker(struct rig *rig, int fd)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	if (!worker)
		abort();
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	*worker = (struct worker){
		.rig = rig, .fd = fd, .pid = peer.pid, .case_index = -1, .next = rig->workers
	};
	rig->workers = worker;
	event_assign(&worker->readable, rig->base, fd, EV_READ | EV_PERSIST, on_readable, worker);
	event_assign(&worker->writable, rig->base, fd, EV_WRITE, on_writable, worker);
	event_assign(&worker->timer, rig->base, -1, 0, on_timer, worker);
	event_add(&worker->readable, NULL);
	event_add(&worker->timer, &(struct timeval){ HELLO_MS / 1000, 0 });
}

void worker_accept_all(struct rig *rig)
{
	int fd;
	while ((fd = accept4(rig->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		add_worker(rig, fd);
}

static void on_listening(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	worker_accept_all(user);
}

int worker_listen(struct rig *rig, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	buf_printf(&rig->socket_path, "%s/rig.sock", rig->dir);
	strncpy(address.sun_path, rig->socket_path.data, sizeof(address.sun_path) - 1);
	rig->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (rig->listen_fd < 0 ||
		bind(rig->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(rig->listen_fd, 64) < 0)
		return error_set(error, NULL, 0, 0, "can't listen on %s: %s", address.sun_path,
			strerror(errno));
	event_assign(&rig->listening, rig->base, rig->listen_fd, EV_READ | EV_PERSIST, on_listening,
		rig);
	event_add(&rig->listening, NULL);
	return 0;
}

void worker_read_all(struct rig *rig, bool only_new)
{
	worker_accept_all(rig);
	/* Reading one may remove others, so start again after each that said something. */
	struct worker *worker = rig->workers;
	while (worker) {
		struct worker *next = worker->next;
		bool mute = worker->lane &&
			    (worker->lane->unsent.len || peer_answer_waits(worker->lane));
		mute = mute || (only_new && worker->state != WORKER_NEW);
		worker = !mute && read_one(worker) ? rig->workers : next;
	}
}

void worker_kill_all(struct rig *rig)
{
	for (struct worker *w = rig->workers; w; w = w->next)
		if (w->pid > 0 && w->state != WORKER_RUNNER)
			kill(w->pid, SIGKILL);
}

void worker_close_all(struct rig *rig)
{
	while (rig->workers) {
		struct worker *worker = rig->workers;
		if (worker->state == WORKER_LEASED)
			lease_end(worker);
		if (worker->case_index >= 0)
			rig->cases[worker->case_index].worker = NULL;
		worker_destroy(worker);
	}
}
