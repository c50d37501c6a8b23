/* SPDX-License-Identifier: MIT */
/* What the parser knows of single commands: which take data behind a prompt, and how much of it;
 * which restart the module. The names are looked up at the head of a command line. */
#ifndef LINE_KNOWN_H
#define LINE_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

bool known_takes_data(const char *command);
/* Data without a count, until +++. */
bool known_passthrough(const char *command);
/* The length in the command, or -1 when there is none. */
int64_t known_data_length(const char *command);
/* Backslash and 0 end the data before its length is reached. */
bool known_data_ends(const char *command);
bool known_restarts(const char *command);
/* Whether the command line is this one ("AT+CIPRECVDATA"), in any form. */
bool known_is(const char *command, const char *name);

#endif
