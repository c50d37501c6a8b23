/* SPDX-License-Identifier: MIT */
/* Peers from the side of the derived cases, and of a case that ends. */
#ifndef AT_PEER_MODEL_H
#define AT_PEER_MODEL_H

#include "spec/spec.h"

/* Opens what the model asks for; the case ends when it can't be. Returns its number. */
int peer_open_model(const struct model_peer *model, const char *file);
/* The case is over: routes that it made are forgotten. */
void peer_finish(void);

#endif
