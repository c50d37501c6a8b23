/* SPDX-License-Identifier: MIT */
/* The index in its file beside the journal, and whether it is still true. */
#include "report/index.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only a journal of the usual name has an index: other files may be anybody's. */
static char *index_path(const char *journal)
{
	static const char name[] = "journal.jsonl";
	const char *slash = strrchr(journal, '/');
	const char *file = slash ? slash + 1 : journal;
	char *path = NULL;
	if (strcmp(file, name) != 0 ||
		asprintf(&path, "%.*s" INDEX_NAME, (int)(file - journal), journal) < 0)
		return NULL;
	return path;
}

static char *journal_path(const char *run)
{
	struct stat st;
	char *path = NULL;
	bool folder = stat(run, &st) == 0 && S_ISDIR(st.st_mode);
	if (asprintf(&path, "%s%s", run, folder ? "/journal.jsonl" : "") < 0)
		return NULL;
	return path;
}

bool index_state_of(int fd, struct index_state *out)
{
	struct stat st;
	*out = (struct index_state){ 0 };
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	out->size = st.st_size;
	out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return true;
}

/* A journal of another time is still the same when its bytes are: runs are copied about. */
static bool is_of(const struct index *ix, const char *journal)
{
	const struct index_state *then = index_state(ix);
	struct index_state now;
	int fd AUTO_FD = open(journal, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !index_state_of(fd, &now) || now.size != then->size)
		return false;
	return now.mtime_ns == then->mtime_ns ||
	       (index_sum_of(fd, &now.sum) && now.sum == then->sum);
}

static struct index *read_index(const char *path, const char *journal)
{
	struct stat st;
	int fd AUTO_FD = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return NULL;
	void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return NULL;
	struct index *ix = index_of_bytes(bytes, (size_t)st.st_size, true);
	if (ix && is_of(ix, journal))
		return ix;
	index_close(ix);
	return NULL;
}

static bool write_bytes(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);
		if (n < 0 && errno != EINTR)
			return false;
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static void write_index(const struct index *ix)
{
	AUTO_FREE char *path = index_path(ix->path);
	AUTO_FREE char *beside = NULL;
	if (!path || asprintf(&beside, "%s.part%ld", path, (long)getpid()) < 0)
		return;
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return;
	bool written = write_bytes(fd, ix->bytes, ix->size);
	if (close(fd) != 0 || !written || rename(beside, path) != 0)
		unlink(beside);
}

/* A journal that grew or changed while it was read has no index. */
static struct index *index_of_run(const struct run *run)
{
	struct index_state before, after;
	if (!index_state_of(run->fd, &before) || !index_sum_of(run->fd, &before.sum))
		before = (struct index_state){ 0 };
	struct index *ix = index_make(run, &before);
	bool still = index_state_of(run->fd, &after) && after.size == before.size &&
		     after.mtime_ns == before.mtime_ns;
	if (still && run->end != RUN_CUT)
		write_index(ix);
	return ix;
}

void index_write(const struct run *run)
{
	index_close(index_of_run(run));
}

int index_open(struct index **out, const char *path, struct error *error)
{
	AUTO_FREE char *journal = journal_path(path);
	AUTO_FREE char *beside = journal ? index_path(journal) : NULL;
	struct index *ix = beside ? read_index(beside, journal) : NULL;
	struct run *run = NULL;
	if (ix) {
		ix->path = take_ptr(journal);
		*out = ix;
		return 0;
	}
	if (run_open(&run, path, error))
		return -1;
	*out = index_of_run(run);
	run_close(run);
	return 0;
}
