/* SPDX-License-Identifier: MIT */
#include "base/channel.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
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

ssize_t channel_receive(int fd, char *buffer, int timeout_ms)
{
	struct deadline deadline = deadline_in_ms(timeout_ms < 0 ? 0 : timeout_ms);
	for (;;) {
		struct pollfd in = { .fd = fd, .events = POLLIN };
		int ready = poll(&in, 1, timeout_ms < 0 ? -1 : deadline_left_ms(deadline));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0)
			continue;
		ssize_t len = recv(fd, buffer, CHANNEL_SIZE, MSG_DONTWAIT);
		if (len == 0)
			return -EPIPE;
		if (len > 0) {
			buffer[len] = '\0';
			return len - 1;
		}
		if (errno == ECONNRESET)
			return -EPIPE;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}
