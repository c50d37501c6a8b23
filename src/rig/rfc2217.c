/* SPDX-License-Identifier: MIT */
/* A socket pair stands between the rig, which polls a descriptor, and libgensio, which calls back
 * in a thread of its own: what one end gets the loop's thread hands on, and reads no more of either
 * side than the other one takes. */
#include "rig/rfc2217.h"

#include "base/buf.h"
#include "base/text.h"
#include "rig/gensio-loop.h"

#include <errno.h>
#include <gensio/gensio.h>
#include <gensio/gensio_os_funcs.h>
#include <gensio/sergensio.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CHUNK = 16384,
	SAID_MAX = 120,
	ANSWER_MS = 6000, /* behind the library's own 5 s */
	CLOSE_MS = 2000,  /* for bytes on their way */
};

/* What the rig waits for. */
enum op { OP_NONE, OP_OPEN, OP_ASK, OP_CLOSE };

struct rfc2217 {
	struct gensio_os_funcs *os;
	int outer, inner; /* the socket pair: the rig's end and the loop's */
	int done_fd;      /* eventfd: what was asked of the loop has ended */

	/* Under the lock. */
	pthread_mutex_t lock;
	enum op busy;
	int result;
	char why[200];
	char said[SAID_MAX + 1];
	size_t said_len;
	char visible[SAID_MAX * 4 + 1];
	struct rfc2217_ask asked[RFC2217_ASKS];
	size_t asked_count;
	unsigned newest; /* the ticket of the question asked last */

	/* The loop's. */
	struct rfc2217_ask asks[RFC2217_ASKS];
	size_t count, at;
	unsigned ticket; /* of the question under way, which may have been given up */
	char address[100];
	struct gensio *io;
	struct sergensio *sio;
	struct gensio_iod *iod;
	struct buf out; /* read from the rig, not yet taken by the library */
	bool open, lost, held /* a question behind bytes */, in_flight, cleared, closed;
	bool next; /* a newer question waits for the answer to one that was given up */
};

/* ---- between the threads ---- */

static void begin(struct rfc2217 *port, enum op op)
{
	pthread_mutex_lock(&port->lock);
	port->busy = op;
	pthread_mutex_unlock(&port->lock);
}

/* Wakes the one that waits; under the lock. */
static void wake(struct rfc2217 *port, int result, const char *why)
{
	uint64_t one = 1;
	port->busy = OP_NONE;
	port->result = result;
	snprintf(port->why, sizeof(port->why), "%s", why);
	ssize_t n = write(port->done_fd, &one, sizeof(one));
	(void)n;
}

/* Nobody may wait any more. */
static void finish(struct rfc2217 *port, enum op op, int result, const char *why)
{
	pthread_mutex_lock(&port->lock);
	if (port->busy == op)
		wake(port, result, why);
	pthread_mutex_unlock(&port->lock);
}

/* A question that was given up may end while a newer one is waited for. */
static void finish_ask(struct rfc2217 *port, unsigned ticket, int result, const char *why)
{
	pthread_mutex_lock(&port->lock);
	if (port->busy == OP_ASK && port->newest == ticket) {
		if (!result)
			memcpy(port->asked, port->asks, sizeof(port->asked));
		wake(port, result, why);
	}
	pthread_mutex_unlock(&port->lock);
}

/* Whether somebody still waits for the question under way. */
static bool is_wanted(struct rfc2217 *port)
{
	pthread_mutex_lock(&port->lock);
	bool wanted = port->busy == OP_ASK && port->newest == port->ticket;
	pthread_mutex_unlock(&port->lock);
	return wanted;
}

static int await(struct rfc2217 *port, struct deadline deadline, int cancel_fd)
{
	struct pollfd wait[2] = { { .fd = port->done_fd, .events = POLLIN },
		{ .fd = cancel_fd, .events = POLLIN } };
	int ready;
	do
		ready = poll(wait, 2, deadline_left_ms(deadline));
	while (ready < 0 && errno == EINTR);
	pthread_mutex_lock(&port->lock);
	int result = port->result;
	if (port->busy) {
		result = ready > 0 ? -ECANCELED : -ETIMEDOUT;
		snprintf(port->why, sizeof(port->why), "%s", strerror(-result));
	}
	port->busy = OP_NONE;
	pthread_mutex_unlock(&port->lock);
	uint64_t count;
	ssize_t n = read(port->done_fd, &count, sizeof(count));
	(void)n;
	return result;
}

