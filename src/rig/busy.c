/* SPDX-License-Identifier: MIT */
#include "rig/busy.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_open(const char *pid, const struct stat *port)
{
	char path[300];
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	bool found = false;
	for (const struct dirent *e; !found && (e = readdir(dir));) {
		struct stat st;
		snprintf(path, sizeof(path), "/proc/%s/fd/%.20s", pid, e->d_name);
		found = stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == port->st_rdev;
	}
	closedir(dir);
	return found;
}

static void name_process(char *out, size_t size, const char *pid)
{
	char path[300];
	char name[64] = "";
	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	FILE *f = fopen(path, "re");
	if (f) {
		if (fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		fclose(f);
	}
	snprintf(out, size, " by process %.20s (%s)", pid, name);
}

/* " by process 123 (minicom)", or "" when nobody else can be seen to have it. */
static void find_owner(char *out, size_t size, const char *path)
{
	struct stat port;
	*out = '\0';
	if (stat(path, &port) < 0 || !S_ISCHR(port.st_mode))
		return;
	DIR *proc = opendir("/proc");
	if (!proc)
		return;
	for (const struct dirent *e; !*out && (e = readdir(proc));) {
		if (!isdigit((unsigned char)e->d_name[0]) || atoi(e->d_name) == getpid())
			continue;
		if (has_open(e->d_name, &port))
			name_process(out, size, e->d_name);
	}
	closedir(proc);
}

static int say_busy(const char *path, struct error *error)
{
	char owner[160];
	find_owner(owner, sizeof(owner), path);
	return error_set(error, NULL, 0, 0,
		"%s is in use%s: end that program, or name another port with --iut", path, owner);
}

int busy_lock(int fd, const char *path, struct error *error)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return say_busy(path, error);
	return error_set(error, NULL, 0, 0, "can't lock %s: %s", path, strerror(errno));
}

static int say_no_rights(const char *path, struct error *error)
{
	struct stat st;
	const struct group *group = stat(path, &st) == 0 ? getgrgid(st.st_gid) : NULL;
	if (!group)
		return error_set(error, NULL, 0, 0,
			"no right to open %s: run as a user who may read and write it", path);
	return error_set(error, NULL, 0, 0,
		"no right to open %s: join its group %s (sudo usermod -aG %s $USER, then log in "
		"again)",
		path, group->gr_name, group->gr_name);
}

int busy_explain(const char *path, int failure, struct error *error)
{
	if (failure == EBUSY)
		return say_busy(path, error);
	if (failure == EACCES || failure == EPERM)
		return say_no_rights(path, error);
	if (failure == ENOENT || failure == ENODEV || failure == ENXIO)
		return error_set(error, NULL, 0, 0,
			"there is no %s: is the module plugged in? Name its port with --iut", path);
	return error_set(error, NULL, 0, 0, "can't open %s: %s", path, strerror(failure));
}
