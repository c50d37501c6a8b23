/* SPDX-License-Identifier: MIT */
/* A line's MQTT broker, as the rest of the rig sees it: a Mosquitto that is started when the first
 * case wants it, watched, stopped and started on demand, and gone with the run; or the team's own,
 * which is only talked to. */
#ifndef RIG_BROKER_H
#define RIG_BROKER_H

#include "rig/internal.h"

struct peers_broker;

enum broker_gate {
	BROKER_FINE,  /* it runs, or the case does not want it */
	BROKER_LATER, /* it is being started; schedule() is called then */
	BROKER_NEVER, /* it can't be started: why */
};

/* Says once, for cases that want one, why there is no broker. */
void broker_note(struct rig *rig);
/* Before the lines open: whether the team's own broker answers. 0, or -1 with *error. */
int broker_prepare(struct rig *rig, struct error *error);
/* Whether the line can be leased to this case as far as the broker goes; starts it if need be. */
enum broker_gate broker_gate(struct lane *lane, const struct rig_case *c, struct error *why);
bool broker_wanted(const struct rig_case *c);
/* The event loop may start a further one: a timer's callback, user is the rig. */
void broker_next(evutil_socket_t fd, short what, void *user);
/* Around a lease: log lines count from 0, and the monitor is told. */
void broker_lease_begin(struct lane *lane);
void broker_lease_end(struct lane *lane);
/* A worker's request; its answer goes through peer_answer(), now or later. */
void broker_request(struct lane *lane, const json_t *json);
/* `,"network":{…}` of a lease, with the broker when the case wants one. */
void broker_put_network(const struct lane *lane, const struct rig_case *c, struct buf *out);
/* Where observers of this line connect to; its content follows the broker. */
const struct peers_broker *broker_place(struct lane *lane);
/* Ends it; the line is forgotten. */
void broker_destroy(struct lane *lane);
/* Routes that a virtual module needs to the team's broker: the JSON for its control port, one a
 * port; false when there is none with that index. */
bool broker_route(const struct lane *lane, size_t index, struct buf *json);

#endif
