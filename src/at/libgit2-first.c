/* SPDX-License-Identifier: MIT */
/* Refers to the stand-in of libgit2.c, so that the linker notes it as a library of the program. */

int git_libgit2_init(void);
extern int (*const libgit2_first)(void);
int (*const libgit2_first)(void) = git_libgit2_init;
