/* SPDX-License-Identifier: MIT */
/* Answers of multicast DNS, good and broken, and a question to a socket of our own. */
#include "at/mdns.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* PTR _iot._tcp.local -> box._iot._tcp.local, SRV port 8080 box.local, A 127.0.100.1 */
static const uint8_t answer[] = "\0\0\x84\0\0\0\0\1\0\0\0\2"
				"\4_iot\4_tcp\5local\0\0\x0c\0\1\0\0\0\x78\0\6\3box\xc0\x0c"
				"\xc0\x27\0\x21\0\1\0\0\0\x78\0\x0c\0\0\0\0\x1f\x90\3box\xc0\x16"
				"\3box\xc0\x16\0\1\0\1\0\0\0\x78\0\4\x7f\0\x64\1";

Test(mdns, reads_an_answer)
{
	struct mdns_answer a;
	cr_assert(mdns_read(answer, sizeof(answer) - 1, "_iot._tcp.local", &a));
	cr_expect_str_eq(a.instance, "box._iot._tcp.local");
	cr_expect_str_eq(a.host, "box.local");
	cr_expect_eq(a.port, 8080);
	cr_expect_str_eq(a.address, "127.0.100.1");
	cr_expect(mdns_read(answer, sizeof(answer) - 1, "_IOT._tcp.local", &a));
}

Test(mdns, leaves_other_things_alone)
{
	struct mdns_answer a;
	uint8_t question[sizeof(answer) - 1];
	memcpy(question, answer, sizeof(question));
	question[2] = 0;
	cr_expect(!mdns_read(question, sizeof(question), "_iot._tcp.local", &a), "a question");
	cr_expect(!mdns_read(answer, sizeof(answer) - 1, "_http._tcp.local", &a));
	cr_expect(!mdns_read(answer, 0, "_iot._tcp.local", &a));
}

/* Cut anywhere, or with any byte changed: no read beyond the end (the sanitizers watch). */
Test(mdns, survives_broken_answers)
{
	struct mdns_answer a;
	for (size_t len = 0; len < sizeof(answer) - 1; len++) {
		uint8_t exact[sizeof(answer)];
		memcpy(exact, answer, len);
		mdns_read(exact, len, "_iot._tcp.local", &a);
	}
	for (size_t i = 0; i < sizeof(answer) - 1; i++) {
		for (int value = 0; value < 256; value += 5) {
			uint8_t changed[sizeof(answer) - 1];
			memcpy(changed, answer, sizeof(changed));
			changed[i] = (uint8_t)value;
			mdns_read(changed, sizeof(changed), "_iot._tcp.local", &a);
		}
	}
}

static void *serve(void *user)
{
	int fd = *(int *)user;
	uint8_t question[512];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	/* The first one is lost on the way. */
	for (int i = 0; i < 2; i++) {
		ssize_t n = recvfrom(
			fd, question, sizeof(question), 0, (struct sockaddr *)&from, &size);
		cr_assert_eq(n, 12 + 17 + 4);
	}
	sendto(fd, "garbage", 7, 0, (struct sockaddr *)&from, size);
	sendto(fd, answer, sizeof(answer) - 1, 0, (struct sockaddr *)&from, size);
	return NULL;
}

Test(mdns, asks_until_it_is_answered, .timeout = 20)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t size = sizeof(here);
	struct mdns_answer a;
	pthread_t thread;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "127.0.0.1", &here.sin_addr);
	cr_assert_eq(bind(fd, (struct sockaddr *)&here, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&here, &size), 0);
	cr_assert_eq(pthread_create(&thread, NULL, serve, &fd), 0);
	int port = ntohs(here.sin_port);
	cr_assert_eq(mdns_ask("127.0.0.1", port, "_iot._tcp.local", 10000, &a), 1);
	cr_expect_eq(a.port, 8080);
	pthread_join(thread, NULL);
	close(fd);
	cr_expect_eq(mdns_ask("127.0.0.1", port, "_iot._tcp.local", 50, &a), 0);
	cr_expect_lt(mdns_ask("nowhere", port, "_iot._tcp.local", 50, &a), 0);
}