/* ---- bytes, in the loop's thread ---- */

static const char lost_text[] = "the server closed the connection";

static void ask_next(struct rfc2217 *port);

static void lose(struct rfc2217 *port)
{
	if (port->lost)
		return;
	port->lost = true;
	gensio_set_read_callback_enable(port->io, false);
	gensio_set_write_callback_enable(port->io, false);
	port->os->set_read_handler(port->iod, false);
	port->os->set_write_handler(port->iod, false);
	/* What stands in the pair can still be read, then comes the end. */
	shutdown(port->inner, SHUT_RDWR);
	finish(port, OP_ASK, -EPIPE, lost_text);
}

static void push_out(struct rfc2217 *port)
{
	gensiods taken = 1;
	while (port->out.len && taken && !port->lost) {
		taken = 0;
		if (gensio_write(port->io, &taken, port->out.data, port->out.len, NULL) != 0)
			lose(port);
		else
			buf_drop_front(&port->out, taken);
	}
	if (port->lost)
		return;
	bool rest = port->out.len > 0;
	gensio_set_write_callback_enable(port->io, rest);
	port->os->set_read_handler(port->iod, !rest);
	if (!rest && port->held) {
		port->held = false;
		if (is_wanted(port))
			ask_next(port);
	}
}

static void on_inner_readable(struct gensio_iod *iod, void *user)
{
	struct rfc2217 *port = user;
	char bytes[CHUNK];
	(void)iod;
	ssize_t n = port->out.len || port->lost ? -1 : read(port->inner, bytes, sizeof(bytes));
	if (n > 0)
		buf_append(&port->out, bytes, (size_t)n);
	if (n == 0)
		port->os->set_read_handler(port->iod, false);
	if (n > 0)
		push_out(port);
}

static void on_inner_writable(struct gensio_iod *iod, void *user)
{
	struct rfc2217 *port = user;
	port->os->set_write_handler(iod, false);
	if (!port->lost)
		gensio_set_read_callback_enable(port->io, true);
}

static void keep_said(struct rfc2217 *port, const unsigned char *bytes, size_t len)
{
	pthread_mutex_lock(&port->lock);
	size_t room = SAID_MAX - port->said_len;
	size_t part = len < room ? len : room;
	memcpy(port->said + port->said_len, bytes, part);
	port->said_len += part;
	pthread_mutex_unlock(&port->lock);
}

static void take_in(struct rfc2217 *port, const unsigned char *bytes, gensiods *len)
{
	ssize_t n = send(port->inner, bytes, *len, MSG_DONTWAIT | MSG_NOSIGNAL);
	size_t taken = n > 0 ? (size_t)n : 0;
	if (port->said_len < SAID_MAX)
		keep_said(port, bytes, taken);
	if (taken < *len) {
		gensio_set_read_callback_enable(port->io, false);
		port->os->set_write_handler(port->iod, true);
	}
	*len = taken;
}

static int on_event(struct gensio *io, void *user, int event, int err, unsigned char *bytes,
	gensiods *len, const char *const *auxdata)
{
	struct rfc2217 *port = user;
	(void)io, (void)auxdata;
	switch (event) {
	case GENSIO_EVENT_READ:
		if (err)
			lose(port);
		else
			take_in(port, bytes, len);
		return 0;
	case GENSIO_EVENT_WRITE_READY:
		push_out(port);
		return 0;
	default:
		return GE_NOTSUP;
	}
}

/* ---- questions, in the loop's thread ---- */

typedef int asker(struct sergensio *sio, unsigned value, sergensio_done done, void *user);

static asker *const askers[RFC2217_KINDS] = {
	[RFC2217_BAUD] = sergensio_baud,
	[RFC2217_DATABITS] = sergensio_datasize,
	[RFC2217_PARITY] = sergensio_parity,
	[RFC2217_STOPBITS] = sergensio_stopbits,
	[RFC2217_FLOW] = sergensio_flowcontrol,
	[RFC2217_BREAK] = sergensio_sbreak,
	[RFC2217_DTR] = sergensio_dtr,
	[RFC2217_RTS] = sergensio_rts,
};

static void refuse(struct rfc2217 *port, int err)
{
	if (err == GE_NOTSUP)
		finish_ask(port, port->ticket, -ENOTSUP,
			"the server does not take settings by RFC 2217");
	else if (err == GE_TIMEDOUT)
		finish_ask(port, port->ticket, -ETIMEDOUT,
			"the server does not acknowledge a setting");
	else
		finish_ask(port, port->ticket, -EIO, gensio_err_to_str(err));
}

