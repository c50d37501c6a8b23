/* SPDX-License-Identifier: MIT */
#include "rig/busy.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/adapter.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Numbers of devices, from the kernel's list (Documentation/admin-guide/devices.txt). */
enum { MAJOR_TTY = 5, MINOR_PTMX = 2, MAJOR_LP = 6, MAJOR_PTS = 136, MAJOR_PTS_LAST = 143 };
enum { MAJOR_USB = 180, MINOR_USBLP_LAST = 15 };
enum { NAMES_MAX = 65536 }; /* what one entry of passwd or group may take */

/* Programs that take ports by themselves. */
static const struct {
	const char *name, *way_out;
} takers[] = {
	{ "ModemManager", "sudo systemctl stop ModemManager, or keep it away by a udev rule that "
			  "sets ENV{ID_MM_PORT_IGNORE}=\"1\" for this adapter" },
	{ "brltty", "it takes USB adapters for Braille displays: sudo systemctl stop brltty, or "
		    "remove the package brltty" },
	{ "agetty", "it is a login prompt on this port: sudo systemctl stop serial-getty@ for it" },
};

/* ---- who has it ---- */

static bool is_pts(dev_t device)
{
	return major(device) >= MAJOR_PTS && major(device) <= MAJOR_PTS_LAST;
}

/* Whether the process has the port open; one that has the other side of PTYs open serves it, and
 * counts only when `servers` do. */
static bool has_open(const char *pid, dev_t port, bool servers)
{
	char path[300];
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	bool found = false;
	bool serves = false;
	for (const struct dirent *e; (e = readdir(dir));) {
		struct stat st;
		snprintf(path, sizeof(path), "/proc/%s/fd/%.20s", pid, e->d_name);
		if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
			continue;
		found |= st.st_rdev == port;
		serves |= st.st_rdev == makedev(MAJOR_TTY, MINOR_PTMX);
	}
	closedir(dir);
	return found && (servers || !serves || !is_pts(port));
}

static void name_process(struct busy_owner *owner)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/comm", owner->pid);
	FILE *f AUTO_FILE = fopen(path, "re");
	if (f && fgets(owner->name, sizeof(owner->name), f))
		owner->name[strcspn(owner->name, "\n")] = '\0';
}

static bool find_by_descriptor(dev_t port, bool servers, struct busy_owner *out)
{
	DIR *proc = opendir("/proc");
	bool found = false;
	if (!proc)
		return false;
	for (const struct dirent *e; !found && (e = readdir(proc));) {
		if (!isdigit((unsigned char)e->d_name[0]) || atoi(e->d_name) == getpid())
			continue;
		found = has_open(e->d_name, port, servers);
		if (found)
			out->pid = atoi(e->d_name);
	}
	closedir(proc);
	return found;
}

/* /var/lock/LCK..ttyUSB0 holds a process id, as text or as an int; the file of a process that is
 * gone means nothing. */
static bool find_by_lock_file(const char *path, struct busy_owner *out)
{
	struct buf file AUTO_BUF = { 0 };
	char text[32] = "";
	const char *slash = strrchr(path, '/');
	buf_printf(&file, "/var/lock/LCK..%s", slash ? slash + 1 : path);
	FILE *f AUTO_FILE = fopen(file.data, "re");
	size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (len == 0)
		return false;
	int pid = atoi(text);
	if (len == sizeof(pid) && !isdigit((unsigned char)text[0]) && text[0] != ' ')
		memcpy(&pid, text, sizeof(pid));
	if (pid <= 0 || pid == getpid() || (kill(pid, 0) < 0 && errno != EPERM))
		return false;
	out->pid = pid;
	out->by_file = true;
	return true;
}

static bool find_owner(const char *path, bool servers, struct busy_owner *out)
{
	struct stat port;
	*out = (struct busy_owner){ 0 };
	if (stat(path, &port) < 0 || !S_ISCHR(port.st_mode))
		return false;
	if (!find_by_descriptor(port.st_rdev, servers, out) && !find_by_lock_file(path, out))
		return false;
	name_process(out);
	return true;
}

bool busy_owner(const char *path, struct busy_owner *out)
{
	return find_owner(path, false, out);
}

void busy_way_out(const char *path, const struct busy_owner *owner, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (strcmp(owner->name, takers[i].name) == 0) {
			snprintf(out, size, "%s", takers[i].way_out);
			return;
		}
	if (owner->pid)
		snprintf(out, size,
			"end that program, or name another port, with --iut or in the bench file");
	else
		snprintf(out, size,
			"`sudo fuser -v %s` names the program; end it, or name another port, with "
			"--iut or in the bench file",
			path);
}

static int say_owner(const char *path, const struct busy_owner *owner, struct error *error)
{
	char way_out[400];
	struct buf name AUTO_BUF = { 0 };
	busy_way_out(path, owner, way_out, sizeof(way_out));
	text_visible(&name, owner->name, strlen(owner->name));
	return error_set(error, NULL, 0, 0, "%s is in use by process %d (%s)%s: %s", path,
		owner->pid, buf_text(&name), owner->by_file ? ", says its lock file" : "", way_out);
}

static int say_busy(const char *path, struct error *error)
{
	struct busy_owner owner;
	char way_out[400];
	/* Somebody has it for sure: whoever serves it, when nobody else is seen. */
	if (find_owner(path, false, &owner) || find_owner(path, true, &owner))
		return say_owner(path, &owner, error);
	busy_way_out(path, &owner, way_out, sizeof(way_out));
	return error_set(error, NULL, 0, 0,
		"%s is in use by a program that can't be seen, another user's perhaps: %s", path,
		way_out);
}

