/* SPDX-License-Identifier: MIT */
/* Model files for tests: written into a folder of their own, loaded, and taken away again. */
#ifndef SPEC_FILES_H
#define SPEC_FILES_H

#include "spec/spec.h"

/* A temporary folder with general/general.json in it. */
struct files {
	char dir[64];
};

void files_make(struct files *f);
void files_remove(struct files *f);
/* Writes DIR/name, making the folder in between. */
void files_write(const struct files *f, const char *name, const char *text);
/* Loads the folder; a failure fails the test. */
void files_load(const struct files *f, struct spec *spec);
/* Loads the folder, which must fail; the message without the folder, in a static buffer. */
const char *files_failure(const struct files *f);

/* AT+TEST=<level>[,<name>,<port>]: a model with a bit of everything. */
extern const char files_model[];
/* Writes the model as fam/test.json with `find` (which must be there once) replaced. */
void files_write_changed(const struct files *f, const char *find, const char *with);

#endif
