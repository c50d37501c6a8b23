/* SPDX-License-Identifier: MIT */
/* jansson stays off this path: lines are put together by hand, in one buffer. */
#include "rig/journal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "rig/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

struct journal {
	pthread_mutex_t lock;
	int fd, failure_fd;
	int failure;
	int64_t start_ns;
	int64_t sequence;
	struct buf line;
	struct secrets *secrets; /* or NULL */
};

struct journal_flow {
	struct secrets_stream stream;
	uint64_t total;
	EVP_MD_CTX *sha;
	uint8_t tail[JOURNAL_TAIL]; /* a ring: byte i of the flow is at i % JOURNAL_TAIL */
};

bool journal_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

struct journal *journal_continue(int fd, int64_t lines, int64_t t_ns)
{
	struct journal *j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	pthread_mutex_init(&j->lock, NULL);
	j->fd = fd;
	j->failure_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	j->start_ns = clock_ns() - t_ns;
	j->sequence = lines;
	return j;
}

struct journal *journal_create(const char *path, struct error *error)
{
	int fd AUTO_FD = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0) {
		error_set(error, NULL, 0, 0, "can't make %s: %s%s", path, strerror(errno),
			errno == EEXIST ? "; a run never writes into another's journal: choose a "
					  "new folder with --out"
					: "");
		return NULL;
	}
	journal_lock(fd);
	return journal_continue(take_fd(fd), 0, 0);
}

