/* SPDX-License-Identifier: MIT */
#include "rig/gensio-loop.h"

#include <gensio/gensio.h>
#include <gensio/gensio_os_funcs.h>
#include <gensio/gensio_unix.h>
#include <gensio/selector.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct work {
	struct work *next;
	void (*run)(void *arg);
	void *arg;
};

static struct {
	pthread_mutex_t users_lock; /* held while the thread starts and ends */
	int users;

	pthread_t thread;
	struct selector_s *selector;
	struct gensio_os_funcs *os;
	struct gensio_iod *wake;
	int wake_fd;
	bool ready;
	bool quit; /* the thread's */

	pthread_mutex_t work_lock;
	struct work *first, **last;
} loop = { .users_lock = PTHREAD_MUTEX_INITIALIZER,
	.work_lock = PTHREAD_MUTEX_INITIALIZER,
	.wake_fd = -1 };

static struct work *take_work(void)
{
	pthread_mutex_lock(&loop.work_lock);
	struct work *work = loop.first;
	if (work)
		loop.first = work->next;
	if (!loop.first)
		loop.last = &loop.first;
	pthread_mutex_unlock(&loop.work_lock);
	return work;
}

static void on_wake(struct gensio_iod *iod, void *user)
{
	(void)iod, (void)user;
	uint64_t count;
	ssize_t n = read(loop.wake_fd, &count, sizeof(count));
	(void)n;
	struct work *work;
	while ((work = take_work())) {
		work->run(work->arg);
		free(work);
	}
}

static void quit(void *arg)
{
	(void)arg;
	loop.quit = true;
}

static void *run(void *arg)
{
	while (!loop.quit)
		gensio_os_funcs_service(loop.os, NULL);
	return arg;
}

/* The library tells of itself on standard error, unless somebody listens. */
static void say_nothing(
	struct gensio_os_funcs *os, enum gensio_log_levels level, const char *format, va_list args)
{
	(void)os, (void)level, (void)format, (void)args;
}

/* Once for the program: what the library has set up it does not set up again when it was given back
 * (2.6.2: gensio_cleanup_mem, and the next connection ends in a lock that is no more). */
static bool set_up(void)
{
	loop.last = &loop.first;
	if (loop.wake_fd < 0)
		loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.wake_fd < 0)
		return false;
	if (!loop.selector && sel_alloc_selector_nothread(&loop.selector) != 0)
		return false;
	if (!loop.os && gensio_unix_funcs_alloc(loop.selector, 0, &loop.os) != 0)
		return false;
	gensio_os_funcs_set_vlog(loop.os, say_nothing);
	if (!loop.wake &&
		loop.os->add_iod(loop.os, GENSIO_IOD_SOCKET, loop.wake_fd, &loop.wake) != 0)
		return false;
	if (loop.os->set_fd_handlers(loop.wake, NULL, on_wake, NULL, NULL, NULL) != 0)
		return false;
	loop.os->set_read_handler(loop.wake, true);
	loop.ready = true;
	return true;
}

static bool start(void)
{
	if (!loop.ready && !set_up())
		return false;
	loop.quit = false;
	/* Signals are the event loop's; SIGPIPE of a socket that the library writes to, nobody's.
	 */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	bool started = pthread_create(&loop.thread, NULL, run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

struct gensio_os_funcs *gensio_loop_enter(void)
{
	pthread_mutex_lock(&loop.users_lock);
	bool there = loop.users > 0 || start();
	if (there)
		loop.users++;
	pthread_mutex_unlock(&loop.users_lock);
	return there ? loop.os : NULL;
}

void gensio_loop_leave(void)
{
	pthread_mutex_lock(&loop.users_lock);
	if (--loop.users == 0) {
		gensio_loop_post(quit, NULL);
		pthread_join(loop.thread, NULL);
	}
	pthread_mutex_unlock(&loop.users_lock);
}

void gensio_loop_post(void (*run_it)(void *arg), void *arg)
{
	struct work *work = malloc(sizeof(*work));
	if (!work)
		abort();
	*work = (struct work){ .run = run_it, .arg = arg };
	pthread_mutex_lock(&loop.work_lock);
	*loop.last = work;
	loop.last = &work->next;
	pthread_mutex_unlock(&loop.work_lock);
	uint64_t one = 1;
	ssize_t n = write(loop.wake_fd, &one, sizeof(one));
	(void)n;
}
