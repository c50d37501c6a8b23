/* SPDX-License-Identifier: MIT */
/* The last thing of a run, when no worker is left, however it ended: each line's thread puts back
 * what its cases have changed. A signal ends it. */
#include "rig/internal.h"

#include "base/clock.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

enum { REST_MS = 3000, SLACK_MS = 2000 };

/* Turns the loop until no thread works, or the time is over. */
static bool wait_for_lanes(struct rig *rig, int ms)
{
	struct deadline deadline = deadline_in_ms(ms);
	while (!rig_lanes_rest(rig) && !deadline_passed(deadline)) {
		int left = deadline_left_ms(deadline) + 1;
		event_add(&rig->deadline, &(struct timeval){ left / 1000, left % 1000 * 1000 });
		event_base_loop(rig->base, EVLOOP_ONCE);
	}
	event_del(&rig->deadline);
	return rig_lanes_rest(rig);
}

void put_back_done(struct rig *rig)
{
	uint64_t count;
	ssize_t n = read(rig->done_fd, &count, sizeof(count));
	(void)n;
	for (size_t i = 0; i < rig->lane_count; i++) {
		struct lane *lane = &rig->lanes[i];
		bool recovery = lane->running == LANE_RECOVER;
		if (lane_take(lane) && recovery && !lane->ok)
			lane->dirty = true;
	}
}

static void tell(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));
	(void)n;
}

/* Of a lane that rests: its thread has the link otherwise. */
static bool wants(const struct lane *lane)
{
	return lane->rig && lane->link && lane->settings.known && lane->settings.used;
}

/* Nothing can begin while a thread still works: the line that it has, and all others. A lane that
 * was leased knows its settings, and LANE_OPEN, which alone reads them, is over. */
static void give_up(const struct rig *rig)
{
	for (size_t i = 0; i < rig->lane_count; i++) {
		const struct lane *lane = &rig->lanes[i];
		bool busy = lane->running != LANE_NOTHING;
		if (busy ? lane->settings.used && lane->settings.known : wants(lane))
			settings_lost(rig->journal, lane->index,
				busy ? "the line's last work does not end"
				     : "the work of another line does not end");
	}
}

static bool begin(struct rig *rig)
{
	bool any = false;
	for (size_t i = 0; i < rig->lane_count; i++) {
		struct lane *lane = &rig->lanes[i];
		if (!wants(lane))
			continue;
		if (lane->state == LANE_OUT) {
			settings_lost(rig->journal, lane->index, lane->error.text);
			continue;
		}
		if (!any)
			header_note(rig, -1,
				"the settings that were found are put back; a signal ends that");
		any = true;
		lease_detach(lane);
		lane_start(lane, LANE_PUT_BACK);
	}
	return any;
}

void put_back(struct rig *rig)
{
	uint64_t told;
	if (!rig->plan->bench->put_back || !rig->lanes || !rig->base)
		return;
	rig->putting_back = true;
	/* What was under way has been cancelled. */
	if (!wait_for_lanes(rig, REST_MS)) {
		give_up(rig);
		return;
	}
	ssize_t n = read(rig->cancel_fd, &told, sizeof(told));
	(void)n;
	/* lane_finish waits for the threads without the loop: a command of the bench that takes its
	 * time would go on, and no signal would be heard. */
	if (begin(rig) && !wait_for_lanes(rig, rig->plan->bench->timeouts_ms.put_back + SLACK_MS))
		tell(rig->cancel_fd);
}

bool put_back_left(const struct rig *rig)
{
	const struct rig_resume *resume = rig->plan->resume;
	for (size_t i = 0; resume && rig->plan->bench->put_back && i < resume->line_count; i++)
		if (resume->lines_before[i].setting_count)
			return true;
	return false;
}
