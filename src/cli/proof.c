/* SPDX-License-Identifier: MIT */
/* The file is read as it is; whoever asks pays for the search. */
#include "cli/proof.h"

#include "base/cleanup.h"
#include "cli/paths.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char file_name[] = "docs/kill-matrix.json";

static bool only_strings(const json_t *list)
{
	size_t i;
	const json_t *item;
	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			return false;
	}
	return json_is_array(list);
}

/* {"family/command": ["case", …], …} */
static bool are_cases(json_t *suites)
{
	const char *suite;
	json_t *names;
	json_object_foreach (suites, suite, names) {
		if (!only_strings(names))
			return false;
	}
	return json_is_object(suites);
}

static int load_fault(struct proof *out, json_t *row, struct error *error, const char *path)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	struct proof_fault fault = {
		.name = json_string_value(json_object_get(row, "name")),
		.text = json_string_value(json_object_get(row, "text")),
		.breaks = json_object_get(row, "breaks"),
		.killers = json_object_get(row, "killers"),
	};
	if (!state || !fault.name || !fault.text || !only_strings(fault.breaks) ||
		!are_cases(json_object_get(row, "killers")))
		return error_set(error, path, 0, 0, "is no kill matrix: a fault%s%s is incomplete",
			fault.name ? " " : "", fault.name ? fault.name : "");
	if (strcmp(state, "killed") == 0)
		out->faults[out->count++] = fault;
	return 0;
}

static int load_faults(struct proof *out, struct error *error, const char *path)
{
	json_t *rows = json_object_get(out->memory, "faults");
	size_t i;
	json_t *row;
	if (!json_is_array(rows))
		return error_set(error, path, 0, 0, "is no kill matrix: it has no list of faults");
	out->faults = calloc(json_array_size(rows) + 1, sizeof(*out->faults));
	if (!out->faults)
		abort();
	json_array_foreach (rows, i, row) {
		if (load_fault(out, row, error, path) < 0)
			return -1;
	}
	return 0;
}

int proof_load(struct proof *out, struct error *error)
{
	*out = (struct proof){ 0 };
	char *path AUTO_FREE = paths_data(file_name);
	if (!path)
		return error_set(error, NULL, 0, 0, "%s is nowhere", file_name);
	json_error_t why;
	out->memory = json_load_file(path, 0, &why);
	if (!out->memory)
		return error_set(error, path, why.line > 0 ? why.line : 0,
			why.column > 0 ? why.column : 0, "%s", why.text);
	if (load_faults(out, error, path) == 0)
		return 0;
	proof_finish(out);
	return -1;
}

void proof_finish(struct proof *proof)
{
	json_decref(proof->memory);
	free(proof->faults);
	*proof = (struct proof){ 0 };
}

const char *proof_broken(const struct proof_fault *fault, size_t index)
{
	return json_string_value(json_array_get(fault->breaks, index));
}

bool proof_breaks(const struct proof_fault *fault, const char *requirement)
{
	const char *id;
	for (size_t i = 0; (id = proof_broken(fault, i)); i++) {
		if (strcmp(id, requirement) == 0)
			return true;
	}
	return false;
}

bool proof_killed_by(const struct proof_fault *fault, const char *case_id)
{
	const char *slash = strrchr(case_id, '/');
	if (!slash)
		return false;
	const json_t *names = json_object_getn(fault->killers, case_id, (size_t)(slash - case_id));
	size_t i;
	const json_t *name;
	json_array_foreach (names, i, name) {
		if (strcmp(json_string_value(name), slash + 1) == 0)
			return true;
	}
	return false;
}
