/* SPDX-License-Identifier: MIT */
/* Loaded before the C library (LD_PRELOAD) by tests: the machine's clock is ATCONFORM_TEST_CLOCK
 * seconds after 1970 when the program starts. Its children have the real one: the kernel's waits
 * know nothing of this. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long by;

__attribute__((constructor)) static void set(void)
{
	struct timespec real;
	const char *text = getenv("ATCONFORM_TEST_CLOCK");
	if (!text)
		return;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
	by = atoll(text) - real.tv_sec;
	unsetenv("LD_PRELOAD");
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, out);
	if (!failed && clock == CLOCK_REALTIME)
		out->tv_sec += by;
	return failed;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
