/* SPDX-License-Identifier: MIT */
#include "sessions.h"

#include "base/cleanup.h"
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

struct spec sessions_spec(void)
{
	const struct line_grammar *g = &pieces_grammar;
	struct spec s = { .urcs = calloc(g->urc_count, sizeof(*s.urcs)),
		.finals = calloc(g->final_count, sizeof(*s.finals)),
		.urc_count = g->urc_count,
		.final_count = g->final_count };
	for (size_t i = 0; i < g->urc_count; i++)
		s.urcs[i] = (struct known_line){ .text = g->urcs[i].pattern,
			.payload = g->urcs[i].payload };
	for (size_t i = 0; i < g->final_count; i++)
		s.finals[i] =
			(struct known_line){ .text = g->finals[i].text, .ok = g->finals[i].ok };
	return s;
}

void sessions_list_breach(void *user, const struct breach *b)
{
	struct buf *out = user;
	buf_printf(out, "%s%s %s", out->len ? ", " : "", strrchr(b->requirement, '-') + 1, b->text);
}

uint32_t sessions_random(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % limit;
}

void sessions_at_random(const char *const words[], size_t count, uint32_t sessions,
	void (*other)(struct monitor *m, const char *step))
{
	for (uint32_t seed = 0; seed < sessions; seed++) {
		struct buf breaches AUTO_BUF = { 0 };
		struct spec spec = sessions_spec();
		struct monitor *m = monitor_create(&spec, NULL, sessions_list_breach, &breaches);
		uint32_t state = seed;
		for (int i = 0; i < 40; i++) {
			const char *step = words[sessions_random(&state, (uint32_t)count)];
			if (*step == '>')
				monitor_sent(m, step + 2, strlen(step + 2), 1);
			else if (*step == '<')
				monitor_received(m, step + 2, strlen(step + 2), 1);
			else
				other(m, step);
			if (sessions_random(&state, 20) == 0)
				monitor_end(m, 1);
		}
		monitor_destroy(m);
		free(spec.urcs);
		free(spec.finals);
	}
}
