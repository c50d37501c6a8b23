/* SPDX-License-Identifier: MIT */
/* Finds the model files in their folders, loads them, and answers questions by name. */
#include "spec/spec.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "spec/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One pass over the folders: all model files, or the general ones, or one command's. */
struct search {
	struct spec *spec;
	struct arena *arena;
	struct error *error;
	const char *suite; /* only this command; NULL: all */
	bool general;      /* the general models rather than commands */
	size_t found;
	bool seen; /* a model file in the folder that is being searched, whether wanted or not */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* Names in the folder, sorted, hidden ones left out; NULL when it can't be read. */
static char **list_folder(const char *path)
{
	DIR *folder = opendir(path);
	if (!folder)
		return NULL;
	size_t count = 0, capacity = 64;
	char **names = calloc(capacity, sizeof(*names));
	for (struct dirent *e; names && (e = readdir(folder));) {
		if (e->d_name[0] == '.')
			continue;
		if (count + 2 > capacity) {
			char **larger = realloc(names, (capacity *= 2) * sizeof(*names));
			if (!larger)
				break;
			names = larger;
		}
		names[count] = strdup(e->d_name);
		names[count + 1] = NULL;
		if (!names[count++])
			break;
	}
	closedir(folder);
	if (names)
		qsort(names, count, sizeof(*names), by_name);
	return names;
}

static int load_file(struct search *s, const char *path, const char *family, const char *suite)
{
	struct loader l;
	if (load_open(&l, path, s->arena, s->error) < 0)
		return -1;
	s->found++;
	s->spec->hash = text_hash(l.strict.text, l.strict.len, s->spec->hash);
	int status = s->general ? load_general_file(&l, s->spec)
				: load_command_file(&l, s->spec, family, suite);
	load_close(&l);
	return status;
}

static int search_family(struct search *s, const char *dir, const char *family)
{
	bool wanted = s->general == (strcmp(family, "general") == 0);
	char *folder AUTO_FREE = NULL;
	/* The first pass, for the general models, looks into every folder. */
	if ((!wanted && !s->general) || asprintf(&folder, "%s/%s", dir, family) < 0)
		return 0;
	char **names = list_folder(folder);
	int status = 0;
	if (!names && errno != ENOTDIR)
		return error_set(s->error, folder, 0, 0, "can't be read: %s", strerror(errno));
	for (size_t i = 0; names && names[i] && status == 0; i++) {
		if (!text_ends(names[i], ".json"))
			continue;
		s->seen = true;
		char *path AUTO_FREE = NULL;
		if (asprintf(&path, "%s/%s", folder, names[i]) < 0)
			break;
		names[i][strlen(names[i]) - strlen(".json")] = '\0';
		if (wanted && (!s->suite || strcmp(s->suite, names[i]) == 0))
			status = load_file(s, path, family, names[i]);
	}
	free_names(names);
	return status;
}

static int search_dirs(struct search *s, const char *const dirs[])
{
	int status = 0;
	for (size_t i = 0; dirs[i] && status == 0; i++) {
		char **families = list_folder(dirs[i]);
		if (!families)
			return error_set(
				s->error, dirs[i], 0, 0, "can't be read: %s", strerror(errno));
		s->seen = false;
		for (size_t j = 0; families[j] && status == 0; j++)
			status = search_family(s, dirs[i], families[j]);
		free_names(families);
		/* One level too deep or too high is a slip that would leave its commands out. */
		if (status == 0 && s->general && !s->seen)
			status = error_set(s->error, dirs[i], 0, 0,
				"holds no model; wanted is the folder in which FAMILY/COMMAND.json "
				"is");
	}
	return status;
}

static int load(struct spec *out, const char *const dirs[], const char *suite, bool commands,
	struct error *error)
{
	*out = (struct spec){ .memory = arena_create() };
	struct search s = { .spec = out, .arena = out->memory, .error = error, .general = true };
	int status = search_dirs(&s, dirs);
	if (status == 0 && s.found == 0)
		status = error_set(error, dirs[0] ? dirs[0] : "", 0, 0,
			"there is no general/*.json in the folders of the specification");
	s.general = false;
	s.suite = suite;
	if (status == 0 && commands)
		status = search_dirs(&s, dirs);
	if (status < 0)
		spec_finish(out);
	return status;
}

int spec_load(struct spec *out, const char *const dirs[], struct error *error)
{
	return load(out, dirs, NULL, true, error);
}

int spec_load_command(
	struct spec *out, const char *const dirs[], const char *suite, struct error *error)
{
	return load(out, dirs, suite, suite != NULL, error);
}

void spec_finish(struct spec *spec)
{
	arena_destroy(spec->memory);
	*spec = (struct spec){ 0 };
}

const struct command *spec_command(const struct spec *spec, const char *name_or_suite)
{
	for (size_t i = 0; i < spec->command_count; i++)
		if (strcmp(spec->commands[i].name, name_or_suite) == 0 ||
			strcmp(spec->commands[i].suite, name_or_suite) == 0)
			return &spec->commands[i];
	return NULL;
}

const struct requirement *spec_requirement(const struct spec *spec, const char *id)
{
	/* From the end: while loading, the ones asked for are those of the file that is being read.
	 */
	for (size_t i = spec->requirement_count; i-- > 0;)
		if (strcmp(spec->requirements[i].id, id) == 0)
			return &spec->requirements[i];
	return NULL;
}

const struct parameter *spec_parameter(const struct command *command, const char *name)
{
	for (size_t i = 0; i < command->parameter_count; i++)
		if (strcmp(command->parameters[i].name, name) == 0)
			return &command->parameters[i];
	return NULL;
}

const struct parameter *spec_form_parameter(
	const struct command *command, const struct form *form, const char *name)
{
	for (size_t i = 0; form && i < form->parameter_count; i++)
		if (strcmp(form->parameters[i].name, name) == 0)
			return &form->parameters[i];
	return spec_parameter(command, name);
}

const struct form *spec_form(const struct command *command, size_t index)
{
	if (index < FORM_COUNT)
		return &command->forms[index];
	index -= FORM_COUNT;
	return index < command->more_set_count ? &command->more_sets[index] : NULL;
}

const struct deviation *spec_deviation(const struct spec *spec, const char *id)
{
	for (size_t i = 0; i < spec->deviation_count; i++)
		if (strcmp(spec->deviations[i].id, id) == 0)
			return &spec->deviations[i];
	return NULL;
}

static bool names_requirement(const struct spec_case *c, const char *id)
{
	for (size_t i = 0; c->requirements && c->requirements[i]; i++)
		if (strcmp(c->requirements[i], id) == 0)
			return true;
	return false;
}

int spec_check_coverage(
	const struct spec *spec, const struct spec_case *cases, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; cases[i].requirements && cases[i].requirements[j]; j++)
			if (!spec_requirement(spec, cases[i].requirements[j]))
				return error_set(error, cases[i].file, cases[i].line, 1,
					"case %s names \"%s\", which is no requirement",
					cases[i].name, cases[i].requirements[j]);
	for (size_t i = 0; i < spec->requirement_count; i++) {
		const struct requirement *r = &spec->requirements[i];
		bool covered = r->judge != JUDGE_CASE;
		for (size_t j = 0; j < count && !covered; j++)
			covered = names_requirement(&cases[j], r->id);
		if (!covered)
			return error_set(error, r->file, r->file_line, r->file_column,
				"no case judges the requirement %s", r->id);
	}
	return 0;
}
