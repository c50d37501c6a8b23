/* SPDX-License-Identifier: MIT */
/* How a report becomes a file: whole or not at all. */
#ifndef REPORT_FILE_OUT_H
#define REPORT_FILE_OUT_H

#include "base/error.h"

#include <stdio.h>

/* 0, or -1 with *error. */
typedef int file_out_fn(const void *what, FILE *out, struct error *error);

/* Lets `write` write `what` to a file (NULL: standard output). A file is made beside its place and
 * renamed; a device or a pipe is written in place. 0, or -1 with *error. */
int file_out(const char *path, file_out_fn *write, const void *what, struct error *error);

#endif
