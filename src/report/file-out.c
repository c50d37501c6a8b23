/* SPDX-License-Identifier: MIT */
#include "report/file-out.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Writes, and says whether everything arrived. */
static int write_all(
	FILE *out, const char *path, file_out_fn *write, const void *what, struct error *error)
{
	if (write(what, out, error))
		return -1;
	errno = 0;
	if (fflush(out) != 0 || ferror(out))
		return error_set(error, path, 0, 0, "can't write the report: %s",
			errno ? strerror(errno) : "output error");
	return 0;
}

/* A device or a pipe (/dev/stdout, >(…)) is written in place. */
static bool replaceable(const char *path)
{
	struct stat st;
	return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static int write_file(const char *path, const char *target, file_out_fn *write, const void *what,
	struct error *error)
{
	FILE *out = fopen(target, "we");
	if (!out)
		return error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	int result = write_all(out, path, write, what, error);
	if (fclose(out) != 0 && !result)
		result =
			error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	return result;
}

int file_out(const char *path, file_out_fn *write, const void *what, struct error *error)
{
	if (!path)
		return write_all(stdout, "standard output", write, what, error);
	if (!replaceable(path))
		return write_file(path, path, write, what, error);
	AUTO_FREE char *beside = NULL;
	if (asprintf(&beside, "%s.part%ld", path, (long)getpid()) < 0)
		return error_set(error, path, 0, 0, "%s", strerror(ENOMEM));
	int result = write_file(path, beside, write, what, error);
	if (!result && rename(beside, path) != 0)
		result =
			error_set(error, path, 0, 0, "can't write the report: %s", strerror(errno));
	if (result)
		unlink(beside);
	return result;
}
