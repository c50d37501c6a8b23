/* SPDX-License-Identifier: MIT */
/* Who has a port, and what it is instead of a module's: clear messages instead of bare errno texts.
 */
#ifndef RIG_BUSY_H
#define RIG_BUSY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A program that has the port open, or that a lock file names. */
struct busy_owner {
	int pid;
	char name[64]; /* as the kernel shows it; to be escaped */
	bool by_file;  /* it is a lock file in /var/lock that says so */
};

/* The first other process that /proc shows with the port open, or that lives and has a lock file
 * for it. The program that serves a PTY does not count. */
bool busy_owner(const char *path, struct busy_owner *out);
/* What to do about that program, and where it is; one sentence without its full stop. */
void busy_way_out(const char *path, const struct busy_owner *owner, char *out, size_t size);
/* Refuses what is no terminal device, and a printer's and a modem's port, without opening it. 0, or
 * -1 with *error. */
int busy_check_kind(const char *path, struct error *error);
/* And a PTY too, for serial: addresses. */
int busy_check_serial(const char *path, struct error *error);
/* Before it is opened: as busy_check_kind, and refuses a port that another program reads.
 * A port that sysfs does not know (a PTY) is only refused for what kind of file it is. 0, or -1
 * with *error. */
int busy_check(const char *path, struct error *error);
/* Locks the open port for this run. -1 with *error naming the port and, when /proc shows it, the
 * process that has it. */
int busy_lock(int fd, const char *path, struct error *error);
/* Fills *error for an open() of a port that failed with this errno. Returns -1. */
int busy_explain(const char *path, int failure, struct error *error);

#endif
