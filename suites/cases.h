/* SPDX-License-Identifier: MIT */
/* All cases of the suite program: the scenarios that are linked in and the cases derived from the
 * models, as one list. */
#ifndef SUITES_CASES_H
#define SUITES_CASES_H

#include "base/buf.h"
#include "base/error.h"
#include "spec/derive.h"
#include "spec/spec.h"

#include <criterion/criterion.h>
#include <stdbool.h>

struct cases_item {
	char *id;            /* family/command/case */
	const char *command; /* "AT+UART_CUR", "" for the general ones */
	const char *suite, *name;
	const struct derived_case *derived;    /* NULL: a scenario */
	const struct criterion_test *test;     /* of a scenario */
	struct criterion_test_extra_data data; /* of a derived one, once it is registered */
	size_t turn;                           /* when it is run, from 1; 0: not at all */
};

struct cases {
	struct spec spec;
	struct derived *derived; /* one a command */
	struct cases_item *items;
	size_t count;
};

/* Collects everything. 0, or -1 with *error: a broken model, a scenario without requirement or
 * model, two cases with one name. */
int cases_load(struct cases *out, const struct criterion_test_set *scenarios,
	const char *const dirs[], struct error *error);
void cases_finish(struct cases *cases);
struct cases_item *cases_find(const struct cases *cases, const char *id);
/* "cwmode", "out_of_range_is_refused" -> its id, or NULL. */
const char *cases_id(const struct cases *cases, const char *suite, const char *name);
/* The plan as a JSON array. */
void cases_plan(const struct cases *cases, struct buf *out);

#endif
