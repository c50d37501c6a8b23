/* SPDX-License-Identifier: MIT */
/* What goes through the links, compared at both ends: what a peer sent with what the module hands
 * out, what the module was given with what the peer received. A link is tied to a peer's connection
 * by the AT+CIPSTART that is in flight, or by the client that has just connected; where that is not
 * certain, nothing is said of the link. */
#ifndef MONITOR_FLOW_H
#define MONITOR_FLOW_H

#include "monitor/monitor.h"

enum flow_rule { FLOW_FROM_PEER, FLOW_TO_PEER, FLOW_LENGTH };
typedef void flow_breach_fn(
	void *user, enum flow_rule rule, const char *text, const void *bytes, size_t len);

struct flow;
struct flow *flow_create(flow_breach_fn *on_breach, void *user);
void flow_destroy(struct flow *f);
/* Nothing is known any more: the lease is over, or (peers stay) the module has started anew. */
void flow_forget(struct flow *f);
void flow_restarted(struct flow *f);

void flow_peer(struct flow *f, const struct monitor_peer *event);
/* A command line went out; it got its final result (of `data` behind its prompt, perhaps). */
void flow_command(struct flow *f, const char *command);
void flow_answer(struct flow *f, const char *command, bool ok, bool data);
/* Bytes for the link of a command that takes data; command NULL: passthrough. */
void flow_given(struct flow *f, const char *command, const void *bytes, size_t len);
/* The single link is in passthrough now: when it breaks, the module connects again by itself. */
void flow_passthrough(struct flow *f);
/* [link,]CONNECT came. */
void flow_connected(struct flow *f, int link);
/* A header: of +IPD with data, of a notice without, of what `command` read (else NULL). */
void flow_header(struct flow *f, int link, size_t len, bool notice, const char *command);
/* A part of the data behind it, or of a passthrough. */
void flow_handed(struct flow *f, const struct line_piece *piece);
/* What AT+CIPRECVLEN? tells. */
void flow_lengths(struct flow *f, const char *text);

#endif
