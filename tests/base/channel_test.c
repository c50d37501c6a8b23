/* SPDX-License-Identifier: MIT */
/* Messages between rig and worker: whole packets, deadlines, and the end of the other side. */
#include "base/channel.h"
#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int ends[2];
static char buffer[CHANNEL_SIZE + 1];

static void pair(void)
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

TestSuite(channel, .init = pair);

Test(channel, message_arrives_whole)
{
	cr_assert_eq(channel_send(ends[0], CHANNEL_TX, "AT\0\r\n", 5), 0);
	cr_assert_eq(channel_send(ends[0], CHANNEL_NOTE, "{}", 2), 0);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), 5);
	cr_assert_eq(buffer[0], CHANNEL_TX);
	cr_assert_arr_eq(buffer + 1, "AT\0\r\n", 5);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), 2);
	cr_assert_eq(buffer[0], CHANNEL_NOTE);
	cr_assert_str_eq(buffer + 1, "{}");
}

Test(channel, empty_message)
{
	cr_assert_eq(channel_send(ends[0], CHANNEL_RUNNER, NULL, 0), 0);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), 0);
	cr_assert_eq(buffer[0], CHANNEL_RUNNER);
	cr_assert_str_eq(buffer + 1, "");
}

Test(channel, largest_message)
{
	static char large[CHANNEL_SIZE];
	memset(large, 'x', sizeof(large));
	cr_assert_eq(channel_send(ends[0], CHANNEL_TX, large, CHANNEL_SIZE), -EMSGSIZE);
	cr_assert_eq(channel_send(ends[0], CHANNEL_TX, large, CHANNEL_SIZE - 1), 0);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), CHANNEL_SIZE - 1);
}

Test(channel, waits_no_longer_than_told)
{
	int64_t start = clock_ns();
	cr_assert_eq(channel_receive(ends[1], buffer, 30), -ETIMEDOUT);
	cr_assert_geq(clock_ns() - start, 29000000);
	cr_assert_eq(channel_receive(ends[1], buffer, 0), -ETIMEDOUT);
}

Test(channel, end_of_the_other_side)
{
	cr_assert_eq(channel_send(ends[0], CHANNEL_NOTE, "{}", 2), 0);
	close(ends[0]);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), 2);
	cr_assert_eq(channel_receive(ends[1], buffer, 1000), -EPIPE);
	cr_assert_eq(channel_send(ends[1], CHANNEL_TX, "x", 1), -EPIPE);
}

Test(channel, connects_by_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/channel-test-%d", getpid());
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(listener, 1), 0);
	int fd = channel_connect(address.sun_path);
	cr_expect_geq(fd, 0);
	unlink(address.sun_path);
	cr_expect_eq(channel_connect(address.sun_path), -ENOENT);
	close(listener);
}

Test(channel, too_long_a_path)
{
	char path[300];
	memset(path, 'x', sizeof(path));
	path[299] = '\0';
	cr_assert_eq(channel_connect(path), -ENAMETOOLONG);
}
