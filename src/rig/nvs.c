/* SPDX-License-Identifier: MIT */
#include "rig/nvs.h"

#include "spec/effect.h"

#include <string.h>

void nvs_answered(struct nvs *nvs, int case_index, const char *command)
{
	const struct effect effect =
		nvs->spec ? effect_of(nvs->spec, command) : (struct effect){ 0 };
	if (!effect.stores)
		return;
	int64_t writes = ++nvs->writes;
	struct buf *line = journal_begin(nvs->journal, "nvs", -1);
	journal_int(line, "l", nvs->lane);
	journal_int(line, "c", case_index);
	journal_text(line, "command", effect.command->name);
	journal_int(line, "writes", writes);
	journal_end(nvs->journal);
}

bool nvs_spent(const struct nvs *nvs)
{
	return nvs->most >= 0 && nvs->writes >= nvs->most;
}

bool nvs_is_writer(const char *const *tags)
{
	for (size_t i = 0; tags && tags[i]; i++)
		if (strcmp(tags[i], "nvs") == 0 || strcmp(tags[i], "destructive") == 0)
			return true;
	return false;
}
