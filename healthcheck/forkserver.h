/* SPDX-License-Identifier: MIT */
/*
 * forkserver.h - a small process that makes the children of network probes.
 *
 * To fork PID 1 costs more than to ask: its memory is copied, copied again
 * where it writes, and each child has to become nobody and have a filter
 * compiled.  This copy of PID 1 has forgotten the secrets, is nobody and in the
 * cage already, and does nothing but fork.  Its children are PID 1's, as if
 * that had made them (CLONE_PARENT), and can't fork: clone() wants a number
 * that none of them has.  Where it can't be had, or has ended, the caller
 * forks itself.
 *
 *     forkserver_ask()      a child is made for it, in its own time
 *     forkserver_pid()      once it is
 *     forkserver_leave()    when that child is reaped, and the answer read
 */
#ifndef HALE_HEALTHCHECK_FORKSERVER_H
#define HALE_HEALTHCHECK_FORKSERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "child.h"

/* Another probe may be asked through it: it has at most so many at a time. */
void forkserver_expect(void);

/*
 * Has a child run what order says, whose probe must stay.  It starts the server
 * if need be, which calls become(): see struct attempt_hooks.  Returns the
 * child's slot, or -1: not now.
 */
int forkserver_ask(const struct child_order *order, int (*become)(void));

/* The non-blocking end of the pipe that its answer comes through. */
int forkserver_fd(int slot);

/* The child's pid; 0: it is not made yet. */
pid_t forkserver_pid(int slot);

/* It is not made, and will not be. */
bool forkserver_lost(int slot);

void forkserver_leave(int slot);

/* To be asked of each child that is reaped: was it the server? */
bool forkserver_ended(pid_t pid, int wait_status);

/* It hangs: ends it. */
void forkserver_kill(void);

/* Ends it for good, and waits a moment for its end, to reap it. */
void forkserver_stop(void);

#endif
