/* SPDX-License-Identifier: MIT */
/* Criterion uses libgit2 for one thing, the diffs that its new-style string assertions print, and
 * starts it in every worker: that loads fourteen more libraries and the system's CA store, and is
 * more than half of what a case costs. This library has the same SONAME and the three functions
 * that Criterion imports. The suite program names it among its own libraries, so that it is there
 * before the dynamic linker comes to Criterion's wish; a Criterion that wants another version of
 * libgit2 gets that, and is only slower. A diff is answered with an error, so suites say
 * cr_assert_str_eq and not cr_assert(eq(str, …)); tools/lint looks for it. */

int git_libgit2_init(void);
int git_libgit2_shutdown(void);
int git_diff_buffers(void);

int git_libgit2_init(void)
{
	return 1;
}

int git_libgit2_shutdown(void)
{
	return 0;
}

int git_diff_buffers(void)
{
	return -1;
}
