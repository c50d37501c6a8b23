/* SPDX-License-Identifier: MIT */
#include "report/exchange.h"

#include <string.h>

void exchange_reset(struct exchange *x)
{
	x->open = false;
	x->command_len = x->line_len = x->info_len = 0;
	x->command[0] = x->line[0] = x->info[0] = '\0';
}

void exchange_sent(struct exchange *x, const void *bytes, size_t len, int64_t t_ns)
{
	const char *p = bytes;
	for (size_t i = 0; i < len; i++) {
		if (x->open || x->command_len == 0) {
			x->open = false;
			x->command_len = x->info_len = x->line_len = 0;
			x->sent_ns = t_ns;
		}
		if (p[i] == '\n') {
			while (x->command_len && x->command[x->command_len - 1] == '\r')
				x->command_len--;
			x->command[x->command_len] = '\0';
			x->open = strncmp(x->command, "AT", 2) == 0;
			if (!x->open)
				x->command_len = 0;
		} else if (x->command_len < sizeof(x->command) - 1) {
			x->command[x->command_len++] = p[i] ? p[i] : ' ';
		}
	}
}

static bool is_final(const char *line)
{
	static const char *const finals[] = { "OK", "ERROR", "FAIL", "SEND OK", "SEND FAIL",
		"busy p...", "busy s..." };
	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++)
		if (strcmp(line, finals[i]) == 0)
			return true;
	return false;
}

/* True when the line ends the exchange. */
static bool take_line(struct exchange *x, int64_t t_ns)
{
	while (x->line_len && x->line[x->line_len - 1] == '\r')
		x->line_len--;
	x->line[x->line_len] = '\0';
	size_t len = x->line_len;
	x->line_len = 0;
	if (!x->open || !len || strcmp(x->line, x->command) == 0)
		return false;
	if (is_final(x->line)) {
		memcpy(x->final, x->line, len + 1);
		x->latency_ns = t_ns - x->sent_ns;
		x->open = false;
		return true;
	}
	if (len + 2 <= sizeof(x->info) - x->info_len) {
		memcpy(x->info + x->info_len, x->line, len);
		x->info_len += len;
		x->info[x->info_len++] = '\n';
	}
	return false;
}

size_t exchange_received(
	struct exchange *x, const void *bytes, size_t len, int64_t t_ns, bool *done)
{
	const char *p = bytes;
	*done = false;
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n') {
			if (take_line(x, t_ns)) {
				x->info[x->info_len] = '\0';
				x->command_len = 0;
				*done = true;
				return i + 1;
			}
		} else if (x->line_len < sizeof(x->line) - 1) {
			x->line[x->line_len++] = p[i] ? p[i] : ' ';
		}
	}
	return len;
}
