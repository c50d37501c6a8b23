/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

int64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct deadline deadline_in_ms(int64_t ms)
{
	return (struct deadline){ .at_ns = clock_ns() + ms * 1000000 };
}

bool deadline_passed(struct deadline d)
{
	return clock_ns() >= d.at_ns;
}

int deadline_left_ms(struct deadline d)
{
	int64_t left = d.at_ns - clock_ns();
	if (left <= 0)
		return 0;
	return (int)((left + 999999) / 1000000);
}
