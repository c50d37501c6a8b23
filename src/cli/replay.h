/* SPDX-License-Identifier: MIT */
/* `atconform run --iut replay:RUN`: what the run takes from its recording. */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include "base/error.h"
#include "report/run.h"
#include "rig/rig.h"
#include "spec/spec.h"

#include <stdbool.h>

bool replay_is(const char *iut);
/* Opens the recording that the address names. 0, or -1 with *error. */
int replay_open(struct run **out, const char *iut, struct error *error);
/* The bench that the recording was made with, as it was named then. */
const char *replay_bench(const struct run *recorded);
/* Whether this program's model is the one of the recording. 0, or -1 with *error. */
int replay_check(const struct run *recorded, const struct spec *spec, struct error *error);
/* A case that can't be replayed, or was not run then: its verdict and why. False: it is replayed.
 */
bool replay_decides(const struct run *recorded, struct rig_case *c);
bool replay_has(const struct run *recorded, const char *case_id);

#endif
