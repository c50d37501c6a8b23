/* SPDX-License-Identifier: MIT */
/* The run's private folder under $TMPDIR or /tmp: sockets, the modules' files, lists. */
#ifndef RIG_TEMPDIR_H
#define RIG_TEMPDIR_H

#include "base/error.h"

/* Makes it, mode 0700, with a short path: socket names have only 107 bytes. The caller frees the
 * path; NULL with *error filled. */
char *tempdir_create(struct error *error);
/* Removes it with everything inside, and frees the path. NULL is fine. */
void tempdir_remove(char *path);

#endif