void journal_destroy(struct journal *j)
{
	if (!j)
		return;
	close(j->fd);
	if (j->failure_fd >= 0)
		close(j->failure_fd);
	buf_finish(&j->line);
	secrets_destroy(j->secrets);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

void journal_keep_secret(struct journal *j, const char *const *words)
{
	secrets_destroy(j->secrets);
	j->secrets = secrets_create(words);
}

const struct secrets *journal_secrets(const struct journal *j)
{
	return j->secrets;
}

int64_t journal_now(const struct journal *j)
{
	return clock_ns() - j->start_ns;
}

int journal_failure(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	int failure = j->failure;
	pthread_mutex_unlock(&j->lock);
	return failure;
}

int journal_failure_fd(const struct journal *j)
{
	return j->failure_fd;
}

static void put_int(struct buf *line, int64_t value)
{
	char digits[24];
	char *p = digits + sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		*--p = '-';
	buf_append(line, p, (size_t)(digits + sizeof(digits) - p));
}

struct buf *journal_begin(struct journal *j, const char *event, int64_t t_ns)
{
	pthread_mutex_lock(&j->lock);
	buf_clear(&j->line);
	buf_puts(&j->line, "{\"n\":");
	put_int(&j->line, j->sequence);
	buf_puts(&j->line, ",\"t\":");
	put_int(&j->line, t_ns < 0 ? journal_now(j) : t_ns);
	buf_puts(&j->line, ",\"e\":\"");
	buf_puts(&j->line, event);
	buf_putc(&j->line, '"');
	return &j->line;
}

static void fail(struct journal *j, int failure)
{
	uint64_t one = 1;
	j->failure = failure;
	ssize_t told = write(j->failure_fd, &one, sizeof(one));
	(void)told;
}

void journal_end(struct journal *j)
{
	buf_append(&j->line, "}\n", 2);
	secrets_mask_line(j->secrets, &j->line);
	size_t done = 0;
	while (!j->failure && done < j->line.len) {
		ssize_t n = write(j->fd, j->line.data + done, j->line.len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			fail(j, n < 0 ? -errno : -EIO);
	}
	j->sequence++;
	pthread_mutex_unlock(&j->lock);
}

static void put_key(struct buf *line, const char *key)
{
	buf_append(line, ",\"", 2);
	buf_puts(line, key);
	buf_append(line, "\":", 2);
}

void journal_int(struct buf *line, const char *key, int64_t value)
{
	put_key(line, key);
	put_int(line, value);
}

void journal_text(struct buf *line, const char *key, const char *text)
{
	put_key(line, key);
	buf_json_text(line, text ? text : "");
}

void journal_list(struct buf *line, const char *key, const char *const *texts)
{
	put_key(line, key);
	buf_putc(line, '[');
	for (size_t i = 0; texts && texts[i]; i++) {
		if (i)
			buf_putc(line, ',');
		buf_json_text(line, texts[i]);
	}
	buf_putc(line, ']');
}

void journal_bool(struct buf *line, const char *key, bool value)
{
	put_key(line, key);
	buf_puts(line, value ? "true" : "false");
}

struct journal_flow *journal_flow_create(void)
{
	struct journal_flow *flow = calloc(1, sizeof(*flow));
	if (!flow || !(flow->sha = EVP_MD_CTX_new()) ||
		!EVP_DigestInit_ex(flow->sha, EVP_sha256(), NULL))
		abort();
	return flow;
}

void journal_flow_destroy(struct journal_flow *flow)
{
	if (!flow)
		return;
	EVP_MD_CTX_free(flow->sha);
	secrets_stream_finish(&flow->stream);
	free(flow);
}

bool journal_flow_add(struct journal_flow *flow, const void *all, size_t len)
{
	const uint8_t *bytes = all;
	EVP_DigestUpdate(flow->sha, bytes, len);
	const uint8_t *last = len > JOURNAL_TAIL ? bytes + len - JOURNAL_TAIL : bytes;
	size_t count = len > JOURNAL_TAIL ? JOURNAL_TAIL : len;
	size_t at = (flow->total + (len - count)) % JOURNAL_TAIL;
	size_t first = count < JOURNAL_TAIL - at ? count : JOURNAL_TAIL - at;
	memcpy(flow->tail + at, last, first);
	memcpy(flow->tail, last + first, count - first);
	flow->total += len;
	return flow->total <= JOURNAL_WHOLE;
}

void journal_bytes(struct journal *j, const char *direction, int lane, int case_index,
	const void *bytes, size_t len, int64_t t_ns, struct journal_flow *flow)
{
	struct buf *line = journal_begin(j, direction, t_ns);
	/* What is counted and kept is what may be shown. */
	bytes = secrets_mask_bytes(j->secrets, &flow->stream, bytes, len);
	bool whole = journal_flow_add(flow, bytes, len);
	journal_int(line, "l", lane);
	journal_int(line, "c", case_index);
	if (whole) {
		put_key(line, "bytes");
		buf_json_bytes(line, bytes, len);
	} else {
		journal_int(line, "len", (int64_t)len);
	}
	journal_end(j);
}

static void put_sha(struct buf *line, struct journal_flow *flow)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	EVP_DigestFinal_ex(flow->sha, sum, &size);
	put_key(line, "sha256");
	buf_putc(line, '"');
	for (unsigned i = 0; i < size; i++)
		buf_printf(line, "%02x", sum[i]);
	buf_putc(line, '"');
}

static void put_tail(struct buf *line, const struct journal_flow *flow)
{
	struct buf last AUTO_BUF = { 0 };
	size_t at = flow->total % JOURNAL_TAIL;
	buf_append(&last, flow->tail + at, JOURNAL_TAIL - at);
	buf_append(&last, flow->tail, at);
	put_key(line, "last");
	buf_json_bytes(line, last.data, last.len);
}

bool journal_flow_is_bulk(const struct journal_flow *flow)
{
	return flow->total > JOURNAL_WHOLE;
}

static void start_again(struct journal_flow *flow)
{
	EVP_DigestInit_ex(flow->sha, NULL, NULL);
	flow->total = 0;
}

void journal_flow_put(struct buf *line, struct journal_flow *flow)
{
	journal_int(line, "total", (int64_t)flow->total);
	put_sha(line, flow);
	put_tail(line, flow);
	start_again(flow);
}

void journal_flow_end(struct journal *j, const char *direction, int lane, int case_index,
	struct journal_flow *flow)
{
	if (flow->total == 0)
		return;
	if (journal_flow_is_bulk(flow)) {
		struct buf *line = journal_begin(j, "bulk", -1);
		journal_int(line, "l", lane);
		journal_int(line, "c", case_index);
		journal_text(line, "dir", direction);
		journal_flow_put(line, flow);
		journal_end(j);
	}
	start_again(flow);
}
