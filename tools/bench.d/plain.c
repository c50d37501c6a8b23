/* SPDX-License-Identifier: MIT */
/* Plain Criterion, nothing else: the same number of empty cases as in suites/bench/at.c, to compare
 * with. */
#include "many.h"

#include <criterion/criterion.h>

/* clang-format off */
#define EMPTY(n) Test(plain, empty_##n) { }
/* clang-format on */
HUNDRED(EMPTY)
