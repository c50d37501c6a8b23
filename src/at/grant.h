/* SPDX-License-Identifier: MIT */
/* The lease that the rig grants to a worker: what the case judges, what the bench has, what the
 * profile knows. Plain data; strings live as long as the grant. */
#ifndef AT_GRANT_H
#define AT_GRANT_H

#include "spec/spec.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grant_requirement {
	const char *id, *section, *grade, *text;
	int line;
};

struct grant_uart {
	int64_t baud;
	const char *parity, *flow; /* "none", "odd", "even"; "none", "rts", "cts", "both" */
	double stopbits;
	int databits;
};

/* A command whose answer may take longer: its line, or what it begins with when that ends in '='.
 */
struct grant_slow {
	const char *command;
	int ms;
};

struct grant {
	const char *case_id;
	int attempt;
	int64_t t_ns; /* rig's clock when it granted */
	struct grant_requirement *requirements;
	size_t requirement_count;
	struct deviation *deviations; /* active in the profile, of any command */
	size_t deviation_count;
	const char **facilities; /* globs, NULL-terminated */
	const char **spec_dirs;  /* NULL-terminated */
	const char **noise;      /* globs over lines that the profile knows as log output */
	const char **absent;     /* commands that the profile says are not there */
	struct grant_uart uart;
	int answer_ms, restart_ms, silence_ms, deadline_ms, join_ms, scan_ms, lease_ms;
	int guard_ms, connect_ms, escape_ms, sntp_ms, update_ms, mqtt_ms;
	struct grant_slow *slow;
	size_t slow_count;
	bool echo;
	const char *verdict; /* leave at once with this verdict, or NULL */
	void *memory;        /* owner of everything above */
};

/* 0, or -1 with *error filled: the JSON is broken or lacks what a case can't do without. */
int grant_parse(struct grant *out, const char *json, size_t len, struct error *error);
void grant_finish(struct grant *grant);
bool grant_has(const struct grant *grant, const char *facility);
/* A fact of the bench's network by its path, "access_point.ssid"; numbers as text; NULL: none. An
 * element of a list by its number, "enterprise_access_point.methods.0". */
const char *grant_network(struct grant *grant, const char *path);
/* A member of JSON by such a path; NULL: none. */
const json_t *grant_member(const json_t *value, const char *path);
/* What the answer of this command line may take besides the usual time. */
int grant_slow_ms(const struct grant *grant, const char *command_line);

#endif
