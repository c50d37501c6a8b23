/* SPDX-License-Identifier: MIT */
#include "monitor/flow-internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct flow *flow_create(flow_breach_fn *on_breach, void *user)
{
	struct flow *f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->on_breach = on_breach;
	f->user = user;
	f->reading = -1;
	return f;
}

static void free_end(struct end *e)
{
	queue_finish(&e->sent);
	free(e->datagrams);
	free(e);
}

void flow_clear(struct link *l)
{
	queue_finish(&l->given);
	if (l->end)
		l->end->link = -1;
	*l = (struct link){ 0 };
}

void flow_forget(struct flow *f)
{
	for (int i = 0; i < LINK_PLACES; i++)
		flow_clear(&f->links[i]);
	for (size_t i = 0; i < f->end_count; i++)
		free_end(f->ends[i]);
	f->end_count = 0;
	f->full = false;
	f->start = (struct start){ 0 };
	f->reading = -1;
	buf_clear(&f->payload);
}

void flow_restarted(struct flow *f)
{
	for (int i = 0; i < LINK_PLACES; i++)
		flow_clear(&f->links[i]);
	for (size_t i = 0; i < f->end_count; i++)
		f->ends[i]->lost = true;
	f->start = (struct start){ 0 };
	f->reading = -1;
	buf_clear(&f->payload);
}

void flow_destroy(struct flow *f)
{
	if (!f)
		return;
	flow_forget(f);
	buf_finish(&f->payload);
	free(f);
}

void flow_tie(struct flow *f, int place, struct end *e)
{
	struct link *l = &f->links[place];
	if (l->end)
		l->end->link = -1;
	l->end = e;
	l->waits = false;
	e->link = place;
}

/* ---- breaches ---- */

const char *flow_name(int place)
{
	static const char *const names[] = { "link 0", "link 1", "link 2", "link 3", "link 4",
		"the link" };
	return names[place];
}

void flow_differs(struct flow *f, enum flow_rule rule, int place, const struct queue *expected,
	size_t from, const uint8_t *came, size_t len, const char *what)
{
	enum { SHOWN = 24 };
	struct buf text = { 0 };
	uint8_t head[SHOWN];
	size_t have = expected->len > from ? expected->len - from : 0;
	for (size_t i = 0; i < SHOWN; i++)
		head[i] = queue_at(expected, from + i);
	buf_printf(&text, "%s: %s: expected \"", flow_name(place), what);
	text_visible(&text, head, have < SHOWN ? have : SHOWN);
	buf_puts(&text, have ? "\", came \"" : "\" (nothing is left), came \"");
	text_visible(&text, came, len < SHOWN ? len : SHOWN);
	buf_putc(&text, '"');
	f->on_breach(f->user, rule, buf_text(&text), came, len < 64 ? len : 64);
	buf_finish(&text);
}

int flow_start_place(const struct flow *f)
{
	return f->start.what.any_link ? -1 : link_place(f->start.what.link);
}

void flow_tie_start(struct flow *f, int place)
{
	struct start *s = &f->start;
	if (!s->done)
		flow_clear(&f->links[place]);
	flow_tie(f, place, s->end);
	f->links[place].blind = f->links[place].deaf = s->many || s->what.ssl != s->end->tls;
}

/* ---- the module: commands ---- */

void flow_command(struct flow *f, const char *command)
{
	struct link_start what;
	if (!link_start_read(command, &what))
		return;
	f->start = (struct start){ .on = true, .what = what };
}

static void start_done(struct flow *f, bool ok)
{
	struct start *s = &f->start;
	int place = flow_start_place(f);
	s->done = true;
	if (!ok || place < 0) {
		s->on = false;
		if (s->end && s->end->link >= 0)
			flow_clear(&f->links[s->end->link]);
		return;
	}
	if (!s->end || s->what.ssl)
		flow_clear(&f->links[place]);
	if (s->end && s->what.ssl)
		flow_tie_start(f, place);
	f->links[place].udp = s->what.udp;
	f->links[place].port = s->what.port;
	/* A partner that may change is nobody's to compare with. */
	if (s->what.udp)
		f->links[place].blind = f->links[place].deaf = s->what.changes;
	s->on = !s->end && !s->what.udp;
}

void flow_answer(struct flow *f, const char *command, bool ok, bool data)
{
	if (data) {
		int place = link_place(link_of_data(command));
		if (place < 0)
			return;
		f->links[place].unconfirmed = false;
		f->links[place].deaf |= !ok;
	} else if (f->start.on && !f->start.done && link_is_start(command)) {
		start_done(f, ok);
	}
}

void flow_given(struct flow *f, const char *command, const void *bytes, size_t len)
{
	int place = link_place(command ? link_of_data(command) : -1);
	if (place < 0)
		return;
	struct link *l = &f->links[place];
	bool plus = !command && len <= 3 && memcmp(bytes, "+++", len) == 0;
	bool escapes = command && link_data_escapes(command) && memchr(bytes, '\\', len);
	if (plus || escapes || (command && link_data_elsewhere(command)))
		l->deaf = true;
	if (l->deaf)
		return;
	l->unconfirmed = command != NULL;
	l->deaf = !queue_add(&l->given, bytes, len);
}

void flow_passthrough(struct flow *f)
{
	f->links[link_place(-1)].passes = true;
}

void flow_connected(struct flow *f, int link)
{
	int place = link_place(link);
	struct start *s = &f->start;
	if (place < 0)
		return;
	if (s->on && !s->done && (s->what.any_link || s->what.link == link)) {
		if (s->what.any_link) {
			s->what.any_link = false;
			s->what.link = link;
			if (s->end && !s->what.ssl)
				flow_tie_start(f, place);
		}
		return;
	}
	if (link < 0)
		return;
	flow_clear(&f->links[place]);
	f->links[place].waits = true;
	flow_tie_server(f);
}
