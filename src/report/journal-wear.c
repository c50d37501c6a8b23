/* SPDX-License-Identifier: MIT */
/* Journal events about the boards: writes to flash, the settings they were found with, and the way
 * back to them. */
#include "report/reader.h"

#include <string.h>

enum { COMMANDS_MOST = 4096 }; /* names and lines of a journal by another hand */

static struct run_nvs *nvs_of(struct run *run, int line, const char *command)
{
	for (size_t i = 0; i < run->nvs_count; i++)
		if (run->nvs[i].line == line && strcmp(run->nvs[i].command, command) == 0)
			return &run->nvs[i];
	if (run->nvs_count >= COMMANDS_MOST)
		return NULL;
	struct run_nvs fresh = { .line = line, .command = command };
	KEEP_ADD(run->nvs, run->nvs_count) = fresh;
	return &run->nvs[run->nvs_count - 1];
}

int read_nvs(struct reader *r)
{
	struct run_case *c;
	struct lane *lane;
	int line;
	const char *command;
	if (reader_lane(r, &lane, &line) || reader_case(r, &c) ||
		reader_need_text(r, "command", &command))
		return -1;
	struct run_nvs *n = nvs_of(r->run, line, command);
	if (n && c)
		n->by_cases++;
	else if (n)
		n->by_rig++;
	if (c)
		reader_extend(r, c);
	return 0;
}

/* Those of the start only: a resumed run found the first ones. */
int read_settings(struct reader *r)
{
	struct lane *lane;
	int line;
	const char *what;
	if (reader_lane(r, &lane, &line) || reader_need_text(r, "what", &what))
		return -1;
	json_t *values = json_object_get(r->object, "values");
	if (!json_is_object(values))
		return reader_fail(r, "\"values\" is not an object");
	for (size_t i = 0; i < r->run->found_count; i++)
		if (r->run->found[i].line == line)
			return 0;
	const char *name;
	json_t *value;
	const json_t *object = r->object;
	json_object_foreach (values, name, value) {
		struct run_found found = { .line = line };
		if (strcmp(what, "found") != 0 || r->run->found_count >= COMMANDS_MOST)
			break;
		r->object = values;
		int result = reader_text(r, name, &found.value);
		r->object = object;
		if (result)
			return -1;
		found.name = run_keep(r->run, name, strlen(name));
		KEEP_ADD(r->run->found, r->run->found_count) = found;
	}
	return 0;
}

int read_put_back(struct reader *r)
{
	struct lane *lane;
	struct run_put_back p = { 0 };
	if (reader_lane(r, &lane, &p.line) || reader_text(r, "setting", &p.setting) ||
		reader_text(r, "text", &p.text) || reader_number(r, "ms", &p.ms) ||
		reader_flag(r, r->object, "ok", &p.ok))
		return -1;
	if (r->run->put_back_count < COMMANDS_MOST)
		KEEP_ADD(r->run->put_backs, r->run->put_back_count) = p;
	return 0;
}
