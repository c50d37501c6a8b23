/* SPDX-License-Identifier: MIT */
/* The team's own broker: before anything is run, it has to answer a CONNECT. */
#include "rig/broker-team.h"
#include "rig/broker.h"

#include "base/clock.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 5000, TURN_MS = 50 };

static void on_connect(struct mosquitto *client, void *user, int code)
{
	(void)client;
	*(int *)user = code;
}

static int refuse(const struct rig_broker *team, const char *why, struct error *error)
{
	return error_set(error, NULL, 0, 0, "the broker at %s:%d: %s", team->host, team->port, why);
}

/* Turns the library's loop until there is an answer: 0, or a text that says why not. */
static const char *ask(struct mosquitto *client, const struct rig_broker *team, int *code)
{
	static char text[200];
	struct deadline deadline = deadline_in_ms(ANSWER_MS);
	int rc = MOSQ_ERR_SUCCESS;
	if (team->username && *team->username)
		mosquitto_username_pw_set(client, team->username,
			team->password && *team->password ? team->password : NULL);
	if (team->tls)
		rc = mosquitto_tls_set(
			client, team->ca, team->ca ? NULL : "/etc/ssl/certs", NULL, NULL, NULL);
	mosquitto_connect_callback_set(client, on_connect);
	if (!rc)
		rc = mosquitto_connect(client, team->host, team->port, 10);
	while (!rc && *code < 0 && deadline_left_ms(deadline) > 0)
		rc = mosquitto_loop(client, TURN_MS, 1);
	if (*code > 0) {
		snprintf(text, sizeof(text), "it refuses the observer: %s",
			mosquitto_connack_string(*code));
		return text;
	}
	if (*code == 0)
		return NULL;
	if (!rc)
		return "it does not answer a CONNECT within 5 s";
	snprintf(text, sizeof(text), "%s",
		rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
	return text;
}

static bool any_wanted(const struct rig *rig, bool open)
{
	for (size_t i = 0; i < rig->plan->case_count; i++)
		if (!(open && rig->plan->cases[i].decided) && broker_wanted(&rig->plan->cases[i]))
			return true;
	return false;
}

void broker_note(struct rig *rig)
{
	const char *missing = rig->plan->bench->broker.missing;
	if (missing && any_wanted(rig, false))
		header_note(rig, -1, missing);
}

int broker_team_answers(const struct rig_broker *team, struct error *error)
{
	int code = -1;
	mosquitto_lib_init();
	struct mosquitto *client = mosquitto_new(NULL, true, &code);
	if (!client)
		return refuse(team, "out of memory", error);
	const char *why = ask(client, team, &code);
	if (!why)
		mosquitto_disconnect(client);
	mosquitto_destroy(client);
	return why ? refuse(team, why, error) : 0;
}

int broker_prepare(struct rig *rig, struct error *error)
{
	const struct rig_broker *team = &rig->plan->bench->broker;
	if (!team->host || !any_wanted(rig, true) || broker_team_answers(team, error) == 0)
		return 0;
	rig->end = RIG_UNUSABLE;
	return -1;
}
