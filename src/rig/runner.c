/* SPDX-License-Identifier: MIT */
/* The suite program: started with its list of cases, watched, ended. */
#include "rig/internal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "rig/child.h"
#include "rig/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { VARIABLES = 6, REAP_MS = 2000, BACKSTOP_S = 900, GIVE_UPS = 3 };

static int write_cases(struct rig *rig, const char *path, struct error *error)
{
	FILE *f AUTO_FILE = fopen(path, "we");
	if (!f)
		return error_set(error, NULL, 0, 0, "can't write %s: %s", path, strerror(errno));
	for (size_t i = 0; i < rig->plan->case_count; i++)
		if (rig->cases[rig->order[i]].wanted)
			fprintf(f, "%s\n", rig->plan->cases[rig->order[i]].id);
	if (fflush(f) != 0)
		return error_set(error, NULL, 0, 0, "can't write %s: %s", path, strerror(errno));
	return 0;
}

struct variables {
	struct buf text[VARIABLES];
	char **all;
};

static void variables_finish(struct variables *v)
{
	for (size_t i = 0; i < VARIABLES; i++)
		buf_finish(&v->text[i]);
	free(v->all);
}

static bool replaced(const struct variables *v, const char *entry)
{
	size_t len = strcspn(entry, "=") + 1;
	for (size_t i = 0; i < VARIABLES; i++)
		if (strncmp(entry, v->text[i].data, len) == 0)
			return true;
	return false;
}

static size_t count_usable(const struct rig *rig)
{
	size_t count = 0;
	for (size_t i = 0; i < rig->lane_count; i++)
		count += rig->lanes[i].state != LANE_OUT;
	return count ? count : 1;
}

/* Seconds that a worker may take, its wait for a line included. When boards are lost it waits for
 * one behind the workers that had them, each with its case, whose deadline bytes on the line put
 * off, and its recovery. */
static long long backstop_s(const struct rig *rig)
{
	long long case_ms = (1LL + MORE_MAX) * rig->plan->bench->timeouts_ms.case_total + GRACE_MS;
	long long turns_ms = 0;
	for (size_t i = 0; i < rig->lane_count; i++)
		turns_ms += case_ms + recover_most_ms(&rig->lanes[i].bench);
	return BACKSTOP_S + turns_ms / 1000;
}

/* The environment of this process with the rig's own words in it. */
static void variables_init(struct variables *v, struct rig *rig, const char *cases)
{
	*v = (struct variables){ 0 };
	buf_printf(&v->text[0], "%s=%s", CHANNEL_ENV, rig->socket_path.data);
	buf_printf(&v->text[1], "ATCONFORM_CASES=%s", cases);
	/* One more waits for its turn: a process takes longer to start than a line to be looked
	 * after. */
	buf_printf(&v->text[2], "ATCONFORM_JOBS=%zu", count_usable(rig) + 1);
	buf_puts(&v->text[3], "ATCONFORM_SPEC=");
	for (size_t i = 0; rig->plan->spec_dirs && rig->plan->spec_dirs[i]; i++)
		buf_printf(&v->text[3], "%s%s", i ? ":" : "", rig->plan->spec_dirs[i]);
	buf_printf(&v->text[4], "TMPDIR=%s", rig->dir);
	buf_printf(&v->text[5], "ATCONFORM_BACKSTOP=%lld", backstop_s(rig));
	size_t count = 0;
	while (environ[count])
		count++;
	v->all = calloc(count + VARIABLES + 1, sizeof(*v->all));
	if (!v->all)
		abort();
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (!replaced(v, environ[i]))
			v->all[n++] = environ[i];
	for (size_t i = 0; i < VARIABLES; i++)
		v->all[n++] = v->text[i].data;
}

static void log_path(const struct rig *rig, struct buf *path)
{
	buf_printf(path, "%s/runner.log", rig->plan->run_dir);
}

/* Criterion aborts when a worker dies before it is one: that is not what the cases that were not
 * run yet should pay for. */
static bool goes_on(const struct rig *rig)
{
	return !rig->stopping && !rig->failed_fast && rig->given_up < GIVE_UPS &&
	       WIFSIGNALED(rig->runner_status) && WTERMSIG(rig->runner_status) == SIGABRT;
}

static void take_end(struct rig *rig)
{
	if (waitpid(rig->runner, &rig->runner_status, WNOHANG) != rig->runner)
		return;
	event_del(&rig->runner_ended);
	/* Its last words come before its end: until they are read, no case has lost its result. */
	worker_read_all(rig, false);
	rig->runner_gone = true;
	rig->again = goes_on(rig);
	rig->given_up += rig->again;
	/* Workers that outlive it can't be judged any more. */
	kill(-rig->runner, SIGKILL);
	worker_kill_all(rig);
	verdict_runner_gone(rig);
	schedule(rig);
}

static void on_ended(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	take_end(user);
}

