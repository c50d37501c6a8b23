/* SPDX-License-Identifier: MIT */
#include "rig/tempdir.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOT_MAX = 60 }; /* leaves room for the names of the sockets */

static char *make_in(const char *root)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/atconform-XXXXXX", root);
	return mkdtemp(path) ? strdup(path) : NULL;
}

char *tempdir_create(struct error *error)
{
	const char *wanted = getenv("TMPDIR");
	char *path = NULL;
	if (wanted && *wanted && strlen(wanted) <= ROOT_MAX)
		path = make_in(wanted);
	if (!path)
		path = make_in("/tmp");
	if (!path)
		error_set(error, NULL, 0, 0,
			"can't make a temporary folder in %s: %s; set TMPDIR to a folder that can "
			"be written",
			wanted && *wanted ? wanted : "/tmp", strerror(errno));
	return path;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	remove(path);
	return 0;
}

void tempdir_remove(char *path)
{
	if (!path)
		return;
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}
