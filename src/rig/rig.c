/* SPDX-License-Identifier: MIT */
/* A run from its first journal line to its last: sets up, turns the event loop, and leaves nothing
 * behind, whatever happened on the way. */
#include "rig/rig.h"

#include "base/text.h"
#include "rig/broker.h"
#include "rig/child.h"
#include "rig/internal.h"
#include "rig/tempdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, STOP_MS = 700, LAST_MS = 1500 };

static void tell(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));
	(void)n;
}

void rig_stop(struct rig *rig, enum rig_end end, int signal, const char *text)
{
	if (rig->stopping)
		return;
	rig->stopping = true;
	rig->granting = false;
	rig->end = end;
	rig->signal = signal;
	error_set(rig->error, NULL, 0, 0, "%s", text);
	for (struct worker *w = rig->workers; w; w = w->next)
		if (w->state == WORKER_LEASED || w->state == WORKER_QUEUED)
			worker_abort(w, NULL, "the run is over");
	tell(rig->cancel_fd);
	runner_kill(rig, SIGTERM);
	event_add(&rig->deadline, &(struct timeval){ STOP_MS / 1000, STOP_MS % 1000 * 1000 });
	rig_check_done(rig);
}

bool rig_lanes_rest(const struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++)
		if (rig->lanes[i].running != LANE_NOTHING)
			return false;
	return true;
}

/* Whether the suite program has reported all the cases that it was given. */
static bool check_results(struct rig *rig)
{
	size_t without = 0;
	size_t given = 0;
	if (rig->end != RIG_COMPLETE || rig->cut_short)
		return rig->end == RIG_COMPLETE;
	for (size_t i = 0; i < rig->plan->case_count; i++) {
		given += rig->cases[i].wanted;
		without += rig->cases[i].wanted && !rig->cases[i].has_result;
	}
	if (!without)
		return true;
	if (rig->again) {
		char text[160];
		snprintf(text, sizeof(text),
			"the suite program gave up (%s) and is started again for %zu case%s",
			child_status(rig->runner_status), without, without == 1 ? "" : "s");
		header_note(rig, -1, text);
		return true;
	}
	rig->end = RIG_RUNNER_DIED;
	error_set(rig->error, NULL, 0, 0,
		"the suite program ended (%s) with %zu of %zu cases without a result; see "
		"runner.log in the run's folder",
		child_status(rig->runner_status), without, given);
	return false;
}

void rig_check_done(struct rig *rig)
{
	bool running = rig->runner_started && !rig->runner_gone;
	bool starting = !rig->runner_started && !rig->stopping;
	if (running || starting || !rig_lanes_rest(rig))
		return;
	for (const struct worker *w = rig->workers; w; w = w->next)
		if (w->state != WORKER_RUNNER)
			return;
	if (!rig->stopping && check_results(rig) && pass_begin(rig))
		return;
	event_base_loopbreak(rig->base);
}

/* ---- events ---- */

static void on_lane_done(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct rig *rig = user;
	if (rig->putting_back)
		put_back_done(rig);
	else
		schedule_done(rig);
}

static void on_write_failed(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct rig *rig = user;
	event_del(&rig->write_failed);
	char text[200];
	snprintf(text, sizeof(text), "can't write the journal: %s; the run ends here",
		strerror(-journal_failure(rig->journal)));
	rig_stop(rig, RIG_INTERNAL, 0, text);
}

static void on_signal(evutil_socket_t signal, short what, void *user)
{
	(void)what;
	struct rig *rig = user;
	/* A terminal that goes may say so twice, the shell for it and the kernel. */
	bool hangup = signal == SIGHUP;
	if (hangup && rig->stopping)
		return;
	if (rig->putting_back) {
		tell(rig->cancel_fd);
		return;
	}
	if (rig->stopping) {
		/* Asked twice: no grace. */
		runner_kill(rig, SIGKILL);
		worker_kill_all(rig);
		return;
	}
	rig_stop(rig, RIG_INTERRUPTED, (int)signal,
		signal == SIGINT ? "interrupted by SIGINT"
		: hangup         ? "ended by SIGHUP: the terminal or the connection is gone"
				 : "ended by SIGTERM");
}

/* The first time the suite program has had its grace; the second time nobody is waited for. */
static void on_deadline(evutil_socket_t fd, short what, void *user)
{
	(void)fd, (void)what;
	struct rig *rig = user;
	if (rig->putting_back)
		return;
	if (rig->runner_killed) {
		event_base_loopbreak(rig->base);
		return;
	}
	rig->runner_killed = true;
	runner_kill(rig, SIGKILL);
	worker_kill_all(rig);
	event_add(&rig->deadline, &(struct timeval){ LAST_MS / 1000, LAST_MS % 1000 * 1000 });
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct rig *rig = user;
	(void)fd, (void)what;
	schedule_tick(rig);
	if (rig->plan->on_tick)
		rig->plan->on_tick(rig->plan->user);
}

