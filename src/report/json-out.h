/* SPDX-License-Identifier: MIT */
/* Writes JSON as a stream: commas and nesting are kept here, so that a format only names its keys.
 */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_out {
	FILE *out;
	int depth;
	bool filled[32]; /* per depth: something is already in this object or list */
	struct buf text; /* reused */
};

void out_open(
	struct json_out *j, const char *key, char bracket); /* '{' or '['; key NULL in lists */
void out_close(struct json_out *j, char bracket);
void out_text(struct json_out *j, const char *key, const char *text);
void out_text_if(struct json_out *j, const char *key, const char *text); /* not when empty */
void out_number(struct json_out *j, const char *key, int64_t value);
void out_flag(struct json_out *j, const char *key, bool value);
void out_list(struct json_out *j, const char *key, const char *const *texts); /* not when empty */

struct run;
struct run_breach;
struct run_waiver;
/* report-ctrf-extra.c: "extra": { "atconform": { */
void out_open_extra(struct json_out *j);
void out_close_extra(struct json_out *j);
void out_breaches(struct json_out *j, const struct run_breach *list, size_t count);
void out_waiver(struct json_out *j, const char *key, const struct run_waiver *w);
void out_run_extra(struct json_out *j, const struct run *run); /* that of the run itself */
/* report-ctrf-time.c: "time_account", when the journal tells. */
void out_time_account(struct json_out *j, const struct run *run);

#endif