static void start_ask(struct rfc2217 *port);

static void on_answer(struct sergensio *sio, int err, unsigned value, void *user)
{
	struct rfc2217 *port = user;
	(void)sio;
	port->in_flight = false;
	/* Lost is also what is being closed: nothing may be posted behind that. */
	if (port->lost)
		return;
	if (err)
		refuse(port, err);
	else
		port->asks[port->at++].answer = value;
	if (port->next)
		start_ask(port);
	else if (!err && is_wanted(port))
		ask_next(port);
}

struct answered {
	struct rfc2217 *port;
	unsigned ticket;
};

static void do_answered(void *arg)
{
	struct answered *answered = arg;
	finish_ask(answered->port, answered->ticket, 0, "");
	free(answered);
}

/* The library hands an answer on before the bytes in front of it. */
static void post_answered(struct rfc2217 *port)
{
	struct answered *answered = malloc(sizeof(*answered));
	if (!answered)
		abort();
	*answered = (struct answered){ port, port->ticket };
	gensio_loop_post(do_answered, answered);
}

/* One at a time: the library tells answers apart by their kind, and DTR, RTS, break and flow
 * control are of one kind. */
static void ask_next(struct rfc2217 *port)
{
	if (port->at == port->count) {
		post_answered(port);
		return;
	}
	const struct rfc2217_ask *ask = &port->asks[port->at];
	port->in_flight = true;
	int err = askers[ask->what](port->sio, ask->value, on_answer, port);
	if (err) {
		port->in_flight = false;
		refuse(port, err);
	}
}

/* The newest question, in place of any that was given up. */
static void start_ask(struct rfc2217 *port)
{
	pthread_mutex_lock(&port->lock);
	memcpy(port->asks, port->asked, sizeof(port->asks));
	port->count = port->asked_count;
	port->ticket = port->newest;
	pthread_mutex_unlock(&port->lock);
	port->next = false;
	port->held = false;
	port->at = 0;
	if (!is_wanted(port))
		return;
	on_inner_readable(port->iod, port);
	if (port->lost) {
		finish(port, OP_ASK, -EPIPE, lost_text);
		return;
	}
	port->held = port->out.len > 0;
	if (!port->held)
		ask_next(port);
}

/* The one before has been given up when it is still there: it is waited for, because answers of one
 * kind are told apart by their order only. */
static void do_ask(void *arg)
{
	struct rfc2217 *port = arg;
	if (port->lost)
		finish(port, OP_ASK, -EPIPE, lost_text);
	else if (port->in_flight)
		port->next = true;
	else
		start_ask(port);
}

static void do_purge(void *arg)
{
	const struct rfc2217 *port = arg;
	if (!port->lost)
		sergensio_flush(port->sio, SERGENSIO_FLUSH_RCV_XMIT_BUFFERS);
}

/* ---- life, in the loop's thread ---- */

static void on_opened(struct gensio *io, int err, void *user)
{
	struct rfc2217 *port = user;
	if (err) {
		finish(port, OP_OPEN, err == GE_REMCLOSE ? -ECONNRESET : -EIO,
			gensio_err_to_str(err));
		return;
	}
	port->open = true;
	port->sio = gensio_to_sergensio(io);
	gensio_set_read_callback_enable(io, true);
	port->os->set_read_handler(port->iod, true);
	finish(port, OP_OPEN, 0, "");
}

static void on_cleared(struct gensio_iod *iod, void *user);

static void do_open(void *arg)
{
	struct rfc2217 *port = arg;
	int err = port->os->add_iod(port->os, GENSIO_IOD_SOCKET, port->inner, &port->iod);
	if (!err)
		err = port->os->set_fd_handlers(
			port->iod, port, on_inner_readable, on_inner_writable, NULL, on_cleared);
	if (!err)
		err = str_to_gensio(port->address, port->os, on_event, port, &port->io);
	if (!err)
		err = gensio_open(port->io, on_opened, port);
	if (err)
		finish(port, OP_OPEN, -EIO, gensio_err_to_str(err));
}

static void do_closed(void *arg)
{
	finish(arg, OP_CLOSE, 0, "");
}

