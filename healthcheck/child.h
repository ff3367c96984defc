/* SPDX-License-Identifier: MIT */
/*
 * child.h - the process that one attempt runs in, from its birth to its answer
 */
#ifndef HALE_HEALTHCHECK_CHILD_H
#define HALE_HEALTHCHECK_CHILD_H

#include <sys/types.h>

#include "attempt.h"

/* Exit status of a child that could not give up what it must not have. */
enum { CHILD_NOT_STARTED = 126 };

/*
 * Starts a child that runs what attempt asks, in a cage, and writes its answer
 * to its write_fd.  Unless the caller reaps all children, it is no business of
 * whoever waits for any, only of who has its pidfd.  Returns its pid, with
 * *pidfd (-1: it has none), or -1 with errno.
 */
pid_t child_start(const struct attempt *attempt, int *pidfd);

/* What a child that needs nothing of its service is to ask, and until when. */
struct child_order {
	const struct probe *probe;
	int64_t service_pid, deadline_ms;
};

/*
 * Starts a copy of us that runs work(begin) on a stack which ends at top.
 * Returns its pid, or -1 with errno.  No other architecture than x86_64 and
 * aarch64 has it: ENOSYS.
 */
pid_t child_split(
    void (*work)(const void *begin), const void *begin, void *top);

/*
 * In the fork server, which is caged: makes a child of its parent's, as
 * child_start() does, that answers on descriptor fd and closes all others.
 * Its pid is in *pid before it runs.  The child has neither our stack nor *key
 * in a register.  Returns its pid, or -errno.
 */
long child_fork(const struct child_order *order, int fd, volatile pid_t *pid,
    const uint64_t *key);

/*
 * Starts argv with its output on out_fd, as we are, in a process group of its
 * own.  Returns as child_start() does.
 */
pid_t child_execute(const char *const *argv, int out_fd, int *pidfd);

#endif
