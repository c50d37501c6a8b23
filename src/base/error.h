/* SPDX-License-Identifier: MIT */
/* What is wrong in a text that a person wrote, and where. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
	char file[256];
	int line;   /* from 1; 0: the file as a whole */
	int column; /* from 1, in bytes */
	char text[512];
};

/* Fills it once: a later call on a filled struct is ignored, so the first cause stays. Returns -1.
 */
int error_set(struct error *e, const char *file, int line, int column, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* "file:line:column: text" in a static buffer of the calling thread. */
const char *error_text(const struct error *e);

#endif
