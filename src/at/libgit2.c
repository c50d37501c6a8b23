/* SPDX-License-Identifier: MIT */
/* Criterion starts libgit2 in every worker, for the diffs that its new-style string assertions
 * print; that loads the system's whole CA store and is half of what a case costs. The program
 * exports these in its place (it is linked with export_dynamic). The price: a failing
 * cr_assert(eq(str, …)) would crash the parent, so that suites must not use it; tools/test looks
 * for it. cr_assert_str_eq is safe. */

int git_libgit2_init(void);
int git_libgit2_shutdown(void);

int git_libgit2_init(void)
{
	return 1;
}

int git_libgit2_shutdown(void)
{
	return 0;
}
