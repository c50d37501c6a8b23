/* SPDX-License-Identifier: MIT */
/* Names that no other case has, in this run or another. */
#ifndef AT_CASE_NAME_H
#define AT_CASE_NAME_H

/* Eight hexadecimal digits. */
const char *case_number(void) __attribute__((returns_nonnull));
/* "client_id", "topic"; NULL: there is no such name. */
const char *case_name(const char *what);

#endif
