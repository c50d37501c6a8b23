/* SPDX-License-Identifier: MIT */
/* The "network" section of a bench file: access points around the module and addresses, which are
 * facts that cases ask for by name. Each section that is there is a facility of the same name. */
#ifndef CLI_BENCH_NETWORK_H
#define CLI_BENCH_NETWORK_H

#include "base/error.h"
#include "spec/strict.h"

enum { BENCH_NETWORK_FACILITIES = 8 };

/* Checks the section and appends its facilities to the NULL-terminated list, which has room for
 * BENCH_NETWORK_FACILITIES more. *text becomes the facts as JSON, defaults put in; the caller frees
 * it. 0, or -1 with *error. */
int bench_network_load(struct strict *file, const json_t *network, const char **facilities,
	char **text, struct error *error);

#endif