static void add_events(struct rig *rig)
{
	struct event_base *base = rig->base;
	event_assign(&rig->lane_done, base, rig->done_fd, EV_READ | EV_PERSIST, on_lane_done, rig);
	event_assign(&rig->write_failed, base, journal_failure_fd(rig->journal),
		EV_READ | EV_PERSIST, on_write_failed, rig);
	event_assign(&rig->interrupt, base, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal, rig);
	event_assign(&rig->terminate, base, SIGTERM, EV_SIGNAL | EV_PERSIST, on_signal, rig);
	event_assign(&rig->deadline, base, -1, 0, on_deadline, rig);
	event_assign(&rig->next_broker, base, -1, 0, broker_next, rig);
	event_assign(&rig->tick, base, -1, EV_PERSIST, on_tick, rig);
	event_add(&rig->tick, &(struct timeval){ .tv_sec = 1 });
	event_add(&rig->lane_done, NULL);
	event_add(&rig->write_failed, NULL);
	event_add(&rig->interrupt, NULL);
	event_add(&rig->terminate, NULL);
}

static void remove_events(struct rig *rig)
{
	struct event *const all[] = { &rig->listening, &rig->lane_done, &rig->write_failed,
		&rig->interrupt, &rig->terminate, &rig->runner_ended, &rig->deadline, &rig->tick,
		&rig->next_broker };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (event_initialized(all[i]))
			event_del(all[i]);
}

/* ---- life ---- */

static size_t count_lanes(const struct rig_plan *plan)
{
	size_t count = 0;
	while (plan->bench->iuts[count].address)
		count++;
	size_t jobs = plan->jobs > 0 ? (size_t)plan->jobs : 1;
	return jobs < count ? jobs : count;
}

/* A recording has no flash. */
static struct nvs nvs_of(const struct rig *rig, size_t index)
{
	const struct rig_plan *plan = rig->plan;
	const struct rig_resume *resume = plan->resume;
	bool recorded = strncmp(rig->lanes[index].address, "replay:", 7) == 0;
	bool known = resume && index < resume->line_count;
	return (struct nvs){ .spec = recorded ? NULL : plan->spec,
		.journal = rig->journal,
		.lane = (int)index,
		.writes = known ? resume->lines_before[index].nvs_writes : 0,
		.most = plan->bench->nvs_capped ? plan->bench->max_nvs_writes : -1 };
}

/* What the run that is resumed found; it has changed them since. */
static void take_settings(struct lane *lane, const struct rig_resume *resume)
{
	if (!resume)
		return;
	lane->settings.known = lane->settings.used = true;
	if ((size_t)lane->index >= resume->line_count)
		return;
	const struct rig_line_before *before = &resume->lines_before[lane->index];
	for (size_t i = 0; i < before->setting_count; i++)
		settings_take(&lane->settings, before->settings[i].name, before->settings[i].value);
}

static void lane_setup(struct rig *rig, size_t index)
{
	const struct rig_plan *plan = rig->plan;
	struct lane *lane = &rig->lanes[index];
	lane->rig = rig;
	lane->bench = *plan->bench;
	lane->bench.switches = plan->bench->iuts[index].switches;
	lane->profile = plan->profile;
	lane->journal = rig->journal;
	lane->compared = rig->lane_count > 1 && !text_starts(lane->address, "replay:");
	lane->done_fd = rig->done_fd;
	lane->nvs = nvs_of(rig, index);
	take_settings(lane, plan->resume);
	lane->place = (struct link_place){ .module_program = plan->module_program,
		.air = plan->bench->air,
		.pki = lane->network.own && plan->bench->air ? rig->pki : NULL,
		.dir = rig->dir,
		.run_dir = plan->run_dir,
		.index = (int)index,
		.uart = plan->bench->uart,
		.connect_ms = CONNECT_MS,
		.cancel_fd = rig->cancel_fd };
	lease_create(lane);
	lane_init(lane);
	if (lane->started)
		lane_start(lane, LANE_OPEN);
	else
		rig_stop(rig, RIG_INTERNAL, 0, "can't start a thread for a line");
}

/* What needs the world: 0, or -1 with rig->end and *error. */
static int set_up(struct rig *rig)
{
	rig->end = RIG_INTERNAL;
	rig->dir = tempdir_create(rig->error);
	if (!rig->dir)
		return -1;
	rig->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rig->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rig->base = event_base_new();
	rig->message = malloc(CHANNEL_SIZE + 1);
	if (rig->cancel_fd < 0 || rig->done_fd < 0 || !rig->base || !rig->message)
		return error_set(rig->error, NULL, 0, 0, "can't set up the event loop");
	add_events(rig);
	if (worker_listen(rig, rig->error) < 0)
		return -1;
	grant_prepare(rig);
	rig->lanes = calloc(rig->lane_count, sizeof(*rig->lanes));
	if (!rig->lanes)
		abort();
	for (size_t i = 0; i < rig->lane_count; i++) {
		rig->lanes[i].index = (int)i;
		const struct rig_iut *iut = &rig->plan->bench->iuts[i];
		rig->lanes[i].address = iut->address;
		rig->lanes[i].adapter = iut->adapter;
		rig->lanes[i].mac = iut->mac;
	}
	if (peer_prepare(rig, rig->error) < 0 || broker_prepare(rig, rig->error) < 0)
		return -1;
	rig->end = RIG_COMPLETE;
	return 0;
}

