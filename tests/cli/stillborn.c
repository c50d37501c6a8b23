/* SPDX-License-Identifier: MIT */
/* Loaded before the C library (LD_PRELOAD) by tests: as many workers of the suite program as the
 * file ATCONFORM_TEST_STILLBORN has bytes die before they are one, as when memory runs out. Each
 * takes a byte away. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((constructor)) static void die(void)
{
	const char *path = getenv("ATCONFORM_TEST_STILLBORN");
	struct stat st;
	int fd = path && getenv("BXFI_MAP") ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
		ftruncate(fd, st.st_size - 1) == 0)
		raise(SIGKILL);
	close(fd);
}
