/* SPDX-License-Identifier: MIT */
/* Which MQTT broker a run has: the team's own (--broker, or the bench's network.broker), or a
 * Mosquitto that the rig starts for each line, when there is one on the PATH. */
#ifndef CLI_BROKER_H
#define CLI_BROKER_H

#include "base/error.h"
#include "cli/bench.h"
#include "cli/cli.h"

struct suite;

struct broker_choice {
	void *memory;
};

/* Reads the URLs (several: listeners of one broker) or the bench's own section and fills
 * bench->rig.broker, its facilities and its network's facts. 0, or -1 with *error. */
int broker_choose(struct broker_choice *out, struct bench *bench, const struct words *urls,
	struct error *error);
void broker_choice_finish(struct broker_choice *choice);
/* Why a case that needs `facility` has no broker, or NULL: nothing to say. */
const char *broker_missing(const struct bench *bench, const char *facility);
/* Takes the password out of a URL where it stands, so that no list of processes shows it. */
void broker_mask(char *url);

#endif
