/* SPDX-License-Identifier: MIT */
/* `--without TAG`: cases that the operator leaves out. TAG is a tag, or needs:FACILITY, or a glob
 * over either. */
#ifndef CLI_WITHOUT_H
#define CLI_WITHOUT_H

#include "cli/cli.h"
#include "cli/suite.h"

/* Each word means a case of the whole suite, selected or not. 0, or -1 with *error, which names
 * what could have been meant. */
int without_check(const struct words *without, const struct suite *suite, struct error *error);
/* The first of the words that means this case, or NULL. */
const char *without_means(const struct words *without, const struct rig_case *c);
/* "left out with --without slow"; kept in `reasons`, which is finished by without_finish. */
const char *without_why(struct words *reasons, const char *word);
void without_finish(struct words *reasons);

#endif
