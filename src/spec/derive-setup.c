/* SPDX-License-Identifier: MIT */
/* Setup before the steps of a case and again after each AT+RESTORE, teardown behind them; and the
 * facilities that a case needs because it sends facts of the bench. */
#include "base/text.h"
#include "spec/derive-build.h"

#include <stdio.h>
#include <string.h>

struct target {
	struct builder *b;
	struct step *steps;
	size_t count;
};

static void add(struct target *t, const struct step *step)
{
	struct step *place = arena_push(t->b->arena, &t->steps, &t->count, sizeof(*place));
	*place = *step;
}

static void add_lines(struct target *t, const char *const *lines, bool cleanup)
{
	for (size_t i = 0; lines && lines[i]; i++)
		add(t, &(struct step){
			       .kind = STEP_SEND,
			       .send = lines[i],
			       .final = "OK",
			       .setup = true,
			       .cleanup = cleanup,
			       .restarts = strcmp(lines[i], "AT+RST") == 0 ||
					   strcmp(lines[i], "AT+RESTORE") == 0,
			       .claim = cleanup ? "the state before is put back"
						: "the state that the case needs is there",
		       });
}

static void add_setup(struct target *t, const struct derived_case *c)
{
	if (c->command->online || c->command->broker)
		add(t, &(struct step){ .kind = STEP_ONLINE,
			       .claim = "the station is joined and has its address" });
	add_lines(t, c->command->setup, false);
	if (c->form)
		add_lines(t, c->form->setup, false);
}

static void surround(struct builder *b, struct derived_case *c)
{
	struct target t = { .b = b };
	if (c->step_count && c->steps[0].kind != STEP_RESTORE)
		add_setup(&t, c);
	for (size_t i = 0; i < c->step_count; i++) {
		add(&t, &c->steps[i]);
		if (c->steps[i].kind == STEP_RESTORE && i + 1 < c->step_count)
			add_setup(&t, c);
	}
	if (c->form)
		add_lines(&t, c->form->teardown, true);
	add_lines(&t, c->command->teardown, true);
	c->steps = t.steps;
	c->step_count = t.count;
}

/* "{network.broker.wss_client_port}": what the broker must have besides. */
static void add_broker_needs(struct builder *b, struct derived_case *c, const char *fact)
{
	static const char suffix[] = "_port";
	size_t len = strlen(fact), tail = strlen(suffix);
	bool user = text_ends(fact, "_username") || text_ends(fact, "_password");
	if (user) {
		add_need(b, c, "broker_users");
		return;
	}
	if (!text_ends(fact, suffix))
		return;
	const char *kind = arena_text(b->arena, fact, len - tail);
	bool other = text_ends(kind, "_other") || text_ends(kind, "_expired");
	add_need(b, c, other ? "broker_other" : arena_printf(b->arena, "broker_%s", kind));
}

/* "{network.access_point.ssid}" asks for the facility access_point. */
static void add_fact_needs(struct builder *b, struct derived_case *c, const char *text)
{
	static const char start[] = "{network.";
	for (const char *p = text ? strstr(text, start) : NULL; p; p = strstr(p, start)) {
		p += strlen(start);
		const char *section = arena_text(b->arena, p, strcspn(p, ".}"));
		bool address = text_ends(section, "_address");
		bool other = strcmp(section, "wrong_password") == 0;
		add_need(b, c, address ? "peers" : other ? "access_point" : section);
		if (strcmp(section, "broker") == 0 && p[strlen(section)] == '.')
			add_broker_needs(b, c,
				arena_text(b->arena, p + strlen("broker."),
					strcspn(p + strlen("broker."), "}")));
	}
}

bool derive_uses_peer(const struct derived_case *c, const struct model_peer *peer)
{
	char mark[80];
	int len = snprintf(mark, sizeof(mark), "{peer.%s.", peer->name);
	if (peer->as || len >= (int)sizeof(mark))
		return true;
	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].send && strstr(c->steps[i].send, mark))
			return true;
	return false;
}

/* What the model asks of the bench for every case. */
static void add_command_needs(struct builder *b, struct derived_case *c)
{
	if (c->command->online || c->command->broker)
		add_need(b, c, "access_point");
	if (c->command->broker)
		add_need(b, c, "broker");
	for (size_t i = 0; i < c->command->peer_count; i++) {
		const struct model_peer *peer = &c->command->peers[i];
		if (!derive_uses_peer(c, peer))
			continue;
		add_need(b, c, "peers");
		if (strstr(peer->kind, "tls"))
			add_need(b, c, "tls");
		if (peer->as)
			add_need(b, c, "air");
	}
}

void derive_setup(struct builder *b)
{
	for (size_t i = 0; i < b->out->count; i++) {
		struct derived_case *c = &b->out->cases[i];
		surround(b, c);
		add_command_needs(b, c);
		for (size_t k = 0; k < c->step_count; k++)
			add_fact_needs(b, c, c->steps[k].send);
	}
}
