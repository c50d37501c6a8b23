/* SPDX-License-Identifier: MIT */
/* The plan is the suite program's own word, so that what is told is what is linked in. */
#include "cli/catalogue.h"

#include "base/cleanup.h"
#include "cli/paths.h"

#include <string.h>

int catalogue_load(struct catalogue *c, struct error *error)
{
	char *program AUTO_FREE = paths_program("atconform-suite");
	if (!program)
		return error_set(error, NULL, 0, 0,
			"the program atconform-suite is not beside atconform; build or install it");
	if (cli_spec_dirs(&c->dirs, &c->extra, error) < 0 ||
		spec_load(&c->model, c->dirs.items, error) < 0 ||
		suite_load(&c->suite, program, c->dirs.items, error) < 0)
		return -1;
	return suite_check(&c->suite, &c->model, error);
}

void catalogue_finish(struct catalogue *c)
{
	suite_finish(&c->suite);
	spec_finish(&c->model);
	words_finish(&c->dirs);
	words_finish(&c->extra);
}

bool catalogue_judges(const struct rig_case *one, const struct requirement *r)
{
	for (size_t i = 0; one->requirements[i]; i++) {
		if (strcmp(one->requirements[i], r->id) == 0)
			return true;
	}
	return false;
}
