/* SPDX-License-Identifier: MIT */
/* What was found in a log, for people (a summary of bounded size) and for machines (each exchange).
 */
#ifndef REPORT_JUDGE_REPORT_H
#define REPORT_JUDGE_REPORT_H

#include "report/judge-log.h"

#include <stdio.h>

struct judge_report;

struct judge_report_facts {
	const struct judge_log_facts *log;
	const struct spec *spec;
	const struct profile *profile;
	const char *profile_why;
	bool gate_inferred; /* what breaks an inferred requirement counts */
};

/* `json`: path of the file for machines, or NULL. It is written beside its place until the report
 * is finished. NULL with *error. `facts` must outlive it. */
struct judge_report *judge_report_create(
	const struct judge_report_facts *facts, const char *json, struct error *error);
/* A judge_log_fn. */
void judge_report_add(void *report, const struct finding *finding, const char *case_id);
/* The exit code: 0 nothing breaks the document, 1 something does, 5 nothing could be judged. */
int judge_report_exit_code(const struct judge_report *r);
void judge_report_print(const struct judge_report *r, FILE *out);
/* Ends the file for machines and puts it into its place. 0, or -1 with *error. */
int judge_report_save(struct judge_report *r, struct error *error);
void judge_report_destroy(struct judge_report *r);

#endif
