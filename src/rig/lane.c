/* SPDX-License-Identifier: MIT */
#include "rig/lane.h"

#include "rig/board.h"
#include "rig/broker.h"
#include "rig/probe.h"
#include "rig/recover.h"
#include "rig/uart.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_MS = 120000 };

static struct talk talk_on(struct lane *lane, int limit_ms)
{
	return (struct talk){ .link = lane->link,
		.journal = lane->journal,
		.bench = &lane->bench,
		.tx = lane->tx,
		.rx = lane->rx,
		.nvs = &lane->nvs,
		.lane = lane->index,
		.cancel_fd = lane->place.cancel_fd,
		.deadline = deadline_in_ms(limit_ms),
		.lost = lane->link && link_fd(lane->link) < 0 };
}

static bool do_open(struct lane *lane)
{
	if (board_check_adapter(lane->address, lane->adapter, &lane->error) < 0)
		return false;
	lane->link = link_open(lane->address, &lane->place, &lane->error);
	if (!lane->link)
		return false;
	lane->bench.uart = *link_uart(lane->link);
	struct talk t = talk_on(lane, OPEN_MS);
	struct buf *line = journal_begin(lane->journal, "line", -1);
	journal_int(line, "l", lane->index);
	journal_text(line, "what", "open");
	journal_text(line, "text", lane->address);
	journal_text(line, "uart", uart_text(&lane->bench.uart));
	if (lane->facts)
		buf_printf(line, ",\"network\":%s", lane->facts);
	journal_end(lane->journal);
	struct error ignored = { 0 };
	if (lane->rig->plan->resume) /* in mid-case it may be anywhere; the probe says what is */
		recover_line(&t, false, &ignored);
	bool ok = probe_line(&t, &lane->error) == 0 &&
		  board_check_mac(&t, lane->mac, &lane->error) == 0;
	if (ok && lane->profile)
		probe_profile(&t, lane->profile);
	if (ok && lane->compared)
		probe_firmware(&t, &lane->firmware);
	if (ok && lane->bench.put_back && !lane->settings.known)
		settings_read(&t, &lane->settings);
	lane->altered = t.changed;
	talk_finish(&t);
	return ok;
}

/* Routes to the peers of the last case would lead to nobody, or to somebody else. */
static void forget_routes(struct lane *lane)
{
	struct error ignored = { 0 };
	if (lane->had_peers && lane->link && lane->place.air &&
		link_can(lane->link) & LINK_CAN_CONTROL)
		link_control(lane->link, "{\"air\":{\"route\":{\"clear\":true}}}", &lane->text,
			&ignored);
	lane->had_peers = false;
}

/* The virtual module reaches the team's own broker by routes. */
static void set_routes(struct lane *lane)
{
	struct buf json = { 0 };
	struct error ignored = { 0 };
	if (lane->link && link_fd(lane->link) >= 0 && link_can(lane->link) & LINK_CAN_CONTROL)
		for (size_t i = 0; broker_route(lane, i, &json); i++)
			link_control(lane->link, json.data, &lane->text, &ignored);
	buf_finish(&json);
}

static bool do_recover(struct lane *lane)
{
	forget_routes(lane);
	struct talk t = talk_on(lane, lane->bench.timeouts_ms.recover);
	t.lost = t.lost || lane->lost;
	bool ok = recover_line(&t, lane->dirty, &lane->error);
	if (ok)
		talk_end_line(&t);
	lane->altered = t.changed;
	talk_finish(&t);
	set_routes(lane);
	journal_flow_end(lane->journal, "tx", lane->index, -1, lane->tx);
	journal_flow_end(lane->journal, "rx", lane->index, -1, lane->rx);
	return ok;
}

static bool do_uart(struct lane *lane)
{
	struct talk t = talk_on(lane, 0);
	int failure = link_set_uart(lane->link, &lane->uart);
	if (failure)
		error_set(&lane->error, NULL, 0, 0, "%s can't be set to %s: %s", lane->address,
			uart_text(&lane->uart), link_why(lane->link, failure));
	else
		talk_line_event(&t, "uart", uart_text(&lane->uart));
	return failure == 0;
}