int runner_start(struct rig *rig, struct error *error)
{
	struct buf cases AUTO_BUF = { 0 };
	struct buf log AUTO_BUF = { 0 };
	struct variables v CLEANUP(variables_finish) = { 0 };
	buf_printf(&cases, "%s/cases", rig->dir);
	log_path(rig, &log);
	if (write_cases(rig, cases.data, error) < 0)
		return -1;
	variables_init(&v, rig, cases.data);
	int out AUTO_FD = open(log.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	const char *argv[] = { rig->plan->suite_program, NULL };
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t pid = child_start(&(struct child_start){
		.argv = argv, .envp = v.all, .in = -1, .out = out, .err = out, .session = false });
	if (pid < 0)
		return error_set(error, NULL, 0, 0, "can't run the suite program %s: %s", argv[0],
			strerror(-pid));
	rig->runner = pid;
	rig->runner_started = true;
	rig->runner_gone = rig->runner_killed = false;
	rig->runner_pidfd = child_pidfd(pid);
	if (rig->runner_pidfd < 0)
		return error_set(error, NULL, 0, 0, "can't watch the suite program: %s",
			strerror(-rig->runner_pidfd));
	event_assign(&rig->runner_ended, rig->base, rig->runner_pidfd, EV_READ | EV_PERSIST,
		on_ended, rig);
	event_add(&rig->runner_ended, NULL);
	return 0;
}

void runner_kill(struct rig *rig, int signal)
{
	if (rig->runner_started && !rig->runner_gone)
		kill(-rig->runner, signal);
}

struct litter {
	const char *folder, *begin, *end;
};

/* Whose it is by its name; 0: it is something else. */
static pid_t litter_owner(const struct litter *kind, const char *name)
{
	char number[24];
	int64_t pid;
	size_t len = strlen(name), around = strlen(kind->begin) + strlen(kind->end);
	if (!text_starts(name, kind->begin) || len <= around || len - around >= sizeof(number) ||
		strcmp(name + len - strlen(kind->end), kind->end) != 0)
		return 0;
	snprintf(number, sizeof(number), "%.*s", (int)(len - around), name + strlen(kind->begin));
	return text_integer(number, &pid) && pid > 0 ? (pid_t)pid : 0;
}

static void sweep_kind(const struct litter *kind)
{
	DIR *dir = opendir(kind->folder);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		struct stat st;
		pid_t pid = litter_owner(kind, entry->d_name);
		if (pid > 0 && fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			st.st_uid == geteuid() && kill(pid, 0) < 0 && errno == ESRCH)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/* BoxFort keeps a small file in shared memory for each worker, and one for the program; Criterion
 * has a socket in /tmp, wherever TMPDIR is. Killed at the wrong moment, nobody removes them. What
 * belongs to a living process is left alone. */
static void sweep(void)
{
	static const struct litter kinds[] = { { "/dev/shm", "bxfi_", "" },
		{ "/dev/shm", "bxf_arena_", "" }, { "/tmp", "criterion_", ".sock" } };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		sweep_kind(&kinds[i]);
}

/* Whether /proc says that this process is our child and runs cases. BoxFort's workers are sessions
 * of their own, so that no group holds them. */
static bool is_orphan(const char *pid)
{
	char path[64], text[256];
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	FILE *stat AUTO_FILE = fopen(path, "re");
	if (!stat || !fgets(text, sizeof(text), stat))
		return false;
	const char *name = strchr(text, '(');
	const char *end = strrchr(text, ')');
	int parent;
	if (!name || !end || sscanf(end, ") %*c %d", &parent) != 1 || parent != getpid())
		return false;
	return text_starts(name, "(boxfort-worker)") || text_starts(name, "(atconform-suite)");
}

/* One round: kills and reaps what is there. False when nothing was. */
static bool reap_orphans(void)
{
	bool any = false;
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		int64_t pid;
		if (!text_integer(entry->d_name, &pid) || !is_orphan(entry->d_name))
			continue;
		any = true;
		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, WNOHANG);
	}
	if (dir)
		closedir(dir);
	return any;
}

/* Workers whose parent was killed become our own children (see runner_start): none outlives the
 * run, and what is left of them can be cleared away only when they have ended. */
static void reap_workers(void)
{
	struct deadline deadline = deadline_in_ms(REAP_MS);
	while (reap_orphans() && !deadline_passed(deadline))
		poll(NULL, 0, 1);
}

void runner_reap(struct rig *rig)
{
	if (!rig->runner_started)
		return;
	reap_workers();
	/* Whoever is still connected, or about to, has ended. */
	worker_accept_all(rig);
	worker_close_all(rig);
	if (rig->runner_pidfd >= 0)
		close(rig->runner_pidfd);
	rig->runner_pidfd = -1;
}

void runner_finish(struct rig *rig)
{
	if (rig->runner_started && !rig->runner_gone)
		child_stop(rig->runner, REAP_MS);
	rig->runner_gone = true;
	if (rig->runner_started) {
		reap_workers();
		sweep();
	}
	if (rig->runner_pidfd >= 0)
		close(rig->runner_pidfd);
	rig->runner_pidfd = -1;
	struct buf path AUTO_BUF = { 0 };
	struct stat st;
	log_path(rig, &path);
	if (stat(path.data, &st) == 0 && st.st_size == 0)
		unlink(path.data);
}