/* Both the connection and the handlers of the pair end later than they are told to. */
static void check_closed(struct rfc2217 *port)
{
	if (!port->cleared || !port->closed)
		return;
	if (port->io)
		gensio_free(port->io);
	if (port->iod)
		port->os->release_iod(port->iod);
	port->io = NULL;
	port->iod = NULL;
	/* Behind the answers that are posted already: the rig frees it all then. */
	gensio_loop_post(do_closed, port);
}

static void on_cleared(struct gensio_iod *iod, void *user)
{
	struct rfc2217 *port = user;
	(void)iod;
	port->cleared = true;
	check_closed(port);
}

static void on_closed(struct gensio *io, void *user)
{
	struct rfc2217 *port = user;
	(void)io;
	port->closed = true;
	check_closed(port);
}

static void do_close(void *arg)
{
	struct rfc2217 *port = arg;
	if (port->open && !port->lost)
		on_inner_readable(port->iod, port);
	port->lost = true;
	port->closed = !port->io || gensio_close(port->io, on_closed, port) != 0;
	if (port->iod)
		port->os->clear_fd_handlers(port->iod);
	else
		port->cleared = true;
	check_closed(port);
}

/* ---- what the rig calls ---- */

static struct rfc2217 *create(const char *host, const char *port_number)
{
	int pair[2];
	struct rfc2217 *port = calloc(1, sizeof(*port));
	if (!port)
		abort();
	pthread_mutex_init(&port->lock, NULL);
	port->outer = port->inner = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0) {
		port->outer = pair[0];
		port->inner = pair[1];
	}
	port->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snprintf(port->address, sizeof(port->address), "telnet(rfc2217),tcp(nodelay),%s,%s", host,
		port_number);
	return port;
}

int rfc2217_open(struct rfc2217 **out, const char *host, const char *port_number,
	struct deadline deadline, int cancel_fd)
{
	struct rfc2217 *port = create(host, port_number);
	*out = port;
	if (port->outer < 0 || port->done_fd < 0 || !(port->os = gensio_loop_enter())) {
		snprintf(port->why, sizeof(port->why), "%s", strerror(errno));
		return -EMFILE;
	}
	begin(port, OP_OPEN);
	gensio_loop_post(do_open, port);
	return await(port, deadline, cancel_fd);
}

int rfc2217_fd(const struct rfc2217 *port)
{
	return port->outer;
}

int rfc2217_ask(struct rfc2217 *port, struct rfc2217_ask *asks, size_t count, int cancel_fd)
{
	pthread_mutex_lock(&port->lock);
	memcpy(port->asked, asks, count * sizeof(*asks));
	port->asked_count = count;
	port->newest++;
	port->busy = OP_ASK;
	pthread_mutex_unlock(&port->lock);
	gensio_loop_post(do_ask, port);
	/* One more for an answer that was given up. */
	int result = await(port, deadline_in_ms(ANSWER_MS * ((int64_t)count + 1)), cancel_fd);
	pthread_mutex_lock(&port->lock);
	memcpy(asks, port->asked, count * sizeof(*asks));
	pthread_mutex_unlock(&port->lock);
	return result;
}

void rfc2217_purge(struct rfc2217 *port)
{
	gensio_loop_post(do_purge, port);
}

const char *rfc2217_why(const struct rfc2217 *port)
{
	return port->why;
}

const char *rfc2217_said(struct rfc2217 *port)
{
	struct buf text = { 0 };
	pthread_mutex_lock(&port->lock);
	size_t len = port->said_len;
	while (len && (port->said[len - 1] == '\n' || port->said[len - 1] == '\r'))
		len--;
	text_visible(&text, port->said, len);
	snprintf(port->visible, sizeof(port->visible), "%s", buf_text(&text));
	pthread_mutex_unlock(&port->lock);
	buf_finish(&text);
	return port->visible;
}

void rfc2217_close(struct rfc2217 *port)
{
	if (!port)
		return;
	if (port->os) {
		begin(port, OP_CLOSE);
		gensio_loop_post(do_close, port);
		/* The library waits as long as the other side takes no more bytes: what it holds on
		 * to then lives as long as the program. */
		if (await(port, deadline_in_ms(CLOSE_MS), -1) == -ETIMEDOUT)
			return;
		gensio_loop_leave();
	}
	const int fds[] = { port->outer, port->inner, port->done_fd };
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	buf_finish(&port->out);
	pthread_mutex_destroy(&port->lock);
	free(port);
}
