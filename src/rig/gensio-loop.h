/* SPDX-License-Identifier: MIT */
/* The one thread in which libgensio lives. The library has locks and lists of the whole process and
 * wants a signal to wake its threads; with a single thread, woken by a descriptor, it needs none of
 * that and disturbs no other part of the rig. */
#ifndef RIG_GENSIO_LOOP_H
#define RIG_GENSIO_LOOP_H

struct gensio_os_funcs;

/* Starts the thread, or counts one more user. The library's functions, which only the loop's thread
 * may use, or NULL when out of resources. */
struct gensio_os_funcs *gensio_loop_enter(void);
/* The last one ends the thread. All that this user has begun must have ended. What the library set
 * up for itself stays until the program ends. */
void gensio_loop_leave(void);
/* Runs `work` in the loop's thread, soon. From any thread, in order. */
void gensio_loop_post(void (*work)(void *arg), void *arg);

#endif