static void tear_down(struct rig *rig)
{
	if (rig->cancel_fd >= 0)
		tell(rig->cancel_fd);
	runner_finish(rig);
	worker_close_all(rig);
	put_back(rig);
	for (size_t i = 0; rig->lanes && i < rig->lane_count; i++) {
		if (!rig->lanes[i].rig) {
			free(rig->lanes[i].facts);
			continue;
		}
		lease_detach(&rig->lanes[i]);
		broker_destroy(&rig->lanes[i]);
		lane_finish(&rig->lanes[i]);
		lease_destroy(&rig->lanes[i]);
		settings_finish(&rig->lanes[i].settings);
	}
	free(rig->lanes);
	if (rig->base) {
		remove_events(rig);
		event_base_free(rig->base);
	}
	const int fds[] = { rig->listen_fd, rig->cancel_fd, rig->done_fd };
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	buf_finish(&rig->socket_path);
	buf_finish(&rig->grant_tail);
	free(rig->message);
	free(rig->pki);
	tempdir_remove(rig->dir);
}

/* nohup(1) means that it shall go on. */
static bool hangup_ends(void)
{
	struct sigaction now;
	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler != SIG_IGN;
}

/* Outside of the loop a hangup waits: what is under way then is the run's end anyway. */
static void turn_loop(struct rig *rig)
{
	struct event hangup;
	sigset_t only, before;
	bool ends = hangup_ends();
	sigemptyset(&only);
	sigaddset(&only, SIGHUP);
	event_assign(&hangup, rig->base, SIGHUP, EV_SIGNAL | EV_PERSIST, on_signal, rig);
	if (ends) {
		event_add(&hangup, NULL);
		pthread_sigmask(SIG_UNBLOCK, &only, &before);
	}
	event_base_dispatch(rig->base);
	if (ends) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		event_del(&hangup);
	}
}

static void run_cases(struct rig *rig)
{
	if (set_up(rig) == 0) {
		for (size_t i = 0; i < rig->lane_count; i++)
			lane_setup(rig, i);
		turn_loop(rig);
	}
	tear_down(rig);
}

static void cases_finish(struct rig *rig)
{
	for (size_t i = 0; i < rig->plan->case_count; i++)
		verdict_reset(&rig->cases[i]);
	pass_finish(rig);
	free(rig->cases);
}

static struct journal *open_journal(const struct rig_plan *plan, struct error *error)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/journal.jsonl", plan->run_dir);
	const struct rig_resume *resume = plan->resume;
	struct journal *journal =
		resume ? journal_continue(resume->journal_fd, resume->lines, resume->t_ns)
		       : journal_create(path.data, error);
	buf_finish(&path);
	return journal;
}

/* Times in the reports come from the machine's clock, and so does what certificates are judged by.
 */
static void check_clock(struct rig *rig)
{
	enum { MADE = 1767225600 /* 2026-01-01, before which there was no such program */ };
	time_t now = time(NULL);
	struct tm utc = { 0 };
	char day[32];
	char text[160];
	if (now >= MADE)
		return;
	strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &utc));
	snprintf(text, sizeof(text),
		"this machine's clock says %s, which can't be: times in the reports are wrong with "
		"it, and certificates may be refused",
		day);
	header_note(rig, -1, text);
}

static void run(struct rig *rig)
{
	const struct rig_plan *plan = rig->plan;
	journal_keep_secret(rig->journal, plan->bench->broker.secrets);
	rig->cases = calloc(plan->case_count + 1, sizeof(*rig->cases));
	if (!rig->cases)
		abort();
	rig->lane_count = count_lanes(plan);
	pass_prepare(rig);
	header_write(rig);
	broker_note(rig);
	check_clock(rig);
	verdict_decided(rig);
	if (pass_left(rig) || put_back_left(rig))
		run_cases(rig);
	int failure = journal_failure(rig->journal);
	if (failure) {
		rig->end = RIG_INTERNAL;
		error_set(
			rig->error, NULL, 0, 0, "can't write the journal: %s", strerror(-failure));
	}
	header_end(rig);
	cases_finish(rig);
}

enum rig_end rig_run(const struct rig_plan *plan, int *signal_out, struct error *error)
{
	struct rig rig = { .plan = plan,
		.error = error,
		.cancel_fd = -1,
		.done_fd = -1,
		.listen_fd = -1,
		.runner_pidfd = -1 };
	*signal_out = 0;
	rig.journal = open_journal(plan, error);
	if (!rig.journal)
		return RIG_INTERNAL;
	/* A bridge that closes and a full disk are errors to report, not reasons to die. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction pipe_before, size_before;
	sigaction(SIGPIPE, &ignore, &pipe_before);
	sigaction(SIGXFSZ, &ignore, &size_before);
	run(&rig);
	sigaction(SIGPIPE, &pipe_before, NULL);
	sigaction(SIGXFSZ, &size_before, NULL);
	journal_destroy(rig.journal);
	*signal_out = rig.signal;
	return rig.end;
}
