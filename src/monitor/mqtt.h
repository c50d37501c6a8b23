/* SPDX-License-Identifier: MIT */
/* The MQTT connection of the module, as far as the session shows it, and the messages that it hands
 * out, compared with those that were published at the line's broker. Where something is not
 * certain, nothing is said. */
#ifndef MONITOR_MQTT_H
#define MONITOR_MQTT_H

#include "monitor/monitor.h"

enum mqtt_rule { MQTT_ORDER, MQTT_MESSAGE };
typedef void mqtt_breach_fn(
	void *user, enum mqtt_rule rule, const char *text, const void *bytes, size_t len);

struct mqtt;
struct mqtt *mqtt_create(mqtt_breach_fn *on_breach, void *user);
void mqtt_destroy(struct mqtt *m);
/* The lease is over: of the module nothing is known; of the broker, what it runs and retains. */
void mqtt_forget(struct mqtt *m);
/* The module restarts; `started`: it has, and there is no connection. */
void mqtt_restarted(struct mqtt *m, bool started);

void mqtt_event(struct mqtt *m, const struct monitor_mqtt *event);
/* A command line went out; bytes of the data behind its prompt; its final result. */
void mqtt_command(struct mqtt *m, const char *command);
void mqtt_given(struct mqtt *m, const char *command, const void *bytes, size_t len);
void mqtt_answer(struct mqtt *m, const char *command, bool ok, bool data);
/* An unsolicited line, headers of data included; a part of the data. */
void mqtt_urc(struct mqtt *m, const struct line_piece *piece);
void mqtt_handed(struct mqtt *m, const struct line_piece *piece);

#endif
