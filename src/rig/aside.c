/* SPDX-License-Identifier: MIT */
#include "rig/aside.h"

#include "base/cleanup.h"
#include "rig/tempdir.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

enum { CONNECT_MS = 5000 };

struct teller {
	int (*talk)(struct talk *t, void *user, struct error *error);
	void *user;
};

static int talk_on(const struct aside *what, const struct teller *teller, struct link *link,
	struct journal *journal, int cancel_fd, struct error *error)
{
	struct talk t = { .link = link,
		.journal = journal,
		.bench = what->bench,
		.tx = journal_flow_create(),
		.rx = journal_flow_create(),
		.cancel_fd = cancel_fd,
		.deadline = deadline_in_ms(what->limit_ms) };
	int status = teller->talk(&t, teller->user, error);
	talk_finish(&t);
	journal_flow_destroy(t.tx);
	journal_flow_destroy(t.rx);
	return status;
}

/* There is no run that the journal could belong to; this one goes with the folder. */
static int talk_in(const struct aside *what, const struct teller *teller,
	const struct link_place *place, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/journal.jsonl", place->dir);
	struct journal *journal = journal_create(path.data, error);
	struct link *link = journal ? link_open(what->address, place, error) : NULL;
	int status = -1;
	if (link)
		status = talk_on(what, teller, link, journal, place->cancel_fd, error);
	link_close(link);
	if (journal)
		journal_destroy(journal);
	return status;
}

/* The signal that is waiting, taken, or 0. */
static int waiting_signal(const sigset_t *ends)
{
	int number = sigtimedwait(ends, NULL, &(struct timespec){ 0 });
	return number > 0 ? number : 0;
}

int aside(const struct aside *what, int (*talk)(struct talk *t, void *user, struct error *error),
	void *user, int *signal, struct error *error)
{
	struct sigaction hangup;
	sigset_t ends, before;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		sigaddset(&ends, SIGHUP); /* not with nohup(1) */
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	char *dir = tempdir_create(error);
	struct sigaction pipe_before;
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &pipe_before);
	int cancel_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	const struct teller teller = { talk, user };
	const struct link_place place = { .module_program = what->module_program,
		.dir = dir,
		.run_dir = dir,
		.index = what->index,
		.air = what->air,
		.uart = what->bench->uart,
		.connect_ms = CONNECT_MS,
		.cancel_fd = cancel_fd };
	int status = dir ? talk_in(what, &teller, &place, error) : -1;
	if (cancel_fd >= 0)
		close(cancel_fd);
	tempdir_remove(dir);
	sigaction(SIGPIPE, &pipe_before, NULL);
	if (signal)
		*signal = waiting_signal(&ends);
	/* One that ended a wait and was not taken is still pending. */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
