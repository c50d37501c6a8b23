/* SPDX-License-Identifier: MIT */
/* All that `atconform list` and `atconform explain` tell of: the model and the suite's cases,
 * checked against each other. */
#ifndef CLI_CATALOGUE_H
#define CLI_CATALOGUE_H

#include "base/error.h"
#include "cli/cli.h"
#include "cli/suite.h"
#include "spec/spec.h"

struct catalogue {
	struct words extra, dirs; /* of --spec; all model folders */
	struct spec model;
	struct suite suite;
};

/* Loads the shipped model, that of `extra`, and the suite's plan. 0, or -1 with *error. */
int catalogue_load(struct catalogue *c, struct error *error);
void catalogue_finish(struct catalogue *c);
/* Whether a case names the requirement. */
bool catalogue_judges(const struct rig_case *one, const struct requirement *r);

#endif
