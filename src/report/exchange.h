/* SPDX-License-Identifier: MIT */
/* Pairs a command with its final result in the bytes of one line: what took how long. Pure. It only
 * measures; what is right or wrong is the monitor's and the cases' business. */
#ifndef REPORT_EXCHANGE_H
#define REPORT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXCHANGE_LINE 512
#define EXCHANGE_INFO 1024

struct exchange {
	bool open;
	int64_t sent_ns;
	char command[EXCHANGE_LINE]; /* without its line end; cut when longer */
	size_t command_len;
	char line[EXCHANGE_LINE]; /* of the answer, so far */
	size_t line_len;
	char info[EXCHANGE_INFO]; /* information lines, each with \n */
	size_t info_len;
	char final[32];
	int64_t latency_ns;
};

void exchange_reset(struct exchange *x);
void exchange_sent(struct exchange *x, const void *bytes, size_t len, int64_t t_ns);
/* Consumes received bytes up to the end of one exchange; returns how many. *done: the exchange is
 * complete, see command, info, final and latency_ns. Call again with the rest. */
size_t exchange_received(
	struct exchange *x, const void *bytes, size_t len, int64_t t_ns, bool *done);

#endif
