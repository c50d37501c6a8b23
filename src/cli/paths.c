/* SPDX-License-Identifier: MIT */
/* A build tree keeps each program in its room's folder, an installation keeps all in bindir and
 * libexecdir; the first place that has the thing wins. */
#include "cli/paths.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return strdup(path);
}

/* "base/middle/name" when it can be accessed in that mode. */
static char *existing(const char *base, const char *middle, const char *name, int mode)
{
	if (!base)
		return NULL;
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s%s/%s", base, middle, name);
	if (access(buf_text(&path), mode) != 0)
		return NULL;
	return buf_take(&path);
}

char *paths_data(const char *name)
{
	const char *chosen = getenv("ATCONFORM_DATA");
	if (chosen)
		return existing(chosen, "", name, R_OK);
	char *own AUTO_FREE = own_folder();
	char *path = existing(ATCONFORM_SOURCE_DIR, "", name, R_OK);
	if (!path)
		path = existing(own, "/../share/atconform", name, R_OK);
	if (!path)
		path = existing(ATCONFORM_DATADIR, "", name, R_OK);
	return path;
}

char *paths_program(const char *name)
{
	static const char *const places[] = { "", "/../../suites", "/../../fixtures/module",
		"/../libexec/atconform", "/../bin" };
	char *own AUTO_FREE = own_folder();
	char *path = NULL;
	for (size_t i = 0; !path && i < sizeof(places) / sizeof(places[0]); i++)
		path = existing(own, places[i], name, X_OK);
	return path;
}

int paths_make_dir(const char *path)
{
	char *copy AUTO_FREE = strdup(path);
	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, 0777) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}
