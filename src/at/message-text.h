/* SPDX-License-Identifier: MIT */
/* MQTT messages compared, and as a person reads them. */
#ifndef AT_MESSAGE_TEXT_H
#define AT_MESSAGE_TEXT_H

#include "at/mqtt.h"
#include "base/buf.h"

/* Topic and payload are the same. */
bool message_same(const struct message *a, const struct message *b);
/* topic "t", 5 bytes "hello" */
void message_show(struct buf *out, const struct message *m);

#endif
