/* SPDX-License-Identifier: MIT */
/* Where the programs and data files are: beside a build tree, or installed. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include <stddef.h>

/* Path of a data folder or file ("suites", "fixtures/profiles"); NULL when it is nowhere. The text
 * belongs to the caller. ATCONFORM_DATA in the environment comes first. */
char *paths_data(const char *name);
/* Path of one of the project's programs ("atconform-suite", "atmodule"); NULL when it is nowhere.
 */
char *paths_program(const char *name);
/* mkdir -p. 0 or -errno. */
int paths_make_dir(const char *path);

#endif
