/* SPDX-License-Identifier: MIT */
/* The "network" section of a bench file: access points around the module and addresses, which are
 * facts that cases ask for by name. Each section that is there is a facility of the same name. */
#ifndef CLI_BENCH_NETWORK_H
#define CLI_BENCH_NETWORK_H

#include "base/error.h"
#include "spec/strict.h"

enum { BENCH_NETWORK_FACILITIES = 11 };

/* What the section says; both owned by the caller, also after an error. */
struct bench_network {
	char *facts; /* JSON, defaults put in */
	char *pki;   /* folder with certificates, or NULL */
};

/* Checks the section and appends its facilities to the NULL-terminated list, which has room for
 * BENCH_NETWORK_FACILITIES more. 0, or -1 with *error. */
int bench_network_load(struct strict *file, const json_t *network, const char **facilities,
	struct bench_network *out, struct error *error);

#endif
