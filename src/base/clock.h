/* SPDX-License-Identifier: MIT */
/* One monotonic clock, and deadlines made from it. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t at_ns; /* clock_ns() at which it has passed */
};

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t clock_ns(void);
struct deadline deadline_in_ms(int64_t ms);
bool deadline_passed(struct deadline d);
/* Milliseconds left, rounded up, 0 when passed: what poll() takes. */
int deadline_left_ms(struct deadline d);

#endif