int busy_lock(int fd, const char *path, struct error *error)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return say_busy(path, error);
	return error_set(error, NULL, 0, 0, "can't lock %s: %s", path, strerror(errno));
}

/* ---- what it is ---- */

static bool is_printer(const struct stat *st)
{
	return S_ISCHR(st->st_mode) &&
	       (major(st->st_rdev) == MAJOR_LP ||
		       (major(st->st_rdev) == MAJOR_USB && minor(st->st_rdev) <= MINOR_USBLP_LAST));
}

static int say_printer(const char *path, const char *product, struct error *error)
{
	struct buf name AUTO_BUF = { 0 };
	text_visible(&name, product, strlen(product));
	return error_set(error, NULL, 0, 0,
		"%s is a printer's port%s%s%s, not a module's: name the module's with --iut or in "
		"the bench file",
		path, *product ? " (" : "", buf_text(&name), *product ? ")" : "");
}

/* Whether the kernel has a terminal driver for the device; where it does not tell, it may have. The
 * lines are "serial /dev/ttyS 4 64-95 serial". */
static bool has_tty_driver(dev_t device)
{
	char line[200];
	unsigned first, last, number;
	FILE *f AUTO_FILE = fopen("/proc/tty/drivers", "re");
	if (!f)
		return true;
	bool any = false;
	while (fgets(line, sizeof(line), f)) {
		int found = sscanf(line, "%*s %*s %u %u-%u", &number, &first, &last);
		if (found < 2)
			continue;
		any = true;
		if (number == major(device) && minor(device) >= first &&
			minor(device) <= (found == 3 ? last : first))
			return true;
	}
	return !any;
}

int busy_check_kind(const char *path, struct error *error)
{
	struct stat st;
	struct adapter adapter;
	if (stat(path, &st) < 0)
		return busy_explain(path, errno, error);
	if (is_printer(&st))
		return say_printer(path, "", error);
	if (!S_ISCHR(st.st_mode) || !has_tty_driver(st.st_rdev))
		return error_set(error, NULL, 0, 0,
			"%s is not a terminal device: for a program use exec:, for a network "
			"bridge tcp:",
			path);
	if (adapter_of(path, &adapter) < 0)
		return 0;
	if (adapter.kind == ADAPTER_PRINTER)
		return say_printer(path, adapter.product, error);
	if (adapter.kind == ADAPTER_MODEM)
		return error_set(error, NULL, 0, 0,
			"%s is a mobile modem's port (driver %s), not a module's: name the "
			"module's with --iut or in the bench file",
			path, adapter.driver);
	return 0;
}

/* A PTY is no port, but a test's tree of adapters may say that one is. */
static bool is_mere_pty(const char *path)
{
	struct adapter adapter;
	char *real AUTO_FREE = realpath(path, NULL);
	return real && text_starts(real, "/dev/pts/") && adapter_of(path, &adapter) < 0;
}

int busy_check_serial(const char *path, struct error *error)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return busy_explain(path, errno, error);
	if (!S_ISCHR(st.st_mode))
		return error_set(error, NULL, 0, 0,
			"%s is not a serial port: it is no character device", path);
	if (is_mere_pty(path))
		return error_set(error, NULL, 0, 0, "%s is a PTY, not a serial port: use pty:%s",
			path, path);
	return busy_check_kind(path, error);
}

int busy_check(const char *path, struct error *error)
{
	struct adapter adapter;
	struct busy_owner owner;
	if (busy_check_kind(path, error) < 0)
		return -1;
	if (adapter_of(path, &adapter) < 0 || !busy_owner(path, &owner))
		return 0;
	return say_owner(path, &owner, error);
}

/* ---- why it can't be opened ---- */

/* The group of the file, its texts in `names`; NULL: not known. Lanes ask at the same time. */
static const struct group *group_of(gid_t gid, struct group *group, char *names)
{
	struct group *found = NULL;
	return getgrgid_r(gid, group, names, NAMES_MAX, &found) == 0 ? found : NULL;
}

/* Whether the user was put into the group after logging in. */
static bool is_listed(const struct group *group)
{
	char *names AUTO_FREE = malloc(NAMES_MAX);
	struct passwd entry, *user = NULL;
	if (!names || getpwuid_r(geteuid(), &entry, names, NAMES_MAX, &user) != 0)
		return false;
	for (char **member = group->gr_mem; user && *member; member++)
		if (strcmp(*member, user->pw_name) == 0)
			return true;
	return false;
}

static int say_no_rights(const char *path, struct error *error)
{
	struct stat st;
	struct group entry;
	char *names AUTO_FREE = malloc(NAMES_MAX);
	bool there = names && stat(path, &st) == 0;
	const struct group *group = there ? group_of(st.st_gid, &entry, names) : NULL;
	bool helps = group && st.st_gid != 0 && (st.st_mode & S_IRGRP) && (st.st_mode & S_IWGRP);
	if (!group)
		return error_set(error, NULL, 0, 0,
			"no right to open %s: run as a user who may read and write it", path);
	if (!helps)
		return error_set(error, NULL, 0, 0,
			"no right to open %s, which its group %s has not either: a udev rule with "
			"GROUP=\"dialout\", MODE=\"0660\" gives it to a group",
			path, group->gr_name);
	if (is_listed(group))
		return error_set(error, NULL, 0, 0,
			"no right to open %s yet: you are in its group %s since your last login; "
			"log in again",
			path, group->gr_name);
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
			"there is no %s: is the module plugged in? Name its port with --iut or in "
			"the bench file",
			path);
	return error_set(error, NULL, 0, 0, "can't open %s: %s", path, strerror(failure));
}
