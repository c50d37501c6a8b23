/* SPDX-License-Identifier: MIT */
/* Which profiles are for the firmware that answers AT+GMR with certain lines. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "spec/profile.h"
#include "spec/template.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *fitting_line(const char *pattern, const char *const *lines)
{
	struct buf text AUTO_BUF = { 0 };
	struct error error = { 0 };
	buf_printf(&text, "re:%s", pattern);
	struct template *t = template_create(buf_text(&text), NULL, &error);
	const char *fits = NULL;
	for (size_t i = 0; t && lines[i] && !fits; i++)
		if (template_match(t, lines[i], strlen(lines[i]), NULL))
			fits = lines[i];
	template_destroy(t);
	return fits;
}

bool profile_is_for(const struct profile *profile, const char *const *lines, const char **which)
{
	for (size_t i = 0; i < profile->firmware_count; i++) {
		const char *const *patterns = profile->firmware[i].lines;
		const char *first = fitting_line(patterns[0], lines);
		bool all = first;
		for (size_t k = 1; all && patterns[k]; k++)
			all = fitting_line(patterns[k], lines);
		if (all && which)
			*which = first;
		if (all)
			return true;
	}
	return false;
}

static int is_profile(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && text_ends(entry->d_name, ".json");
}

int profile_detect(const char *dir, const char *const *lines,
	char names[PROFILE_NAMES][PROFILE_NAME_SIZE], struct error *error)
{
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, is_profile, alphasort);
	int found = 0;
	for (int i = 0; i < count; i++) {
		struct profile p;
		char *name = entries[i]->d_name;
		name[strlen(name) - strlen(".json")] = '\0';
		if (found >= 0 && profile_load(&p, dir, name, NULL, error) < 0)
			found = -1;
		else if (found >= 0) {
			if (profile_is_for(&p, lines, NULL) && found++ < PROFILE_NAMES)
				snprintf(names[found - 1], PROFILE_NAME_SIZE, "%s", name);
			profile_finish(&p);
		}
		free(entries[i]);
	}
	free(entries);
	return found;
}
