/* SPDX-License-Identifier: MIT */
/* Starts and ends programs by their process id: none outlives the rig, none is left unreaped. */
#ifndef RIG_CHILD_H
#define RIG_CHILD_H

#include "base/clock.h"

#include <stdbool.h>
#include <sys/types.h>

struct child_start {
	const char *const *argv;
	char *const *envp; /* NULL: this process's own */
	int in, out, err;  /* descriptors; -1: /dev/null */
	bool session;      /* a session of its own (no terminal); else only a process group */
};

/* Starts the program (found along PATH). It dies with the thread that started it. Returns the
 * process id, which is also its group's, or -errno: -ENOENT when there is no such program. */
pid_t child_start(const struct child_start *start);
/* Waits for the end: 1 with *status, 0 at the deadline or when cancel_fd (-1: none) is readable. */
int child_wait(pid_t pid, int *status, struct deadline deadline, int cancel_fd);
/* SIGTERM to the group, SIGKILL after grace_ms, and reaps. */
void child_stop(pid_t pid, int grace_ms);
/* A descriptor that is readable when the process has ended, or -errno. */
int child_pidfd(pid_t pid);
/* "exit 3", "signal 11 (Segmentation fault)" in a static buffer of the thread. */
const char *child_status(int status);

#endif
