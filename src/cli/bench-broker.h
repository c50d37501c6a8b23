/* SPDX-License-Identifier: MIT */
/* "network.broker" of a bench file: the team's own MQTT broker. */
#ifndef CLI_BENCH_BROKER_H
#define CLI_BENCH_BROKER_H

#include "base/error.h"
#include "spec/strict.h"

/* Checks the section; NULL is none. 0, or -1 with *error. */
int bench_broker_check(struct strict *file, const json_t *broker, struct error *error);

#endif
