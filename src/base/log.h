/* SPDX-License-Identifier: MIT */
/* What the programs say on standard error: one line each, `program: text`. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

void log_program(const char *name); /* the name in front; default "atconform" */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Only with ATCONFORM_DEBUG in the environment. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
