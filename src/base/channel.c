/* SPDX-License-Identifier: MIT */
#include "base/channel.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

int channel_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	int fd AUTO_FD = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(fd);
}

int channel_send(int fd, enum channel_type type, const void *payload, size_t len)
{
	if (len + 1 > CHANNEL_SIZE)
		return -EMSGSIZE;
	char kind = (char)type;
	struct iovec parts[2] = { { &kind, 1 }, { (void *)payload, len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	for (;;) {
		if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

/* One message if there is one within about wait_ms; the wait is the socket's own time limit, which
 * costs less than a poll() before each message. */
static ssize_t receive_within(int fd, char *buffer, int wait_ms)
{
	struct timeval limit = { .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 };
	if (wait_ms > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	ssize_t len = recv(fd, buffer, CHANNEL_SIZE, wait_ms > 0 ? 0 : MSG_DONTWAIT);
	return len < 0 ? -errno : len;
}

/* Answers of a module that is near come within some ten microseconds: looking for them that long
 * costs less than to sleep and be woken. */
static ssize_t receive_soon(int fd, char *buffer)
{
	enum { SOON_NS = 80000 };
	int64_t until = clock_ns() + SOON_NS;
	ssize_t len;
	do {
		len = receive_within(fd, buffer, 0);
	} while (len == -EAGAIN && clock_ns() < until);
	return len;
}

ssize_t channel_receive(int fd, char *buffer, int timeout_ms)
{
	enum { LONG_MS = 60000 };
	bool soon = timeout_ms != 0;
	struct deadline deadline = deadline_in_ms(timeout_ms < 0 ? 0 : timeout_ms);
	for (int left = timeout_ms;; left = deadline_left_ms(deadline)) {
		int wait_ms = timeout_ms < 0 || left > LONG_MS ? LONG_MS : left;
		ssize_t len = soon ? receive_soon(fd, buffer) : receive_within(fd, buffer, wait_ms);
		if (len == 0)
			return -EPIPE;
		if (len > 0) {
			buffer[len] = '\0';
			return len - 1;
		}
		/* ECONNRESET comes ahead of what the other side had still said. */
		if (len != -EINTR && len != -EAGAIN && len != -ECONNRESET)
			return len;
		if (timeout_ms >= 0 && !soon && deadline_passed(deadline))
			return -ETIMEDOUT;
		soon = false;
	}
}
