/* SPDX-License-Identifier: MIT */
#include "cli/lines.h"

#include "cli/bench.h"
#include "rig/link.h"

#include <string.h>

/* For an address that the bench does not name only the bench's own reset and power are known. */
static struct rig_iut iut_of(const struct rig_bench *bench, const char *address)
{
	for (const struct rig_iut *iut = bench->iuts; iut && iut->address; iut++)
		if (strcmp(iut->address, address) == 0)
			return *iut;
	return (struct rig_iut){ .address = address, .switches = bench->switches };
}

static int check_given(const struct words *given, size_t index, struct error *error)
{
	const char *address = given->items[index];
	if (link_check(address, error) < 0)
		return -1;
	for (size_t i = 0; i < index; i++)
		if (bench_iut_same(address, given->items[i]))
			return error_set(error, NULL, 0, 0,
				"--iut %s is the same line as --iut %s; name each board once",
				address, given->items[i]);
	return 0;
}

/* How many, or -1. */
static int choose(struct rig_iut *out, const struct rig_bench *bench, const struct words *given,
	struct error *error)
{
	int n = 0;
	if (given->count > LINES_MAX)
		return error_set(error, NULL, 0, 0, "at most %d IUTs", LINES_MAX);
	for (size_t i = 0; i < given->count; i++) {
		if (check_given(given, i, error) < 0)
			return -1;
		out[n++] = iut_of(bench, given->items[i]);
	}
	if (n)
		return n;
	for (; bench->iuts && bench->iuts[n].address; n++)
		out[n] = bench->iuts[n];
	if (n == 0)
		out[n++] = iut_of(bench, "virtual:");
	return n;
}

int lines_choose(struct rig_iut *out, const struct rig_bench *bench, const struct words *given,
	int jobs, struct error *error)
{
	int n = choose(out, bench, given, error);
	if (n < 0)
		return -1;
	if (jobs == 0)
		jobs = n;
	if (jobs > LINES_MAX)
		return error_set(error, NULL, 0, 0, "--jobs %d: at most %d", jobs, LINES_MAX);
	for (; n < jobs && bench_iut_replicable(out[0].address); n++)
		out[n] = out[0];
	if (jobs > n)
		return error_set(error, NULL, 0, 0,
			"--jobs %d, but the bench has %d line%s to an IUT; name one --iut for "
			"each job",
			jobs, n, n == 1 ? "" : "s");
	out[jobs] = (struct rig_iut){ 0 };
	return jobs;
}

const char *lines_missing(const struct rig_iut *iuts, const char *facility)
{
	for (; bench_is_line_setting(facility) && iuts->address; iuts++)
		if (!(link_could(iuts->address) & LINK_CAN_UART))
			return "tcp: carries bytes only, no rate or format; rfc2217: does";
	return NULL;
}
