/* SPDX-License-Identifier: MIT */
#include "rig/identify.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/probe.h"
#include "rig/tempdir.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

enum { CONNECT_MS = 5000, LIMIT_MS = 60000 };

static bool is_information(const char *line)
{
	return *line && strcmp(line, "OK") != 0 && strcmp(line, "ERROR") != 0 &&
	       !text_starts(line, "AT+GMR");
}

void identity_parse(struct identity *out, const struct buf *got)
{
	size_t count = 0;
	char *rest = NULL;
	*out = (struct identity){ 0 };
	/* A NUL byte ends what is looked at: no version has one. */
	buf_puts(&out->text, buf_text(got));
	if (!out->text.data)
		return;
	for (char *line = strtok_r(out->text.data, "\r\n", &rest); line && count < IDENTIFY_LINES;
		line = strtok_r(NULL, "\r\n", &rest))
		if (is_information(line))
			out->lines[count++] = line;
}

void identity_finish(struct identity *identity)
{
	buf_finish(&identity->text);
	*identity = (struct identity){ 0 };
}

static int ask(struct identity *out, struct talk *t, struct error *error)
{
	if (!probe_is_answered(t))
		return error_set(
			error, NULL, 0, 0, "nobody answers AT on %s", link_address(t->link));
	if (talk_ask(t, "AT+GMR", t->bench->timeouts_ms.answer) != TALK_OK)
		return error_set(error, NULL, 0, 0, "%s does not answer AT+GMR with OK",
			link_address(t->link));
	identity_parse(out, &t->got);
	return 0;
}

static int ask_on(struct identity *out, const struct rig_bench *bench, struct link *link,
	struct journal *journal, int cancel_fd, struct error *error)
{
	struct talk t = { .link = link,
		.journal = journal,
		.bench = bench,
		.tx = journal_flow_create(),
		.rx = journal_flow_create(),
		.cancel_fd = cancel_fd,
		.deadline = deadline_in_ms(LIMIT_MS) };
	int status = ask(out, &t, error);
	talk_finish(&t);
	journal_flow_destroy(t.tx);
	journal_flow_destroy(t.rx);
	return status;
}

/* The journal of the run does not exist yet; this one goes with the folder. */
static int ask_in(struct identity *out, const struct rig_bench *bench,
	const struct link_place *place, const char *address, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/journal.jsonl", place->dir);
	struct journal *journal = journal_create(path.data, error);
	struct link *link = journal ? link_open(address, place, error) : NULL;
	int status = -1;
	if (link)
		status = ask_on(out, bench, link, journal, place->cancel_fd, error);
	link_close(link);
	if (journal)
		journal_destroy(journal);
	return status;
}

int identify(struct identity *out, const struct rig_bench *bench, const char *module_program,
	const char *address, int index, struct error *error)
{
	*out = (struct identity){ 0 };
	char *dir = tempdir_create(error);
	if (!dir)
		return -1;
	sigset_t ends, before;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	struct sigaction pipe_before;
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &pipe_before);
	int cancel_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	const struct link_place place = { .module_program = module_program,
		.dir = dir,
		.run_dir = dir,
		.index = index,
		.uart = bench->uart,
		.connect_ms = CONNECT_MS,
		.cancel_fd = cancel_fd };
	int status = ask_in(out, bench, &place, address, error);
	if (cancel_fd >= 0)
		close(cancel_fd);
	tempdir_remove(dir);
	sigaction(SIGPIPE, &pipe_before, NULL);
	/* A signal that ended the wait is still pending, and has its usual effect here. */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