static bool do_switch(struct lane *lane)
{
	struct talk t = talk_on(lane, lane->bench.timeouts_ms.recover);
	return recover_switch(&t, lane->how, &lane->error) == 0;
}

static bool do_control(struct lane *lane)
{
	return link_control(lane->link, buf_text(&lane->json), &lane->text, &lane->error) == 0;
}

static bool do_put_back(struct lane *lane)
{
	struct talk t = talk_on(lane, lane->bench.timeouts_ms.put_back);
	const char *network = lane->facts ? lane->facts : lane->bench.network;
	struct error why = { 0 };
	t.lost = t.lost || lane->lost;
	if (recover_line(&t, lane->dirty, &why))
		settings_put_back(&t, &lane->settings, network);
	else
		settings_lost(lane->journal, lane->index, why.text);
	talk_finish(&t);
	return true;
}

static bool (*const jobs[])(struct lane *lane) = {
	[LANE_OPEN] = do_open,
	[LANE_RECOVER] = do_recover,
	[LANE_UART] = do_uart,
	[LANE_SWITCH] = do_switch,
	[LANE_CONTROL] = do_control,
	[LANE_PUT_BACK] = do_put_back,
};

static enum lane_job next_job(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	while (lane->job == LANE_NOTHING)
		pthread_cond_wait(&lane->changed, &lane->lock);
	enum lane_job job = lane->job;
	pthread_mutex_unlock(&lane->lock);
	return job;
}

static void *lane_thread(void *arg)
{
	struct lane *lane = arg;
	enum lane_job job;
	while ((job = next_job(lane)) != LANE_QUIT) {
		lane->error = (struct error){ 0 };
		lane->ok = jobs[job](lane);
		pthread_mutex_lock(&lane->lock);
		lane->job = LANE_NOTHING;
		lane->finished = true;
		pthread_cond_broadcast(&lane->changed);
		pthread_mutex_unlock(&lane->lock);
		uint64_t one = 1;
		ssize_t told = write(lane->done_fd, &one, sizeof(one));
		(void)told;
	}
	if (lane->link) {
		struct talk t = talk_on(lane, 0);
		talk_line_event(&t, "close", lane->address);
	}
	link_close(lane->link);
	lane->link = NULL;
	return NULL;
}

void lane_init(struct lane *lane)
{
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->changed, NULL);
	lane->tx = journal_flow_create();
	lane->rx = journal_flow_create();
	/* Signals are the event loop's. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	lane->started = pthread_create(&lane->thread, NULL, lane_thread, lane) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void lane_start(struct lane *lane, enum lane_job job)
{
	pthread_mutex_lock(&lane->lock);
	lane->running = job;
	lane->finished = false;
	lane->job = job;
	pthread_cond_signal(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
}

bool lane_take(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	bool finished = lane->finished;
	lane->finished = false;
	if (finished)
		lane->running = LANE_NOTHING;
	pthread_mutex_unlock(&lane->lock);
	return finished;
}

void lane_finish(struct lane *lane)
{
	if (lane->started) {
		pthread_mutex_lock(&lane->lock);
		/* The job sees the cancel descriptor and ends soon. */
		while (lane->running != LANE_NOTHING && !lane->finished)
			pthread_cond_wait(&lane->changed, &lane->lock);
		lane->job = LANE_QUIT;
		pthread_cond_signal(&lane->changed);
		pthread_mutex_unlock(&lane->lock);
		pthread_join(lane->thread, NULL);
	}
	journal_flow_destroy(lane->tx);
	journal_flow_destroy(lane->rx);
	buf_finish(&lane->json);
	buf_finish(&lane->text);
	buf_finish(&lane->unsent);
	buf_finish(&lane->firmware);
	free(lane->facts);
	pthread_mutex_destroy(&lane->lock);
	pthread_cond_destroy(&lane->changed);
}
